"""Reading import batches, their rows and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import chunked, locked
from app.core.rights import Territory, keeps, kept
from app.domain.lives import BatchStatus
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import RowOutcome, Standing
from app.intake.errors import BatchNotFound
from app.intake.rules import CLOSING_EVENTS, Guards
from app.models import (
    ImportBatch,
    ImportProblem,
    MatchWay,
    Office,
    Policy,
    SourceRecord,
    UserAccount,
    unit_version,
)
from app.records.queries import going


def get_visible_batch(session: Session, batch_id: int, actor: Actor, *, lock: bool = False) -> ImportBatch:
    """A batch of the actor's office or of one below it; others are as if they were not there."""
    batch = get_batch(session, batch_id, lock=lock)
    path = session.execute(select(col(Office.path)).where(col(Office.office_id) == batch.office_id)).scalar_one()
    if not keeps(actor, path):
        raise BatchNotFound(batch_id=batch_id)
    return batch


def get_batch(session: Session, batch_id: int, *, lock: bool = False) -> ImportBatch:
    """A batch, held until the transaction ends when `lock`. Raises BatchNotFound."""
    statement = select(ImportBatch).where(col(ImportBatch.batch_id) == batch_id)
    found = session.execute(locked(statement) if lock else statement, execution_options={"populate_existing": True})
    batch: ImportBatch | None = found.scalar_one_or_none()
    if batch is None:
        raise BatchNotFound(batch_id=batch_id)
    return batch


def list_batches(session: Session, actor: Actor, *, after: int = 0, limit: int = 100) -> list[ImportBatch]:
    """Batches of the actor's office and those below, the newest first, from behind `after` on."""
    statement = (
        select(ImportBatch)
        .join(Office, col(Office.office_id) == col(ImportBatch.office_id))
        .where(kept(actor, col(Office.path)))
        .order_by(col(ImportBatch.batch_id).desc())
        .limit(limit)
    )
    if after:
        statement = statement.where(col(ImportBatch.batch_id) < after)
    return list(session.execute(statement).scalars())


def counts_of(session: Session, batch_id: int) -> dict[str, int]:
    """Rows of a batch by outcome; those that a match run is still moving on wait until it is stored."""
    statement = (
        select(col(SourceRecord.outcome), func.count())
        .where(col(SourceRecord.batch_id) == batch_id, col(SourceRecord.outcome).in_(list(RowOutcome)))
        .group_by(col(SourceRecord.outcome))
    )
    counts = Counter(dict(session.execute(statement).all()))
    for outcome, count in session.execute(statement.where(col(SourceRecord.record_id).in_(going()))):
        counts[outcome] -= count
        counts[str(RowOutcome.PENDING)] += count
    return {outcome: count for outcome, count in counts.items() if count}


def still_going(session: Session, rows: Sequence[SourceRecord]) -> set[int]:
    """Those of the rows that a match run is still moving on."""
    found: set[int] = set()
    for part in chunked([row.record_id for row in rows], 500):
        found.update(session.execute(going().where(col(MatchWay.record_id).in_(part))).scalars())
    return found


def closing_rows(session: Session, batch_id: int) -> int:
    """Rows of a batch that wait and would close a unit."""
    statement = select(func.count()).where(
        col(SourceRecord.batch_id) == batch_id,
        col(SourceRecord.outcome) == RowOutcome.PENDING,
        col(SourceRecord.event).in_(CLOSING_EVENTS),
    )
    return session.execute(statement).scalar_one()


def records_of(session: Session, batch_id: int) -> tuple[int, int]:
    """The first and the last number of a batch's records; of none, a range that is empty."""
    number = col(SourceRecord.record_id)
    statement = select(func.min(number), func.max(number)).where(col(SourceRecord.batch_id) == batch_id)
    first, last = session.execute(statement).one()
    return (first, last) if first is not None else (1, 0)


