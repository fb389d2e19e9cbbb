"""Bringing an approved request into the register: a single one whole, a batch in short chunks that resume."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import hold_chain, record_event
from app.audit.tags import Tag
from app.changes import claims, going_along, moving, outcomes
from app.changes.effects import STRONGEST
from app.changes.errors import ApprovalMissing, BadChange, CannotBeWritten, LeftArea, StaleChange
from app.changes.lands import outside
from app.changes.needs import is_stronger, needs_of
from app.changes.queries import counts_by_status, get_request, items_of
from app.changes.rules import shape_of, takes_back
from app.changes.values import unkept
from app.core.clock import day_of
from app.core.errors import AppError, WrongState
from app.core.moves import move, move_rows, move_where
from app.domain.lives import REQUEST, ItemStatus
from app.domain.period import Period
from app.domain.words import Reason, RequestStatus
from app.models import AuditEvent, ChangeRequest, RequestItem
from app.register import writer
from app.register.rules import Write
from app.register.stated import unpacked
from app.register.steps import Guard

log = logging.getLogger("minglu.changes")

CHUNK_ITEMS = 75
"""Items of the first chunk: a thirtieth of a second of the writer. Those behind it are as large as their pace allows."""

_ITS_OWN_FAULT = (LookupError, ArithmeticError, ValueError, TypeError, DataError, IntegrityError)
"""What an item that does not fit its unit ends in; a database that fails or a lost race is nobody's own fault."""


@dataclass
class Laid:
    """What became of the items of one chunk: item to unit, those that came too late, those that cannot be written; among
    these those whose unit is beyond the area, and those that a guard stops, with what it says."""

    units: dict[int, int] = field(default_factory=dict)
    stale: list[int] = field(default_factory=list)
    excluded: list[int] = field(default_factory=list)
    beyond: list[int] = field(default_factory=list)
    refused: dict[int, AppError] = field(default_factory=dict)


def apply_single(session: Session, request: ChangeRequest, *, actor: str, now: datetime) -> None:
    """Write an approved request that is no batch, whole or not at all. Raises StaleChange, LeftArea, BadChange, Guard, CannotBeWritten; then
    nothing of it happened."""
    items = items_of(session, request.request_id)
    laid = _write(session, request, items, actor, now, whole=True)
    if laid.stale:
        units = {item.seq: item.unit_id for item in items}
        raise StaleChange(request_id=request.request_id, unit_id=units[laid.stale[0]])
    if laid.beyond:
        raise LeftArea(request_id=request.request_id)
    for refusal in laid.refused.values():
        raise refusal
    if laid.excluded:
        raise CannotBeWritten(request_id=request.request_id)
    going_along.move_records(session, request)
    going_along.settle_undone(session, request)
    _finish(session, request, actor, now)


def apply_chunk(session: Session, request_id: int, *, actor: str, now: datetime, size: int = 0) -> bool:
    """Write the next chunk of an approved batch; True when there is nothing left. Raises WrongState, ApprovalMissing.

    How far the batch is stands in the same transaction as what it wrote, so a process that dies between two chunks
    has done the one and not begun the other. The log's head is held before the writer's, as approvals hold them.
    """
    request = get_request(session, request_id, lock=True)
    if request.status == RequestStatus.APPLIED:
        return True
    if request.stopped_at is not None:  # since it was looked at: what was applied is taken back
        return False
    if request.status == RequestStatus.APPROVED:
        require_approval(session, request_id)
    items = items_of(session, request_id, after=request.applied_through, limit=size or CHUNK_ITEMS)
    through = items[-1].seq if items else request.applied_through
    move(session, request, RequestStatus.APPLYING, applied_through=through)
    hold_chain(session)
    if items:
        _write(session, request, items, actor, now)
    if through < request.item_count:
        return False
    _finish(session, request, actor, now)
    return True


_SETTLES = (Tag.REQUEST_APPROVE, Tag.REQUEST_RETURN, Tag.REQUEST_REJECT, Tag.REQUEST_WITHDRAW, Tag.REQUEST_STALE)


