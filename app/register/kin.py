"""Who follows a unit and who stands above it: another one, that is there, lives, and does not come back (DESIGN.md, promise 14).

A parent or superior is told by a code, and a code that nobody of the register bears is a statement like any other: it may
lie elsewhere. Judged is who is meant. Only what a write brings in is refused, never what was there before it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, case, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.dialect import chunked
from app.core.said import Said, said, word
from app.core.types import Moment
from app.domain.period import STILL_KNOWN
from app.domain.steps import HAS_HEIR
from app.domain.words import Reason, Standing, UnitType
from app.models import identifier, relation, unit_version
from app.register.links import Moved, holders_of
from app.register.queries import MAX_IN, AsOf, versions_of
from app.register.rules import RELATION_FIELDS, History, Link, identifiers_of, relations_of, target_of
from app.register.steps import Guard

_TICK = timedelta(microseconds=1)
_HEIRS, _ABOVE = ("succession",), tuple(RELATION_FIELDS)
"""Relations that may not lead back to where they began, each sort for itself."""

NONE = word("kin_none", "没有写明", "none is named")
ITSELF = word("kin_itself", "就是该单位自己", "it is the unit itself")
MISSING = word("kin_missing", "当日不在库中", "it is not in the register on that day")
NOT_LIVE = word("kin_not_live", "当日已为“{standing:standing}”", "it is {standing:standing} on that day")


class BadSuccessor(Guard):
    """Who shall follow a unit, or stand above it, cannot: none is named, it is the unit itself, not there, or not live."""

    code = "bad_successor"
    zh = "“{relation:relation}”不成立：{why}。请核对编号、代码和日期。"
    en = "the {relation:relation} cannot be: {why}; look at the number, the code and the day"


class Circle(Guard):
    """Who follows, or stands above, would lead back to the unit."""

    code = "circle"
    zh = "“{relation:relation}”绕成了圈：顺着查下去又回到该单位。请核对各单位之间的关系。"
    en = "the {relation:relation} leads back to the unit itself: look at who follows, or stands above, whom"


@dataclass(frozen=True, order=True)
class _Fault:
    """What is wrong with a relation of a unit; `target` and `code` say which."""

    unit_id: int
    kind: str
    target: int
    code: str
    why: str
    standing: str = ""

    def refusal(self) -> Guard:
        if not self.why:
            return Circle(relation=self.kind)
        return BadSuccessor(relation=self.kind, why=_worded(self.why, self.standing))


def _worded(why: str, standing: str) -> Said:
    return said(why, standing=standing) if why == NOT_LIVE else said(why)


def require_heir(reason: Reason, successor_id: int | None) -> None:
    """A merger or a conversion says who goes on. Raises BadSuccessor."""
    if reason in HAS_HEIR and successor_id is None:
        raise BadSuccessor(relation="succession", why=said(NONE))


def require_sound(session: Session, moved: Moved, moment: datetime) -> None:
    """What was written at a moment gave no unit kin that cannot be. Raises BadSuccessor, Circle.

    What a unit stated before, and points elsewhere by now, is judged for circles alone: others brought that in.
    """
    found = _faults(session, moved, None)
    fresh = found - _faults(session, moved, moment - _TICK) if found else found
    if fresh:
        raise min(fresh).refusal()


def _faults(session: Session, moved: Moved, known_at: datetime | None) -> set[_Fault]:
    now, found = known_at is None, set[_Fault]()
    at = {} if now else {"known_at": known_at}
    for part in chunked(sorted(moved.stated), MAX_IN):
        for kind, unit_id, target, code, standing in session.execute(_unsound(now), {"units": part, **at}):
            why = ITSELF if target == unit_id else NOT_LIVE if standing else MISSING
            found.add(_Fault(unit_id, kind, target, code, why, standing or ""))
        own = session.execute(_own_codes(now), {"units": part, **at})
        found.update(_Fault(unit_id, kind, unit_id, code, ITSELF) for kind, unit_id, code in own)
    for part in chunked(sorted(moved.stated | moved.pointed), MAX_IN):
        for kinds in (_HEIRS, _ABOVE):
            back = session.execute(_leading_back(kinds, now), {"units": part, **at})
            found.update(_Fault(unit_id, kind, target, "", "") for kind, unit_id, target in back if unit_id != target)
    return found


@cache
def _unsound(now: bool) -> Any:
    """Relations whose other side is the unit itself, is not there on their first day, or does not live on it."""
    known_at, other = _known_at(now), aliased(unit_version, name="other")
    on_first_day = and_(
        other.c.unit_id == relation.c.target_unit_id,
        other.c.valid_from <= relation.c.valid_from,
        other.c.valid_until > relation.c.valid_from,
        _believed(other, known_at),
    )
    is_heir = relation.c.kind == "succession"
    dead = other.c.standing != Standing.LIVE
    return (
        select(relation.c.kind, relation.c.unit_id, relation.c.target_unit_id, relation.c.target_code, other.c.standing)
        .join_from(relation, other, on_first_day, isouter=True)
        .where(relation.c.unit_id.in_(bindparam("units", expanding=True)), _believed(relation, known_at))
        .where(
            or_(
                dead,
                relation.c.target_unit_id == relation.c.unit_id,
                and_(is_heir, other.c.standing.is_(None)),
            )
        )
    )


@cache
def _own_codes(now: bool) -> Any:
    """Relations upwards that are told by a code of the unit's own. An establishment goes by its parent's code."""
    known_at, version = _known_at(now), unit_version
    tables = (relation, identifier, version)
    return (
        select(relation.c.kind, relation.c.unit_id, relation.c.target_code)
        .join(
            identifier,
            and_(identifier.c.unit_id == relation.c.unit_id, identifier.c.value == relation.c.target_code),
        )
        .join(version, version.c.unit_id == relation.c.unit_id)
        .where(relation.c.unit_id.in_(bindparam("units", expanding=True)), relation.c.kind.in_(_ABOVE))
        .where(version.c.unit_type != UnitType.ESTABLISHMENT, *(_believed(table, known_at) for table in tables))
        .where(
            *(_meet(one, other) for one, other in ((relation, identifier), (relation, version), (identifier, version)))
        )
        .distinct()
    )


@cache
def _leading_back(kinds: tuple[str, ...], now: bool) -> Any:
    """Units from which a relation leads back to them over others, on one day, with the first step of the way."""
    walk = _walk(kinds, now)
    return select(walk.c.kind, walk.c.start, walk.c.first).where(walk.c.target == walk.c.start).distinct()


def _walk(kinds: tuple[str, ...], now: bool) -> Any:
    """All that is reached from units by relations of some kinds that hold on one day; each place is gone to once."""
    known_at, step = _known_at(now), aliased(relation, name="step")
    table = relation.c
    begun = (
        select(
            table.kind,
            table.unit_id.label("start"),
            table.target_unit_id.label("first"),
            table.target_unit_id.label("target"),
            table.target_code.label("code"),
            table.valid_from.label("since"),
            table.valid_until.label("until"),
        )
        .where(table.unit_id.in_(bindparam("units", expanding=True)), table.kind.in_(kinds))
        .where(_believed(relation, known_at))
        .cte("walk", recursive=True)
    )
    since = case((step.c.valid_from > begun.c.since, step.c.valid_from), else_=begun.c.since)
    until = case((step.c.valid_until < begun.c.until, step.c.valid_until), else_=begun.c.until)
    onward = (
        select(begun.c.kind, begun.c.start, begun.c.first, step.c.target_unit_id, step.c.target_code, since, until)
        .join_from(begun, step, step.c.unit_id == begun.c.target)
        .where(step.c.kind.in_(kinds), _believed(step, known_at))
        .where(step.c.valid_from < begun.c.until, begun.c.since < step.c.valid_until)
        .where(or_(begun.c.target.is_(None), begun.c.target != begun.c.start))
    )
    return begun.union(onward)


def _known_at(now: bool) -> Any:
    return None if now else bindparam("known_at", type_=Moment)


def _believed(table: FromClause, known_at: Any) -> ColumnElement[bool]:
    if known_at is None:
        return table.c.superseded_at == STILL_KNOWN
    return and_(table.c.recorded_at <= known_at, table.c.superseded_at > known_at)


def _meet(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.valid_from < other.c.valid_until, other.c.valid_from < one.c.valid_until)


def require_kin(session: Session, before: History, after: History) -> None:
    """The same of a unit as it would be, for who proposes; 0 is the number of one that is still to come."""
    fresh = sorted(relations_of(after.believed) - relations_of(before.believed))
    told = {(link.kind, link.value) for link in relations_of(before.believed)}
    own = {link.value for link in identifiers_of(after.believed)}
    for link in fresh:
        if (link.kind, link.value) not in told:
            _require_kin(session, after, link, own)


def _require_kin(session: Session, unit: History, link: Link, own: Collection[str]) -> None:
    target = _meant(session, unit.unit_id, link)
    kind = unit.believed[-1]["unit_type"]
    if target == unit.unit_id or (link.kind in _ABOVE and link.value in own and kind != UnitType.ESTABLISHMENT):
        raise BadSuccessor(relation=link.kind, why=said(ITSELF))
    if target is None:
        return
    if _reaches(session, target, unit.unit_id, link, own):
        raise Circle(relation=link.kind)
    standing = _standing_on(session, target, link.valid_from)
    if standing is None and link.kind == "succession":
        raise BadSuccessor(relation=link.kind, why=said(MISSING))
    if standing not in (None, Standing.LIVE):
        raise BadSuccessor(relation=link.kind, why=said(NOT_LIVE, standing=standing))


def _meant(session: Session, unit_id: int, link: Link) -> int | None:
    if link.kind == "succession":
        return int(link.value)
    return target_of(unit_id, link.valid_from, link.valid_until, holders_of(session, [link.value]).get(link.value, ()))


def _standing_on(session: Session, unit_id: int, on: date) -> str | None:
    held = versions_of(session, [unit_id], AsOf(on)).get(unit_id)
    return str(held["standing"]) if held else None


def _reaches(session: Session, target: int, unit_id: int, link: Link, own: Collection[str]) -> bool:
    """Whether who follows, or stands above, leads to a unit: by its number, or by a code that it would bear."""
    kinds = _HEIRS if link.kind == "succession" else _ABOVE
    walk = _walk(kinds, True)
    here = or_(walk.c.target == unit_id, and_(walk.c.target.is_(None), walk.c.code.in_(sorted(own))))
    days = (walk.c.since < link.valid_until, walk.c.until > link.valid_from)
    statement = select(walk.c.start).where(here, *days).limit(1)
    return session.execute(statement, {"units": [target]}).first() is not None
