"""What somebody sends: counted while it comes, stopped at the limit of its address, not waited for without end."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from app.core.errors import TooLarge
from app.core.said import said, word
from app.core.settings import Settings
from app.verbs.verb import Body

BODY = word("limit_body", "请求内容的字节数", "bytes of a body")


class BodyTooLong(HTTPException):
    """More is sent than the address takes. Of this kind, because the framework lets it through while it reads a body."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.most = most

    @property
    def refusal(self) -> TooLarge:
        return TooLarge(what=said(BODY), most=self.most)


def broken_off(_request: Request, _error: Exception) -> Response:
    """Who is gone in the middle of what he sends hears nothing of it, and it is no fault of ours."""
    return Response(status_code=400)


def most_of(body: Body, settings: Settings) -> int:
    """How many bytes a body of this kind may have."""
    return {Body.SMALL: settings.body_bytes, Body.BATCH: settings.batch_body_bytes, Body.FILE: settings.upload_bytes}[
        body
    ]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body is waited for: `seconds` of silence, and as long in whole, beside a second for each `rate` bytes."""

    seconds: float
    rate: int

    def left(self, passed: float, taken: int) -> float:
        """How long the next piece of a body is waited for."""
        return min(self.seconds, self.seconds + taken / self.rate - passed)


def patience(settings: Settings, *, known: bool) -> Patience:
    """With somebody who is known, or with anybody."""
    return Patience(settings.body_seconds if known else settings.stranger_seconds, settings.body_rate)


def bounded(scope: Scope, receive: Receive, most: int, wait: Patience) -> Receive:
    """What comes in, up to `most` bytes. Who sends more slowly than is waited for counts as gone."""
    told = Headers(scope=scope).get("content-length", "0")
    taken, whole, began = 0, False, time.monotonic()

    async def take() -> Message:
        nonlocal taken, whole
        if whole:
            return await receive()
        if told.isdecimal() and int(told[:20]) > most:
            raise BodyTooLong(most)
        try:
            message = await asyncio.wait_for(receive(), wait.left(time.monotonic() - began, taken))
        except TimeoutError:
            return {"type": "http.disconnect"}
        taken, whole = taken + len(message.get("body", b"")), not message.get("more_body", False)
        if taken > most:
            raise BodyTooLong(most)
        return message

    return take
