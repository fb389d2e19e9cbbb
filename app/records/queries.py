"""Reading the source records that wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import chunked
from app.core.rights import keeps
from app.domain.lives import BatchStatus, RunStatus
from app.domain.words import RowOutcome
from app.models import ImportBatch, MatchRun, MatchWay, Office, SourceRecord

_PART = 500
_STAGED = (BatchStatus.STAGED, BatchStatus.MATCHED)


@dataclass(frozen=True)
class Waiting:
    """A source record on its way: what the routing needs to know of it; `vouched`, whether a second person saw its file."""

    record_id: int
    batch_id: int
    cluster_id: int | None
    source: str
    as_of: date
    event: str
    event_on: str
    clean: dict[str, Any]
    vouched: bool = False

    @property
    def on(self) -> str:
        """The day it speaks of, ISO: of an event its own, of a description that of the file."""
        return (self.event_on if self.event not in {"new", "state"} else "") or self.as_of.isoformat()


def _waiting() -> Select[Any]:
    """Select of what `Waiting` holds."""
    return select(
        col(SourceRecord.record_id),
        col(SourceRecord.batch_id),
        col(SourceRecord.cluster_id),
        col(ImportBatch.source),
        col(ImportBatch.as_of),
        col(SourceRecord.event),
        col(SourceRecord.event_on),
        col(SourceRecord.clean),
        col(ImportBatch.confirmed_by).is_not(None),
    ).join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))


def records_in(session: Session, outcomes: Iterable[RowOutcome], *, office_id: int | None = None) -> list[Waiting]:
    """Records of staged batches with one of the outcomes, in the order they came; of one office, or of all."""
    statement = _staged(outcomes)
    if office_id is not None:
        statement = statement.where(col(ImportBatch.office_id) == office_id)
    return [Waiting(*row) for row in session.execute(statement)]


def parts_of_records_in(session: Session, outcomes: Iterable[RowOutcome], *, size: int) -> Iterator[list[Waiting]]:
    """The same of all offices, so many at a time."""
    for part in session.execute(_staged(outcomes).execution_options(yield_per=size)).partitions():
        yield [Waiting(*row) for row in part]


def _staged(outcomes: Iterable[RowOutcome]) -> Select[Any]:
    return (
        _waiting()
        .where(col(SourceRecord.outcome).in_(list(outcomes)), col(ImportBatch.status).in_(_STAGED))
        .order_by(col(SourceRecord.record_id))
    )


def records_between(
    session: Session, batch_id: int, numbers: tuple[int, int], outcomes: Iterable[RowOutcome]
) -> list[Waiting]:
    """Records of one batch in a range of numbers, with one of the outcomes, whatever became of the batch."""
    own = (col(SourceRecord.batch_id) == batch_id, col(SourceRecord.outcome).in_(list(outcomes)))
    within = col(SourceRecord.record_id).between(*numbers)
    return [
        Waiting(*row) for row in session.execute(_waiting().where(*own, within).order_by(col(SourceRecord.record_id)))
    ]


def records_kept_by(session: Session, outcomes: Iterable[RowOutcome], *, office_id: int) -> set[int]:
    """Records with one of the outcomes that came with files of an office or of one below it."""
    own = select(col(Office.path)).where(col(Office.office_id) == office_id).scalar_subquery()
    statement = (
        select(col(SourceRecord.record_id))
        .join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))
        .join(Office, col(Office.office_id) == col(ImportBatch.office_id))
        .where(col(SourceRecord.outcome).in_(list(outcomes)), col(Office.path).startswith(own))
    )
    return set(session.execute(statement).scalars())


def units_of_records(session: Session, record_ids: Iterable[int]) -> set[int]:
    """The units that some of these records are known to be of."""
    found: set[int] = set()
    for part in chunked(sorted(set(record_ids)), _PART):
        own = select(col(SourceRecord.unit_id)).where(col(SourceRecord.record_id).in_(part))
        found.update(unit_id for unit_id in session.execute(own).scalars() if unit_id is not None)
    return found


def anything_waits(session: Session, office_id: int, *, new: bool = False) -> bool:
    """Whether a record of an office's staged batches is still to be matched; `new`, whether one was in no run yet."""
    waiting = exists().where(
        col(SourceRecord.outcome) == RowOutcome.PENDING,
        col(ImportBatch.batch_id) == col(SourceRecord.batch_id),
        col(ImportBatch.status).in_((BatchStatus.STAGED,) if new else _STAGED),
        col(ImportBatch.office_id) == office_id,
    )
    return bool(session.execute(select(waiting)).scalar_one())


