"""A batch that was approved is stopped within the hour: it ends after its chunk and what it applied is taken back (DESIGN.md,
§5.2). Chunk by chunk, the last first; what was written since stays, as where a request is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import hold_chain
from app.audit.tags import Tag
from app.changes import apply as applying
from app.changes import holding, judging, outcomes, settling
from app.changes.errors import SAY_WHY, BadChange, StoppedAlready, TooLateToStop
from app.changes.needs import Judged
from app.changes.queries import get_request, items_where
from app.core.actor import Actor
from app.core.moves import move
from app.core.said import said
from app.domain.ground import says_something
from app.domain.lives import ItemStatus
from app.domain.period import Period
from app.domain.words import Reason, RequestStatus
from app.models import ChangeRequest, RequestItem
from app.register.queries import revisions_of
from app.register.rules import Write
from app.register.sources import Origin, pack

WITHIN = timedelta(hours=1)
"""Since it was approved (DESIGN.md, §5.2)."""
_APPROVED = (RequestStatus.APPROVED, RequestStatus.APPLYING, RequestStatus.APPLIED)


def may_be_stopped(request: ChangeRequest, now: datetime) -> bool:
    """For the button; whoever stops is asked again."""
    decided = request.decided_at
    in_time = request.is_batch and decided is not None and now - decided <= WITHIN
    return in_time and request.status in _APPROVED and request.stopped_at is None


def stop(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str) -> ChangeRequest:
    """End a batch that was approved and have all of it taken back, with the reason. Who may decide on it may stop it.

    Raises RequestNotFound, WrongState, StoppedAlready, TooLateToStop, BadChange, OutOfArea, SelfApproval, NotAbove, Forbidden.
    """
    request = get_request(session, request_id, lock=True)
    if request.stopped_at is not None:
        raise StoppedAlready(request_id=request_id)
    if not request.is_batch or request.status not in _APPROVED:
        raise holding.wrong_state(request, RequestStatus.UNDONE)
    judging.check_may_decide(session, request, actor, now, Judged())
    if not may_be_stopped(request, now):
        raise TooLateToStop(request_id=request_id, at=request.decided_at)
    if not says_something(comment):
        raise BadChange(faults=[said(SAY_WHY)])
    request.stopped_at = now
    if request.status == RequestStatus.APPLIED:
        move(session, request, RequestStatus.APPLYING)
    holding.say(session, request, actor, "stop", comment, now)
    told = {"comment": comment, "applied_through": request.applied_through}
    holding.log(session, Tag.REQUEST_STOP, request, actor, now, told)
    settling.start_applying(session, request, by=actor.login, now=now, again=True)
    return request


def kept_of(request: ChangeRequest) -> list[int]:
    """The items of a stopped batch that a guard kept from being taken back, so far."""
    return list(request.counts.get("kept", ()))


def take_back_chunk(session: Session, request_id: int, *, actor: str, now: datetime, size: int = 0) -> bool:
    """Take back the last chunk of a stopped batch that still stands; True when none is left, and its rows are let go.

    How far it is stands with the request in the transaction that takes back, as where it is applied.
    """
    request = get_request(session, request_id, lock=True)
    if request.status == RequestStatus.UNDONE:
        return True
    hold_chain(session)
    first = max(0, request.applied_through - (size or applying.CHUNK_ITEMS))
    own = (col(RequestItem.seq) <= request.applied_through, col(RequestItem.status) == ItemStatus.APPLIED)
    items = items_where(session, request_id, *own, after=first)
    kept = _take_back(session, request_id, items, actor, now)
    counts = {**request.counts, "kept": [*kept_of(request), *kept]}
    move(session, request, RequestStatus.APPLYING, applied_through=first, counts=counts)
    if first:
        return False
    move(session, request, RequestStatus.UNDONE)
    told = {"kept": len(kept_of(request)), "items": request.item_count}
    holding.log_as(session, Tag.BATCH_TAKEN_BACK, request, actor, now, told)
    outcomes.free(session, request, by=actor, now=now)
    return True


def _take_back(session: Session, request_id: int, items: Sequence[RequestItem], actor: str, now: datetime) -> list[int]:
    """The units of these items as they were, and their rows; returns the items of which a guard kept that."""
    by_unit = {item.unit_id: item for item in reversed(items) if item.unit_id is not None}
    revisions = revisions_of(session, by_unit)
    writes = [_undoing(item, revisions[unit_id], request_id, now) for unit_id, item in sorted(by_unit.items())]
    laid = applying.lay(session, writes, request_id, actor, now) if writes else applying.Laid()
    left = {*laid.stale, *laid.excluded}
    kept = {item.unit_id for item in items if item.seq in left}
    gone = [item for item in items if item.unit_id not in kept]
    outcomes.mark_stopped(session, request_id, [item.record_id for item in gone if item.record_id is not None])
    return sorted(item.seq for item in items if item.unit_id in kept)


def _undoing(item: RequestItem, revision: int, request_id: int, now: datetime) -> Write:
    return Write(
        seq=item.seq,
        unit_id=item.unit_id,
        base_revision=revision,
        reason=Reason.UNDO,
        period=Period(item.valid_from, item.valid_until),
        precision=item.date_precision,
        changes={},
        origin=pack(Origin("hand", 0, now.date().isoformat())),
        undoes=request_id,
    )
