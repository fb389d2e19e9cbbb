"""The rules themselves: those in force, what is proposed, and the form for a rule of the bureau's own, tried before it is sent."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import AppError
from app.domain.roles import Permission
from app.rules import verbs, writing
from app.web.calls import Reading, Text, act, ask
from app.web.errors import explain
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/rules")
DRAFTS = 100
"""Those proposed last: of many, they are what somebody waits for."""
_DECISIONS = {"confirm": writing.confirm, "refuse": writing.refuse, "withdraw": writing.withdraw}


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    """Rules with what they found, and the drafts for those who write or confirm them."""
    hand = call.actor.may(Permission.MANAGE_RULES) or call.actor.may(Permission.APPROVE)
    drafts = ask(call, writing.list_drafts, newest=True, limit=DRAFTS).items if hand else []
    return page(request, "rules.html", rules=ask(call, verbs.list_rules), drafts=drafts, hand=hand, today=call.today)


@router.post("/try")
def try_(request: Request, call: Reading, asks: Text) -> Response:
    """How many units the rule that is filled in would find."""
    try:
        found = ask(call, writing.try_, asks=_asks(asks))
    except AppError as refusal:
        return page(request, "_rule_tried.html", tried=None, problem=explain(refusal))
    return page(request, "_rule_tried.html", tried=found, problem="")


@router.post("")
def propose(
    request: Request, visitor: TheVisitor, code: Text, level: Text, zh: Text, en: Text, source: Text, fields: Text,
    asks: Text, valid_from: Text,
) -> Response:  # fmt: skip
    """Propose an edition of a rule."""
    told = {"code": code, "level": level, "zh": zh, "en": en, "source": source, "valid_from": valid_from}
    act(request, visitor, writing.propose, fields=fields.replace(",", " ").split(), asks=_asks(asks), **told)
    return _back()


def _asks(text: str) -> Any:
    """What is no JSON stays as it was typed, and is refused as a wish that nobody understands."""
    try:
        return orjson.loads(text)
    except ValueError:
        return text


@router.post("/{code}/end")
def end(request: Request, visitor: TheVisitor, code: str, on: Text) -> Response:
    act(request, visitor, writing.end, code=code, on=on or None)
    return _back()


@router.post("/drafts/{draft_id}/{word}")
def decide(
    request: Request, visitor: TheVisitor, draft_id: int, word: Literal["confirm", "refuse", "withdraw"]
) -> Response:
    act(request, visitor, _DECISIONS[word], draft_id=draft_id)
    return _back()


def _back() -> Response:
    return RedirectResponse("/rules?done=1", 303)