def going() -> Select[Any]:
    """Records that a match run is moving on while it is not yet stored: they count as waiting until it is."""
    return (
        select(col(MatchWay.record_id))
        .join(MatchRun, col(MatchRun.run_id) == col(MatchWay.run_id))
        .where(col(MatchRun.status) == str(RunStatus.SETTLING))
    )


def records_of(session: Session, record_ids: Iterable[int]) -> list[Waiting]:
    """These records."""
    found: list[Waiting] = []
    for part in chunked(sorted(record_ids), _PART):
        statement = _waiting().where(col(SourceRecord.record_id).in_(part)).order_by(col(SourceRecord.record_id))
        found += [Waiting(*row) for row in session.execute(statement)]
    return found


def get_record(session: Session, record_id: int) -> Waiting:
    statement = _waiting().where(col(SourceRecord.record_id) == record_id)
    return Waiting(*session.execute(statement).one())


def clusters_of(session: Session, record_ids: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
    """Record to (cluster, unit)."""
    found: dict[int, tuple[int | None, int | None]] = {}
    for part in chunked(sorted(set(record_ids)), _PART):
        statement = select(col(SourceRecord.record_id), col(SourceRecord.cluster_id), col(SourceRecord.unit_id)).where(
            col(SourceRecord.record_id).in_(part)
        )
        found.update({rid: (cluster, unit) for rid, cluster, unit in session.execute(statement)})
    return found


def records_by_source(session: Session, unit_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many source records of each source were found to be each unit."""
    unit, source = col(SourceRecord.unit_id), col(ImportBatch.source)
    found: dict[int, dict[str, int]] = {}
    for part in chunked(sorted(set(unit_ids)), _PART):
        statement = (
            select(unit, source, func.count())
            .join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))
            .where(unit.in_(part))
            .group_by(unit, source)
        )
        for unit_id, name, count in session.execute(statement.order_by(unit, source)):
            found.setdefault(int(unit_id or 0), {})[name] = count
    return found


def records_of_unit(session: Session, unit_id: int, actor: Actor, *, limit: int = 50) -> list[dict[str, Any]]:
    """Source records that were found to be a unit, the newest first; of a file that is another office's the source and the
    day alone, since how it called its file, and where the row stands in it, is its own."""
    statement = (
        select(
            col(SourceRecord.record_id),
            col(SourceRecord.row_no),
            col(SourceRecord.event),
            col(SourceRecord.outcome),
            col(ImportBatch.batch_id),
            col(ImportBatch.source),
            col(ImportBatch.file_name),
            col(ImportBatch.as_of),
            col(Office.path),
        )
        .join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))
        .join(Office, col(Office.office_id) == col(ImportBatch.office_id))
        .where(col(SourceRecord.unit_id) == unit_id)
        .order_by(col(SourceRecord.record_id).desc())
        .limit(limit)
    )
    return [_told(dict(row), actor) for row in session.execute(statement).mappings()]


_OF_THE_FILE: dict[str, Any] = {"batch_id": None, "row_no": None, "file_name": ""}


def _told(row: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    return {**row, **({} if keeps(actor, row["path"]) else _OF_THE_FILE)}
