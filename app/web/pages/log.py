"""The two logs: who did what, who saw what, and whether they are intact."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.labels import WORDS, label
from app.domain.roles import Permission
from app.trail import verbs
from app.trail.schemas import Chain, Verified
from app.verbs import Call
from app.web.calls import Reading, ask
from app.web.i18n import language
from app.web.render import page

router = APIRouter(prefix="/log")


@router.get("")
def entries(
    request: Request,
    call: Reading,
    chain: str = Chain.AUDIT,
    actor: str = "",
    event: str = "",
    subject: str = "",
    before: int = 0,
) -> Response:
    """The newest entries first."""
    return _listed(request, call, before, None, chain=chain, actor=actor, event=event, subject=subject)


@router.post("/verify")
def verify(request: Request, call: Reading, known: Annotated[str, Form()] = "") -> Response:
    """Prove logs and register; with a head that was kept elsewhere, also whether it still occurs."""
    verified = ask(call, verbs.verify, head=known.strip(), all=True)
    return _listed(request, call, 0, verified, chain=Chain.AUDIT, actor="", event="", subject="")


def _listed(request: Request, call: Call, before: int, verified: Verified | None, **wanted: str) -> Response:
    found = ask(call, verbs.list_, **wanted | {"event": wanted["event"] or None}, after=before)
    events = {word: label("event", word, language()) for word in WORDS["event"]}
    more = found.next or 0
    return page(request, "log.html", entries=found.items, wanted=wanted, events=events, more=more, verified=verified)


@router.get("/access")
def access(
    request: Request, call: Reading, unit: str = "", case: str = "", reason: str = "", before: int = 0
) -> Response:
    """Who saw a unit, by exactly its number; who works on a case names it."""
    wanted = {"unit": unit.strip().removeprefix("#"), "case": case, "reason": reason}
    found = ask(call, verbs.access, **wanted, after=before) if unit else None
    more = (found.next or 0) if found else 0
    by_case = call.actor.may(Permission.VIEW_CASE)
    return page(request, "log_access.html", found=found, wanted=wanted, more=more, by_case=by_case)


@router.get("/{chain}/{seq}")
def entry(request: Request, call: Reading, chain: str, seq: int, case: str = "", reason: str = "") -> Response:
    """One entry with its ground, before and after; who reads on a case alone names it first."""
    if call.actor.may(Permission.VIEW_CASE) and not case:
        return RedirectResponse(f"/case?what=/log/{chain}/{seq}", 303)
    found = ask(call, verbs.entry, chain=chain, seq=seq, case=case, reason=reason)
    return page(request, "log_entry.html", chain=found.chain, entry=found, payload=found.payload)
