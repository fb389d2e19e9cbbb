"""Temporary codes: where those given out are, and new ones for units that no registrar gave a code."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.core.rights import territory
from app.pool import verbs
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/temporary-codes")


@router.get("")
def list_page(request: Request, call: Reading, state: str = "", after: str = "") -> Response:
    found = ask(call, verbs.list_, state=state or None, after=after)
    own = territory(call.actor, call.today).prefixes
    return page(request, "tempcodes.html", pool=found, state=state, area=own[0][:6] if own else "")


@router.post("")
def issue(request: Request, visitor: TheVisitor, area: Text, count: Text) -> Response:
    act(request, visitor, verbs.issue, area=area, count=count or 1)
    return RedirectResponse("/temporary-codes?state=free&done=1", 303)
