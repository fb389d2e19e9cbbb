"""Layouts of files: those that people taught, and teaching one from a file that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.domain.words import Source
from app.http.uploads import laid_down
from app.layouts import verbs
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/layouts")
Many = Annotated[Sequence[str], Form()]
_ORDERS = {"": None, "day": True, "month": False}
"""What a form says of days in doubt, and what it means."""


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    """Layouts in use, and the form for a file of which nobody knows the layout."""
    return page(request, "layouts.html", layouts=ask(call, verbs.list_).items, sources=list(Source))


@router.post("/look")
def look(request: Request, visitor: TheVisitor, source: Text, file: Annotated[UploadFile, File()]) -> Response:
    """The columns of a file with guesses filled in, and its first rows."""
    with laid_down(file) as path:
        draft = act(request, visitor, verbs.look, path=path, source=source)
    return page(request, "layout_teach.html", draft=draft)


@router.post("")
def teach(
    request: Request,
    visitor: TheVisitor,
    source: Text,
    name: Text,
    like: Text,
    money_unit: Text,
    order: Text,
    codes: Text,
    label: Many = (),
    field: Many = (),
) -> Response:
    """A label and a field for each column; the words of code lists a line each (`field:word=code`)."""
    told: dict[str, Any] = {"source": source, "name": name, "like": like, "money_unit": money_unit}
    told |= {"labels": dict(zip(label, field, strict=False)), "day_first": _ORDERS.get(order), "codes": _codes(codes)}
    act(request, visitor, verbs.teach, **told)
    return RedirectResponse("/layouts?done=1", 303)


def _codes(typed: str) -> dict[str, dict[str, str]]:
    codes: dict[str, dict[str, str]] = {}
    for line in typed.splitlines():
        field, _, said = line.partition(":")
        word, _, code = said.partition("=")
        if field.strip():
            codes.setdefault(field.strip(), {})[word.strip()] = code.strip()
    return codes


@router.post("/{layout_id}/end")
def end(request: Request, visitor: TheVisitor, layout_id: int) -> Response:
    """Use a layout no more."""
    act(request, visitor, verbs.end, layout_id=layout_id)
    return RedirectResponse("/layouts?done=1", 303)
