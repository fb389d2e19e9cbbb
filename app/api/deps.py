"""What routes are given: sessions, the clock, who calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.service import Client, authenticate_key, authenticate_token
from app.api.limits import KnownKeys, RateLimits
from app.checks.service import CANNOT_ASK
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Forbidden, Unauthenticated
from app.domain.roles import Permission

_bearer = HTTPBearer(auto_error=False, description="A person's token: Bearer mlp_…")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="A collection system's key: mlk_…")


def get_database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def get_clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


def get_now(request: Request) -> datetime:
    return get_clock(request).now()


def _read(request: Request) -> Iterator[Session]:
    with get_database(request).read() as session:
        yield session


def _write(request: Request) -> Iterator[Session]:
    with get_database(request).write() as session:
        yield session


# scope="function": with the plain form FastAPI commits after the response has gone, and a commit that failed still
# looks like 200.
ReadSession = Annotated[Session, Depends(_read, scope="function")]
WriteSession = Annotated[Session, Depends(_write, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
TheClock = Annotated[Clock, Depends(get_clock)]
TheDatabase = Annotated[Database, Depends(get_database)]


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
