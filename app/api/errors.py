"""Every refusal as a problem document (RFC 9457) with a stable `code`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.core.errors import AppError, TooMany

log = logging.getLogger("minglu.api")

_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def problem(
    status: int, code: str, title: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem document: `title` is for people, `code` for programs."""
    content = {"type": "about:blank", "status": status, "code": code, "title": title, **more}
    return JSONResponse(content, status, headers=dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Render business errors, bad payloads, unknown paths and faults of our own, each in the one form."""
    app.add_exception_handler(AppError, _business)
    app.add_exception_handler(RequestValidationError, _bad_payload)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def _business(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else None
    details = {name: value for name, value in error.details.items() if isinstance(value, str | int | list)}
    return problem(
        error.status, error.code, error.message, headers=headers, **({"details": details} if details else {})
    )


def _bad_payload(_request: Request, error: Exception) -> JSONResponse:
    """422 names the place and what is wrong there, never the value: it may be personal."""
    assert isinstance(error, RequestValidationError)
    faults = [{"where": [str(part) for part in fault["loc"]], "what": fault["msg"]} for fault in error.errors()]
    return problem(422, "bad_payload", "the request does not have the form it must have", faults=faults)


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "error")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def _fault(request: Request, error: Exception) -> JSONResponse:
    log.exception("fault in %s %s", request.method, request.url.path, exc_info=error)
    return problem(500, "fault", "the program failed; the fault is in its log")
