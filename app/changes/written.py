"""The written approval of an upper office that does not use the system (DESIGN.md, promise 4).

One person records it with the scanned document, another one who may approve countersigns it; neither proposed. It is
about the request as it stood: edited afterwards, the request needs a document anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import holding, judging, queries, service
from app.changes.errors import (
    DOCUMENT_AHEAD,
    DOCUMENT_INCOMPLETE,
    OFFICE_DECIDES_HERE,
    OFFICE_NOT_ABOVE,
    BadChange,
    DocumentNotFound,
    DocumentWaits,
    NothingToCountersign,
    NotTheRecorder,
    SelfApproval,
)
from app.changes.scans import Scan
from app.changes.whole import Look
from app.core import kept
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import SecondPersonNeeded
from app.core.said import Said, said
from app.domain.ground import says_something
from app.domain.roles import Permission
from app.domain.words import DocumentStanding, RequestStatus
from app.models import ChangeRequest, Office, RequestOpinion, WrittenApproval


@dataclass(frozen=True)
class Document:
    """The upper office's document: number, day, code of the office, and the scan that is kept.

    `why` says why it is on paper, where that office has approvers in the system.
    """

    number: str
    approved_on: date
    office: str
    scan: Scan
    why: str = ""


def record(session: Session, request_id: int, document: Document, *, actor: Actor, now: datetime) -> WrittenApproval:
    """Enter the document, whose file is kept; a second person must countersign before anything is approved.

    Raises WrongState, SelfApproval, OutOfArea, BadChange, DocumentWaits.
    """
    request = _held(session, request_id, actor)
    if request.proposer_id == actor.user_id:
        raise SelfApproval(login=actor.login)
    above = {office.code: office for office in queries.offices_above(session, request)}
    judging.require_reach(request, actor, now, judging.at_a_glance(session, request, now))
    wrong = [*_faults_of(document, set(above), day_of(now)), *_must_say_why(session, document, above)]
    if wrong:
        raise BadChange(faults=wrong)
    _make_room(session, request, actor)
    request.version += 1  # who looked before has not seen the document
    row = _row(request, document, above[document.office], actor, now)
    session.add(row)
    session.flush()
    if document.why:
        _say(session, row, actor, "record_written", document.why, now)
    told = {"office": document.office, "approved_on": document.approved_on, "size": document.scan.size}
    _log(session, Tag.REQUEST_RECORD_WRITTEN, row, actor, now, **told)
    return row


def _faults_of(document: Document, above: set[str], today: date) -> list[Said]:
    """All that is wrong with what was told of a document."""
    wrong = []
    if not document.number.strip():
        wrong.append(said(DOCUMENT_INCOMPLETE))
    if document.approved_on > today:
        wrong.append(said(DOCUMENT_AHEAD, on=document.approved_on))
    if document.office not in above:
        wrong.append(said(OFFICE_NOT_ABOVE, office=document.office, above="、".join(sorted(above)) or "–"))
    return wrong


def _must_say_why(session: Session, document: Document, above: Mapping[str, Office]) -> list[Said]:
    """Paper of an office that could decide in the system is taken for a stated reason alone, which all who decide read."""
    office = above.get(document.office)
    if (
        office is None
        or says_something(document.why)
        or not queries.with_somebody_who(session, Permission.APPROVE, [office])
    ):
        return []
    return [said(OFFICE_DECIDES_HERE, name=office.name, field="why")]


def _make_room(session: Session, request: ChangeRequest, actor: Actor) -> None:
    """Who mistyped enters the document anew, and one that nobody can countersign any more waits no longer."""
    waiting = _waiting(session, request.request_id)
    if waiting is None:
        return
    if _counts(waiting, request) and waiting.recorded_by != actor.user_id:
        raise DocumentWaits(request_id=request.request_id)
    waiting.waits_on = None
    session.flush()


def _row(request: ChangeRequest, document: Document, office: Office, actor: Actor, now: datetime) -> WrittenApproval:
    return WrittenApproval(
        request_id=request.request_id,
        document_no=document.number.strip(),
        approved_on=document.approved_on,
        approving_office=office.name,
        office_id=office.office_id,
        file_name=document.scan.name[-255:],
        media_type=document.scan.media_type,
        size=document.scan.size,
        document_sha256=document.scan.sha256,
        version=request.version,
        recorded_by=actor.user_id,
        recorded_at=now,
        waits_on=request.request_id,
    )


def take_back(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str = "") -> ChangeRequest:
    """Who recorded a document takes it back before it is countersigned: it counts no longer, and stays to be seen.

    Raises WrongState, NothingToCountersign, NotTheRecorder.
    """
    request = _held(session, request_id, actor)
    row = open_approval(session, request)
    if row is None:
        raise NothingToCountersign(request_id=request_id)
    if row.recorded_by != actor.user_id:
        raise NotTheRecorder(request_id=request_id)
    row.waits_on = None
    request.version += 1  # who looked before has seen a document that does not count
    _say(session, row, actor, "written_back", comment, now)
    _log(session, Tag.REQUEST_TAKE_BACK_WRITTEN, row, actor, now)
    return request


def standing_of(document: Mapping[str, Any], request: ChangeRequest, *, last: bool) -> DocumentStanding:
    """Whether a document counts: one does at most, and everybody sees which."""
    if document["countersigned_at"] is not None:
        return DocumentStanding.COUNTERSIGNED
    about = document["version"] == request.version and request.status == RequestStatus.IN_REVIEW
    if document["waits"] and document["size"] and about:
        return DocumentStanding.WAITING
    return DocumentStanding.LAPSED if last else DocumentStanding.SUPERSEDED


def countersign(
    session: Session,
    request_id: int,
    *,
    folder: Path,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    seen: Look | None = None,
) -> ChangeRequest:
    """Confirm the recorded document as a second person who may approve, neither its recorder nor the author; approves.

    `folder` is where the document is kept, without which nothing is countersigned. Raises WrongState, VersionMoved,
    NothingToCountersign, SecondPersonNeeded, SelfApproval, OutOfArea, NoPolicy, FileAltered, StaleChange, LeftArea, MovedOn.
    """
    request = _held(session, request_id, actor)
    row = open_approval(session, request)
    if row is None:
        raise NothingToCountersign(request_id=request_id)
    if actor.user_id == request.proposer_id:
        raise SelfApproval(login=actor.login)
    if actor.user_id == row.recorded_by:
        raise SecondPersonNeeded(login=actor.login)
    judged = judging.judged_now(session, request, now, seen)
    judging.require_reach(request, actor, now, judged)
    holding.refuse_moved(request, version)
    kept.read(row.document_sha256, folder)
    row.countersigned_by, row.countersigned_at, row.waits_on = actor.user_id, now, None
    _log(session, Tag.REQUEST_COUNTERSIGN, row, actor, now)
    service.settle_by_document(session, request, judged, actor=actor, now=now, ground=f"document {row.document_no}")
    return request


def _held(session: Session, request_id: int, actor: Actor) -> ChangeRequest:
    """The visible request, held before anything else is, as approvers hold it. Raises WrongState unless in review."""
    queries.get_visible_request(session, request_id, actor)
    return holding.locked(session, request_id, RequestStatus.APPROVED)


def open_approval(session: Session, request: ChangeRequest) -> WrittenApproval | None:
    """The document that waits to be countersigned; there is one at most, about the request as it stands."""
    row = _waiting(session, request.request_id)
    return row if row is not None and _counts(row, request) else None


def document_of(session: Session, request_id: int, approval_id: int) -> WrittenApproval:
    """A document that was kept. Raises DocumentNotFound."""
    row = session.get(WrittenApproval, approval_id)
    if row is None or row.request_id != request_id or not row.size:
        raise DocumentNotFound(request_id=request_id, approval_id=approval_id)
    return row


def _waiting(session: Session, request_id: int) -> WrittenApproval | None:
    statement = select(WrittenApproval).where(col(WrittenApproval.waits_on) == request_id)
    row: WrittenApproval | None = session.execute(statement).scalar_one_or_none()
    return row


def _counts(row: WrittenApproval, request: ChangeRequest) -> bool:
    return bool(row.size) and row.version == request.version


def _say(session: Session, row: WrittenApproval, actor: Actor, verb: str, comment: str, now: datetime) -> None:
    """What the others read of it: the document's number, and what was said."""
    text = f"{row.document_no} {comment}".strip()[:2000]
    session.add(RequestOpinion(request_id=row.request_id, actor_id=actor.user_id, verb=verb, comment=text, at=now))
    session.flush()


def _log(session: Session, tag: Tag, row: WrittenApproval, actor: Actor, now: datetime, **told: object) -> None:
    payload = {"document": row.document_no, "sha256": row.document_sha256, "version": row.version, **told}
    about = {"subject": f"request {row.request_id}", "request_id": row.request_id, "payload": payload}
    record_event(session, tag, actor=actor.login, at=now, **about)  # type: ignore[arg-type]  # named one by one above
