"""Every refusal as a problem document (RFC 9457): a stable `code`, words in both languages, the facts of the case."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.accounts.errors import BadCredentials
from app.api.deps import language_of
from app.core.away import FAILURES, StorageDamaged, StorageFull, of_requests, told_of
from app.core.errors import (
    AppError,
    BadPayload,
    Fault,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PermissionMissing,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.core.said import Said
from app.http.bodies import BodyTooLong, broken_off
from app.http.forms import unreadable
from app.http.house import house_of
from app.http.refused import note_refused
from app.verbs import Verb
from app.verbs.faults import placed
from app.verbs.once import REFUSALS as ONCE
from app.verbs.verb import KeyNotForThis

log = logging.getLogger("minglu.api")
MEDIA_TYPE = "application/problem+json"
_NAMED = re.compile(r"{(\w+)(?::\w+)?}")


class Refused(AppError):
    code = "error"
    zh, en = "请求没有被接受。", "the request was not taken"


class Misplaced(BaseModel):
    """One place of a payload that is wrong, and what is wrong there; never the value, it may be personal."""

    where: list[str]
    what: str = Field(description="the sentence in the language of the title")
    code: str
    zh: str
    en: str


class Problem(BaseModel):
    """Why something was refused."""

    type: str = Field(description="where the code is explained")
    title: str = Field(description="the sentence in the language asked for (Accept-Language), else the caller's own")
    status: int
    code: str = Field(description="stable, for programs; the catalogue is at /api/v1/errors")
    zh: str
    en: str
    instance: str = Field(description="the address that was asked")
    details: dict[str, Any] = Field({}, description="the facts of the case")
    faults: list[Misplaced] | None = None


_BY_STATUS: dict[int, type[AppError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
}


def install(app: FastAPI) -> None:
    """Render business errors, bad payloads, unknown paths and faults of our own, each in the one form."""
    app.add_exception_handler(AppError, _business)
    app.add_exception_handler(RequestValidationError, _bad_payload)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, broken_off)
    for away in FAILURES:
        app.add_exception_handler(away, _away)
    app.add_exception_handler(Exception, _fault)


def problem(
    request: Request, error: AppError, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The document of one refusal."""
    zh, en = error.text("zh"), error.text("en")
    content = {
        "type": f"/api/v1/errors#{error.code}",
        "title": error.text(language_of(request)),
        "status": error.status,
        "code": error.code,
        "zh": zh,
        "en": en,
        "instance": request.url.path,
        "details": error.said.as_json()["facts"],
        **more,
    }
    return JSONResponse(content, error.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _business(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    note_refused(request, error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return problem(request, error, headers=headers)


def _bad_payload(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _misplaced(request, placed(error.errors()))


def _misplaced(request: Request, found: Mapping[tuple[str, ...], Said]) -> JSONResponse:
    """The refusal of what has not the form it must have. Every one names what is wrong, and where."""
    language = language_of(request)
    faults = [
        Misplaced(where=list(where), what=said.text(language), code=said.code, zh=said.text("zh"), en=said.text("en"))
        for where, said in found.items()
    ]
    return problem(request, BadPayload(faults=[*found.values()]), faults=[one.model_dump() for one in faults])


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if (below := _below(error)) is not None:
        return _away(request, below)
    if error.status_code == 400:  # what cannot even be parsed: JSON without end, a broken multipart
        return _misplaced(request, dict([unreadable(error)]))
    if isinstance(error, BodyTooLong):
        return problem(request, error.refusal)
    kind = _BY_STATUS.get(error.status_code, Refused)
    return problem(request, kind(), headers=error.headers)


def _below(error: BaseException | None) -> Exception | None:
    """The fault of database or disk that a refusal was made of, as of a form that found no room to be laid down."""
    while error is not None:
        if isinstance(error, FAILURES) and told_of(error) is not None:
            return error
        error = error.__cause__ or error.__context__
    return None


def _away(request: Request, error: Exception) -> JSONResponse:
    told = house_of(request).one(of_requests).met(error)
    if told is None:
        return _fault(request, error)
    return problem(request, told)


def _fault(request: Request, error: Exception) -> JSONResponse:
    log.exception("fault in %s %s", request.method, request.url.path, exc_info=error)
    return problem(request, Fault())


def responses_of(verb: Verb[Any, Any]) -> dict[int | str, dict[str, Any]]:
    """What a verb can answer besides its answer, by status, with an example for each code."""
    common: list[type[AppError]] = [BadPayload, Fault, Unavailable, StorageFull, StorageDamaged, TooLarge]
    if not verb.public:
        common += [Unauthenticated, BadCredentials]
    if verb.permissions:
        common.append(PermissionMissing)
    if verb.scope:
        common += [KeyNotForThis, TooMany]
    if verb.once:
        common += ONCE
    return described([*common, *verb.errors])


def described(errors: Iterable[type[AppError]]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, dict[str, type[AppError]]] = defaultdict(dict)
    for error in errors:
        by_status[error.status][error.code] = error
    return {status: _answer(found) for status, found in sorted(by_status.items())}


def _answer(errors: Mapping[str, type[AppError]]) -> dict[str, Any]:
    examples = {code: {"value": example(error)} for code, error in sorted(errors.items())}
    described = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": ", ".join(sorted(errors)), "content": {MEDIA_TYPE: described}}


def example(error: type[AppError]) -> dict[str, Any]:
    """A document of this code; its facts are named where they will stand."""
    zh, en = (_NAMED.sub(r"‹\1›", words) for words in (error.zh, error.en))
    return {
        "type": f"/api/v1/errors#{error.code}",
        "title": zh,
        "status": error.status,
        "code": error.code,
        "zh": zh,
        "en": en,
        "instance": "/api/v1/…",
        "details": dict.fromkeys(_NAMED.findall(error.en), "…"),
    }
