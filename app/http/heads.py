"""What comes before a body: so much and no more, in so long and no longer, by so many at once.

The parser joins a header's pieces anew with each that comes, so a header without end would cost more with every piece.
Here a head is stopped before that shows. What follows a body in chunks, its trailers, is a head in this.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.settings import Settings


class HeadTooLarge(Exception):
    """More header lines than are taken."""


class Bounded(HttpToolsProtocol):
    """The server's protocol of a connection, with bounds. `_open`: bytes since the parser last got through something."""

    def __init__(self, *, bounds: Settings, **given: Any) -> None:
        super().__init__(**given)
        self._bounds, self._open, self._begun, self._between = bounds, 0, False, True
        self._wait: TimerHandle | None = None
        self._refusal = 400

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            self._refuse(503)
        else:
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
        self._open += len(piece)
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
        self._between = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the base's words are for nobody
        self._refuse(self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody needs to read of it each time that somebody asks for one."""

    def _got_through(self) -> None:
        self._open = 0

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._wait is None and not self.transport.is_closing():
            self._wait = self.loop.call_later(self._bounds.head_seconds, self._waited_enough)

    def _stop_waiting(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None

    def _waited_enough(self) -> None:
        """Close, after the answer that is on its way if there is one."""
        self._wait = None
        self.shutdown()

    def _refuse(self, status: int) -> None:
        self._stop_waiting()
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


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
