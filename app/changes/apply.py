"""Bringing an approved request into the register: a single one whole, a batch in short chunks that resume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import outcomes
from app.changes.errors import StaleChange, WrongState
from app.changes.queries import counts_by_status, get_request, items_of
from app.domain.period import Period
from app.domain.words import Reason, RequestStatus
from app.models import ChangeRequest, RequestItem, table_of
from app.register import writer
from app.register.rules import Write

CHUNK_ITEMS = 500
"""Items of one chunk: a fifth of a second of the writer, where half a second is the most it may be held."""


def apply_single(session: Session, request: ChangeRequest, *, actor: str, now: datetime) -> None:
    """Write the one item of an approved request. Raises StaleChange, and then nothing of it happened."""
    items = items_of(session, request.request_id)
    written = _write(session, request, items, actor, now)
    if written.stale:
        raise StaleChange(f"the unit was written since request {request.request_id} was made; refresh it")
    _finish(session, request, actor, now)


def apply_chunk(session: Session, request_id: int, *, actor: str, now: datetime, size: int = CHUNK_ITEMS) -> bool:
    """Write the next chunk of an approved batch; True when there is nothing left.

    How far the batch is stands in the same transaction as what it wrote, so a process that dies between two chunks
    has done the one and not begun the other.
    """
    request = get_request(session, request_id, lock=True)
    if request.status == RequestStatus.APPLIED:
        return True
    if request.status not in {RequestStatus.APPROVED, RequestStatus.APPLYING}:
        raise WrongState(f"request {request_id} is {request.status}, not approved")
    request.status = str(RequestStatus.APPLYING)
    items = items_of(session, request_id, after=request.applied_through, limit=size)
    if items:
        _write(session, request, items, actor, now)
        request.applied_through = items[-1].seq
    if request.applied_through < request.item_count:
        return False
    _finish(session, request, actor, now)
    return True


def _write(
    session: Session, request: ChangeRequest, items: Sequence[RequestItem], actor: str, now: datetime
) -> writer.Written:
    open_items = [item for item in items if item.status == "open"]
    writes = [as_write(item) for item in open_items]
    written = writer.apply(session, writes, request_id=request.request_id, actor=actor, now=now)
    _mark_items(session, request.request_id, written)
    stale = set(written.stale)
    carried = [(item.record_id, item.seq in stale) for item in open_items if item.record_id is not None]
    outcomes.mark_applied(session, request.request_id, [record for record, late in carried if record and not late])
    outcomes.mark_stale(session, [record for record, late in carried if record and late])
    return written


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
    )


def _mark_items(session: Session, request_id: int, written: writer.Written) -> None:
    table = table_of(RequestItem)
    statement = (
        update(table)
        .where(table.c.request_id == request_id, table.c.seq == bindparam("item"))
        .values(status=bindparam("became"), unit_id=bindparam("unit"))
    )
    rows = [{"item": seq, "became": "applied", "unit": unit_id} for seq, unit_id in written.units.items()]
    if rows:
        session.connection().execute(statement, rows)
    if written.stale:
        late = update(table).where(table.c.request_id == request_id, table.c.seq.in_(written.stale))
        session.execute(late.values(status="stale"))
    session.flush()
    session.expire_all()  # the rows were set behind the objects' backs


def _finish(session: Session, request: ChangeRequest, actor: str, now: datetime) -> None:
    session.refresh(request)
    request.status = str(RequestStatus.APPLIED)
    request.applied_through = request.item_count
    payload = {"items": counts_by_status(session, request.request_id)}
    request.counts = {**request.counts, "result": payload["items"]}
    subject = f"request {request.request_id}"
    record_event(
        session,
        Tag.BATCH_APPLIED,
        actor=actor,
        at=now,
        subject=subject,
        request_id=request.request_id,
        payload=payload,
    )
    outcomes.wake(session, request, now=now)
    session.flush()
