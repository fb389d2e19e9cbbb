"""`Idempotency-Key`: read on every POST that changes something, and kept for a day per person or client."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from email.message import Message as Header
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from app.audit.tags import Tag
from app.core.actor import Anybody
from app.core.away import told_of
from app.core.errors import AppError
from app.http.house import house_of
from app.verbs import Call, Opens, Verb
from app.verbs.once import AnswerNotKept, Begun, Kept, KeyReused, begin
from app.verbs.seen import units_in

log = logging.getLogger("minglu.api")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = r"[\x21-\x7e]{1,255}"

Handle = Callable[[Receive], Awaitable[Response]]
"""Does a request whose body comes from there."""


class Digest:
    """What is sent, digested while it is read: address and body, but not the word that parts a form, which is new each time."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive, self.whole, self._kept_back = receive, False, b""
        self._hash = hashlib.sha256(f"{scope['method']} {scope['path']}?".encode() + scope["query_string"] + b"\n")
        self._boundary = boundary_of(Headers(scope=scope).get("content-type", ""))

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._take(message.get("body", b""))
            self.whole = not message.get("more_body", False)
        return message

    def _take(self, part: bytes) -> None:
        part = self._kept_back + part
        if self._boundary:
            part = part.replace(self._boundary, b"")
        back = max(0, len(part) - len(self._boundary)) if self._boundary else len(part)
        self._hash.update(part[:back])
        self._kept_back = part[back:]

    async def rest(self) -> None:
        """Read what is left of the body."""
        while not self.whole and (await self.receive())["type"] == "http.request":
            pass

    def __call__(self) -> str:
        last = self._hash.copy()
        last.update(self._kept_back)
        return last.hexdigest()


def boundary_of(content_type: str) -> bytes:
    """The word that parts a form; empty for what is no form."""
    header = Header()
    header["content-type"] = content_type
    return str(header.get_param("boundary", "") or "").encode()


def key_of(request: Request, verb: Verb[Any, Any]) -> str | None:
    """The key that a call came with, where one counts. Raises RequestValidationError for one that cannot be a key."""
    key = request.headers.get(HEADER)
    if isinstance(request.state.caller, Anybody):  # a key is somebody's own, and nobody unknown has anything written
        return None
    if key is None or request.method != "POST" or not verb.once:
        return None
    if not re.fullmatch(KEY, key):
        wrong = {"type": "string_pattern_mismatch", "loc": ("header", HEADER), "ctx": {"pattern": KEY}}
        raise RequestValidationError([wrong])
    return key


async def once(request: Request, verb: Verb[Any, Any], key: str, receive: Receive, handle: Handle) -> Response:
    """Do what was sent, or answer as when it came first. Raises KeyReused, InProgress, OutcomeUnknown, AnswerNotKept."""
    sent = Digest(request.scope, receive)
    begun = await run_in_threadpool(begin, house_of(request), verb, request.state.caller, key, sent)
    if isinstance(begun, Kept):
        await sent.rest()
        return _as_first(request, verb, begun, sent())
    with begun.settling():
        try:
            response = await handle(sent.receive)
        except Exception as failed:
            await _failed(begun, failed, sent)
            raise
    await _keep(begun, response)
    return response


def _as_first(request: Request, verb: Verb[Any, Any], kept: Kept, sent: str) -> Response:
    if kept.sent != sent:
        raise KeyReused
    if kept.body is None:
        raise AnswerNotKept
    if verb.sees:
        house = house_of(request)
        call, units = Call(house, request.state.caller, house.clock.now()), units_in(orjson.loads(kept.body))
        call.saw(Tag.UNITS_SEEN, verb.name, {"again": True}, units=units)
    return Response(kept.body, kept.status, headers={REPLAYED: "true"}, media_type="application/json")


async def _failed(begun: Begun, failed: Exception, sent: Digest) -> None:
    """A refusal did nothing, nor did a fault within one transaction or before all was read; else nobody knows."""
    refused = isinstance(failed, AppError | RequestValidationError | HTTPException)
    nothing_done = refused or begun.verb.opens is Opens.WRITE or not sent.whole
    await _quietly(begun.let_go if nothing_done else begun.lose)


async def _keep(begun: Begun, response: Response) -> None:
    if begun.verb.opens is not Opens.WRITE:
        body = getattr(response, "body", None)
        await _quietly(lambda: begun.keep(response.status_code, None if body is None else bytes(body).decode()))


async def _quietly(do: Callable[[], Any]) -> None:
    """What was done was done, and is answered, even where the database went away before that could be noted."""
    try:
        await run_in_threadpool(do)
    except Exception as fault:
        ours = told_of(fault) is None
        log.error("what became of a call with a key could not be noted", exc_info=ours)
