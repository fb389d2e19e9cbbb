"""Who calls a route: a person by token, a collection system by key."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from app.accounts.service import Client, authenticate_key, authenticate_token
from app.checks.service import CANNOT_ASK
from app.core.actor import Actor
from app.core.errors import Forbidden, Unauthenticated
from app.domain.roles import Permission
from app.http.deps import Now, ReadSession, TheClock, TheDatabase, WriteSession, get_database, get_now
from app.http.limits import KnownKeys, RateLimits

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
        raise Unauthenticated("send a personal token: Authorization: Bearer mlp_…")
    with get_database(request).read() as session:
        return authenticate_token(session, secret.strip(), now=get_now(request))


__all__ = ["CheckCaller", "CurrentActor", "Now", "ReadSession", "TheClock", "TheDatabase", "WriteSession"]

CurrentActor = Annotated[Actor, Depends(current_actor)]


def _client_of(request: Request, secret: str) -> Client:
    """The client of a key; while the database cannot be asked, one that was let in a short while ago."""
    known, now = cast(KnownKeys, request.app.state.known_keys), get_now(request)
    try:
        with get_database(request).read() as session:
            client = authenticate_key(session, secret, now=now)
    except CANNOT_ASK as fault:
        return known.recall(secret, now, fault)
    known.remember(secret, client, now)
    return client


def check_caller(
    request: Request,
    x_api_key: Annotated[str, Header(include_in_schema=False)] = "",
    authorization: Annotated[str, Header(include_in_schema=False)] = "",
    _key: Annotated[object, Depends(_api_key)] = None,
    _documented: Annotated[object, Depends(_bearer)] = None,
) -> Actor | Client:
    """Who asks the check: a client with a key of scope `check`, or a person who may. Raises 401, 403, 429."""
    if x_api_key:
        client = _client_of(request, x_api_key)
        if "check" not in client.scopes:
            raise Forbidden("this key is not for the check", code="scope_missing")
        cast(RateLimits, request.app.state.limits).take(client.key_id, client.per_minute)
        return client
    actor = current_actor(request, authorization)
    actor.require(Permission.CHECK)
    return actor


CheckCaller = Annotated[Actor | Client, Depends(check_caller)]