def require_approval(session: Session, request_id: int) -> None:
    """What the log said last of a request is that it was approved: the row alone says so to nobody who can alter rows.

    Raises ApprovalMissing.
    """
    own = (col(AuditEvent.request_id) == request_id, col(AuditEvent.event).in_([str(tag) for tag in _SETTLES]))
    last = select(col(AuditEvent.event)).where(*own).order_by(col(AuditEvent.seq).desc()).limit(1)
    if session.execute(last).scalar() != str(Tag.REQUEST_APPROVE):
        raise ApprovalMissing(request_id=request_id)


def _write(
    session: Session,
    request: ChangeRequest,
    items: Sequence[RequestItem],
    actor: str,
    now: datetime,
    *,
    whole: bool = False,
) -> Laid:
    open_items = [item for item in items if item.status == ItemStatus.OPEN]
    before = Counter(item.status for item in items if item.status != ItemStatus.OPEN)
    carried = {item.seq: item.record_id for item in open_items if item.record_id is not None}
    stated = claims.Stated.by(open_items)
    beyond = _beyond(session, request, open_items, now)
    refused = _refused(session, [item for item in open_items if item.seq not in beyond], now)
    inside = [item for item in open_items if item.seq not in {*beyond, *refused}]
    risen = sorted({*_risen(session, request, inside, now), *claims.over_locks(session, request, inside, now)})
    writes = [as_write(item) for item in inside if item.seq not in risen]
    laid = lay(session, writes, request.request_id, actor, now, whole=whole) if writes else Laid()
    laid.excluded += [*beyond, *refused]
    laid.refused |= refused
    laid.beyond = beyond
    laid.stale += risen
    _mark_items(session, request.request_id, laid)
    _tally(session, request, before, laid)
    left = {*laid.stale, *laid.excluded}
    claims.written(session, stated, laid.units, now)
    outcomes.mark_applied(session, {record: laid.units[seq] for seq, record in carried.items() if seq not in left})
    outcomes.mark_late(session, [carried[seq] for seq in laid.stale if seq in carried])
    outcomes.mark_guarded(session, {carried[seq]: why for seq, why in laid.refused.items() if seq in carried})
    unwritable = [carried[seq] for seq in laid.excluded if seq in carried and seq not in laid.refused]
    outcomes.mark_unwritable(session, request.request_id, unwritable)
    return laid


def _refused(session: Session, items: Sequence[RequestItem], now: datetime) -> dict[int, AppError]:
    """Items that say what no register keeps: of an earlier version, or of lists that were loaded since."""
    values = unkept(session, items, day_of(now))
    wrong = {
        item.seq: [*shape_of(item, day_of(now)), *faults.values()]
        for item, faults in zip(items, values, strict=True)
        if not takes_back(item)
    }
    return {seq: BadChange(faults=faults) for seq, faults in wrong.items() if faults}


def _beyond(session: Session, request: ChangeRequest, items: Sequence[RequestItem], now: datetime) -> list[int]:
    """Items whose unit left the proposing office's area since, or that would lead it out of there to nobody who agreed."""
    own = moving.territory_of(session, request, day_of(now))
    return [items[index].seq for index in outside(session, items, own)]


def _risen(session: Session, request: ChangeRequest, items: Sequence[RequestItem], now: datetime) -> list[int]:
    """Items that would do more by now than was approved: their author looks at them again."""
    if request.need == STRONGEST[0]:
        return []
    needed = needs_of(session, items, day_of(now))
    return [item.seq for item, need in zip(items, needed, strict=True) if is_stronger(need, request.need)]


def as_write(item: RequestItem) -> Write:
    return Write(
        seq=item.seq,
        unit_id=item.unit_id,
        base_revision=item.base_revision,
        reason=Reason(item.reason),
        period=Period(item.valid_from, item.valid_until),
        precision=item.date_precision,
        changes=item.changes,
        origin=item.origin,
        successor_id=item.successor_id,
        expects=item.expects or {},
        stated=unpacked(item.links),
        undoes=item.links.get("undoes", 0),
    )


