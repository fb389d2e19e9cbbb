"""Requests that were approved before their day: they wait, are judged again, and are written on it (DESIGN.md, §5.7).

Nothing lies in the register ahead of its day. What cannot be written when the day has come goes back to its author.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import whoever_was
from app.audit.service import hold_chain
from app.changes import settling
from app.changes.apply import apply_single, require_approval
from app.changes.errors import NOT_ON_ITS_DAY, BadChange, CannotBeWritten, LeftArea, NoPolicy, StaleChange
from app.changes.policy import approval_for
from app.changes.queries import get_request
from app.codelists.policies import BadPolicy
from app.core.clock import day_of
from app.core.dialect import skip_locked
from app.core.errors import AppError
from app.core.moves import move
from app.core.said import said
from app.domain.words import RequestStatus
from app.models import ChangeRequest
from app.register.steps import Guard

_AT_ONCE = 100


def enqueue_due(session: Session, now: datetime) -> None:
    """Put those requests into the queue whose day has come."""
    waiting = select(ChangeRequest).where(
        col(ChangeRequest.status) == RequestStatus.SCHEDULED, col(ChangeRequest.effective_on) <= day_of(now)
    )
    found = session.execute(skip_locked(waiting.order_by(col(ChangeRequest.request_id)).limit(_AT_ONCE)))
    for request in found.scalars().all():
        move(session, request, RequestStatus.APPROVED)
        settling.start_applying(session, request, by=whoever_was(session, request.decided_by or 0).login, now=now)


def apply_due(session: Session, request_id: int, *, by: str, now: datetime) -> bool:
    """Judge a single request again whose day has come, and write it; False where it went back to its author instead.

    Nothing is done where it was taken back meanwhile. Raises ApprovalMissing.
    """
    request = get_request(session, request_id, lock=True)
    if request.status != RequestStatus.APPROVED:
        return request.status == RequestStatus.APPLIED
    require_approval(session, request_id)
    hold_chain(session)
    try:
        with session.begin_nested():
            approval_for(session, request.need, day_of(now))
            apply_single(session, request, actor=by, now=now)
    except (StaleChange, CannotBeWritten, BadChange, Guard, LeftArea, NoPolicy, BadPolicy) as why:
        session.refresh(request)
        _give_back(session, request, why, now)
        return False
    return True


def _give_back(session: Session, request: ChangeRequest, why: AppError, now: datetime) -> None:
    """Its author finds it among those to refresh, or to mend, with the reason."""
    became = RequestStatus.STALE if isinstance(why, StaleChange) else RequestStatus.RETURNED
    decider = whoever_was(session, request.decided_by or 0)
    settling.give_back(session, request, became, said(NOT_ON_ITS_DAY, why=why.said), actor=decider, now=now)
