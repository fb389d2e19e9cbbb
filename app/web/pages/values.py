"""Whose value stands: where sources disagree, what a source could fill, locks on the fields of a unit."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.fields import BY_NAME
from app.domain.labels import label
from app.domain.lives import ValueStatus
from app.domain.words import LostWhy
from app.register.present import grouped
from app.units import verbs as units
from app.values import verbs
from app.values.schemas import GapKind
from app.verbs import Call
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()


@router.get("/values")
def conflicts(
    request: Request,
    call: Reading,
    field: str = "",
    source: str = "",
    street: str = "",
    why: str = "",
    status: str = "",
    unit: str = "",
    after: int = 0,
) -> Response:
    """Where sources disagree; what is picked stands in the address."""
    picked = {"field": field, "source": source, "street": street, "why": why, "status": status, "unit": unit}
    told = {name: value for name, value in picked.items() if value}
    found = ask(call, verbs.conflicts, **told, after=after)
    offered = _offered(call)
    return page(request, "values.html", found=found, at=picked, told=urlencode(told), **offered)


def _offered(call: Call) -> dict[str, Any]:
    """What the list can be narrowed by."""
    named = [(name, label("field", name, call.language)) for name in BY_NAME]
    streets = [(one.code, one.name) for one in ask(call, units.filters).areas]
    whys = [(str(why), label("why_lost", why, call.language)) for why in LostWhy]
    statuses = [(str(status), label("value", status, call.language)) for status in ValueStatus]
    return {"fields": named, "streets": streets, "whys": whys, "statuses": statuses, "sources": _sources(call)}


def _sources(call: Call) -> list[tuple[str, str]]:
    return [(word, label("source", word, call.language)) for word in _SOURCES]


_SOURCES = ("market", "household", "institution", "civil", "tax", "census", "survey", "spot_check", "hand")


@router.post("/values/{losing_id}/keep")
def keep(request: Request, visitor: TheVisitor, losing_id: int, note: Text, at: Text) -> Response:
    act(request, visitor, verbs.keep, losing_id=losing_id, note=note)
    return RedirectResponse(f"/values?{at}&done=1", 303)


@router.post("/values/{losing_id}/take")
def take(request: Request, visitor: TheVisitor, losing_id: int, comment: Text) -> Response:
    taken = act(request, visitor, verbs.take, losing_id=losing_id, comment=comment)
    return RedirectResponse(f"/changes/{taken.request_id}", 303)


@router.get("/values/gaps")
def gaps(request: Request, call: Reading, street: str = "") -> Response:
    """What sources could fill, by field and source."""
    found = ask(call, verbs.gaps, street=street)
    streets = [(one.code, one.name) for one in ask(call, units.filters).areas]
    return page(request, "gaps.html", found=found, street=street, streets=streets)


@router.get("/values/gaps/units")
def fillable(
    request: Request, call: Reading, field: str = "", source: str = "", kind: str = "", street: str = "", after: int = 0
) -> Response:
    """The units behind a gap."""
    told = {"field": field, "source": source, "kind": kind or str(GapKind.EMPTY), "street": street}
    found = ask(call, verbs.fillable, **told, after=after)
    return page(request, "gap.html", found=found, at=told, told=urlencode(told))


@router.post("/values/fill")
def fill(
    request: Request,
    visitor: TheVisitor,
    field: Text,
    source: Text,
    kind: Text,
    street: Text,
    comment: Text,
) -> Response:
    told = {"field": field, "source": source, "kind": kind, "street": street, "comment": comment}
    filled = act(request, visitor, verbs.fill, **told)
    return RedirectResponse("/changes?mine=1" if len(filled.requests) > 1 else f"/changes/{filled.request_id}", 303)


@router.get("/values/locks")
def locks(request: Request, call: Reading, after: int = 0) -> Response:
    """Locks that hold in one's area."""
    return page(request, "locks.html", found=ask(call, verbs.list_locks, after=after))


@router.get("/units/{unit_id}/lock")
def lock_form(request: Request, call: Reading, unit_id: int) -> Response:
    """The form of a lock: which fields, until when, why."""
    shown = ask(call, units.show, code=f"#{unit_id}").items[0]
    held = ask(call, verbs.list_locks, unit=unit_id, limit=500)
    return page(request, "lock.html", unit=shown, groups=grouped(), held={one.field for one in held.items})


@router.post("/units/{unit_id}/lock")
def lock(request: Request, visitor: TheVisitor, unit_id: int, fields: Texts, until: Text, reason: Text) -> Response:
    act(request, visitor, verbs.lock, unit_id=unit_id, fields=fields, until=until, reason=reason)
    return RedirectResponse(f"/units/{unit_id}?done=1", 303)


@router.post("/units/{unit_id}/unlock")
def unlock(request: Request, visitor: TheVisitor, unit_id: int, fields: Texts, reason: Text) -> Response:
    act(request, visitor, verbs.unlock, unit_id=unit_id, fields=fields, reason=reason)
    return RedirectResponse(f"/units/{unit_id}?done=1", 303)
