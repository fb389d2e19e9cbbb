"""A valid code belongs to one live unit (DESIGN.md, promise 14): who bears what a write would give to another.

No two live units bear on one day the same valid credit code, registration number, organisation code of their own, or
temporary code.
An establishment that goes by its parent's code does not bear it by itself, nor does a 本部 (`…B`). What people decided
to be two different units may share a code. Only what a write brings in is refused, never what was there before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.core.dialect import chunked
from app.core.types import Moment
from app.domain.period import Period
from app.domain.words import Standing
from app.models import CandidatePair, Decision, identifier, unit_version
from app.register.codes import LEGAL_CODES, is_of_another, passes
from app.register.queries import MAX_IN, believed
from app.register.rules import History, Link, Write, identifiers_of
from app.register.stating import with_parts
from app.register.steps import Guard

SCHEMES = (*LEGAL_CODES, "temp_code")
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
        .where(not_(_of_parent(own, mine)), not_(_of_parent(held, theirs)))
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


def _of_parent(held: FromClause, version: FromClause) -> ColumnElement[bool]:
    """Whether a unit says on these days of the code that it is its parent's, or the part of its parent's."""
    parent = version.c.parent_uscc
    return or_(held.c.value.in_((parent, func.substr(parent, 9, 9))), held.c.value == version.c.parent_org_code)


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
    session: Session, before: History, after: History, *, write: Write, beside: Collection[int] = ()
) -> None:
    """A unit as a write would leave it bears no code on a day on which another lives and bears it, unless it did so before.
    Raises CodeTaken. For who proposes: what his request does to the units `beside` is judged as it is written.
    """
    held, claims = _claims(before), _claims(after) | _stated(after, write)
    if claims - held:
        codes = {(claim.kind, claim.value) for claim, _ in claims}
        bearers = [one for one in _bearers(session, after.unit_id, codes) if one.unit_id not in beside]
        fresh = _met(after.unit_id, claims, bearers) - _met(after.unit_id, held, bearers)
        if fresh:
            raise _gravest(fresh).refusal()


_Claim = tuple[Link, bool]
"""A code of a unit's own over a stretch in which it lives, and whether it is an establishment in it."""


def _claims(history: History) -> set[_Claim]:
    return {
        (link, row["unit_type"] == ESTABLISHMENT)
        for row in history.believed
        if row["standing"] == Standing.LIVE
        for link in identifiers_of([row])
        if link.kind in SCHEMES and passes(link.kind, link.value) and not is_of_another(link.value, row)
    }


def _stated(history: History, write: Write) -> set[_Claim]:
    """The same of codes that a write states beside the fields, with their parts."""
    days = (write.period.valid_from, write.period.valid_until)
    told = [Link(one.scheme, one.value, *days, origin=one.origin) for one in write.stated.bears]
    links = [part for link in told for part in with_parts(link)]
    return {
        (replace(link, valid_from=inside.valid_from, valid_until=inside.valid_until), row["unit_type"] == ESTABLISHMENT)
        for link in links
        if link.kind in SCHEMES and passes(link.kind, link.value)
        for row in history.believed
        if row["standing"] == Standing.LIVE
        and not is_of_another(link.value, row)
        and (inside := Period(row["valid_from"], row["valid_until"]).intersection(write.period)) is not None
    }


def _met(unit_id: int, claims: set[_Claim], bearers: Iterable[Any]) -> set[Taken]:
    """The bearers who live on one of the days of a claim."""
    return {
        Taken(unit_id, held.unit_id, held.scheme, held.value, held.standing, held.area)
        for held in bearers
        for claim, small in claims
        if (claim.kind, claim.value, small) == (held.scheme, held.value, held.unit_type == ESTABLISHMENT)
        and max(claim.valid_from, held.since, held.valid_from) < min(claim.valid_until, held.until, held.valid_until)
    }


def _bearers(session: Session, unit_id: int, codes: set[tuple[str, str]]) -> Sequence[Any]:
    """Who else bears one of these codes for itself, with the stretches over which it does, and over which it lives."""
    held, theirs = aliased(identifier, name="held"), aliased(unit_version, name="theirs")
    asked = or_(*(and_(held.c.scheme == scheme, held.c.value == value) for scheme, value in sorted(codes)))
    stretch = (
        held.c.valid_from.label("since"),
        held.c.valid_until.label("until"),
        theirs.c.valid_from,
        theirs.c.valid_until,
    )
    area = func.substr(theirs.c.area_code, 1, 6).label("area")
    return session.execute(
        select(held.c.unit_id, held.c.scheme, held.c.value, theirs.c.standing, theirs.c.unit_type, area, *stretch)
        .join_from(held, theirs, theirs.c.unit_id == held.c.unit_id)
        .where(asked, held.c.unit_id != unit_id, *(believed(table, None) for table in (held, theirs)))
        .where(theirs.c.standing == Standing.LIVE, not_(_of_parent(held, theirs)), *_on_one_day((held, theirs)))
    ).all()  # fmt: skip
