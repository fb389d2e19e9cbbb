"""What every verb of a request begins and ends with: it is held, its author and version are asked, what was done is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes.queries import get_request
from app.core.actor import Actor
from app.core.errors import VersionMoved, WrongState
from app.core.said import Said
from app.domain.lives import REQUEST
from app.domain.words import RequestStatus
from app.models import ChangeRequest, RequestOpinion


def locked(session: Session, request_id: int, wanted: RequestStatus) -> ChangeRequest:
    """The request, if it may become `wanted`; held first of all, so that everybody takes locks in one order. Raises WrongState."""
    request = get_request(session, request_id, lock=True)
    if not REQUEST.may(request.status, wanted):
        raise wrong_state(request, wanted)
    return request


def refuse_moved(request: ChangeRequest, version: int | None) -> None:
    """A decision is about the version that was looked at (DESIGN.md, promise 4). Raises VersionMoved."""
    if version is not None and version != request.version:
        raise VersionMoved(request_id=request.request_id, version=version, now=request.version)


def wrong_state(request: ChangeRequest, wanted: RequestStatus) -> WrongState:
    return WrongState(life=REQUEST.name, id=str(request.request_id), state=request.status, wanted=str(wanted))


def say(session: Session, request: ChangeRequest, actor: Actor, verb: str, comment: str | Said, now: datetime) -> None:
    kept = comment if isinstance(comment, Said) else comment[:2000]
    session.add(RequestOpinion(request_id=request.request_id, actor_id=actor.user_id, verb=verb, comment=kept, at=now))
    session.flush()


def log(
    session: Session, tag: Tag, request: ChangeRequest, actor: Actor, now: datetime, payload: dict[str, Any]
) -> None:
    log_as(session, tag, request, actor.login, now, payload)


def log_as(
    session: Session, tag: Tag, request: ChangeRequest, login: str, now: datetime, payload: dict[str, Any]
) -> None:
    """The same of who is known by his login alone, as whoever a job is done for."""
    request_id = request.request_id
    subject = f"request {request_id}"
    record_event(session, tag, actor=login, at=now, subject=subject, request_id=request_id, payload=payload)
