"""An approved request goes into the register: at once, by a job, or on its day; by a policy, or not after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.service import system_actor
from app.audit.tags import Tag
from app.changes import apply as applying
from app.changes import drafting, holding, policy
from app.changes.authors import is_there
from app.changes.errors import ACCEPTED
from app.changes.queries import items_of
from app.changes.rules import Need
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.moves import move
from app.core.said import Said, said, worded
from app.domain.lives import JobStatus
from app.domain.words import RequestStatus
from app.jobs import service as jobs
from app.jobs.service import enqueue
from app.models import ChangeRequest, ImportBatch

APPLY_TASK = "change.apply"


def settle(
    session: Session,
    request: ChangeRequest,
    actor: Actor,
    now: datetime,
    comment: str | Said,
    *,
    ground: str,
    left_out: Sequence[int] = (),
) -> None:
    """Approved: say so, log it, and bring it into the register now, by a job, or on its day."""
    waits = request.effective_on is not None and request.effective_on > day_of(now)
    became = RequestStatus.SCHEDULED if waits else RequestStatus.APPROVED
    move(session, request, became, decided_at=now, decided_by=actor.user_id)
    holding.say(session, request, actor, "approve", comment, now)
    payload: dict[str, Any] = {"comment": worded(comment, "en"), "ground": ground}
    payload |= {"items": request.item_count, "counts": request.counts, "version": request.version}
    payload |= {"except": list(left_out)} if left_out else {}
    holding.log(session, Tag.REQUEST_APPROVE, request, actor, now, payload)
    if waits:
        return
    if request.is_batch:
        start_applying(session, request, by=actor.login, now=now)
    else:
        applying.apply_single(session, request, actor=actor.login, now=now)


def start_applying(session: Session, request: ChangeRequest, *, by: str, now: datetime, again: bool = False) -> None:
    """Have the worker bring a request into the register that was approved; `again` where it says something else by now, which
    a job that is at it may not have seen."""
    request_id, office = request.request_id, request.office_id
    args, key = {"request_id": request_id}, job_key(request_id)
    enqueue(session, APPLY_TASK, args=args, key=key, by=by, now=now, office_id=office, again=again)


def job_key(request_id: int) -> str:
    """By which the job that applies a request is found in the queue."""
    return f"request:{request_id}"


def accept_by_policy(session: Session, request: ChangeRequest, now: datetime) -> None:
    basis = request.counts.get("basis", "")
    if (
        request.need != Need.CHANGE
        or request.asks_office_id is not None
        or not basis
        or not _vouched(session, request)
        or not is_there(session, request)
    ):
        return
    if "fields" not in request.counts:  # drafted before these were noted
        request.counts = drafting.counted(request.counts, items_of(session, request.request_id))
    counted = request.counts
    found = policy.acceptance_for(
        session,
        need=request.need,
        basis=basis,
        sources=counted["sources"],
        fields=counted["fields"],
        on=day_of(now),
    )
    if found is None:
        return
    request.policy_name = found.name
    machine = system_actor(session, f"policy:{found.name}", office_id=request.office_id, now=now)
    settle(session, request, machine, now, said(ACCEPTED, policy=found.name), ground=found.name)


def _vouched(session: Session, request: ChangeRequest) -> bool:
    """Whether a second person vouched for the file that a request comes of."""
    batch = session.get(ImportBatch, request.batch_id) if request.batch_id is not None else None
    return batch is not None and batch.confirmed_by not in (None, batch.created_by)


def call_off(session: Session, request: ChangeRequest, now: datetime) -> None:
    """A request that is not to be written any more has no job that waits to write it."""
    job = jobs.find_open(session, job_key(request.request_id))
    if job is not None and job.status == JobStatus.TODO:
        jobs.cancel(session, job.job_id, now=now)


def give_back(
    session: Session, request: ChangeRequest, became: RequestStatus, why: Said, *, actor: Actor, now: datetime
) -> None:
    """An approved request that cannot be written is its author's again, with the reason."""
    stale = became is RequestStatus.STALE
    move(session, request, became)
    holding.say(session, request, actor, "stale" if stale else "returned", why, now)
    holding.log(
        session, Tag.REQUEST_STALE if stale else Tag.REQUEST_RETURN, request, actor, now, {"comment": worded(why, "en")}
    )
