"""The written approval of an upper office that does not use the system (DESIGN.md, promise 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import service
from app.changes.errors import BadChange, SamePerson, SelfApproval, WrongState
from app.changes.queries import get_visible_request
from app.core.actor import Actor
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.models import ChangeRequest, WrittenApproval


@dataclass(frozen=True)
class Document:
    """The upper office's document: number, day, office, SHA-256 of the scanned file."""

    number: str
    approved_on: date
    office: str
    sha256: str


def record(session: Session, request_id: int, document: Document, *, actor: Actor, now: datetime) -> WrittenApproval:
    """Enter the document; a second person must countersign before anything is approved."""
    actor.require(Permission.PROPOSE)
    request = get_visible_request(session, request_id, actor)
    if request.status != RequestStatus.IN_REVIEW:
        raise WrongState(f"request {request_id} is {request.status}, not in review")
    if not (document.number.strip() and document.office.strip() and len(document.sha256) == 64):
        raise BadChange("a written approval needs number, office and the SHA-256 of the document")
    row = WrittenApproval(
        request_id=request_id,
        document_no=document.number,
        approved_on=document.approved_on,
        approving_office=document.office,
        document_sha256=document.sha256,
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    _log(session, Tag.REQUEST_RECORD_WRITTEN, request_id, document.number, actor, now)
    return row


def countersign(session: Session, request_id: int, *, actor: Actor, now: datetime) -> ChangeRequest:
    """Confirm the recorded document as a second person, neither its recorder nor the request's author; approves."""
    request = get_visible_request(session, request_id, actor)
    if not actor.may(Permission.PROPOSE):
        actor.require(Permission.APPROVE)
    row = _open_approval(session, request_id)
    if actor.user_id == row.recorded_by:
        raise SamePerson("who recorded the document cannot countersign it")
    if actor.user_id == request.proposer_id:
        raise SelfApproval("who proposed the change cannot countersign its approval")
    row.countersigned_by, row.countersigned_at = actor.user_id, now
    _log(session, Tag.REQUEST_COUNTERSIGN, request_id, row.document_no, actor, now)
    service.settle_by_document(session, request, actor=actor, now=now, ground=f"document {row.document_no}")
    return request


def _open_approval(session: Session, request_id: int) -> WrittenApproval:
    statement = (
        select(WrittenApproval)
        .where(col(WrittenApproval.request_id) == request_id, col(WrittenApproval.countersigned_by).is_(None))
        .order_by(col(WrittenApproval.approval_id).desc())
        .limit(1)
    )
    row: WrittenApproval | None = session.execute(statement).scalar_one_or_none()
    if row is None:
        raise WrongState(f"no written approval waits to be countersigned on request {request_id}")
    return row


def _log(session: Session, tag: Tag, request_id: int, number: str, actor: Actor, now: datetime) -> None:
    subject, payload = f"request {request_id}", {"document": number}
    record_event(session, tag, actor=actor.login, at=now, subject=subject, request_id=request_id, payload=payload)