def lay(
    session: Session, writes: Sequence[Write], request_id: int, actor: str, now: datetime, *, whole: bool = False
) -> Laid:
    """All in one go but for what a guard stops; where nobody can tell which cannot be written, each by itself. Of a `whole`
    nothing is written then."""
    try:
        with session.begin_nested():
            written = writer.apply(session, writes, request_id=request_id, actor=actor, now=now)
    except Guard as refusal:
        if whole:
            return Laid(excluded=[write.seq for write in writes], refused={writes[0].seq: refusal})
        stopped = refusal.items or ({writes[0].seq: refusal} if len(writes) == 1 else {})
        if not stopped:
            return _lay_each(session, writes, request_id, actor, now)
        rest = [write for write in writes if write.seq not in stopped]
        laid = lay(session, rest, request_id, actor, now) if rest else Laid()
        return replace(laid, excluded=[*laid.excluded, *stopped], refused={**laid.refused, **stopped})
    except _ITS_OWN_FAULT:
        if len(writes) > 1 and not whole:
            return _lay_each(session, writes, request_id, actor, now)
        log.exception("request %s, item %s cannot be written", request_id, writes[0].seq)
        return Laid(excluded=[write.seq for write in writes])
    return Laid(written.units, written.stale)


def _lay_each(session: Session, writes: Sequence[Write], request_id: int, actor: str, now: datetime) -> Laid:
    laid = Laid()
    for write in writes:
        one = lay(session, [write], request_id, actor, now)
        laid.units |= one.units
        laid.stale += one.stale
        laid.excluded += one.excluded
        laid.refused |= one.refused
    return laid


def _tally(session: Session, request: ChangeRequest, before: Counter[str], laid: Laid) -> None:
    """What became of the items is counted as it goes: at the end of a large batch counting it would take long."""
    became = Counter(dict(request.counts.get("result", {}))) + before
    found = {ItemStatus.APPLIED: laid.units, ItemStatus.STALE: laid.stale, ItemStatus.EXCLUDED: laid.excluded}
    became += Counter({str(status): len(part) for status, part in found.items()})
    request.counts = {**request.counts, "result": dict(sorted(became.items()))}
    session.flush()


def _mark_items(session: Session, request_id: int, laid: Laid) -> None:
    own = col(RequestItem.request_id) == request_id
    applied = [{"seq": seq, "unit_id": unit_id} for seq, unit_id in laid.units.items()]
    moved = move_rows(session, RequestItem, ItemStatus.APPLIED, applied, own, key="seq")
    for became, left in ((ItemStatus.STALE, laid.stale), (ItemStatus.EXCLUDED, laid.excluded)):
        moved += move_where(session, RequestItem, became, own, col(RequestItem.seq).in_(left)) if left else 0
    if moved != len(applied) + len(laid.stale) + len(laid.excluded):
        raise WrongState(life=REQUEST.name, id=str(request_id), state="", wanted=str(RequestStatus.APPLIED))
    session.flush()
    session.expire_all()  # the rows were set behind the objects' backs


def _finish(session: Session, request: ChangeRequest, actor: str, now: datetime) -> None:
    session.refresh(request)
    result = request.counts["result"]
    if sum(result.values()) != request.item_count:  # begun by an earlier version, which did not count as it went
        result = counts_by_status(session, request.request_id)
    counts = {**request.counts, "result": result}
    move(session, request, RequestStatus.APPLIED, applied_through=request.item_count, counts=counts)
    record_event(
        session,
        Tag.BATCH_APPLIED,
        actor=actor,
        at=now,
        subject=f"request {request.request_id}",
        request_id=request.request_id,
        payload={"items": result},
    )
    outcomes.wake(session, request, now=now)
    session.flush()
