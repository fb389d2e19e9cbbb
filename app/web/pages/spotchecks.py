"""Spot checks: draw, start with checkers, record on a phone, rates with limits, corrections as change requests."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.core.errors import AppError, VersionMoved
from app.domain.lives import CheckStatus
from app.http.files import send
from app.http.refused import note_refused
from app.quality import verbs
from app.quality.schemas import CheckInFull
from app.web.again import faults_by_field
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.errors import explain
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
    request: Request, visitor: TheVisitor, name: Text, frame: Text, area: Text, seed: Text, size: Text, fields: Texts
) -> Response:
    """From the frame that was chosen, else from the register, in an area where one was written."""
    source = {"frame": frame} if frame else {"definition": {"scope": area.strip()}}
    check = act(request, visitor, verbs.draw, name=name, seed=seed, size=size, fields=fields, **source)
    return _back(f"/{check.check_id}")


def _back(to: str) -> Response:
    return RedirectResponse(f"/spotchecks{to}?done=1", 303)


@router.get("/{check_id}")
def show(request: Request, call: Reading, check_id: int) -> Response:
    """How far it is, the rates, the units drawn; for the head of the team also whom he can name."""
    check = ask(call, verbs.show, check_id=check_id)
    names = check.leads and check.status != CheckStatus.CLOSED
    checkers = ask(call, verbs.options).checkers if names else []
    return page(request, "spotcheck.html", check=check, checkers=checkers)


@router.post("/{check_id}/start")
def start(request: Request, visitor: TheVisitor, check_id: int, checkers: Texts) -> Response:
    act(request, visitor, verbs.start, check_id=check_id, checkers=checkers)
    return _back(f"/{check_id}")


@router.post("/{check_id}/assign")
def assign(request: Request, visitor: TheVisitor, check_id: int, checker: Text, items: Texts) -> Response:
    """Units that were ticked; without any, all that nobody is named for."""
    act(request, visitor, verbs.assign, check_id=check_id, checker=checker, items=items or None)
    return _back(f"/{check_id}")


@router.get("/{check_id}/results.csv")
def results(call: Reading, check_id: int) -> Response:
    return send(ask(call, verbs.results, check_id=check_id))


@router.get("/{check_id}/close")
def closing(request: Request, call: Reading, check_id: int) -> Response:
    """The step before a check is closed: what was met, and whose units nobody has visited."""
    check = ask(call, verbs.show, check_id=check_id)
    if not check.leads or check.status != CheckStatus.STARTED:
        return _back(f"/{check_id}")
    return page(request, "spotcheck_close.html", check=check, left=_left(check))


def _left(check: CheckInFull) -> dict[str, tuple[int, int]]:
    """By checker: units to visit, and those of them that nobody visited."""
    named = Counter(item.checker or "" for item in check.items)
    left = Counter(item.checker or "" for item in check.items if not item.presence)
    return {name: (count, left[name]) for name, count in sorted(named.items())}


@router.post("/{check_id}/close")
def close(request: Request, visitor: TheVisitor, check_id: int, unvisited: Text) -> Response:
    """Closed with the number of units left out that was looked at."""
    act(request, visitor, verbs.close, check_id=check_id, unvisited=unvisited or None)
    return _back(f"/{check_id}")


@router.get("/{check_id}/items/{seq}")
def item(request: Request, call: Reading, check_id: int, seq: int) -> Response:
    """One unit, big and simple: for a phone in the field."""
    found = ask(call, verbs.item, check_id=check_id, seq=seq)
    return page(request, "spotcheck_item.html", check=found.check, item=found, stands=None, refused="", faults={})


@router.post("/{check_id}/items/{seq}")
async def save(request: Request, visitor: TheVisitor, check_id: int, seq: int) -> Response:
    """Reads the form, whose fields are the attributes compared."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    return await run_in_threadpool(_record, request, visitor, check_id, seq, form)


def _record(request: Request, visitor: TheVisitor, check_id: int, seq: int, form: dict[str, str]) -> Response:
    told = {
        "version": form.get("version"),
        "presence": form.get("presence"),
        "verdicts": {name[2:]: value for name, value in form.items() if name.startswith("v_")},
        "found": {name[2:]: value for name, value in form.items() if name.startswith("f_")},
        "since": {name[2:]: value for name, value in form.items() if name.startswith("s_") and value.strip()},
        "note": form.get("note", ""),
    }
    try:
        following = act(request, visitor, verbs.record, check_id=check_id, seq=seq, **told).following
    except AppError as refusal:
        note_refused(request, refusal)
        return _refused(request, visitor, check_id, seq, told, refusal)
    if form.get("then") == "stay":
        return _back(f"/{check_id}/items/{seq}")
    return _back(f"/{check_id}/items/{following}" if following is not None else f"/{check_id}")


def _refused(
    request: Request, visitor: TheVisitor, check_id: int, seq: int, told: dict[str, Any], refusal: AppError
) -> Response:
    """What was typed with what is wrong beside its field, and what somebody wrote in between: nothing is lost, and
    nobody is written over unseen."""
    stands = act(request, visitor, verbs.item, check_id=check_id, seq=seq)
    typed = {name: told[name] for name in ("presence", "verdicts", "found", "since", "note")}
    moved = isinstance(refusal, VersionMoved)
    return page(
        request, "spotcheck_item.html", refusal.status, check=stands.check, item=stands.model_copy(update=typed),
        stands=stands if moved else None, refused=explain(refusal), faults=faults_by_field(refusal),
    )  # fmt: skip


@router.post("/{check_id}/items/{seq}/correct")
def correct(request: Request, visitor: TheVisitor, check_id: int, seq: int, since: Text) -> Response:
    """Propose what was found as a correction, from the day since when it was wrong."""
    proposed = act(request, visitor, verbs.correct, check_id=check_id, seq=seq, since=since or None)
    return RedirectResponse(f"/changes/{proposed.request_id}?done=1", 303)
