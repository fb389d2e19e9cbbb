"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import myself
from app.accounts.errors import WrongSignIn
from app.accounts.sessions import Attempt, sign_in
from app.core.errors import AppError, TooMany
from app.http.house import house_of
from app.web.calls import act
from app.web.devices import device_of, know_device
from app.web.errors import explain
from app.web.i18n import speak
from app.web.render import page
from app.web.unsent import opened
from app.web.visitor import (
    COOKIE,
    LANGUAGE,
    TheVisitor,
    checked_form,
    cookie_for,
    find_visitor,
    inside,
    language_of,
    set_cookie,
    visitor,
)

router = APIRouter()


@router.get("/login")
def form(request: Request, next: str = "/", lang: str = "") -> Response:
    if find_visitor(request):
        return RedirectResponse(inside(next), 303)
    request.cookies[LANGUAGE] = lang or request.cookies.get(LANGUAGE, "zh")
    asks_codes = house_of(request).asks_codes
    response = page(request, "login.html", next=inside(next), refusal="", login="", unsent="", asks_codes=asks_codes)
    if lang:
        response.set_cookie(LANGUAGE, lang, max_age=31536000, httponly=True, samesite="lax")
    return response


@router.post("/login")
def enter(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
    unsent: Annotated[str, Form()] = "",
) -> Response:
    """Sign in; who is refused hears the same whether or not there is such a login. A form that came too late stands again."""
    house, login = house_of(request), login.strip()
    agent = request.headers.get("user-agent", "")
    try:
        secret = sign_in(house, Attempt(login, password, agent, device_of(request, login), code))
    except (WrongSignIn, TooMany) as refusal:
        return _refused(request, refusal, login, next, unsent)
    response = RedirectResponse(inside(next), 303)
    cookie = cookie_for(house.database.keys, secret, house.clock.now())
    set_cookie(request, response, cookie)
    know_device(request, response, login)
    if unsent:
        request.cookies[COOKIE] = cookie
        request.state.visitor = find_visitor(request)
        speak(language_of(request))
        request.state.refused = opened(house.database.keys, unsent, secret)
    return response


def _refused(request: Request, refusal: AppError, login: str, next: str, unsent: str) -> Response:
    house = house_of(request)
    speak(language_of(request))
    told = {"next": inside(next), "refusal": explain(refusal), "login": login, "unsent": unsent}
    response = page(request, "login.html", refusal.status, asks_codes=house.asks_codes, **told)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


@router.post("/logout", dependencies=[Depends(visitor), Depends(checked_form)])
def leave(request: Request, visitor: TheVisitor) -> Response:
    act(request, visitor, myself.sign_out, session_id=visitor.signed.session_id)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response
