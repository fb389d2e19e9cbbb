"""The pages as an application of its own, so that its refusals are pages and its answers carry its headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.settings import Settings
from app.http.bodies import bounded, most_of, patience
from app.verbs.verb import Body
from app.web import errors, unsent
from app.web.again import FormAgain
from app.web.once import said_once
from app.web.pages import (
    admin,
    changes,
    codelists,
    findings,
    frames,
    home,
    imports,
    jobs,
    layouts,
    log,
    me,
    merging,
    propose,
    review,
    rights,
    rules,
    signing,
    spotchecks,
    static,
    surveys,
    tempcodes,
    units,
    values,
)
from app.web.visitor import NotSignedIn, Visitor, checked_form, refresh_cookie, visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANONYMOUS = {"/login": 16 << 10}
"""Where a form comes from nobody in particular, and how many bytes it has at most."""
UPLOADS = re.compile(r"/imports/preview|/layouts/look|/codelists|/changes/\d+/written-approval")
"""Where a form holds a file."""
_ROOMS = (
    home,
    merging,
    propose,
    values,
    units,
    imports,
    layouts,
    review,
    changes,
    surveys,
    frames,
    spotchecks,
    codelists,
    findings,
    tempcodes,
    rules,
    log,
    rights,
    admin,
    jobs,
    me,
)


def create_web(state: State) -> FastAPI:
    """The pages, over the same database, clock and logs as the routes."""
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    web.state = state
    errors.install(web)
    web.add_middleware(BaseHTTPMiddleware, dispatch=_dressed)
    web.add_middleware(FormAgain)
    web.add_middleware(HeadAsGet)
    web.router.middleware_stack = KnownFirst(web.router.middleware_stack, state.settings)
    web.include_router(static.router)
    web.include_router(signing.router, dependencies=[Depends(said_once)])
    for room in _ROOMS:
        web.include_router(room.router, dependencies=[Depends(visitor), Depends(checked_form), Depends(said_once)])
    return web


class HeadAsGet:
    """Who asks for the head of a page gets that of the whole page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


class KnownFirst:
    """Who sends a form is known before it is read; how long it may be is said by its address."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            known = scope["path"] not in ANONYMOUS
            if known:
                request = Request(scope)
                request.state.visitor = await self._known(request, receive)
            receive = bounded(scope, receive, self._most(scope["path"]), patience(self._settings, known=known))
        await self._app(scope, receive, send)

    async def _known(self, request: Request, receive: Receive) -> Visitor:
        """Raises NotSignedIn; what a person sent after the session ended goes back with the way to the sign-in."""
        try:
            return await run_in_threadpool(visitor, request)
        except NotSignedIn:
            if unsent.is_worth_reading(request):
                await unsent.keep(
                    request, bounded(request.scope, receive, unsent.MOST, patience(self._settings, known=False))
                )
            raise

    def _most(self, path: str) -> int:
        return ANONYMOUS.get(path) or most_of(Body.FILE if UPLOADS.fullmatch(path) else Body.SMALL, self._settings)


async def _dressed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Security headers on all, nothing kept by browsers but static files, the cookie renewed."""
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    refresh_cookie(request, response)
    return response
