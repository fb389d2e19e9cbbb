"""The step before a merger: whose value wins and why, what goes along, what would stop it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.units import verbs
from app.web.calls import Reading, ask
from app.web.render import page

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
