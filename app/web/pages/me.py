"""Myself: language, password, the browsers I am signed in at, my tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.accounts import service, sessions
from app.core.errors import Invalid
from app.http.deps import Now, ReadSession, WriteSession
from app.models import Office
from app.web.render import page
from app.web.visitor import TheVisitor, Visitor

router = APIRouter(prefix="/me")


@router.get("")
def show(request: Request, session: ReadSession, visitor: TheVisitor, now: Now) -> Response:
    return _shown(request, session, visitor, now, "")


def _shown(request: Request, session: Session, visitor: Visitor, now: datetime, secret: str) -> Response:
    return page(
        request,
        "me.html",
        office=session.get(Office, visitor.actor.office_id),
        sessions=sessions.list_sessions(session, visitor.actor, now=now),
        this=visitor.signed.session_id,
        tokens=service.list_tokens(session, visitor.actor, now=now),
        secret=secret,
    )


@router.post("/language")
def speak(
    session: WriteSession,
    visitor: TheVisitor,
    language: Annotated[str, Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """The language of my screens."""
    sessions.set_language(session, visitor.actor.login, language)
    return RedirectResponse(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", 303)


@router.post("/password")
def set_password(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    old: Annotated[str, Form()],
    new: Annotated[str, Form()],
    again: Annotated[str, Form()],
) -> Response:
    if new != again:
        raise Invalid("the two new passwords differ", code="passwords_differ")
    service.change_own_password(session, old, new, actor=visitor.actor, now=now)
    sessions.end_others(session, visitor.signed, now=now)
    return RedirectResponse("/me?done=1", 303)


@router.post("/sessions/end-others")
def end_others(session: WriteSession, visitor: TheVisitor, now: Now) -> Response:
    sessions.end_others(session, visitor.signed, now=now)
    return RedirectResponse("/me?done=1", 303)


@router.post("/sessions/{session_id}/end")
def end(session: WriteSession, visitor: TheVisitor, now: Now, session_id: int) -> Response:
    sessions.end_session(session, visitor.signed, session_id, now=now)
    return RedirectResponse("/me?done=1", 303)


@router.post("/tokens")
def issue(
    request: Request, session: WriteSession, visitor: TheVisitor, now: Now, label: Annotated[str, Form()] = ""
) -> Response:
    """A token for commands and the API, shown this once."""
    secret = service.issue_token(session, visitor.actor.login, actor=visitor.actor, now=now, label=label)
    return _shown(request, session, visitor, now, secret)


@router.post("/tokens/revoke")
def revoke(session: WriteSession, visitor: TheVisitor, now: Now) -> Response:
    service.revoke_tokens(session, visitor.actor.login, actor=visitor.actor, now=now)
    return RedirectResponse("/me?done=1", 303)
