"""What becomes of source rows when the request that carries them is decided: rows in = rows accounted for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import chunked
from app.domain.words import RowOutcome
from app.models import RequestItem, SourceRecord

_PART = 400


def mark_applied(session: Session, request_id: int, record_ids: Sequence[int]) -> None:
    """The rows behind these items, with their duplicates, are in the register under the item's unit."""
    unit_id = (
        select(col(RequestItem.unit_id))
        .where(
            col(RequestItem.request_id) == request_id,
            col(RequestItem.record_id) == col(SourceRecord.cluster_id),
        )
        .order_by(col(RequestItem.seq))
        .limit(1)
        .scalar_subquery()
    )
    for part in chunked(sorted(record_ids), _PART):
        statement = update(SourceRecord).where(_carried(part)).values(outcome=RowOutcome.APPLIED, unit_id=unit_id)
        session.execute(statement, execution_options={"synchronize_session": False})


def mark_all(session: Session, request_id: int, outcome: RowOutcome, reason: str) -> None:
    """Every row that the request carries ends in `outcome`."""
    records = select(col(RequestItem.record_id)).where(
        col(RequestItem.request_id) == request_id, col(RequestItem.record_id).is_not(None)
    )
    statement = update(SourceRecord).where(
        and_(
            col(SourceRecord.cluster_id).in_(records),
            col(SourceRecord.outcome) == RowOutcome.PROPOSED,
        )
    )
    values = {"outcome": outcome, "outcome_reason": reason}
    session.execute(statement.values(**values), execution_options={"synchronize_session": False})


def mark_stale(session: Session, record_ids: Sequence[int]) -> None:
    """Rows whose unit moved on meanwhile are matched anew at the next run."""
    for part in chunked(sorted(record_ids), _PART):
        values = {"outcome": RowOutcome.PENDING, "outcome_reason": "the unit changed before this was applied"}
        statement = update(SourceRecord).where(_carried(part)).values(**values)
        session.execute(statement, execution_options={"synchronize_session": False})


def _carried(record_ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(
        col(SourceRecord.cluster_id).in_(record_ids),
        col(SourceRecord.outcome) == RowOutcome.PROPOSED,
    )
