"""What becomes of source rows when the request that carries them is decided: rows in = rows accounted for.

A row may be carried by two requests at once (what a policy accepts of it, and what needs a person). Whichever ends
first settles it, so a row that is not `proposed` any more is passed over here and no fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.accounts.actor import find_actor
from app.changes import claims
from app.changes.queries import get_request, items_where
from app.core.actor import Actor
from app.core.dialect import chunked
from app.core.errors import AppError
from app.core.moves import move_rows, move_where
from app.core.said import Said, said
from app.core.types import says
from app.domain.lives import BatchStatus, ItemStatus
from app.domain.period import STILL_KNOWN
from app.domain.roles import Permission
from app.domain.words import ADDING, RequestStatus, RowOutcome
from app.jobs.service import enqueue
from app.models import (
    SAYS_WHY,
    ChangeRequest,
    ImportBatch,
    Job,
    RequestItem,
    SourceRecord,
    UserAccount,
    identifier,
    notes,
)
from app.register.taken import CodeTaken

MATCH_TASK = "match.run"
"""The task that matches all that waits in an office."""

OPEN_ROWS = (RowOutcome.PENDING, RowOutcome.PROPOSED, RowOutcome.TO_REVIEW)
"""A row that is still on its way: the same row of another file is set aside because of it."""

COUNTED = (BatchStatus.HELD, BatchStatus.STAGED, BatchStatus.MATCHED)
"""A file that was read to its end and was not given up; rows of any other set no row aside."""

ROUSED = (notes.GIVEN_BACK, notes.UNIT_ARRIVED, notes.UNIT_MOVED_ON, notes.HANDED_IN_AGAIN)
"""Why a pending row is to be matched without anybody asking for it; one that waits for a unit is, once that is decided."""

WAITING = (notes.WAITS_FOR_UNIT, notes.WAITS_LONGER)
"""Why a row waits for a unit that is on its way, in its own office or in another."""

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
    if not free_chunk(session, request_id, now=now):
        enqueue(session, FREE_TASK, args={"request_id": request_id}, key=f"free:{request_id}", by=by, now=now)


def free_chunk(session: Session, request_id: int, *, now: datetime) -> bool:
    """Settle the rows of the next items of a request that came to nothing; True when none is left.

    What was set aside because of them comes back, what waited for their units is matched without them.

    How far it is stands with the request: a row that was freed and is carried by another request since is not taken
    from that one.
    """
    request = get_request(session, request_id, lock=True)
    outcome, note = _AFTER[RequestStatus(request.status)]
    items = _not_refused(session, request_id, request.freed_through)
    if request.status == RequestStatus.REJECTED:
        claims.refused(session, items, now)
    else:
        claims.let_go(session, items)
    carriers = [item.record_id for item in items if item.record_id is not None]
    _let_go(session, carriers, outcome, said(note, request=request_id), now)
    request.freed_through = items[-1].seq if items else request.item_count
    session.flush()
    return request.freed_through >= request.item_count


def _not_refused(session: Session, request_id: int, after: int) -> list[RequestItem]:
    """The next items but those that were refused by themselves: their rows were settled then, and may be on their way again."""
    whole = col(RequestItem.status) != ItemStatus.EXCLUDED
    return items_where(session, request_id, whole, after=after, limit=CHUNK_ITEMS)


def mark_refused(session: Session, request_id: int, seqs: Sequence[int], *, now: datetime) -> None:
    """The rows of items that were refused while the rest was approved: skipped with that, to be handed in again."""
    items = items_where(session, request_id, col(RequestItem.seq).in_(seqs), after=0, limit=len(seqs))
    claims.refused(session, items, now)
    carriers = [item.record_id for item in items if item.record_id is not None]
    _let_go(session, carriers, RowOutcome.SKIPPED, said(notes.ITEM_REFUSED, request=request_id), now)


def mark_stopped(session: Session, request_id: int, record_ids: Sequence[int]) -> None:
    """The rows of items that were taken back as their batch was stopped: skipped with that, to be handed in again."""
    why = said(notes.REQUEST_STOPPED, request=request_id)
    for part in chunked(sorted(record_ids), _PART):
        applied = (col(SourceRecord.cluster_id).in_(part), col(SourceRecord.outcome) == RowOutcome.APPLIED)
        move_where(session, SourceRecord, RowOutcome.SKIPPED, *applied, outcome_reason=why, unit_id=None)


def _let_go(session: Session, record_ids: Sequence[int], outcome: RowOutcome, why: Said, now: datetime) -> None:
    """Rows that nothing comes of end so; what was set aside because of them, or waited for their units, goes on."""
    for part in chunked(sorted(record_ids), _PART):
        given_back = set_free(session, select(col(SourceRecord.record_id)).where(_carried(part)))
        waits = _waiting(col(SourceRecord.cluster_id).in_(part))
        move_where(session, SourceRecord, outcome, _carried(part), outcome_reason=why)
        if given_back or session.execute(select(exists().where(waits))).scalar_one():
            rouse(session, now=now, waiting=waits)


_PROPOSED = col(SourceRecord.outcome) == RowOutcome.PROPOSED
_AFTER = {
    RequestStatus.REJECTED: (RowOutcome.SKIPPED, notes.REQUEST_REJECTED),
    RequestStatus.WITHDRAWN: (RowOutcome.PENDING, notes.REQUEST_WITHDRAWN),
    RequestStatus.UNDONE: (RowOutcome.SKIPPED, notes.REQUEST_STOPPED),
}
"""Where the rows of a request end that came to nothing: skipped with it, or free to be matched again."""


def mark_late(session: Session, record_ids: Sequence[int]) -> None:
    """Rows whose unit moved on meanwhile are matched anew."""
    for part in chunked(sorted(record_ids), _PART):
        reason = said(notes.UNIT_MOVED_ON)
        move_where(session, SourceRecord, RowOutcome.PENDING, _carried(part), outcome_reason=reason)


def mark_unwritable(session: Session, request_id: int, record_ids: Sequence[int]) -> None:
    """Rows whose item cannot be written are for a person, who may hand them in again."""
    for part in chunked(sorted(record_ids), _PART):
        reason = said(notes.CANNOT_BE_WRITTEN, request=request_id)
        move_where(session, SourceRecord, RowOutcome.PROBLEM, _carried(part), outcome_reason=reason)


def mark_guarded(session: Session, why: Mapping[int, AppError]) -> None:
    """Rows that a guard of the register stopped are for a person too, who hears what it said."""
    for record_id, refusal in sorted(why.items()):
        move_where(session, SourceRecord, RowOutcome.PROBLEM, _carried([record_id]), outcome_reason=told_of(refusal))


def told_of(refusal: AppError) -> Said:
    """A refusal as a row keeps it: the first of several faults, as its words are bounded."""
    facts = refusal.said.facts
    if refusal.code == CodeTaken.code:
        return said(notes.CODE_TAKEN, **facts)
    return said(notes.GUARDED, why=facts["faults"][0] if "faults" in facts else refusal.said)


def set_free(session: Session, gone: Select[Any]) -> int:
    """Rows set aside because of these come back, the first of several; returns how many.

    `gone` selects the ids of rows that end without a trace in the register. A row that repeats yet another one which
    is still on its way stays aside.
    """
    twin, aside, batch, own = (
        aliased(SourceRecord),
        aliased(SourceRecord),
        aliased(ImportBatch),
        aliased(ImportBatch),
    )
    counted = select(col(batch.batch_id)).where(col(batch.status).in_(COUNTED))
    same = select(col(twin.row_hash)).where(col(twin.record_id).in_(gone))
    left = aliased(SourceRecord)
    still_on_its_way = exists().where(
        col(left.row_hash) == col(SourceRecord.row_hash),
        col(left.outcome).in_(OPEN_ROWS),
        col(left.record_id).not_in(gone),
        col(left.batch_id).in_(counted),
    )
    first = (
        select(func.min(col(aside.record_id)))
        .join(own, col(own.batch_id) == col(aside.batch_id))
        .where(col(aside.row_hash) == col(SourceRecord.row_hash), _aside(aside), col(own.status).in_(COUNTED))
        .scalar_subquery()
    )
    conditions = (_aside(SourceRecord), col(SourceRecord.row_hash).in_(same), not_(still_on_its_way))
    reason = said(notes.GIVEN_BACK)
    back = (*conditions, col(SourceRecord.record_id) == first)
    return move_where(session, SourceRecord, RowOutcome.PENDING, *back, outcome_reason=reason)


def _aside(row: Any) -> ColumnElement[bool]:
    return and_(col(row.outcome) == RowOutcome.SKIPPED, says(col(row.outcome_reason), notes.REPEATED_OPEN))


def give_back(session: Session, gone: Select[Any], *, now: datetime) -> None:
    """Rows set aside because of these come back and are matched."""
    if set_free(session, gone):
        rouse(session, now=now)


def wake(session: Session, request: ChangeRequest, *, now: datetime) -> None:
    """A request is through: rows that waited for its units, and those that spoke of units we did not know, are matched."""
    _arrive(session, request)
    rouse(session, now=now, waiting=_waits_for(request.request_id))


def _arrive(session: Session, request: ChangeRequest) -> None:
    """Rows that spoke of an unknown unit come back: by the code that is known now; without one, when units came in."""
    known: ColumnElement[bool] = exists().where(
        identifier.c.value == col(SourceRecord.code), identifier.c.superseded_at == STILL_KNOWN
    )
    own = (col(RequestItem.request_id) == request.request_id, col(RequestItem.reason).in_(ADDING))
    if session.execute(select(exists().where(*own))).scalar_one():
        known = or_(known, col(SourceRecord.code).is_(None))
    unknown = and_(
        col(SourceRecord.outcome) == RowOutcome.PROBLEM,
        SAYS_WHY,
        says(col(SourceRecord.outcome_reason), notes.UNIT_UNKNOWN),
    )
    move_where(session, SourceRecord, RowOutcome.PENDING, unknown, known, outcome_reason=said(notes.UNIT_ARRIVED))


def _waits_for(request_id: int) -> ColumnElement[bool]:
    """Rows that wait for a unit which this request proposes."""
    return _waiting(col(SourceRecord.cluster_id).in_(_records_of(request_id)))


def rouse_behind(session: Session, record_id: int, *, now: datetime) -> None:
    """A record was settled without a request: rows that waited for it are matched."""
    waiting = _waiting(col(SourceRecord.cluster_id) == record_id)
    if session.execute(select(exists().where(waiting))).scalar_one():
        rouse(session, now=now, waiting=waiting)


def _waiting(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(
        col(SourceRecord.outcome) == RowOutcome.PENDING,
        SAYS_WHY,
        says(col(SourceRecord.outcome_reason), *WAITING),
        *conditions,
    )


def rouse(session: Session, *, now: datetime, waiting: ColumnElement[bool] | None = None) -> None:
    """Have those rows matched that nobody else would ask for, office by office."""
    said_so = says(col(SourceRecord.outcome_reason), *ROUSED)
    pending = and_(col(SourceRecord.outcome) == RowOutcome.PENDING, SAYS_WHY, said_so)
    statement = (
        select(col(ImportBatch.office_id))
        .join(SourceRecord, col(SourceRecord.batch_id) == col(ImportBatch.batch_id))
        .where(col(ImportBatch.status).in_((BatchStatus.STAGED, BatchStatus.MATCHED)))
        .where(pending if waiting is None else or_(pending, waiting))
    )
    for office_id in session.execute(statement.distinct().order_by(col(ImportBatch.office_id))).scalars().all():
        login = matcher_of(session, office_id)
        if login is not None:
            ask_match(session, office_id, by=login, now=now, again=True)


def ask_match(session: Session, office_id: int, *, by: str, now: datetime, again: bool = False) -> Job:
    """Have the worker match what waits in an office; one job an office waits at a time."""
    key = f"match:{office_id}"
    return enqueue(session, MATCH_TASK, args={"office_id": office_id}, key=key, by=by, now=now, again=again)


def matcher_of(session: Session, office_id: int) -> str | None:
    """In whose name an office's rows are matched without anybody asking: who brought a file in last, else a colleague.

    Never in the name of whoever approved: he could not approve what comes of it.
    """
    brought = (
        select(col(UserAccount.login))
        .join(ImportBatch, col(ImportBatch.created_by) == col(UserAccount.user_id))
        .where(col(ImportBatch.office_id) == office_id, col(UserAccount.office_id) == office_id)
        .group_by(col(UserAccount.login))
        .order_by(func.max(col(ImportBatch.batch_id)).desc())
    )
    colleagues = select(col(UserAccount.login)).where(col(UserAccount.office_id) == office_id)
    logins = [*session.execute(brought).scalars(), *session.execute(colleagues.order_by("login")).scalars()]
    found = (actor for login in logins if (actor := find_actor(session, login)) and not actor.is_system)
    return next((actor.login for actor in found if actor.may(Permission.MATCH)), None)


def _records_of(request_id: int) -> Select[Any]:
    return select(col(RequestItem.record_id)).where(
        col(RequestItem.request_id) == request_id, col(RequestItem.record_id).is_not(None)
    )


def _carried(record_ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(col(SourceRecord.cluster_id).in_(record_ids), _PROPOSED)
