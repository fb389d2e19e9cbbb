"""The door of the API: who calls is known, and may, before a byte of what they send is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive

from app.accounts.keys import authenticate as authenticate_key
from app.accounts.limits import KnownKeys, RateLimits
from app.accounts.service import authenticate_token
from app.api.deps import json_once, query_once
from app.api.once import key_of, once
from app.core.actor import Actor, Anybody, Caller, Client
from app.core.address import address, is_within
from app.core.away import FAILURES, told_of
from app.core.errors import Unauthenticated
from app.http.bodies import bounded, most_of, patience
from app.http.deps import get_database, get_now
from app.http.house import house_of
from app.verbs import VERBS, Verb
from app.verbs.verb import Body, KeyNotForThis, OutsideNetwork, knock


class Sent(Request):
    """A request whose JSON is read strictly: UTF-8, no NaN, no lone half of a character, no nesting without end."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json


class Door(APIRoute):
    """A route of a verb."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        verb = VERBS[(self.openapi_extra or {})["x-verb"]]

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(let_in, request, verb)
            query_once(request, verb.takes)
            settings = request.app.state.settings
            most = most_of(verb.body, settings)
            wait = patience(settings, known=not isinstance(request.state.caller, Anybody))
            receive = bounded(request.scope, request.receive, most, wait)

            async def done(receive: Receive) -> Response:
                sent = Sent(request.scope, receive)
                if verb.body is Body.SMALL:
                    json_once(await sent.body())
                return await handle(sent)

            key = key_of(request, verb)
            return await (done(receive) if key is None else once(request, verb, key, receive, done))

        return guarded


def let_in(request: Request, verb: Verb[Any, Any]) -> None:
    """Find out who calls, from the headers alone. Raises Unauthenticated, PermissionMissing, KeyNotForThis, TooMany."""
    caller = request.state.caller = _caller(request, verb)
    knock(verb, caller)


def _caller(request: Request, verb: Verb[Any, Any]) -> Caller:
    if verb.public or (verb.by_password and "authorization" not in request.headers):
        return Anybody()
    key = request.headers.get("x-api-key", "")
    return _system(request, key, verb.scope) if key and verb.scope else _person(request)


def _person(request: Request) -> Actor:
    """The person whose token came with the request. Raises Unauthenticated."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated
    with get_database(request).read(brief=True) as session:
        now, asks_codes = get_now(request), house_of(request).asks_codes
        return authenticate_token(session, secret.strip(), now=now, asks_codes=asks_codes)


def _system(request: Request, secret: str, scope: str) -> Client:
    """The client of a key, counted against its limit. Raises KeyNotForThis, OutsideNetwork, TooMany."""
    client = request.state.caller = _client_of(request, secret)
    if client.networks is not None and not is_within(address(), client.networks):
        raise OutsideNetwork(address=address() or "–")
    if scope not in client.scopes:
        raise KeyNotForThis(scope=scope)
    house_of(request).one(RateLimits).take(client.key_id, client.per_minute)
    return client


def _client_of(request: Request, secret: str) -> Client:
    """The client of a key; while the database cannot be asked, one that was let in a short while ago."""
    known, now = house_of(request).one(KnownKeys), get_now(request)
    try:
        with get_database(request).read(brief=True) as session:
            client = authenticate_key(session, secret, now=now)
    except FAILURES as fault:
        if told_of(fault) is None:
            raise
        return known.recall(secret, now, fault)
    known.remember(secret, client, now)
    return client
