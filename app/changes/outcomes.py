"""What becomes of source rows when the request that carries them is decided: rows in = rows accounted for.

A row may be carried by two requests at once (what a policy accepts of it, and what needs a person). Whichever ends
first settles it, so a row that is not `proposed` any more is passed over here and no fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import find_actor
from app.changes.queries import carriers_of, get_request
from app.core.actor import Actor
from app.core.dialect import chunked
from app.core.moves import move_rows, move_where
from app.core.said import said
from app.domain.roles import Permission
from app.domain.words import RequestStatus, RowOutcome
from app.jobs.service import enqueue
from app.models import ChangeRequest, SourceRecord, UserAccount, notes

MATCH_TASK = "match.run"
"""The task that matches all that waits in an office."""

FREE_TASK = "change.free"
"""The task that settles the rows of a large batch that was rejected or withdrawn."""

CHUNK_ITEMS = 500
"""Items whose rows are settled in one transaction."""

_PART = 400


def match_key(actor: Actor) -> str:
    """The key by which the matching of an actor's office stands in the queue once."""
    return f"match:{actor.office_id}"


def mark_applied(session: Session, units: Mapping[int, int]) -> None:
    """The rows behind these items, with their duplicates, are in the register: carrying record to the item's unit."""
    rows = [{"cluster_id": record_id, "unit_id": unit_id} for record_id, unit_id in sorted(units.items())]
    move_rows(session, SourceRecord, RowOutcome.APPLIED, rows, _PROPOSED, key="cluster_id")


def free(session: Session, request: ChangeRequest, *, by: str, now: datetime) -> None:
    """The rows that a request carries are settled now that it was rejected or withdrawn: those of a large batch, but
    the first, by a job."""
    request_id = request.request_id
    if not free_chunk(session, request_id):
        enqueue(session, FREE_TASK, args={"request_id": request_id}, key=f"free:{request_id}", by=by, now=now)


def free_chunk(session: Session, request_id: int) -> bool:
    """Settle the rows of the next items of a request that came to nothing; True when none is left.

    How far it is stands with the request: a row that was freed and is carried by another request since is not taken
    from that one.
    """
    request = get_request(session, request_id, lock=True)
    outcome, note = _AFTER[RequestStatus(request.status)]
    items = carriers_of(session, request_id, after=request.freed_through, limit=CHUNK_ITEMS)
    carriers = sorted(record_id for _, record_id in items if record_id is not None)
    for part in chunked(carriers, _PART):
        move_where(session, SourceRecord, outcome, _carried(part), outcome_reason=said(note, request=request_id))
    request.freed_through = items[-1][0] if items else request.item_count
    session.flush()
    return request.freed_through >= request.item_count


_PROPOSED = col(SourceRecord.outcome) == RowOutcome.PROPOSED
_AFTER = {
    RequestStatus.REJECTED: (RowOutcome.SKIPPED, notes.REQUEST_REJECTED),
    RequestStatus.WITHDRAWN: (RowOutcome.PENDING, notes.REQUEST_WITHDRAWN),
}
"""Where the rows of a request end that came to nothing: skipped with it, or free to be matched again."""


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
    return and_(col(SourceRecord.cluster_id).in_(record_ids), _PROPOSED)
