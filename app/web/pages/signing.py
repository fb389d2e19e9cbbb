"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import verbs
from app.accounts.sessions import SignIn, sign_in
from app.http.deps import Now, TheDatabase
from app.http.house import house_of
from app.web.calls import act
from app.web.i18n import _, speak
from app.web.render import moment, page
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
    response = page(request, "login.html", next=inside(next), refusal="", login="")
    if lang:
        response.set_cookie(LANGUAGE, lang, max_age=31536000, httponly=True, samesite="lax")
    return response


@router.post("/login")
def enter(
    request: Request,
    database: TheDatabase,
    now: Now,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in. The failure is counted even though nobody gets in, hence a transaction of its own."""
    with database.write() as session:
        tried = sign_in(session, login.strip(), password, agent=request.headers.get("user-agent", ""), now=now)
    if not tried.secret:
        access = house_of(request).access
        access.refused("anybody", f"sign-in {login.strip()}", tried.refusal, at=now)
        return page(request, "login.html", 401, next=inside(next), refusal=_refusal(request, tried), login=login)
    response = RedirectResponse(inside(next), 303)
    set_cookie(request, response, cookie_for(database.keys, tried.secret, now))
    return response


def _refusal(request: Request, tried: SignIn) -> str:
    speak(language_of(request))
    if tried.locked_until:
        return _("连续失败次数过多，账号锁定到 %(until)s。", until=moment(tried.locked_until).striptags())
    return _("登录名或密码不对。")


@router.post("/logout", dependencies=[Depends(visitor), Depends(checked_form)])
def leave(request: Request, visitor: TheVisitor) -> Response:
    act(request, visitor, verbs.sign_out, session_id=visitor.signed.session_id)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response