def problem_counts(session: Session, batch_id: int) -> dict[str, int]:
    """Problems of a batch by code."""
    statement = (
        select(col(ImportProblem.code), func.count())
        .where(col(ImportProblem.batch_id) == batch_id)
        .group_by(col(ImportProblem.code))
        .order_by(col(ImportProblem.code))
    )
    return dict(session.execute(statement).all())


def list_problems(session: Session, batch_id: int, *, after: int = 0, limit: int = 1000) -> list[ImportProblem]:
    statement = (
        select(ImportProblem)
        .where(col(ImportProblem.batch_id) == batch_id, col(ImportProblem.problem_id) > after)
        .order_by(col(ImportProblem.problem_id))
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def units_with_problems(session: Session, batch_id: int, *, after: int = 0, until: int | None = None) -> set[int]:
    """The units of rows that have a problem, of all or of those behind one and up to another."""
    problem, record = col(ImportProblem.problem_id), SourceRecord
    rows = and_(
        col(record.batch_id) == col(ImportProblem.batch_id),
        col(record.sheet) == col(ImportProblem.sheet),
        col(record.row_no) == col(ImportProblem.row_no),
    )
    statement = select(col(record.unit_id)).join(ImportProblem, rows).distinct()
    statement = statement.where(col(ImportProblem.batch_id) == batch_id, problem > after)
    found = session.execute(statement if until is None else statement.where(problem <= until)).scalars()
    return {unit_id for unit_id in found if unit_id is not None}


def list_rows(
    session: Session, batch_id: int, *, outcome: RowOutcome | None = None, after: int = 0, limit: int = 1000
) -> list[SourceRecord]:
    """Rows of a batch with their outcome, in the order of the file."""
    statement = select(SourceRecord).where(col(SourceRecord.batch_id) == batch_id, col(SourceRecord.record_id) > after)
    if outcome:
        gone = col(SourceRecord.record_id).in_(going())
        own = and_(col(SourceRecord.outcome) == outcome, not_(gone))
        statement = statement.where(or_(own, gone) if outcome is RowOutcome.PENDING else own)
    return list(session.execute(statement.order_by(col(SourceRecord.record_id)).limit(limit)).scalars())


def last_rows_of(session: Session, batch: ImportBatch) -> int | None:
    """Rows of the last file of the same source and layout that went in; None for the first."""
    statement = (
        select(col(ImportBatch.rows))
        .where(
            col(ImportBatch.source) == batch.source,
            col(ImportBatch.office_id) == batch.office_id,
            col(ImportBatch.layout) == batch.layout,
            col(ImportBatch.batch_id) < batch.batch_id,
            col(ImportBatch.status).in_([BatchStatus.STAGED, BatchStatus.MATCHED]),
            col(ImportBatch.repeat_of).is_(None),
        )
        .order_by(col(ImportBatch.batch_id).desc())
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()


def guards_on(session: Session, on: date) -> Guards:
    """The guards of the policy of kind `intake` in force on a day, the youngest of several."""
    statement = (
        select(col(Policy.rule))
        .where(col(Policy.kind) == "intake", col(Policy.valid_from) <= on, col(Policy.valid_until) > on)
        .order_by(col(Policy.valid_from).desc(), col(Policy.policy_id).desc())
        .limit(1)
    )
    return Guards.from_rule(session.execute(statement).scalar_one_or_none() or {})


def login_of(session: Session, user_id: int | None) -> str:
    """Who somebody is; nobody is nothing."""
    statement = select(col(UserAccount.login)).where(col(UserAccount.user_id) == user_id)
    return session.execute(statement).scalar_one_or_none() or ""


def live_units(session: Session, within: Territory) -> int:
    """Units believed to live now, of an area."""
    statement = select(func.count()).where(
        unit_version.c.superseded_at == STILL_KNOWN,
        unit_version.c.valid_until == FOREVER,
        unit_version.c.standing == Standing.LIVE,
        within.condition(unit_version.c.area_code, unit_version.c.park_code),
    )
    return session.execute(statement).scalar_one()
