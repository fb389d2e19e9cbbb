"""What source records say that did not come into force is kept beside their units: as rows are settled, and over all that
the register holds. In parts, so that neither memory nor the writer's turn grows with the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.clock import day_of
from app.core.turns import Turns, ranges
from app.domain.fields import NAMES
from app.domain.lives import ValueStatus
from app.domain.words import LostWhy, RowOutcome
from app.models import ImportBatch, SourceRecord
from app.records.items import as_merge_record, is_closing
from app.records.merge import Difference, difference
from app.records.queries import Waiting, records_of
from app.register import losing
from app.register.losing import FREE, Claim, Key, Versions, stances
from app.register.queries import last_unit, latest_versions_of
from app.register.ranking import ranks

PART = 500
"""Units of one turn of a look."""
_SETTLED = (RowOutcome.APPLIED, RowOutcome.UNCHANGED, RowOutcome.SKIPPED)
"""Rows of which nothing more comes by itself."""


@dataclass
class _Compared:
    """What records say beside what is in force; and from when a source says nothing else."""

    versions: Versions
    claims: list[Claim] = field(default_factory=list)
    agreed: dict[Key, str] = field(default_factory=dict)

    def keep(self, now: datetime, session: Session) -> None:
        losing.keep(session, self.claims, self.versions, now, agreed=self.agreed)


def keep_of_rows(session: Session, units: Mapping[int, int], now: datetime) -> None:
    """Keep what these records say that did not come into force: record to the unit it was found to be of."""
    _compared(session, units, now, settled=False).keep(now, session)


def _compared(session: Session, units: Mapping[int, int], now: datetime, *, settled: bool) -> _Compared:
    """Each record beside its unit. Of `settled` rows, what nobody took and nobody is asked about lost too."""
    records = [record for record in records_of(session, units) if not is_closing(record)]
    found = _Compared(latest_versions_of(session, units.values()))
    said, order = stances(session, found.versions, day_of(now)), ranks(session, day_of(now))
    for record in sorted(records, key=lambda record: (record.on, record.record_id)):
        unit_id = units[record.record_id]
        if unit_id not in found.versions:
            continue
        told = difference(found.versions[unit_id], as_merge_record(record), order, said.get(unit_id, FREE))
        claims = list(_claims(record, unit_id, told, settled=settled))
        lost = {claim.field for claim in claims}
        found.claims += claims
        stated = (name for name in NAMES if record.clean.get(name) not in (None, "") and name not in lost)
        found.agreed |= {(unit_id, name, record.source): record.on for name in stated}
    return found


def _claims(record: Waiting, unit_id: int, told: Difference, *, settled: bool) -> Iterable[Claim]:
    asked = {} if settled else told.propose
    lost = told.lost | (dict.fromkeys(told.take, LostWhy.NOT_TAKEN) if settled else {})
    for name, why in lost.items():
        status = ValueStatus.PROPOSED if name in asked else ValueStatus.OPEN
        yield Claim(unit_id, name, as_merge_record(record).origin, record.clean[name], why, status)


def look(turns: Turns, *, now: datetime) -> None:
    """Hold the last record of every source about every unit against what is in force, and keep what differs."""
    for part in ranges(1, turns.read(last_unit), PART):
        found = turns.read(partial(_last_records, part, now))
        turns.write(partial(found.keep, now))


def _last_records(part: tuple[int, int], now: datetime, session: Session) -> _Compared:
    """The last record of each source about the units of a range, compared."""
    last = (
        select(func.max(col(SourceRecord.record_id)), col(SourceRecord.unit_id))
        .join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))
        .where(col(SourceRecord.unit_id).between(*part), col(SourceRecord.outcome).in_([str(one) for one in _SETTLED]))
        .group_by(col(SourceRecord.unit_id), col(ImportBatch.source))
    )
    units = {record_id: unit_id for record_id, unit_id in session.execute(last) if unit_id is not None}
    return _compared(session, units, now, settled=True)
