"""A valid code belongs to one live unit (DESIGN.md, promise 14): who bears what a write would give to another.

No two live units bear on one day the same valid credit code, registration number, organisation code of their own, or
temporary code.
An establishment that goes by its parent's code does not bear it by itself, nor does a 本部 (`…B`). What people decided
to be two different units may share a code. Only what a write brings in is refused, never what was there before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, exists, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.core.dialect import chunked
from app.core.types import Moment
from app.domain.period import Period
from app.domain.words import Standing
from app.models import CandidatePair, Decision, identifier, relation, unit_version
from app.register.queries import MAX_IN, believed
from app.register.rules import LEGAL_CODES, Link, identifiers_of, verdict_on
from app.register.steps import Guard

SCHEMES = (*LEGAL_CODES, "temp_code")
WHOSE = ("unit_type", "parent_uscc", "parent_org_code")
"""What says whose a code is."""
ESTABLISHMENT = "2"
HEADQUARTERS = "________B"
"""An organisation code of a 本部: eight characters and a B, which is no check character. A credit code may end in B."""
_TICK = timedelta(microseconds=1)


class CodeTaken(Guard):
    """A live unit bears the code on a day on which another would."""

    code = "code_taken"
    zh = (
        "{scheme:scheme} {value} 已由另一个在册单位使用（{standing:standing}，行政区划 {area}）。请先查明是否为同一单位："
        "是，则改为变更该单位；否，则核对代码。"
    )
    en = "{scheme:scheme} {value} is borne by another unit ({standing:standing}, area {area}): change that one, or look at the code"


@dataclass(frozen=True, order=True)
class Taken:
    """A code that a unit bears, or would, and another bears on the same day; `area` is that one's, to its county."""

    unit_id: int
    holder_id: int
    scheme: str
    value: str
    standing: str
    area: str

    def refusal(self) -> CodeTaken:
        return CodeTaken(scheme=self.scheme, value=self.value, standing=self.standing, area=self.area)


def not_free(session: Session, unit_ids: Sequence[int], moment: datetime) -> dict[int, Guard]:
    """What was written of these units at a moment and gave one a code that another bears: CodeTaken, by unit.

    Of two that would bear one code the first of `unit_ids` is let be, unless it is stopped itself.
    """
    found = clashes(session, unit_ids, None)
    fresh = found - clashes(session, unit_ids, moment - _TICK) if found else found
    waiting, stopped = set(unit_ids), dict[int, Guard]()
    for unit_id in unit_ids if fresh else ():
        waiting.discard(unit_id)
        against = [one for one in fresh if one.unit_id == unit_id and one.holder_id not in waiting | stopped.keys()]
        if against:
            stopped[unit_id] = _gravest(against).refusal()
    return stopped


def _gravest(found: Iterable[Taken]) -> Taken:
    """The one that people are told first: the credit code before what is a part of it."""
    return min(found, key=lambda one: (SCHEMES.index(one.scheme), one))


def clashes(session: Session, unit_ids: Sequence[int], known_at: datetime | None) -> set[Taken]:
    """Codes of these units that another live unit bears on the same day, as known at a moment."""
    found: set[Taken] = set()
    for part in chunked(unit_ids, MAX_IN):
        asked = {"units": part} if known_at is None else {"units": part, "known_at": known_at}
        found.update(Taken(*row) for row in session.execute(_pairs(known_at is None), asked))
    return found


@cache
def _pairs(now: bool) -> Any:
    """Made once, since every chunk of a batch asks it."""
    known_at = None if now else bindparam("known_at", type_=Moment)
    own, held = aliased(identifier, name="own"), aliased(identifier, name="held")
    mine, theirs = aliased(unit_version, name="mine"), aliased(unit_version, name="theirs")
    tables = (own, held, mine, theirs)
    same = and_(held.c.value == own.c.value, held.c.scheme == own.c.scheme, held.c.unit_id != own.c.unit_id)
    return (
        select(own.c.unit_id, held.c.unit_id, own.c.scheme, own.c.value, theirs.c.standing, func.substr(theirs.c.area_code, 1, 6))
        .join_from(own, held, same)
        .join(mine, mine.c.unit_id == own.c.unit_id)
        .join(theirs, theirs.c.unit_id == held.c.unit_id)
        .where(own.c.unit_id.in_(bindparam("units", expanding=True)), own.c.scheme.in_(SCHEMES), own.c.verified == "y")
        .where(*(believed(table, known_at) for table in tables), *_on_one_day(tables))
        .where(*(version.c.standing == Standing.LIVE for version in (mine, theirs)))
        .where((mine.c.unit_type == ESTABLISHMENT) == (theirs.c.unit_type == ESTABLISHMENT), not_(own.c.value.like(HEADQUARTERS)))
        .where(not_(_of_parent(own, known_at)), not_(_of_parent(held, known_at)))
        .where(not_(_told_apart(own, held)), not_(_told_apart(held, own)))
        .distinct()
    )  # fmt: skip


