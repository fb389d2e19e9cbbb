"""Who follows a unit and who stands above it: another one, that is there, lives, and does not come back (DESIGN.md, promise 14).

A parent or superior is told by a code, and a code that nobody of the register bears is a statement like any other: it may
lie elsewhere. Judged is who is meant. Only what a write brings in is refused, never what was there before it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.dialect import chunked
from app.core.said import Said, said, word
from app.core.types import Moment
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.steps import HAS_HEIR
from app.domain.words import Reason, Standing, UnitType
from app.models import identifier, relation, unit_version
from app.register.holders import heirs_of, holders_of
from app.register.links import Moved
from app.register.queries import MAX_IN, AsOf, versions_of
from app.register.rules import (
    RELATION_FIELDS,
    History,
    Link,
    Row,
    Write,
    identifiers_of,
    relations_of,
    row_on,
    targets_of,
)
from app.register.steps import Guard

_TICK = timedelta(microseconds=1)
_HEIRS, _ABOVE = ("succession",), tuple(RELATION_FIELDS)
"""Relations that may not lead back to where they began, each sort for itself."""

NONE = word("kin_none", "没有写明", "none is named")
ITSELF = word("kin_itself", "就是该单位自己", "it is the unit itself")
MISSING = word("kin_missing", "当日不在库中", "it is not in the register on that day")
NOT_LIVE = word("kin_not_live", "当日已为“{standing:standing}”", "it is {standing:standing} on that day")
FOLLOWED = word(
    "kin_followed",
    "自 {on} 起已有其他单位由该单位承接，该单位当日不能为“{standing:standing}”",
    "other units go on in this one from {on}, so it cannot be {standing:standing} on that day",
)


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
    standing: str = field(default="", compare=False)
    on: date | None = field(default=None, compare=False)

    def refusal(self) -> Guard:
        if not self.why:
            return Circle(relation=self.kind)
        return BadSuccessor(relation=self.kind, why=self._worded())

    def _worded(self) -> Said:
        if self.why == FOLLOWED:
            return _followed(self.on, self.standing)
        return said(self.why, standing=self.standing) if self.why == NOT_LIVE else said(self.why)


def _followed(on: object, standing: str) -> Said:
    return said(FOLLOWED, on=str(on), standing=standing)


def require_heir(reason: Reason, successor_id: int | None) -> None:
    """A merger or a conversion says who goes on. Raises BadSuccessor."""
    if reason in HAS_HEIR and successor_id is None:
        raise BadSuccessor(relation="succession", why=said(NONE))


def require_another(unit_id: int | None, heir: int | None, held: Collection[int]) -> None:
    """Who shall follow a unit is another one of those that the register holds, whatever the day. Raises BadSuccessor.

    Asked before anything is stored: the database takes no other, and does not say why.
    """
    if heir is not None and (heir == unit_id or heir not in held):
        raise BadSuccessor(relation="succession", why=said(ITSELF if heir == unit_id else MISSING))


def unsound(session: Session, written: Collection[int], moved: Moved, moment: datetime) -> dict[int, Guard]:
    """What was written of units at a moment and gave one kin that cannot be: BadSuccessor or Circle, by unit.

    What a unit stated before, and points elsewhere by now, is judged for circles alone: others brought that in. Who
    follows others from a day goes on living on it.
    """
    found = _faults(session, written, moved, None)
    fresh = found - _faults(session, written, moved, moment - _TICK) if found else found
    gravest_last = sorted(fresh, key=lambda one: (bool(one.why), one), reverse=True)
    return {one.unit_id: one.refusal() for one in gravest_last}


def _faults(session: Session, written: Collection[int], moved: Moved, known_at: datetime | None) -> set[_Fault]:
    now, found = known_at is None, set[_Fault]()
    at = {} if now else {"known_at": known_at}
    for part in chunked(sorted(moved.stated), MAX_IN):
        for kind, unit_id, target, code, standing in session.execute(_unsound(now), {"units": part, **at}):
            why = ITSELF if target == unit_id else NOT_LIVE if standing else MISSING
            found.add(_Fault(unit_id, kind, target, code, why, standing or ""))
    for part in chunked(sorted(written), MAX_IN):
        own = session.execute(_own_codes(now), {"units": part, **at})
        found.update(_Fault(unit_id, kind, unit_id, code, ITSELF) for kind, unit_id, code in own)
        followed = session.execute(_followers(now), {"units": part, **at})
        found.update(
            _Fault(heir, "succession", unit_id, "", FOLLOWED, dead, on) for heir, unit_id, on, dead in followed
        )
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
def _followers(now: bool) -> Any:
    """Units that others went on in from a day, and that do not live on it."""
    known_at, heir = _known_at(now), unit_version
    on_first_day = and_(
        heir.c.unit_id == relation.c.target_unit_id,
        heir.c.valid_from <= relation.c.valid_from,
        heir.c.valid_until > relation.c.valid_from,
    )
    return (
        select(heir.c.unit_id, relation.c.unit_id, relation.c.valid_from, heir.c.standing)
        .join_from(relation, heir, on_first_day)
        .where(relation.c.target_unit_id.in_(bindparam("units", expanding=True)), relation.c.kind == "succession")
        .where(relation.c.unit_id != relation.c.target_unit_id, heir.c.standing != Standing.LIVE)
        .where(*(_believed(table, known_at) for table in (relation, heir)))
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
            and_(identifier.c.unit_id == relation.c.unit_id, identifier.c.value.in_(_bodies(relation.c.target_code))),
        )
        .join(version, version.c.unit_id == relation.c.unit_id)
        .where(relation.c.unit_id.in_(bindparam("units", expanding=True)), relation.c.kind.in_(_ABOVE))
        .where(version.c.unit_type != UnitType.ESTABLISHMENT, *(_believed(table, known_at) for table in tables))
        .where(
            *(_meet(one, other) for one, other in ((relation, identifier), (relation, version), (identifier, version)))
        )
        .distinct()
    )


def _bodies(code: ColumnElement[str]) -> tuple[ColumnElement[str], ...]:
    """A code and the organisation code inside it: either tells which body is meant."""
    return code, func.substr(code, 9, 9)


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
    for kind in sorted(_names_itself(after.believed) - _names_itself(before.believed)):
        raise BadSuccessor(relation=kind[0], why=said(ITSELF))
    fresh = sorted(relations_of(after.believed) - relations_of(before.believed))
    told = {(link.kind, link.value) for link in relations_of(before.believed)}
    own = {link.value for link in identifiers_of(after.believed)}
    for link in fresh:
        if (link.kind, link.value) not in told:
            _require_kin(session, after, link, own)
    _require_followed(session, before, after)


def require_heirs(session: Session, unit: History, write: Write) -> None:
    """The same of those who shall go on from a unit that is split, as far as they are there already."""
    days = (write.period.valid_from, FOREVER)
    for one in write.stated.followed_by:
        if one.unit_id:
            _require_kin(session, unit, Link("succession", str(one.unit_id), *days), ())


def _require_kin(session: Session, unit: History, link: Link, own: Collection[str]) -> None:
    target = _meant(session, unit.unit_id, link)
    if target == unit.unit_id:
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


def _names_itself(versions: Sequence[Row]) -> set[tuple[str, str]]:
    """Relations upwards told by a code that the unit bears itself on a day, unless it is an establishment."""
    return {
        (kind, code)
        for row in versions
        if row["unit_type"] != UnitType.ESTABLISHMENT
        for kind, names in RELATION_FIELDS.items()
        for code in (str(row[name] or "") for name in names)
        if code and not {code, code[8:17]}.isdisjoint(link.value for link in identifiers_of([row]))
    }


def _require_followed(session: Session, before: History, after: History) -> None:
    """Who goes on for others from a day lives on it as he did. Raises BadSuccessor."""
    to_unit = (relation.c.kind == "succession", relation.c.target_unit_id == after.unit_id, _believed(relation, None))
    for on in session.execute(select(relation.c.valid_from).where(*to_unit).order_by(relation.c.valid_from)).scalars():
        was, becomes = row_on(before, on), row_on(after, on)
        if was and becomes and was["standing"] == Standing.LIVE != becomes["standing"]:
            raise BadSuccessor(relation="succession", why=_followed(on, becomes["standing"]))


def _meant(session: Session, unit_id: int, link: Link) -> int | None:
    if link.kind == "succession":
        return int(link.value)
    holders = holders_of(session, [link.value])
    days = (link.valid_from, link.valid_until)
    return targets_of(unit_id, *days, holders.get(link.value, ()), heirs_of(session, holders))[0][1]


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
