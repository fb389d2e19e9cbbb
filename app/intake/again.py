"""Rows handed in again: what was rejected, could not be written, or spoke of a unit nobody knew gets another try."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes.outcomes import rouse
from app.core.actor import Actor
from app.core.moves import move_where
from app.core.said import said
from app.core.types import says
from app.domain.words import RowOutcome
from app.intake.errors import NothingToHandIn
from app.intake.queries import get_visible_batch
from app.models import ImportBatch, SourceRecord, notes

REASONS = (notes.REQUEST_REJECTED, notes.CANNOT_BE_WRITTEN, notes.UNIT_UNKNOWN)
"""Why a row ended that may be tried again. What was stopped at intake is mended in the file, which then comes anew."""


def hand_in(
    session: Session, batch_id: int, *, row_no: int | None, reason: str, actor: Actor, now: datetime
) -> ImportBatch:
    """Have rows of a batch matched anew; the reason stands in the log. Raises NothingToHandIn."""
    batch = get_visible_batch(session, batch_id, actor, lock=True)
    wanted = [_may_come_again(batch_id)] + ([col(SourceRecord.row_no) == row_no] if row_no is not None else [])
    count = move_where(
        session, SourceRecord, RowOutcome.PENDING, *wanted, outcome_reason=said(notes.HANDED_IN_AGAIN), unit_id=None
    )
    if not count:
        raise NothingToHandIn(batch_id=batch_id)
    payload = {"reason": reason, "rows": count, "row_no": row_no}
    subject = f"batch {batch_id}"
    record_event(session, Tag.IMPORT_HAND_IN_AGAIN, actor=actor.login, at=now, subject=subject, payload=payload)
    rouse(session, now=now)
    return batch


def count(session: Session, batch_id: int) -> int:
    """How many rows of a batch could be handed in again."""
    return session.execute(select(func.count()).where(_may_come_again(batch_id))).scalar_one()


def _may_come_again(batch_id: int) -> ColumnElement[bool]:
    ended = col(SourceRecord.outcome).in_((RowOutcome.SKIPPED, RowOutcome.PROBLEM))
    why = says(col(SourceRecord.outcome_reason), *REASONS)
    return and_(col(SourceRecord.batch_id) == batch_id, ended, why)
