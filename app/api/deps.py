"""What routes are given: who was let in at the door, the language; and what they do not take."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any, cast

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel

from app.core.actor import Actor, Caller
from app.core.said import LANGUAGES
from app.http.once import lists_in, refuse_twice

_bearer = HTTPBearer(auto_error=False, description="A person's token: Bearer mlp_…")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A collection system's key: mlk_…")


async def anybody(request: Request) -> Caller:
    """Who was let in (`app/api/door.py`)."""
    return cast("Caller", request.state.caller)


async def a_person(request: Request, _documented: Annotated[object, Depends(_bearer)] = None) -> Actor:
    """The same where only persons are."""
    return cast("Actor", request.state.caller)


async def any_caller(
    request: Request,
    _key: Annotated[object, Depends(_api_key)] = None,
    _documented: Annotated[object, Depends(_bearer)] = None,
) -> Caller:
    """The same where a collection system may be too."""
    return cast("Caller", request.state.caller)


CurrentActor = Annotated[Actor, Depends(a_person)]


async def no_body(request: Request) -> None:
    """For what takes no body: whatever was sent was meant and would be ignored, so it is refused; `{}` says nothing."""
    if (await request.body()).strip() not in {b"", b"{}", b"null"}:
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("body", "body")}])


async def no_query(request: Request) -> None:
    """For what takes nothing from the query: whatever stands there was meant and would be ignored, so it is refused."""
    if request.query_params:
        unknown = [{"type": "extra_forbidden", "loc": ("query", name)} for name in request.query_params]
        raise RequestValidationError(unknown)


def query_once(request: Request, takes: type[BaseModel]) -> None:
    """What is no list stands in the query once: of two, one would be ignored without a word."""
    refuse_twice("query", (name for name, _ in request.query_params.multi_items()), lists_in(takes))


async def form_once(request: Request) -> None:
    """The same of a form; none of ours has a list in it."""
    refuse_twice("body", (name for name, _ in (await request.form()).multi_items()))


def json_once(body: bytes) -> None:
    """The same of every object in a JSON body, however deep. Large batches are not looked through, for their speed."""

    def named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        refuse_twice("body", (name for name, _ in pairs))
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        orjson.loads(body)  # strict: what it refuses is refused where it is read
        json.loads(body, object_pairs_hook=named)


FORM = [Depends(no_query), Depends(form_once)]
"""What an address that takes a form refuses."""


def language_of(request: Request) -> str:
    """The language of an answer or a refusal: the first of ours that the request names, else the caller's own."""
    for asked in request.headers.get("Accept-Language", "").lower().split(","):
        if (named := asked.strip()[:2]) in LANGUAGES:
            return named
    return str(getattr(getattr(request.state, "caller", None), "language", LANGUAGES[0]))
