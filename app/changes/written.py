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
from app.changes.errors import (
    DOCUMENT_INCOMPLETE,
    BadChange,
    DocumentWaits,
    NothingToCountersign,
    SelfApproval,
)
from app.changes.queries import get_visible_request
from app.core.actor import Actor
from app.core.errors import SecondPersonNeeded
from app.core.said import said
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
    """Enter the document; a second person must countersign before anything is approved.

    Raises WrongState, BadChange, DocumentWaits.
    """
    request = _held(session, request_id, actor)
    if not (document.number.strip() and document.office.strip()):
        raise BadChange(faults=[said(DOCUMENT_INCOMPLETE)])
    waiting = open_approval(session, request_id)
    if waiting is not None:
        if waiting.recorded_by != actor.user_id:
            raise DocumentWaits(request_id=request_id)
        waiting.waits_on = None  # who mistyped the number enters the document anew
        session.flush()
    row = WrittenApproval(
        request_id=request.request_id,
        document_no=document.number,
        approved_on=document.approved_on,
        approving_office=document.office,
        document_sha256=document.sha256,
        recorded_by=actor.user_id,
        recorded_at=now,
        waits_on=request.request_id,
    )
    session.add(row)
    session.flush()
    _log(session, Tag.REQUEST_RECORD_WRITTEN, request_id, document.number, actor, now)
    return row


def countersign(session: Session, request_id: int, *, actor: Actor, now: datetime) -> ChangeRequest:
    """Confirm the recorded document as a second person, neither its recorder nor the request's author; approves.

    Raises WrongState, NothingToCountersign, SecondPersonNeeded, SelfApproval, StaleChange.
    """
    request = _held(session, request_id, actor)
    row = open_approval(session, request_id)
    if row is None:
        raise NothingToCountersign(request_id=request_id)
    if actor.user_id == row.recorded_by:
        raise SecondPersonNeeded(login=actor.login)
    if actor.user_id == request.proposer_id:
        raise SelfApproval(login=actor.login)
    row.countersigned_by, row.countersigned_at, row.waits_on = actor.user_id, now, None
    _log(session, Tag.REQUEST_COUNTERSIGN, request_id, row.document_no, actor, now)
    service.settle_by_document(session, request, actor=actor, now=now, ground=f"document {row.document_no}")
    return request


def _held(session: Session, request_id: int, actor: Actor) -> ChangeRequest:
    """The visible request, held before anything else is, as approvers hold it. Raises WrongState unless in review."""
    get_visible_request(session, request_id, actor)
    return service.locked(session, request_id, RequestStatus.APPROVED)


def open_approval(session: Session, request_id: int) -> WrittenApproval | None:
    """The document that waits to be countersigned; there is one at most."""
    statement = select(WrittenApproval).where(col(WrittenApproval.waits_on) == request_id)
    row: WrittenApproval | None = session.execute(statement).scalar_one_or_none()
    return row


def _log(session: Session, tag: Tag, request_id: int, number: str, actor: Actor, now: datetime) -> None:
    subject, payload = f"request {request_id}", {"document": number}
    record_event(session, tag, actor=actor.login, at=now, subject=subject, request_id=request_id, payload=payload)
