"""A refused form is shown again: the page it stood on, what is wrong on top of it and beside its fields, what was typed.

Every form says on which page it stands. A refusal is answered with that page as it is now, under the refusal's status:
nobody loses what he typed, nor the way back. Where the page is not there any more the refusal is a page of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.datastructures import FormData, Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError
from app.core.said import Said
from app.web.i18n import language, sentence
from app.web.visitor import inside

CAME_FROM = "came_from"
"""The field by which a form says on which page it stands."""
_NOT_TYPED = frozenset({"csrf", CAME_FROM, "version", "base_revision", "unit_id", "password", "old", "new", "again"})
"""What a form says of itself, and what is never shown to whoever looks over a shoulder."""
_SHOWN, _REFUSED = 200, 400


@dataclass(frozen=True)
class Again:
    """A refused form: where it was sent and stood, what was said, what was typed into which field."""

    action: str
    page: str
    text: str
    faults: tuple[dict[str, str], ...] = ()
    typed: Mapping[str, list[str]] = field(default_factory=dict)

    def for_script(self) -> dict[str, Any]:
        """What puts the form back as it was left."""
        return {"action": self.action, "text": self.text, "faults": self.faults, "typed": self.typed}


def refused(request: Request, error: AppError, text: str) -> Again:
    """What is known of a form that was refused."""
    form: FormData | None = getattr(request.state, "form", None)
    typed: dict[str, list[str]] = {}
    for name, value in form.multi_items() if form else ():
        if isinstance(value, str) and name not in _NOT_TYPED and not name.startswith("was_"):
            typed.setdefault(name, []).append(value)
    return Again(request.url.path, page_of(request), text, tuple(_faults(error)), typed)


def page_of(request: Request) -> str:
    """Where a form stood, as it says; else, where it was not even read, as the browser says."""
    form: FormData | None = getattr(request.state, "form", None)
    told = str(form.get(CAME_FROM, "")) if form else ""
    if told:
        return inside(told)
    came = urlsplit(request.headers.get("referer", ""))
    there = came.path + (f"?{came.query}" if came.query else "")
    return inside(there) if came.netloc == request.headers.get("host") else ""


def faults_by_field(error: AppError) -> dict[str, str]:
    """What is wrong with which field, for a page that shows its own form again."""
    return {fault["field"]: fault["text"] for fault in _faults(error)}


def _faults(error: AppError) -> Iterable[dict[str, str]]:
    for fault in error.details.get("faults", ()):
        if isinstance(fault, Said) and isinstance(name := fault.facts.get("field"), str):
            yield {"field": name, "text": sentence(fault.text(language()))}


def again_of(request: Request) -> Again | None:
    """The refused form that is shown again by this answer, if any."""
    return getattr(request.state, "again", None)


class FormAgain:
    """Answers a refused form with the page it stood on, asked for anew within the process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        fresh = dict(scope)
        answer = _Answer(state, send)
        await self._app(scope, receive, answer.take)
        if answer.held:
            await self._shown_again(fresh, state["refused"], answer.held, send)

    async def _shown_again(self, fresh: Scope, again: Again, refusal: list[Message], send: Send) -> None:
        """The page under the refusal's status and with its cookies; the refusal itself where the page cannot be shown. After a
        sign-in nothing is refused: then it is the page."""
        path, _, asked = again.page.partition("?")
        state = {"again": again, "visitor": fresh["state"].get("visitor")}
        there = {"path": path, "raw_path": quote(path).encode(), "query_string": asked.encode(), "method": "GET"}
        asking = _Asking()
        await self._app({**fresh, **there, "state": state}, asking.receive, asking.keep)
        shown = asking.shown
        if _is_page(shown[0]):
            if refusal[0]["status"] >= _REFUSED:
                shown[0]["status"] = refusal[0]["status"]
            cookies = [header for header in refusal[0]["headers"] if header[0] == b"set-cookie"]
            shown[0]["headers"] = [*shown[0]["headers"], *cookies]
            refusal = shown
        for message in refusal:
            await send(message)


class _Answer:
    """Messages of an answer, sent on at once unless it refuses a form whose page is known."""

    def __init__(self, state: Mapping[str, Any], send: Send) -> None:
        self._state, self._send = state, send
        self.held: list[Message] = []

    async def take(self, message: Message) -> None:
        again: Again | None = self._state.get("refused")
        if again is not None and again.page:
            self.held.append(message)
        else:
            await self._send(message)


class _Asking:
    """A request without a body, from somebody who is there until the answer is whole."""

    def __init__(self) -> None:
        self.shown: list[Message] = []
        self._asked, self._whole = False, asyncio.Event()

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._whole.wait()
        return {"type": "http.disconnect"}

    async def keep(self, message: Message) -> None:
        self.shown.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._whole.set()


def _is_page(start: Message) -> bool:
    """A file that the form names as its page is none: nothing could be shown again on it."""
    return start["status"] == _SHOWN and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
