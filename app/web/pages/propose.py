"""A change proposed by hand: the form whose fields are the attributes themselves, and what was altered in it."""

from __future__ import annotations

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
_LOOKED_AT = ("changes", "reason", "valid_from", "valid_until", "unit_id", "successor_id", "base_revision")
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
    return {"changes": changed} | {name: typed[name].strip() for name in _TOLD if typed.get(name, "").strip()}