def _on_one_day(tables: Sequence[FromClause]) -> list[ColumnElement[bool]]:
    """Stretches that meet two by two all meet on one day."""
    return [
        and_(one.c.valid_from < other.c.valid_until, other.c.valid_from < one.c.valid_until)
        for place, one in enumerate(tables)
        for other in tables[place + 1 :]
    ]


def _of_parent(held: FromClause, known_at: Any) -> ColumnElement[bool]:
    """Whether a unit says of the code that it is its parent's, or the part of its parent's."""
    told = or_(relation.c.target_code == held.c.value, func.substr(relation.c.target_code, 9, 9) == held.c.value)
    return exists().where(
        relation.c.unit_id == held.c.unit_id, relation.c.kind == "parent", told, believed(relation, known_at)
    )


def _told_apart(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether people decided that the record behind a code is not the other unit, or not the record behind that."""
    pair, decision = aliased(CandidatePair), aliased(Decision)
    is_unit = and_(col(pair.other_kind) == "unit", col(pair.other_id) == other.c.unit_id)
    is_record = and_(col(pair.other_kind) == "record", col(pair.other_id) == other.c.record_id)
    return exists().where(
        col(decision.stands_on) == col(pair.pair_id),
        col(decision.verdict) == "different",
        col(pair.record_id) == one.c.record_id,
        or_(is_unit, is_record),
    )


def require_unclaimed(
    session: Session,
    unit_id: int | None,
    values: Mapping[str, Any],
    period: Period,
    borne: Mapping[str, Any] | None = None,
) -> None:
    """Nobody else bears a code that a unit would bear over a period, by all that it would say. Raises CodeTaken.

    For who proposes: what else his request does is judged as it is written, and what the unit has `borne` already is left
    to that too.
    """
    held = {(link.kind, link.value) for link in _claimed(borne or {}, period)}
    claimed = [link for link in _claimed(values, period) if (link.kind, link.value) not in held]
    found = {
        Taken(unit_id or 0, row.unit_id, row.scheme, row.value, row.standing, row.area)
        for row in (session.execute(_bearers(claimed, unit_id, values, period)) if claimed else ())
    }
    if found:
        raise _gravest(found).refusal()


def _claimed(values: Mapping[str, Any], period: Period) -> list[Link]:
    """The valid codes of its own that a unit of these values bears."""
    told = {**dict.fromkeys(SCHEMES, ""), **values}
    said = {"sources": {"o": [["", 0, ""]], "d": 0}, "valid_from": period.valid_from, "valid_until": period.valid_until}
    parents = [str(values.get(name) or "") for name in ("parent_uscc", "parent_org_code")]
    return [
        link
        for link in identifiers_of([_Values({**told, **said})])
        if link.kind in SCHEMES
        and verdict_on(link.kind, link.value) == "y"
        and not _of_headquarters(link.value)
        and link.value not in {*parents, *(parent[8:17] for parent in parents)}
    ]


def _of_headquarters(value: str) -> bool:
    return len(value) == len(HEADQUARTERS) and value.endswith("B")


class _Values(dict[str, Any]):
    """A version of which only some fields are known."""

    def __missing__(self, name: str) -> str:
        return ""


def _bearers(claimed: Sequence[Link], unit_id: int | None, values: Mapping[str, Any], period: Period) -> Any:
    held, theirs = aliased(identifier, name="held"), aliased(unit_version, name="theirs")
    asked = or_(*(and_(held.c.scheme == link.kind, held.c.value == link.value) for link in claimed))
    small = literal(values.get("unit_type") == ESTABLISHMENT)
    days = (theirs.c.valid_from < period.valid_until, theirs.c.valid_until > period.valid_from)
    return (
        select(held.c.unit_id, held.c.scheme, held.c.value, theirs.c.standing, func.substr(theirs.c.area_code, 1, 6).label("area"))
        .join_from(held, theirs, theirs.c.unit_id == held.c.unit_id)
        .where(asked, held.c.unit_id != (unit_id or 0), *(believed(table, None) for table in (held, theirs)))
        .where(*days, *_on_one_day((held, theirs)), held.c.valid_from < period.valid_until, held.c.valid_until > period.valid_from)
        .where(theirs.c.standing == Standing.LIVE, (theirs.c.unit_type == ESTABLISHMENT) == small)
        .where(not_(_of_parent(held, None)))
    )  # fmt: skip
