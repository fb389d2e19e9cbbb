"""What comes before a body has its bounds: bytes, lines, seconds, connections. Asked of a real server, over sockets."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.core.settings import Settings
from tests.http import serving
from tests.http.serving import ask, heard
from tests.trials.server import PATIENCE, until

MB = 1 << 20
START = b"GET / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a header": START + b"X: ",
    "a header's name": START,
    "an address": b"GET /",
    "a trailer": CHUNKED + b"1\r\na\r\n0\r\nX: ",
    "a header behind a whole request": START + b"\r\n" + START + b"X: ",
}


async def _answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())}\n")


@contextmanager
def served(**bounds: float) -> Iterator[tuple[str, int]]:
    """A server with these bounds, for as long as the block runs."""
    app = Starlette(routes=[Route("/", _answer, methods=["GET", "POST"])])
    with serving.served(app, Settings(**bounds)) as address:  # type: ignore[arg-type]  # pydantic reads them
        yield address


def sent_without_end(address: tuple[str, int], start: bytes, most: int) -> int:
    """How many bytes could be sent until the other side had enough."""
    with socket.create_connection(address, timeout=PATIENCE) as line:
        sent = 0
        try:
            line.sendall(start)
            while sent < most:
                line.sendall(b"a" * MB)
                sent += MB
        except (ConnectionResetError, BrokenPipeError):
            pass
        return sent


@pytest.mark.parametrize("what", ENDLESS)
def test_who_sends_a_head_without_end_is_soon_left(what: str) -> None:
    with served() as address:
        assert sent_without_end(address, ENDLESS[what], 64 * MB) < 64 * MB
        assert ask(address, START + b"Connection: close\r\n\r\n").endswith(b"0\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (START + b"X: " + b"a" * 70_000, 431),
        (START + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (START + b"X: a\r\n" * 200 + b"\r\n", 431),
        (CHUNKED + b"1\r\na\r\n0\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
        (b"nothing that is known\r\n\r\n", 400),
        (START + b"X: a\r\n" * 190 + b"Connection: close\r\n\r\n", 200),
        (START + b"X: " + b"a" * 60_000 + b"\r\nConnection: close\r\n\r\n", 200),
    ],
)
def test_so_much_of_a_head_is_taken(sent: bytes, status: int) -> None:
    with served() as address:
        assert f"HTTP/1.1 {status} ".encode() in ask(address, sent)


def test_a_body_may_be_longer_than_a_head_and_the_next_request_has_bounds_of_its_own() -> None:
    long = b"POST / HTTP/1.1\r\nHost: a\r\nX: %b\r\nContent-Length: %d\r\n\r\n" % (b"a" * 40_000, 3 * MB)
    chunks = CHUNKED + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n"
    with served() as address:
        sent = (long + b"a" * 3 * MB) * 2 + chunks + START + b"Connection: close\r\n\r\n"
        answer = ask(address, sent)
    assert answer.count(b" 200 OK") == 4
    assert answer.count(b"%d\n" % (3 * MB)) == 2
    assert b"100000\n" in answer


@pytest.mark.parametrize(
    ("sent", "answers"),
    [(b"", 0), (b"GET /", 0), (START + b"X: a", 0), (START + b"\r\n" + START, 1)],
)
def test_who_does_not_end_a_head_is_left(sent: bytes, answers: int) -> None:
    with served(head_seconds=0.3) as address:
        answer = ask(address, sent)  # comes back, because the other side closes
    assert answer.count(b" 200 OK") == answers


def test_who_sends_blank_lines_after_a_request_is_left() -> None:
    with served(head_seconds=0.3) as address, socket.create_connection(address, timeout=PATIENCE) as line:
        line.sendall(START + b"\r\n")
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"\r\n")
        assert b"HTTP" not in heard(line)


def test_who_waits_longer_than_a_head_may_take_for_an_answer_gets_it() -> None:
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"
    with served(head_seconds=0.2) as address, socket.create_connection(address, timeout=PATIENCE) as line:
        line.sendall(post)
        line.settimeout(1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(PATIENCE)
        line.sendall(b"a")
        assert heard(line).endswith(b"1\n")


def test_of_connections_there_are_so_many_and_the_next_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with served(connections=2) as address, caplog.at_level(logging.WARNING):
        with socket.create_connection(address), socket.create_connection(address):
            until(lambda: ask(address, b"").startswith(b"HTTP/1.1 503 "))
        until(lambda: b" 200 OK" in ask(address, START + b"Connection: close\r\n\r\n"))
    assert caplog.text == ""
