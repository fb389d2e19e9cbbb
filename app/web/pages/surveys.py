"""Surveys: what lists are for, and whose they are."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.surveys import verbs
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/surveys")


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    return page(request, "surveys.html", surveys=ask(call, verbs.list_, limit=1000).items)


@router.get("/{code}")
def show(request: Request, call: Reading, code: str) -> Response:
    return page(request, "survey.html", survey=ask(call, verbs.show, code=code))


@router.post("")
def add(
    request: Request, visitor: TheVisitor, code: Text, name: Text, section: Text, document_no: Text, form_no: Text,
    valid_from: Text, valid_until: Text,
) -> Response:  # fmt: skip
    marks = {"name": name, "section": section, "document_no": document_no, "form_no": form_no}
    days = {"valid_from": valid_from, "valid_until": valid_until}
    made = act(request, visitor, verbs.add, code=code, **marks, **{name: day for name, day in days.items() if day})
    return RedirectResponse(f"/surveys/{made.code}?done=1", 303)


@router.post("/{code}")
def change(
    request: Request, visitor: TheVisitor, code: str, name: Text, section: Text, document_no: Text, form_no: Text,
    valid_from: Text, valid_until: Text,
) -> Response:  # fmt: skip
    told = {"name": name, "section": section or None, "document_no": document_no, "form_no": form_no}
    days = {"valid_from": valid_from, "valid_until": valid_until}
    act(request, visitor, verbs.change, code=code, **told, **{name: day for name, day in days.items() if day})
    return RedirectResponse(f"/surveys/{code}?done=1", 303)
