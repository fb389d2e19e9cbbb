"""What becomes of source rows when the request that carries them is decided: rows in = rows accounted for.

A row may be carried by two requests at once (what a policy accepts of it, and what needs a person). Whichever ends
first settles it, so a row that is not `proposed` any more is passed over here and no fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.accounts.actor import find_actor
from app.core.dialect import chunked
from app.core.moves import move_where
from app.core.said import Said, said
from app.core.types import says
from app.domain.lives import BatchStatus
from app.domain.period import STILL_KNOWN
from app.domain.roles import Permission
from app.domain.words import ADDING, RowOutcome
from app.jobs.service import enqueue
from app.models import ChangeRequest, ImportBatch, Job, RequestItem, SourceRecord, UserAccount, identifier, notes

MATCH_TASK = "match.run"
"""The task that matches all that waits in an office."""

OPEN_ROWS = (RowOutcome.PENDING, RowOutcome.PROPOSED, RowOutcome.TO_REVIEW)
"""A row that is still on its way: the same row of another file is set aside because of it."""

COUNTED = (BatchStatus.HELD, BatchStatus.STAGED, BatchStatus.MATCHED)
"""A file that was read to its end and was not given up; rows of any other set no row aside."""

ROUSED = (notes.GIVEN_BACK, notes.UNIT_ARRIVED, notes.UNIT_MOVED_ON, notes.HANDED_IN_AGAIN)
"""Why a pending row is to be matched without anybody asking for it; one that waits for a unit is, once that is decided."""

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
        move_where(session, SourceRecord, RowOutcome.APPLIED, _carried(part), unit_id=unit_id)


def mark_all(session: Session, request_id: int, outcome: RowOutcome, reason: Said, *, now: datetime) -> None:
    """Every row that the request carries ends in `outcome`; what was set aside because of them comes back."""
    records = _records_of(request_id)
    carried = and_(col(SourceRecord.cluster_id).in_(records), col(SourceRecord.outcome) == RowOutcome.PROPOSED)
    gone = select(col(SourceRecord.record_id)).where(carried)
    given_back = set_free(session, gone)
    waited = session.execute(select(exists().where(_waits_for(request_id)))).scalar_one()
    move_where(session, SourceRecord, outcome, carried, outcome_reason=reason)
    if given_back or waited:
        rouse(session, now=now, waiting=_waits_for(request_id))


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
        col(SourceRecord.outcome) == RowOutcome.PROBLEM, says(col(SourceRecord.outcome_reason), notes.UNIT_UNKNOWN)
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
        says(col(SourceRecord.outcome_reason), notes.WAITS_FOR_UNIT),
        *conditions,
    )


def rouse(session: Session, *, now: datetime, waiting: ColumnElement[bool] | None = None) -> None:
    """Have those rows matched that nobody else would ask for, office by office."""
    pending = and_(col(SourceRecord.outcome) == RowOutcome.PENDING, says(col(SourceRecord.outcome_reason), *ROUSED))
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
    return and_(
        col(SourceRecord.cluster_id).in_(record_ids),
        col(SourceRecord.outcome) == RowOutcome.PROPOSED,
    )
