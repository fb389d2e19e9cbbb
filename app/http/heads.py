"""What comes before a body: so much and no more, in so long and no longer.

The parser joins a header's pieces anew with each that comes, so a header without end would cost more with every piece.
Here a head is stopped before that shows. What follows a body in chunks, its trailers, is a head in this.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable
from functools import partial
from typing import Any

from app.core.settings import Settings
from app.http.connections import Counted


class HeadTooLarge(Exception):
    """More header lines than are taken."""


class Bounded(Counted):
    """The server's protocol of a connection, with bounds. `_open`: bytes since the parser last got through something.

    `_came`: bytes of the rest of a body that was answered before it came whole.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._open, self._came, self._begun, self._between = 0, 0, False, True
        self._wait: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_through()
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        most = self._bounds.head_bytes
        for start in range(0, len(data), most):
            if self.transport.is_closing():
                return
            self._take(data if len(data) <= most else data[start : start + most])

    def _take(self, piece: bytes) -> None:
        self._open, self._came = self._open + len(piece), self._came + len(piece)
        super().data_received(piece)
        if self._open >= self._bounds.head_bytes and not self.transport.is_closing():
            self._refuse(431)
        elif self._begun or (self._between and not self._answering()):
            self._expect_head()

    def on_message_begin(self) -> None:
        self._begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= self._bounds.head_lines:
            self._refusal = 431
            raise HeadTooLarge  # the parser stops, and `send_400_response` is what the base does then
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._got_through()
        self._stop_waiting()
        self._begun = self._between = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._got_through()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._got_through()
        self._stop_waiting()
        self._between = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._between and not self._answering():
            self._expect_rest()

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody needs to read of it each time that somebody asks for one."""

    def _got_through(self) -> None:
        self._open = 0

    def _expect_head(self) -> None:
        self._wait_for(self._waited_enough)

    def _expect_rest(self) -> None:
        """Nobody reads it any more: it may come to its end, if it comes at the lowest rate."""
        self._came = 0
        self._wait_for(self._look_at_rest)

    def _look_at_rest(self) -> None:
        self._wait = None
        if self._came < self._bounds.body_rate * self._bounds.head_seconds:
            self.shutdown()
        else:
            self._expect_rest()

    def _wait_for(self, end: Callable[[], None]) -> None:
        if self._wait is None and not self.transport.is_closing():
            self._wait = self.loop.call_later(self._bounds.head_seconds, end)

    def _stop_waiting(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None

    def _waited_enough(self) -> None:
        """Close, after the answer that is on its way if there is one."""
        self._wait = None
        self.shutdown()


def bounded_heads(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told wherever the application is served.

    Whom a proxy speaks for is asked in one place, `Addressed`: uvicorn would believe this machine, or whatever
    FORWARDED_ALLOW_IPS names, without `proxies`. Nobody is told what the server is made of. There are no web sockets,
    which would leave the bounds above, and no environment makes more processes of the one that holds the worker.
    """
    return {
        "http": partial(Bounded, bounds=settings),
        "ws": "none",
        "proxy_headers": False,
        "server_header": False,
        "workers": 1,
        "log_level": "warning",
        "access_log": False,
    }
