"""Rows handed in again: what was rejected, could not be written, or spoke of a unit nobody knew gets another try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes.outcomes import rouse
from app.core.actor import Actor
from app.core.moves import move_where
from app.core.said import said
from app.core.turns import Turns, ranges, within
from app.core.types import says
from app.domain.words import RowOutcome
from app.intake import service
from app.intake.errors import NothingToHandIn
from app.intake.queries import get_visible_batch
from app.models import SourceRecord, notes

REASONS = (
    notes.REQUEST_REJECTED,
    notes.ITEM_REFUSED,
    notes.REQUEST_STOPPED,
    notes.CANNOT_BE_WRITTEN,
    notes.CODE_TAKEN,
    notes.GUARDED,
    notes.UNIT_UNKNOWN,
    notes.BARE,
)
"""Why a row ended that may be tried again. What was stopped at intake is mended in the file, which then comes anew."""


def hand_in(turns: Turns, batch_id: int, *, row_no: int | None, reason: str, actor: Actor, now: datetime) -> None:
    """Have rows of a batch matched anew; the reason stands in the log. Raises NothingToHandIn.

    The log says it first, then the rows follow in short parts; those that a kill left out can be handed in once more.
    """
    wanted = [_may_come_again(batch_id)] + ([col(SourceRecord.row_no) == row_no] if row_no is not None else [])

    def say(session: Session) -> None:
        payload = {"reason": reason, "rows": count, "row_no": row_no}
        subject = f"batch {batch_id}"
        record_event(session, Tag.IMPORT_HAND_IN_AGAIN, actor=actor.login, at=now, subject=subject, payload=payload)

    count, first, last = turns.read(lambda session: _found(session, batch_id, wanted, actor))
    turns.write(say)
    for part in ranges(first, last, service.PART):
        turns.write(partial(_hand_in, [*wanted, within(col(SourceRecord.record_id), part)]))
    turns.write(lambda session: rouse(session, now=now))


def _found(
    session: Session, batch_id: int, wanted: Sequence[ColumnElement[bool]], actor: Actor
) -> tuple[int, int, int]:
    """How many rows are wanted, the first and the last of them. Raises BatchNotFound, NothingToHandIn."""
    get_visible_batch(session, batch_id, actor)
    number = col(SourceRecord.record_id)
    found = session.execute(select(func.count(), func.min(number), func.max(number)).where(*wanted)).one()
    if not found[0]:
        raise NothingToHandIn(batch_id=batch_id)
    return found[0], found[1], found[2]


def _hand_in(wanted: Sequence[ColumnElement[bool]], session: Session) -> None:
    why = said(notes.HANDED_IN_AGAIN)
    move_where(session, SourceRecord, RowOutcome.PENDING, *wanted, outcome_reason=why, unit_id=None)


def count(session: Session, batch_id: int) -> int:
    """How many rows of a batch could be handed in again."""
    return session.execute(select(func.count()).where(_may_come_again(batch_id))).scalar_one()


def _may_come_again(batch_id: int) -> ColumnElement[bool]:
    ended = col(SourceRecord.outcome).in_((RowOutcome.SKIPPED, RowOutcome.PROBLEM))
    why = says(col(SourceRecord.outcome_reason), *REASONS)
    return and_(col(SourceRecord.batch_id) == batch_id, ended, why)
