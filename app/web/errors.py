"""Refusals as pages: what is wrong, and what to do next, in the language spoken."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.core.away import FAILURES, of_requests
from app.core.errors import (
    AppError,
    BadPayload,
    Fault,
    MethodNotAllowed,
    NotFound,
    TooMany,
)
from app.http.bodies import BodyTooLong, broken_off
from app.http.house import house_of
from app.http.refused import note_refused
from app.verbs.faults import faults_of
from app.web.again import refused
from app.web.calls import BadForm
from app.web.i18n import _, language, sentence, speak
from app.web.render import page
from app.web.unsent import unsent_of
from app.web.visitor import (
    COOKIE,
    OWN_PASSWORD,
    SECOND_FACTOR,
    NotSignedIn,
    OwnPasswordFirst,
    SecondFactorNeeded,
    Visitor,
    find_visitor,
    language_of,
    visitor_of,
)

log = logging.getLogger("minglu.web")
_BY_STATUS: dict[int, type[AppError]] = {404: NotFound, 405: MethodNotAllowed}


def install(app: FastAPI) -> None:
    """Each kind of refusal as a page; sign-in for who is not signed in."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(OwnPasswordFirst, _to_own_password)
    app.add_exception_handler(SecondFactorNeeded, _to_second_factor)
    app.add_exception_handler(AppError, _business)
    app.add_exception_handler(RequestValidationError, _bad_payload)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, broken_off)
    for away in FAILURES:
        app.add_exception_handler(away, _away)
    app.add_exception_handler(Exception, _fault)


def explain(error: AppError) -> str:
    """What people read of a refusal, in the language spoken."""
    return sentence(error.text(language()))


def _to_sign_in(request: Request, _error: Exception) -> Response:
    speak(language_of(request))
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(_("登录已失效，请重新登录。"), 401, headers={"HX-Refresh": "true"})
    if form := unsent_of(request):
        told = {"next": "/", "login": "", "unsent": form, "asks_codes": house_of(request).asks_codes}
        response: Response = page(request, "login.html", 401, refusal=_("登录已失效，请重新登录。"), **told)
        response.delete_cookie(COOKIE)
        return response
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    later = f"?next={quote(there)}" if request.method == "GET" and there != "/" else ""
    response = RedirectResponse(f"/login{later}", 303)
    response.delete_cookie(COOKIE)
    return response


def _to_own_password(request: Request, _error: Exception) -> Response:
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        speak(language_of(request))
        return PlainTextResponse(_("请先改为自己的密码。"), 403, headers={"HX-Refresh": "true"})
    return RedirectResponse(OWN_PASSWORD, 303)


def _to_second_factor(request: Request, _error: Exception) -> Response:
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        speak(language_of(request))
        return PlainTextResponse(_("请先设置动态口令。"), 403, headers={"HX-Refresh": "true"})
    return RedirectResponse(SECOND_FACTOR, 303)


def _business(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    note_refused(request, error)
    return _shown(request, error)


def _bad_payload(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _shown(request, BadPayload(faults=faults_of(error.errors())))


def _http(request: Request, error: Exception) -> Response:
    """An address that leads nowhere keeps the menu of who is signed in."""
    assert isinstance(error, HTTPException)
    request.state.visitor = _visitor_if_any(request)
    if isinstance(error, BodyTooLong):
        return _shown(request, error.refusal)
    return _shown(request, _BY_STATUS.get(error.status_code, BadForm)(), error.status_code)


def _visitor_if_any(request: Request) -> Visitor | None:
    """Who is signed in, if that can be asked: a refusal is told either way."""
    try:
        return visitor_of(request) or find_visitor(request)
    except FAILURES:
        return None


def _away(request: Request, error: Exception) -> Response:
    told = house_of(request).one(of_requests).met(error)
    if told is None:
        return _fault(request, error)
    return _shown(request, told)


def _fault(request: Request, error: Exception) -> Response:
    log.exception("fault in %s %s", request.method, request.url.path, exc_info=error)
    return _shown(request, Fault())


def _shown(request: Request, error: AppError, status: int = 0) -> Response:
    speak(language_of(request))
    status, text = status or error.status, explain(error)
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(text, status)
    form = refused(request, error, text) if request.method == "POST" else None
    request.state.refused = form
    response = page(request, "error.html", status, status=status, code=error.code, text=text, form=form)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
