"""Surveys: what lists are for, and whose they are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import myself
from app.accounts import verbs as people
from app.domain.roles import Permission
from app.surveys import verbs
from app.surveys.schemas import OPEN, SurveyShown
from app.verbs import Call
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/surveys")
_DAYS = dict(zip(("valid_from", "valid_until"), OPEN, strict=True))


@router.get("")
def list_page(request: Request, call: Reading, waiting: bool = False) -> Response:
    known = ask(call, verbs.list_, waiting=waiting, limit=1000).items
    return page(request, "surveys.html", surveys=known, waiting=waiting, sections=_sections(call), unbounded=OPEN)


@router.get("/{code}")
def show(request: Request, call: Reading, code: str) -> Response:
    found = ask(call, verbs.show, code=code)
    return page(request, "survey.html", survey=found, sections=_sections(call, found), unbounded=OPEN)


def _sections(call: Call, survey: SurveyShown | None = None) -> list[tuple[str, str]]:
    """Whom a survey can be given to, as the form says it: sections of one's own office, and the one that has it now."""
    if not call.actor.may(Permission.MANAGE_SURVEYS):
        return []
    own = ask(call, people.list_sections, office=ask(call, myself.show_me).office).items
    found = [(f"{one.office}/{one.section}", one.name) for one in own]
    now = (f"{survey.office}/{survey.section}", survey.section_name) if survey and survey.section else None
    return [*found, now] if now and now not in found else found


@router.post("")
def add(
    request: Request, visitor: TheVisitor, code: Text, name: Text, section: Text, document_no: Text, form_no: Text,
    valid_from: Text, valid_until: Text,
) -> Response:  # fmt: skip
    marks = {"name": name, "document_no": document_no, "form_no": form_no, **_owner(section)}
    made = act(request, visitor, verbs.add, code=code, **marks, **_days(valid_from, valid_until))
    return RedirectResponse(f"/surveys/{made.code}?done=1", 303)


@router.post("/{code}")
def change(
    request: Request, visitor: TheVisitor, code: str, name: Text, section: Text, document_no: Text, form_no: Text,
    valid_from: Text, valid_until: Text,
) -> Response:  # fmt: skip
    told = {"name": name, "document_no": document_no, "form_no": form_no, **(_owner(section) if section else {})}
    act(request, visitor, verbs.change, code=code, **told, **_days(valid_from, valid_until))
    return RedirectResponse(f"/surveys/{code}?done=1", 303)


@router.post("/{code}/confirm-owner")
def confirm_owner(request: Request, visitor: TheVisitor, code: str, section: Text) -> Response:
    act(request, visitor, verbs.confirm_owner, code=code, **_owner(section))
    return RedirectResponse(f"/surveys/{code}?done=1", 303)


@router.post("/{code}/refuse-owner")
def refuse_owner(request: Request, visitor: TheVisitor, code: str, section: Text) -> Response:
    act(request, visitor, verbs.refuse_owner, code=code, **_owner(section))
    return RedirectResponse(f"/surveys/{code}?done=1", 303)


def _owner(chosen: str) -> dict[str, str]:
    """The section that was chosen, with its office; one's own where only the section is said."""
    office, _, section = chosen.rpartition("/")
    return {"section": section, "office": office}


def _days(valid_from: str, valid_until: str) -> dict[str, Any]:
    """From and to when it holds; a day that is left empty says that it is open."""
    typed = {"valid_from": valid_from, "valid_until": valid_until}
    return {name: typed[name] or unbounded for name, unbounded in _DAYS.items()}
