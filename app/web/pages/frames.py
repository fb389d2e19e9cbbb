"""Frames: conditions with live counts, confirmed by two, frozen, taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import AppError
from app.domain.roles import Permission
from app.domain.values import read_or_leave
from app.frames import verbs
from app.frames.rules import require_open
from app.http.files import send
from app.register.present import REVEALABLE
from app.surveys import verbs as surveys
from app.verbs import Verb
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.errors import explain
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/frames")
ROWS = 8
_PREVIEWED, _FIRST = 10, 20
_USUAL = (("unit_type", "eq", "1"), ("operating_status", "eq", "1"))
"""Conditions that stand in the form as an example one often needs."""

Row = tuple[str, str, str]
"""A line of the form: field, comparison, value."""


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    return page(request, "frames.html", frames=ask(call, verbs.list_).items)


@router.get("/new")
def new(request: Request, call: Reading) -> Response:
    """The form of a new frame."""
    return _form(request, call, _USUAL)


@router.get("/{frame_id}/redefine")
def redefinition(request: Request, call: Reading, frame_id: int) -> Response:
    """The form with what the frame holds now."""
    frame = ask(call, verbs.show, reference=str(frame_id))
    require_open(frame.name, frame.status)
    conditions = frame.definition["conditions"]
    rows = [_row(said) for said in conditions if _fits_a_row(said)]
    return _form(request, call, rows, frame=frame, kept=len(conditions) - len(rows))


def _form(request: Request, call: Reading, given: Sequence[Row], *, frame: Any = None, kept: int = 0) -> Response:
    rows = [*given, *[("", "eq", "")] * max(1, ROWS - len(given))]
    every = call.actor.may(Permission.FRAME_CONFIRM_REGISTER)  # who is there for a section drafts its own alone
    options, known = ask(call, verbs.options), ask(call, surveys.list_, limit=1000, mine=not every).items
    return page(
        request, "frame_new.html", rows=rows, frame=frame, kept=kept, counts=None, problem="", options=options,
        surveys=known,
    )  # fmt: skip


def _fits_a_row(said: dict[str, Any]) -> bool:
    """Whether the form can show a condition and read it back the same."""
    return "field" in said and _condition(*_row(said)) == said


def _row(said: dict[str, Any]) -> Row:
    value = said.get("value", "")
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return (said["field"], {"in": "eq", "not_in": "not_eq"}.get(said["op"], said["op"]), text)


def _definition(fields: Sequence[str], ops: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
    """The rows of the form as a definition; rows without a field fall away."""
    rows = zip(fields, ops, values, strict=False)
    return {"conditions": [_condition(field, op, value.strip()) for field, op, value in rows if field]}


def _condition(field: str, op: str, text: str) -> dict[str, Any]:
    plain = op.removeprefix("not_")
    if plain == "empty":
        return {"field": field, "op": op}
    parts = [read_or_leave(field, part.strip()) for part in re.split("[,，、]", text) if part.strip()]
    if plain == "eq" and len(parts) > 1:
        return {"field": field, "op": op.replace("eq", "in"), "value": parts}
    value = parts if plain == "prefix" and len(parts) > 1 else parts[0] if parts else ""
    return {"field": field, "op": op, "value": value}


@router.post("/preview")
def preview(request: Request, call: Reading, field: Texts, op: Texts, value: Texts, reference_date: Text) -> Response:
    """How many units the conditions hold, one after the other."""
    try:
        counts = ask(call, verbs.preview, definition=_definition(field, op, value), on=reference_date or None)
    except AppError as refusal:
        return page(request, "_frame_counts.html", counts=None, problem=explain(refusal))
    return page(request, "_frame_counts.html", counts=counts, problem="")


@router.post("")
def create(
    request: Request, visitor: TheVisitor, name: Text, survey: Text, period: Text,
    reference_date: Text, field: Texts, op: Texts, value: Texts
) -> Response:  # fmt: skip
    """Write the definition down and build the frame at once."""
    said = {"name": name, "survey": survey, "period": period, "reference_date": reference_date}
    frame = act(request, visitor, verbs.create, definition=_definition(field, op, value), build=True, **said)
    return _back(frame.frame_id)


def _back(frame_id: int) -> Response:
    return RedirectResponse(f"/frames/{frame_id}?done=1", 303)


def _done(request: Request, visitor: TheVisitor, verb: Verb[Any, Any], frame_id: int, **told: Any) -> Response:
    act(request, visitor, verb, reference=str(frame_id), **told)
    return _back(frame_id)


@router.get("/{frame_id}")
def show(request: Request, call: Reading, frame_id: int, verify: int = 0) -> Response:
    """One frame: what it holds, who confirmed it, what went out."""
    one = str(frame_id)
    frame = ask(call, verbs.show, reference=one)
    return page(
        request,
        "frame.html",
        frame=frame,
        sides={given.side: given for given in frame.confirmations},
        exports=ask(call, verbs.exports, reference=one).items,
        columns=frame.columns[:_PREVIEWED],
        units=ask(call, verbs.units, reference=one, limit=_FIRST).items if frame.known_at else [],
        verified=ask(call, verbs.verify, reference=one) if verify else None,
        personal=sorted(REVEALABLE),
    )


@router.get("/{frame_id}/units")
def units(request: Request, call: Reading, frame_id: int, after: int = 0) -> Response:
    """All rows of the frame, page by page."""
    frame = ask(call, verbs.show, reference=str(frame_id))
    held = ask(call, verbs.units, reference=str(frame_id), after=after)
    return page(request, "frame_units.html", frame=frame, columns=held.columns, units=held.items, more=held.next)


@router.post("/{frame_id}/redefine")
def redefine(
    request: Request, visitor: TheVisitor, call: Reading, frame_id: int, reference_date: Text,
    field: Texts, op: Texts, value: Texts
) -> Response:  # fmt: skip
    """Other conditions and another day; columns, area and conditions that the form cannot show stay."""
    before = ask(call, verbs.show, reference=str(frame_id)).definition
    kept = [said for said in before["conditions"] if not _fits_a_row(said)]
    said = {"definition": before | {"conditions": [*_definition(field, op, value)["conditions"], *kept]}}
    return _done(request, visitor, verbs.redefine, frame_id, reference_date=reference_date, build=True, **said)


@router.post("/{frame_id}/build")
def build(request: Request, visitor: TheVisitor, frame_id: int, known_at: Text) -> Response:
    return _done(request, visitor, verbs.build, frame_id, known_at=known_at)


@router.post("/{frame_id}/confirm")
def confirm(
    request: Request, visitor: TheVisitor, frame_id: int, side: Text, version: Text, comment: Text
) -> Response:  # fmt: skip
    return _done(request, visitor, verbs.confirm, frame_id, side=side, version=version, comment=comment)


@router.post("/{frame_id}/freeze")
def freeze(request: Request, visitor: TheVisitor, frame_id: int) -> Response:
    return _done(request, visitor, verbs.freeze, frame_id)


@router.post("/{frame_id}/discard")
def discard(request: Request, visitor: TheVisitor, frame_id: int) -> Response:
    return _done(request, visitor, verbs.discard, frame_id)


@router.post("/{frame_id}/export")
def take_out(
    request: Request, visitor: TheVisitor, frame_id: int, purpose: Text, recipient: Text, personal: Texts, reason: Text,
    form: Annotated[str, Form()] = "csv"
) -> Response:  # fmt: skip
    """The package of a frozen frame, handed over once it is in the books."""
    order = {"purpose": purpose, "recipient": recipient, "form": form, "personal": personal, "reason": reason}
    return send(act(request, visitor, verbs.export, reference=str(frame_id), **order))
