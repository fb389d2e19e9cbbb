"""Who calls a route: a person by token, a collection system by key."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader, HTTPBearer

from app.accounts.limits import KnownKeys, RateLimits
from app.accounts.service import authenticate_key, authenticate_token
from app.core.actor import Actor, Anybody, Client
from app.core.db import CANNOT_ASK
from app.core.errors import Unauthenticated
from app.core.said import LANGUAGES
from app.http.deps import get_database, get_now
from app.http.house import house_of
from app.verbs.verb import KeyNotForThis

_bearer = HTTPBearer(auto_error=False, description="A person's token: Bearer mlp_…")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A collection system's key: mlk_…")


def current_actor(
    request: Request,
    authorization: Annotated[str, Header(include_in_schema=False)] = "",
    _documented: Annotated[object, Depends(_bearer)] = None,
) -> Actor:
    """The person whose token came with the request. Raises Unauthenticated."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated
    with get_database(request).read() as session:
        request.state.caller = authenticate_token(session, secret.strip(), now=get_now(request))
    return cast("Actor", request.state.caller)


CurrentActor = Annotated[Actor, Depends(current_actor)]


def _client_of(request: Request, secret: str) -> Client:
    """The client of a key; while the database cannot be asked, one that was let in a short while ago."""
    known, now = house_of(request).one(KnownKeys), get_now(request)
    try:
        with get_database(request).read() as session:
            client = authenticate_key(session, secret, now=now)
    except CANNOT_ASK as fault:
        return known.recall(secret, now, fault)
    known.remember(secret, client, now)
    return client


@cache
def any_caller(scope: str) -> Callable[..., Actor | Client]:
    """Who asks: a client with a key, counted against its limit, or a person. Whether they may is asked by the verb."""

    def caller(
        request: Request,
        x_api_key: Annotated[str, Header(include_in_schema=False)] = "",
        authorization: Annotated[str, Header(include_in_schema=False)] = "",
        _key: Annotated[object, Depends(_api_key)] = None,
        _documented: Annotated[object, Depends(_bearer)] = None,
    ) -> Actor | Client:
        if not x_api_key:
            return current_actor(request, authorization)
        client = request.state.caller = _client_of(request, x_api_key)
        if scope not in client.scopes:
            raise KeyNotForThis(scope=scope)
        house_of(request).one(RateLimits).take(client.key_id, client.per_minute)
        return client

    return caller


async def no_body(request: Request) -> None:
    """For what takes no body: whatever was sent was meant and would be ignored, so it is refused; `{}` says nothing."""
    if (await request.body()).strip() not in {b"", b"{}", b"null"}:
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("body", "body")}])


async def no_query(request: Request) -> None:
    """For what takes nothing from the query: whatever stands there was meant and would be ignored, so it is refused."""
    if request.query_params:
        unknown = [{"type": "extra_forbidden", "loc": ("query", name)} for name in request.query_params]
        raise RequestValidationError(unknown)


def anybody() -> Anybody:
    """Whoever calls a public verb."""
    return Anybody()


def language_of(request: Request) -> str:
    """The language of an answer or a refusal: the first of ours that the request names, else the caller's own."""
    for asked in request.headers.get("Accept-Language", "").lower().split(","):
        if (named := asked.strip()[:2]) in LANGUAGES:
            return named
    return str(getattr(getattr(request.state, "caller", None), "language", LANGUAGES[0]))
