"""What the rules would say of the rows of a file before anything of it is matched: by rule how many rows break it.

Each row is laid over the one unit of the register that bears its code, or taken for a new one; what a match by name would find is
not asked. Rules stop no row; what does is counted beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of
from app.changes import spoken
from app.changes.lands import outside
from app.changes.rules import ItemDraft
from app.core.clock import day_of
from app.core.rights import Territory, on_day
from app.core.said import said
from app.core.turns import Turns, ranges
from app.domain.words import RowOutcome
from app.intake.queries import get_batch, records_of
from app.models import ImportBatch, SourceRecord, notes
from app.records.items import by_itself, describes, new_unit
from app.records.merge import BESIDE
from app.records.queries import Waiting, clusters_of, records_between
from app.register.holders import holders_of
from app.register.losing import FREE, Versions, stances
from app.register.queries import AsOf, codes_beside, versions_of
from app.register.ranking import Ranks, ranks
from app.rules import counting
from app.rules.counting import About, Count, Kept, Lines, Weighed
from app.rules.schemas import RulesCounted
from app.verbs import Call

AT_ONCE = 500
"""Rows of a file that is looked through by whoever asks."""
PART = 500
_CODES = ("uscc", "reg_no", "org_code")


def counted(call: Call, batch: ImportBatch) -> RulesCounted:
    """Of a small file as the register stands now, of a larger one as it was counted last."""
    found = counting.kept(call.session, About.BATCH, batch.batch_id)
    if batch.rows <= AT_ONCE:
        count = Count()
        _count(
            _context(batch.batch_id, call.now, call.session),
            records_of(call.session, batch.batch_id),
            count,
            call.session,
        )
        found = Kept(count, call.now, call.today, 0, None, now=True)
    return counting.shown(call, found, _lines(call.session, found.count.first if found.count else []))


def _lines(session: Session, record_ids: Sequence[int]) -> Lines:
    """Rows by their number, with what they say."""
    own = select(SourceRecord).where(col(SourceRecord.record_id).in_(record_ids))
    return {row.record_id: (_called(row), row.clean) for row in session.execute(own).scalars()}


def _called(row: SourceRecord) -> dict[str, Any]:
    return {"sheet": row.sheet, "row_no": row.row_no, "unit_id": row.unit_id, "name": str(row.clean.get("name") or "")}


def count(turns: Turns, batch_id: int, *, now: datetime) -> int:
    """Look through all rows, part by part, and keep what was found. Returns how many there were."""
    found = Count()
    context, rows = turns.read(partial(_context, batch_id, now)), turns.read(partial(_records_of, batch_id))
    for part in ranges(*rows, PART):
        turns.read(partial(_count, context, part, found))
    told: dict[str, Any] = {"version": 0, "on": context.today, "now": now}
    turns.write(lambda session: counting.keep(session, About.BATCH, batch_id, found, **told))
    return found.items


def _records_of(batch_id: int, session: Session) -> tuple[int, int]:
    return records_of(session, batch_id)


class _Context(NamedTuple):
    """The file, what its office keeps, how far sources are believed, the day."""

    batch_id: int
    own: Territory
    ranks: Ranks
    today: date


def _context(batch_id: int, now: datetime, session: Session) -> _Context:
    today = day_of(now)
    own = on_day(areas_of(session, get_batch(session, batch_id).office_id), today)
    return _Context(batch_id, own, ranks(session, today), today)


def _count(context: _Context, part: tuple[int, int], found: Count, session: Session) -> None:
    """Add the rows of a range that would do something. Of a unit beyond the area nothing is compared, and so told."""
    records = records_between(session, context.batch_id, part, _GOES_ON)
    units = _units_of(session, records)
    held = versions_of(session, set(units.values()), AsOf(context.today))
    strange = {one for one, row in held.items() if not context.own.holds(row["area_code"], row["park_code"])}
    theirs = {record_id for record_id, unit_id in units.items() if unit_id in strange}
    own = [record for record in records if record.record_id not in theirs]
    items = [item for item in _items(session, own, units, held, context) if item is not None]
    beyond = outside(session, items, context.own)
    inside = iter(spoken.weigh(session, [one for place, one in enumerate(items) if place not in beyond], context.today))
    weighed = dict.fromkeys(theirs, _BEYOND)
    for place, item in enumerate(items):
        assert item.record_id is not None, "made of records"
        weighed[item.record_id] = _BEYOND if place in beyond else next(inside)
    for record_id in sorted(weighed):
        found.add(record_id, weighed[record_id])


_BEYOND = Weighed([], [said(notes.OUT_OF_AREA)])
_GOES_ON = [outcome for outcome in RowOutcome if outcome not in (RowOutcome.PROBLEM, RowOutcome.SKIPPED)]
"""Rows that were not stopped as they were read, nor set aside."""


def _items(
    session: Session, records: Sequence[Waiting], units: Mapping[int, int], held: Versions, context: _Context
) -> Iterator[ItemDraft | None]:
    """What each row would do by itself; nothing where it says nothing new, or speaks of a unit that nobody knows."""
    beside, said = codes_beside(session, held), stances(session, held, context.today)
    for record in records:
        unit_id = units.get(record.record_id)
        if unit_id is not None and unit_id in held:
            version = {**held[unit_id], BESIDE: beside.get(unit_id, set())}
            yield by_itself(version, record, context.ranks, said.get(unit_id, FREE))
        else:
            yield new_unit([record], context.ranks, context.own.only) if describes(record) else None


def _units_of(session: Session, records: Sequence[Waiting]) -> dict[int, int]:
    """Record to the unit that it was found to be, or else to the one that bears a code of it."""
    found = {rid: unit for rid, (_, unit) in clusters_of(session, [r.record_id for r in records]).items() if unit}
    codes = {r.record_id: [code for name in _CODES if (code := str(r.clean.get(name) or ""))] for r in records}
    bearers = holders_of(session, {code for some in codes.values() for code in some})
    for record_id, some in codes.items():
        alone = (units for code in some if len(units := {one.unit_id for one in bearers.get(code, ())}) == 1)
        if record_id not in found and (unit := next(alone, None)):
            found[record_id] = unit.pop()
    return found
