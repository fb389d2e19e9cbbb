"""What becomes of source rows when the request that carries them is decided: rows in = rows accounted for.

A row may be carried by two requests at once (what a policy accepts of it, and what needs a person). Whichever ends
first settles it, so a row that is not `proposed` any more is passed over here and no fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import find_actor
from app.core.actor import Actor
from app.core.dialect import chunked
from app.core.moves import move_where
from app.core.said import Said, said
from app.domain.roles import Permission
from app.domain.words import RowOutcome
from app.jobs.service import enqueue
from app.models import ChangeRequest, RequestItem, SourceRecord, UserAccount, notes

MATCH_TASK = "match.run"
"""The task that matches all that waits in an office."""

_PART = 400


def match_key(actor: Actor) -> str:
    """The key by which the matching of an actor's office stands in the queue once."""
    return f"match:{actor.office_id}"


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
        move_where(session, SourceRecord, RowOutcome.APPLIED, _carried(part), unit_id=unit_id)


def mark_all(session: Session, request_id: int, outcome: RowOutcome, reason: Said) -> None:
    """Every row that the request carries ends in `outcome`."""
    records = select(col(RequestItem.record_id)).where(
        col(RequestItem.request_id) == request_id, col(RequestItem.record_id).is_not(None)
    )
    carried = and_(col(SourceRecord.cluster_id).in_(records), col(SourceRecord.outcome) == RowOutcome.PROPOSED)
    move_where(session, SourceRecord, outcome, carried, outcome_reason=reason)


def mark_stale(session: Session, record_ids: Sequence[int]) -> None:
    """Rows whose unit moved on meanwhile are matched anew at the next run."""
    for part in chunked(sorted(record_ids), _PART):
        reason = said(notes.UNIT_MOVED_ON)
        move_where(session, SourceRecord, RowOutcome.PENDING, _carried(part), outcome_reason=reason)


def wake(session: Session, request: ChangeRequest, *, now: datetime) -> None:
    """Have the rows matched that waited for a unit to come in; asked when a request is through.

    Only requests that came of source rows bring such units. The run goes in the name of who proposed the request: whoever approved it may not approve what comes of it.
    """
    waiting = exists().where(
        col(SourceRecord.outcome) == RowOutcome.PENDING,
        col(SourceRecord.outcome_reason) == said(notes.WAITS_FOR_UNIT),
    )
    if request.batch_id is None or not session.execute(select(waiting)).scalar_one():
        return
    proposer = find_actor(session, session.get_one(UserAccount, request.proposer_id).login)
    if proposer is not None and proposer.may(Permission.MATCH):
        enqueue(session, MATCH_TASK, args={}, key=match_key(proposer), by=proposer.login, now=now)


def _carried(record_ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(
        col(SourceRecord.cluster_id).in_(record_ids),
        col(SourceRecord.outcome) == RowOutcome.PROPOSED,
    )
