"""The pages as an application of its own, so that its refusals are pages and its answers carry its headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request, Response
from starlette.datastructures import State
from starlette.middleware.base import BaseHTTPMiddleware

from app.web import errors
from app.web.pages import (
    admin,
    changes,
    codelists,
    frames,
    home,
    imports,
    jobs,
    log,
    me,
    propose,
    review,
    signing,
    spotchecks,
    static,
    units,
)
from app.web.visitor import checked_form, refresh_cookie, visitor

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
_ROOMS = (home, propose, units, imports, review, changes, frames, spotchecks, codelists, log, admin, jobs, me)


def create_web(state: State) -> FastAPI:
    """The pages, over the same database, clock and logs as the routes."""
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    web.state = state
    errors.install(web)
    web.add_middleware(BaseHTTPMiddleware, dispatch=_dressed)
    web.include_router(static.router)
    web.include_router(signing.router)
    for room in _ROOMS:
        web.include_router(room.router, dependencies=[Depends(visitor), Depends(checked_form)])
    return web


async def _dressed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Security headers on all, nothing kept by browsers but static files, the cookie renewed."""
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    refresh_cookie(request, response)
    return response
