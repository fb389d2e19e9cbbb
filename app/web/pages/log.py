"""The two logs: who did what, who saw what, and whether they are intact."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from app.audit import queries
from app.domain.labels import WORDS, label
from app.domain.roles import Permission
from app.http.deps import ReadSession
from app.web.i18n import language
from app.web.render import page
from app.web.visitor import TheVisitor, Visitor

router = APIRouter(prefix="/log")
Chain = Literal["audit", "access"]
_PAGE = 100


@router.get("")
def entries(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    chain: Chain = "audit",
    actor: str = "",
    event: str = "",
    subject: str = "",
    before: int = 0,
) -> Response:
    """The newest entries first."""
    visitor.actor.require(Permission.READ_TRAIL)
    found = queries.browse(session, chain, actor=actor, event=event, subject=subject, before=before, limit=_PAGE)
    wanted = {"chain": chain, "actor": actor, "event": event, "subject": subject}
    more = found[-1].seq if len(found) == _PAGE else 0
    return page(request, "log.html", entries=found, wanted=wanted, events=_events(), more=more, verified=[])


@router.post("/verify")
def verify(request: Request, session: ReadSession, visitor: TheVisitor, known: Annotated[str, Form()] = "") -> Response:
    """Walk both chains; with a head that was kept elsewhere, also whether it still occurs."""
    visitor.actor.require(Permission.READ_TRAIL)
    return _verified(request, session, visitor, known.strip())


def _verified(request: Request, session: Session, _visitor: Visitor, known: str) -> Response:
    verified = [queries.verify(session, "audit", known_head=known), queries.verify(session, "access")]
    found = queries.browse(session, "audit", limit=_PAGE)
    wanted = {"chain": "audit", "actor": "", "event": "", "subject": ""}
    return page(request, "log.html", entries=found, wanted=wanted, events=_events(), more=0, verified=verified)


def _events() -> dict[str, str]:
    """What can be looked for, as it is called."""
    return {word: label("event", word, language()) for word in WORDS["event"]}


@router.get("/{chain}/{seq}")
def entry(request: Request, session: ReadSession, visitor: TheVisitor, chain: Chain, seq: int) -> Response:
    """One entry with its ground, before and after."""
    visitor.actor.require(Permission.READ_TRAIL)
    found, payload = queries.get_entry(session, chain, seq)
    return page(request, "log_entry.html", chain=chain, entry=found, payload=payload)
