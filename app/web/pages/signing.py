"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts.sessions import sign_in, sign_out
from app.http.deps import Now, TheDatabase, WriteSession
from app.web.i18n import _, speak
from app.web.render import moment, page
from app.web.visitor import COOKIE, TheVisitor, checked_form, cookie_for, find_visitor, set_cookie, visitor

router = APIRouter()


@router.get("/login")
def form(request: Request, next: str = "/", lang: str = "") -> Response:
    if find_visitor(request):
        return RedirectResponse(_inside(next), 303)
    spoken = lang or request.cookies.get("minglu_language", "zh")
    request.cookies["minglu_language"] = spoken
    response = page(request, "login.html", next=_inside(next), refusal="", login="")
    if lang:
        response.set_cookie("minglu_language", lang, max_age=31536000, httponly=True, samesite="lax")
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
        return page(request, "login.html", 401, next=_inside(next), refusal=_refusal(request, tried), login=login)
    response = RedirectResponse(_inside(next), 303)
    set_cookie(request, response, cookie_for(database.keys, tried.secret, now))
    return response


def _refusal(request: Request, tried: object) -> str:
    speak(request.cookies.get("minglu_language", "zh"))
    until = getattr(tried, "locked_until", None)
    if until:
        return _("连续失败次数过多，账号锁定到 %(until)s。", until=moment(until).striptags())
    return _("登录名或密码不对。")


@router.post("/logout", dependencies=[Depends(visitor), Depends(checked_form)])
def leave(session: WriteSession, visitor: TheVisitor, now: Now) -> Response:
    sign_out(session, visitor.signed, now=now)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


def _inside(address: str) -> str:
    """Only addresses of our own are gone to."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
