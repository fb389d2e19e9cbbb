"""A change proposed by hand: the form whose fields are the attributes themselves, and what was altered in it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.changes import verbs
from app.changes.schemas import LookedOver
from app.core.errors import AppError, Forbidden
from app.domain.fields import NAMES
from app.verbs.schemas import SaidAnswer
from app.web.calls import Reading, act, ask
from app.web.render import page
from app.web.visitor import Visitor

router = APIRouter()
_SEVERAL = ("codes", "absorbed", "fields", "into")
"""What speaks of codes beside the fields, and of other units of a merger or split."""
_LOOKED_AT = (
    *("changes", "reason", "valid_from", "valid_until", "unit_id", "successor_id", "base_revision"),
    *_SEVERAL,
)
_ROWS = range(3)
"""Lines of the form for codes beside the fields, and for units that go on from one."""
_TOLD = ("reason", "valid_from", "valid_until", "evidence", "title", "unit_id", "successor_id", "base_revision")


@router.get("/units/new")
def new(request: Request, call: Reading) -> Response:
    """A unit found missing, proposed by hand."""
    return page(request, "unit_propose.html", form=ask(call, verbs.form))


@router.get("/units/{unit_id}/propose")
def form(request: Request, call: Reading, unit_id: int) -> Response:
    """The form of a change by hand."""
    return page(request, "unit_propose.html", form=ask(call, verbs.form, unit_id=unit_id))


@router.post("/units/propose")
async def propose(request: Request) -> Response:
    """Reads the form, then proposes like everybody."""
    return await run_in_threadpool(_propose, request, request.state.visitor, _told(await _typed(request)))


async def _typed(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


@router.post("/units/propose/findings")
def findings(request: Request, call: Reading, typed: Annotated[dict[str, str], Depends(_typed)]) -> Response:
    """What would stop the form as it is filled in by now, and what the rules say of the unit that it would leave."""
    told = {name: value for name, value in _told(typed).items() if name in _LOOKED_AT}
    try:
        spoken = ask(call, verbs.look_over, **told)
    except Forbidden:
        raise
    except AppError as refusal:
        spoken = LookedOver(stops=[SaidAnswer.of(refusal.said)], findings=[])
    return page(request, "_spoken.html", spoken=spoken, names=NAMES)


def _propose(request: Request, visitor: Visitor, told: dict[str, Any]) -> Response:
    proposed = act(request, visitor, verbs.propose, **told)
    return RedirectResponse(f"/changes/{proposed.request_id}?done=1", 303)


def _told(typed: dict[str, str]) -> dict[str, Any]:
    """What the form says otherwise than the unit did when the form was opened (`was_…`); what is left empty is not told."""
    changed = {
        name: typed[name] for name in NAMES if name in typed and typed[name].strip() != typed.get(f"was_{name}", "")
    }
    several = {"codes": _codes(typed), "absorbed": _parted(typed, "absorbed"), "into": _parts(typed)}
    several["fields"] = {
        name.strip(): unit for name, _, unit in (one.partition("=") for one in _parted(typed, "winners"))
    }
    said = {name: typed[name].strip() for name in _TOLD if typed.get(name, "").strip()}
    return {"changes": changed} | said | {name: told for name, told in several.items() if told}


def _parted(typed: dict[str, str], name: str) -> list[str]:
    """What was typed one behind the other: parted by blanks or commas."""
    return re.findall(r"[^\s,，、;；]+", typed.get(name, ""))


def _codes(typed: dict[str, str]) -> list[dict[str, Any]]:
    told = [(typed.get(f"code_scheme_{n}", ""), typed.get(f"code_value_{n}", "").strip(), n) for n in _ROWS]
    return [
        {"scheme": scheme, "value": value, "gone": f"code_gone_{n}" in typed}
        for scheme, value, n in told
        if scheme or value
    ]


def _parts(typed: dict[str, str]) -> list[dict[str, Any]]:
    """Units that go on: one of the register by its number, or a new one by its name and code."""
    found = []
    for n in _ROWS:
        unit, name = typed.get(f"into_unit_{n}", "").strip(), typed.get(f"into_name_{n}", "").strip()
        taken = {what: _parted(typed, f"into_{what}_{n}") for what in ("codes", "children", "records")}
        added = {"name": name, "uscc": typed.get(f"into_uscc_{n}", "").strip()} if name else {}
        if unit or name or any(taken.values()):
            found.append(taken | ({"unit_id": unit} if unit else {"new": added}))
    return found
