"""The step before a merger: whose value wins and why, what goes along, what would stop it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.changes import verbs as changes
from app.domain.words import Reason
from app.units import verbs
from app.web.calls import Reading, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor, Visitor

router = APIRouter()
Typed = Annotated[Sequence[str], Query()]
_PARTED = re.compile(r"[\s,，、;；#]+")


@router.get("/units/{unit_id}/merge")
def preview(request: Request, call: Reading, unit_id: int, absorbed: Typed = (), on: str = "") -> Response:
    """The units that shall go into this one are typed by their numbers, parted as people part them."""
    typed = [part for text in absorbed for part in _PARTED.split(text) if part]
    found = ask(call, verbs.merge_preview, unit_id=unit_id, absorbed=typed, on=on or None) if typed else None
    told: dict[str, Any] = {"unit_id": unit_id, "typed": typed, "on": on or call.today.isoformat()}
    return page(request, "unit_merge.html", found=found, **told)


@router.post("/units/{unit_id}/merge")
async def propose(request: Request, visitor: TheVisitor, unit_id: int) -> Response:
    """Reads the form: the units, and for each field whose value it shall have where another was chosen than proposed."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    chosen = {name[2:]: value for name, value in typed.items() if name.startswith("w_")}
    told = {
        "unit_id": unit_id,
        "absorbed": [str(number) for number in form.getlist("absorbed")],
        "fields": {name: unit for name, unit in chosen.items() if unit != typed.get(f"was_{name}", "")},
        "valid_from": typed.get("valid_from", ""),
        "evidence": typed.get("evidence", ""),
    }
    return await run_in_threadpool(_propose, request, visitor, told)


def _propose(request: Request, visitor: Visitor, told: dict[str, Any]) -> Response:
    proposed = act(request, visitor, changes.propose, reason=Reason.MERGE, **told)
    return RedirectResponse(f"/changes/{proposed.request_id}?done=1", 303)
