"""What rules found over the register: by rule, then unit by unit, each explained with a note or put right."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.rules import verbs
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/findings")


@router.get("")
def list_page(
    request: Request, call: Reading, rule: str = "", status: str = "", unit: str = "", after: int = 0
) -> Response:
    found = ask(call, verbs.list_, rule=rule, status=status or None, unit=unit or None, after=after)
    rules = ask(call, verbs.list_rules)
    return page(request, "findings.html", findings=found, rules=rules, rule=rule, status=status, unit=unit)


@router.post("/look")
def look(request: Request, visitor: TheVisitor) -> Response:
    return RedirectResponse(f"/jobs/{act(request, visitor, verbs.look).job_id}", 303)


@router.post("/{finding_id}/note")
def note(request: Request, visitor: TheVisitor, finding_id: int, note: Text) -> Response:
    found = act(request, visitor, verbs.note, finding_id=finding_id, note=note)
    return RedirectResponse(f"/findings?rule={found.rule}&done=1", 303)
