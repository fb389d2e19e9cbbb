"""Change requests over HTTP: propose, submit, approve, return, reject, withdraw, refresh, written approvals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api.deps import CurrentActor, Now, ReadSession, WriteSession
from app.changes import queries, service, view, written
from app.changes.rules import ItemDraft
from app.core.actor import Actor
from app.core.clock import day_of
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import ChangeRequest
from app.register import sources

router = APIRouter(prefix="/api/v1/changes/requests", tags=["change requests"])


class Proposal(BaseModel):
    """One unit's change as a person proposes it; `evidence` says on what ground."""

    reason: Reason
    valid_from: date
    valid_until: date | None = None
    changes: dict[str, str | int | None]
    unit_id: int | None = None
    base_revision: int = 0
    successor_id: int | None = None
    title: str = ""
    evidence: str = Field("", max_length=2000)
    submit: bool = True


class Comment(BaseModel):
    comment: str = Field("", max_length=2000)


class WrittenDocument(BaseModel):
    number: str
    approved_on: date
    office: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


@router.post("", status_code=201)
def propose(body: Proposal, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Propose a change to one unit, or a new unit; submitted at once unless `submit` is false."""
    origin = sources.pack(sources.Origin("hand", 0, day_of(now).isoformat()))
    item = ItemDraft(
        reason=body.reason,
        valid_from=body.valid_from,
        valid_until=body.valid_until or FOREVER,
        changes=dict(body.changes),
        origin=origin,
        unit_id=body.unit_id,
        base_revision=body.base_revision,
        successor_id=body.successor_id,
    )
    title = body.title or str(body.changes.get("name") or f"#{body.unit_id}")
    request = service.draft(session, [item], actor=actor, now=now, title=title)
    if body.submit:
        service.submit(session, request.request_id, actor=actor, now=now, comment=body.evidence)
    return view.detail(session, request, language=actor.language)


@router.get("")
def list_requests(
    session: ReadSession,
    actor: CurrentActor,
    status: Annotated[list[str] | None, Query()] = None,
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Requests of one's office and those below it, oldest first."""
    found = queries.list_requests(session, actor, status=status or [], after=after, limit=limit)
    return {"items": [view.summary(request) for request in found]}


@router.get("/{request_id}")
def show(request_id: int, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    request = queries.get_visible_request(session, request_id, actor)
    return view.detail(session, request, language=actor.language)


@router.get("/{request_id}/items")
def items(
    request_id: int,
    session: ReadSession,
    actor: CurrentActor,
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    queries.get_visible_request(session, request_id, actor)
    return {"items": view.items(session, request_id, after=after, limit=limit, language=actor.language)}


Verb = Callable[..., ChangeRequest]


def _do(verb: Verb, session: Session, request_id: int, actor: Actor, **rest: Any) -> dict[str, Any]:
    queries.get_visible_request(session, request_id, actor)
    return view.summary(verb(session, request_id, actor=actor, **rest))


@router.post("/{request_id}/submit")
def submit(request_id: int, body: Comment, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return _do(service.submit, session, request_id, actor, now=now, comment=body.comment)


@router.post("/{request_id}/approve")
def approve(request_id: int, body: Comment, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Approve; a single request is in the register when this answers, a batch is on its way."""
    return _do(service.approve, session, request_id, actor, now=now, comment=body.comment)


@router.post("/{request_id}/return")
def return_(request_id: int, body: Comment, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return _do(service.return_, session, request_id, actor, now=now, comment=body.comment)


@router.post("/{request_id}/reject")
def reject(request_id: int, body: Comment, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return _do(service.reject, session, request_id, actor, now=now, comment=body.comment)


@router.post("/{request_id}/withdraw")
def withdraw(request_id: int, body: Comment, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return _do(service.withdraw, session, request_id, actor, now=now, comment=body.comment)


@router.post("/{request_id}/refresh")
def refresh(request_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Base a stale request on the unit as it is now."""
    return _do(service.refresh, session, request_id, actor, now=now)


@router.post("/{request_id}/written-approval")
def record_written(
    request_id: int, body: WrittenDocument, session: WriteSession, actor: CurrentActor, now: Now
) -> dict[str, Any]:
    """Record the document of an upper office that does not use the system."""
    document = written.Document(body.number, body.approved_on, body.office, body.sha256)
    row = written.record(session, request_id, document, actor=actor, now=now)
    return {"approval_id": row.approval_id, "request_id": request_id}


@router.post("/{request_id}/countersign")
def countersign(request_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Confirm the recorded document as a second person; this approves the request."""
    return view.summary(written.countersign(session, request_id, actor=actor, now=now))
