"""Myself: language, password, the browsers I am signed in at, my tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import myself, own_schemas
from app.accounts.errors import SecondFactorOff, WrongCode
from app.core.errors import AppError, Invalid, TooMany
from app.http.house import house_of
from app.http.refused import note_refused
from app.verbs import Call
from app.web.calls import Reading, Text, act, ask
from app.web.errors import explain
from app.web.render import page
from app.web.visitor import SECOND_FACTOR, TheVisitor, Visitor, inside

router = APIRouter(prefix="/me")


class PasswordsDiffer(Invalid):
    code = "passwords_differ"
    zh = "两次输入的新密码不一样。"
    en = "the two new passwords differ"


@router.get("")
def show(request: Request, call: Reading, visitor: TheVisitor) -> Response:
    return _shown(request, call, visitor, "")


def _shown(request: Request, call: Call, visitor: Visitor, secret: str) -> Response:
    return page(
        request,
        "me.html",
        own=ask(call, myself.show_me),
        sessions=ask(call, myself.my_sessions).items,
        this=visitor.signed.session_id,
        tokens=ask(call, myself.my_tokens).items,
        secret=secret,
        asks_codes=house_of(request).asks_codes,
    )


@router.post("/language")
def speak(request: Request, visitor: TheVisitor, language: Text, back: Annotated[str, Form()] = "/") -> Response:
    """The language of my screens."""
    act(request, visitor, myself.set_my_language, language=language)
    return RedirectResponse(inside(back), 303)


@router.get("/own-password")
def own_password(request: Request, visitor: TheVisitor) -> Response:
    """Where somebody is led to whose password was set by another."""
    return page(request, "own_password.html", signed_as=visitor.actor.login)


@router.post("/password")
def set_password(request: Request, visitor: TheVisitor, old: Text, new: Text, again: Text) -> Response:
    if new != again:
        raise PasswordsDiffer
    act(request, visitor, myself.set_my_password, old=old, new=new, keep=visitor.signed.session_id)
    return RedirectResponse("/?done=1", 303) if visitor.actor.must_change_password else _done()


@router.get("/second-factor")
def second_factor(request: Request, _visitor: TheVisitor) -> Response:
    """Where somebody is led to of whom a second factor is asked; who has one gets another telephone in."""
    if not house_of(request).asks_codes:
        raise SecondFactorOff
    return _enrolling(request)


@router.post("/second-factor")
def begin(request: Request, visitor: TheVisitor, code: Text) -> Response:
    """The secret, shown this once."""
    try:
        return _enrolling(request, act(request, visitor, myself.offer_second_factor, code=code))
    except (WrongCode, TooMany) as refusal:
        return _enrolling(request, refusal=refusal)


@router.post("/second-factor/confirm")
def confirm(
    request: Request, visitor: TheVisitor, code: Text, secret: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """A code of the secret; who mistypes goes on with the one that his telephone has, which the form brings back."""
    try:
        act(request, visitor, myself.confirm_second_factor, new_code=code, keep=visitor.signed.session_id)
    except (WrongCode, TooMany) as refusal:
        known = own_schemas.FactorOffered.of(secret, visitor.actor.login) if secret else None
        return _enrolling(request, known, refusal=refusal, begun=True)
    return RedirectResponse("/?done=1", 303) if visitor.actor.must_enrol else _done()


def _enrolling(
    request: Request,
    offered: own_schemas.FactorOffered | None = None,
    *,
    refusal: AppError | None = None,
    begun: bool = False,
) -> Response:
    """The page of the second factor: before it is begun, with its secret, or with what was wrong."""
    if refusal is not None:
        note_refused(request, refusal)
    told = {"offered": offered, "begun": begun or offered is not None, "address": SECOND_FACTOR}
    told["refusal"] = explain(refusal) if refusal else ""
    return page(request, "second_factor.html", refusal.status if refusal else 200, **told)


@router.post("/sessions/end-others")
def end_others(request: Request, visitor: TheVisitor) -> Response:
    act(request, visitor, myself.end_other_sessions, keep=visitor.signed.session_id)
    return _done()


@router.post("/sessions/{session_id}/end")
def end(request: Request, visitor: TheVisitor, session_id: int) -> Response:
    act(request, visitor, myself.end_session, session_id=session_id)
    return _done()


@router.post("/tokens")
def issue(request: Request, call: Reading, visitor: TheVisitor, label: Text) -> Response:
    """A token for commands and the API, shown this once; read after it was issued, as a snapshot begins when first asked."""
    return _shown(request, call, visitor, act(request, visitor, myself.issue_my_token, label=label).token)


@router.post("/tokens/revoke")
def revoke(request: Request, visitor: TheVisitor) -> Response:
    act(request, visitor, myself.revoke_my_tokens)
    return _done()


def _done() -> Response:
    return RedirectResponse("/me?done=1", 303)
