"""A real server over a small application, for who asks of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from app.core.settings import Settings
from app.http.heads import bounded_heads
from tests.trials.server import PATIENCE, until


@contextmanager
def served(app: ASGIApp, settings: Settings) -> Iterator[tuple[str, int]]:
    """The application served with these settings, for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:
        config = uvicorn.Config(app, **bounded_heads(settings))
        assert config.workers == 1
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            until(lambda: server.started)
            yield door.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def heard(line: socket.socket) -> bytes:
    """All that is answered, until the other side closes."""
    answer = b""
    try:
        while part := line.recv(1 << 16):
            answer += part
    except ConnectionResetError:
        pass
    return answer


def ask(address: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(address, timeout=PATIENCE) as line:
        with suppress(
            ConnectionResetError, BrokenPipeError
        ):  # refused before all was sent: what came until then counts
            line.sendall(sent)
        return heard(line)
