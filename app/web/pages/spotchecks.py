"""Spot checks: draw from a frozen frame, record on a phone, rates with limits, corrections as change requests."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.http.files import send
from app.quality import verbs
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/spotchecks")


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    return page(request, "spotchecks.html", checks=ask(call, verbs.list_).items)


@router.get("/new")
def new(request: Request, call: Reading, frame: int = 0) -> Response:
    return page(request, "spotcheck_new.html", options=ask(call, verbs.options), chosen=frame)


@router.post("")
def draw(
    request: Request, visitor: TheVisitor, name: Text, frame: Text, seed: Text, size: Text, fields: Texts
) -> Response:
    check = act(request, visitor, verbs.draw, name=name, frame=frame, seed=seed, size=size, fields=fields)
    return _back(f"/{check.check_id}")


def _back(to: str) -> Response:
    return RedirectResponse(f"/spotchecks{to}?done=1", 303)


@router.get("/{check_id}")
def show(request: Request, call: Reading, check_id: int) -> Response:
    """How far it is, the rates, every unit drawn."""
    return page(request, "spotcheck.html", check=ask(call, verbs.show, check_id=check_id))


@router.get("/{check_id}/results.csv")
def results(call: Reading, check_id: int) -> Response:
    return send(ask(call, verbs.results, check_id=check_id))


@router.post("/{check_id}/close")
def close(request: Request, visitor: TheVisitor, check_id: int) -> Response:
    act(request, visitor, verbs.close, check_id=check_id)
    return _back(f"/{check_id}")


@router.get("/{check_id}/items/{seq}")
def item(request: Request, call: Reading, check_id: int, seq: int) -> Response:
    """One unit, big and simple: for a phone in the field."""
    found = ask(call, verbs.item, check_id=check_id, seq=seq)
    return page(request, "spotcheck_item.html", check=found.check, item=found)


@router.post("/{check_id}/items/{seq}")
async def save(request: Request, visitor: TheVisitor, check_id: int, seq: int) -> Response:
    """Reads the form, whose fields are the attributes compared."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    return await run_in_threadpool(_record, request, visitor, check_id, seq, form)


def _record(request: Request, visitor: TheVisitor, check_id: int, seq: int, form: dict[str, str]) -> Response:
    told = {
        "presence": form.get("presence"),
        "verdicts": {name[2:]: value for name, value in form.items() if name.startswith("v_")},
        "found": {name[2:]: value for name, value in form.items() if name.startswith("f_")},
        "note": form.get("note", ""),
    }
    following = act(request, visitor, verbs.record, check_id=check_id, seq=seq, **told).following
    if form.get("then") == "stay":
        return _back(f"/{check_id}/items/{seq}")
    return _back(f"/{check_id}/items/{following}" if following is not None else f"/{check_id}")


@router.post("/{check_id}/items/{seq}/correct")
def correct(request: Request, visitor: TheVisitor, check_id: int, seq: int) -> Response:
    """Propose what was found as a correction."""
    proposed = act(request, visitor, verbs.correct, check_id=check_id, seq=seq)
    return RedirectResponse(f"/changes/{proposed.request_id}?done=1", 303)
