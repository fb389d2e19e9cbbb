"""One machine does not keep everybody out: by its share of the connections, and by the time a body has. Over sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.core.clock import Clock
from app.core.settings import Settings
from app.http.bodies import Patience, bounded, broken_off, patience
from app.http.connections import network_of
from app.main import create_app
from tests.factories.http import MORNING
from tests.http.serving import ask, heard, served
from tests.trials.server import PATIENCE, until

MB = 1 << 20
GET = b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n"
WHOLE = GET % (b"/", b"Connection: close\r\n")
HALF = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\n%bContent-Length: 50\r\n\r\nlogin=a"
FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"
HALF_FORM = HALF % (b"/", FORM, b"")


async def _takes(request: Request) -> PlainTextResponse:
    wait = patience(request.app.state.settings, known=True)
    sent = Request(request.scope, bounded(request.scope, request.receive, 64 * MB, wait))
    return PlainTextResponse(f"{len(await sent.body())}\n")


async def _refuses(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("refused\n", 413)


async def _much(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("a" * 64 * MB)


@contextmanager
def small(**bounds: Any) -> Iterator[tuple[str, int]]:
    """A small application with these bounds: it takes, refuses without reading, or answers much."""
    routes = [
        Route("/", _takes, methods=["GET", "POST"]),
        Route("/no", _refuses, methods=["POST"]),
        Route("/much", _much),
    ]
    app = Starlette(routes=routes, exception_handlers={ClientDisconnect: broken_off})
    app.state.settings = Settings(**bounds)
    with served(app, app.state.settings) as address:
        yield address


def line_to(address: tuple[str, int], caller: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(address, timeout=PATIENCE, source_address=(caller, 0))


def asked_by(caller: str, address: tuple[str, int], sent: bytes) -> bytes:
    with line_to(address, caller) as line:
        line.sendall(sent)
        return heard(line)


def trickled(address: tuple[str, int], start: bytes) -> bytes:
    """What is answered to somebody who sends a byte now and then, for ever; comes back when he is left."""
    answer = b""
    with line_to(address) as line:
        line.sendall(start)
        line.settimeout(0.05)

        def left() -> bool:
            nonlocal answer
            try:
                line.sendall(b"a")
                part = line.recv(1 << 16)
            except TimeoutError:
                return False
            except (ConnectionResetError, BrokenPipeError):
                return True
            answer += part
            return not part

        until(left)
    return answer


@pytest.mark.parametrize("sent", [b"", b"GET /", HALF_FORM])
def test_one_address_has_its_share_and_others_are_let_in(sent: bytes) -> None:
    with small(connections=20, caller_connections=5) as address, ExitStack() as open_:
        for _ in range(30):
            line = open_.enter_context(line_to(address))
            with suppress(ConnectionResetError, BrokenPipeError):  # over the share, and left
                line.sendall(sent)
        until(lambda: ask(address, b"").startswith(b"HTTP/1.1 503 "))
        assert b" 200 OK" in asked_by("127.0.0.2", address, WHOLE)


def test_a_share_is_free_again_when_it_is_given_back() -> None:
    with small(caller_connections=1) as address:
        with line_to(address):
            until(lambda: ask(address, b"").startswith(b"HTTP/1.1 503 "))
        until(lambda: b" 200 OK" in ask(address, WHOLE))


def test_behind_a_proxy_each_has_a_share_of_his_own() -> None:
    def through(caller: bytes) -> bytes:
        return HALF % (b"/", FORM, b"X-Forwarded-For: %b\r\n" % caller)

    def whole(told: bytes) -> bytes:
        return ask(address, GET % (b"/", told + b"Connection: close\r\n"))

    one, other = b"X-Forwarded-For: 203.0.113.9\r\n", b"X-Forwarded-For: 203.0.113.8\r\n"
    with small(caller_connections=2, proxies=["127.0.0.1"]) as address, ExitStack() as open_:
        for _ in range(5):
            open_.enter_context(line_to(address))  # the proxy's own, for nobody yet
        for _ in range(2):
            open_.enter_context(line_to(address)).sendall(through(b"203.0.113.9"))
        until(lambda: whole(one).startswith(b"HTTP/1.1 503 "))
        assert b" 200 OK" in whole(other)
        assert b" 200 OK" in whole(b"")


def test_nobody_has_a_share_by_his_own_word() -> None:
    with small(caller_connections=2) as address, line_to(address), line_to(address):
        until(lambda: ask(address, b"").startswith(b"HTTP/1.1 503 "))
        assert b" 200 OK" not in ask(address, GET % (b"/", b"X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n"))


def test_a_byte_now_and_then_holds_no_connection() -> None:
    with small(body_seconds=0.5, head_seconds=0.3) as address:
        assert b" 200 OK" not in trickled(address, HALF_FORM.replace(b": 50", b": 5000000"))


def test_the_rest_of_a_body_that_was_refused_is_not_waited_for_without_end() -> None:
    with small(head_seconds=0.3) as address:
        answer = trickled(address, HALF.replace(b": 50", b": 5000000") % (b"/no", FORM, b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_rest_of_a_body_that_was_refused_may_come_to_its_end() -> None:
    post = b"POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (3 * MB)
    with small() as address:
        answer = ask(address, post + b"a" * 3 * MB + WHOLE)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"0\n")


def test_who_reads_nothing_of_his_answer_is_left() -> None:
    with small(body_seconds=0.3, caller_connections=1) as address, line_to(address) as line:
        line.sendall(GET % (b"/much", b""))
        until(lambda: b" 200 OK" in ask(address, WHOLE))
        assert len(heard(line)) < 64 * MB


def test_who_reads_on_gets_all_of_his_answer() -> None:
    with small() as address:
        assert len(ask(address, GET % (b"/much", b"Connection: close\r\n"))) > 64 * MB


@pytest.mark.parametrize("sent", [HALF % (b"/login", FORM, b""), HALF % (b"/api/v1/me/tokens", JSON, b"")])
def test_for_who_is_not_known_a_body_is_waited_for_less_long(database: Any, sent: bytes) -> None:
    settings = Settings(stranger_seconds=0.3, head_seconds=0.3, body_seconds=PATIENCE * 10)
    with served(create_app(database, Clock(MORNING), settings), settings) as address:
        assert b" 200 OK" not in ask(address, sent)  # comes back, because the other side closes


@pytest.mark.parametrize(
    ("passed", "taken", "left"),
    [
        (0, 0, 60),
        (59, 0, 1),
        (61, 0, -1),
        (61, 200, 1),
        (100, 100_000, 60),
        (3600, 200 * 3600, 60),
        (3600, 1000, -3530),
    ],
)
def test_a_body_has_a_time_in_whole_that_grows_with_what_came(passed: int, taken: int, left: int) -> None:
    assert Patience(60, 100).left(passed, taken) == left


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_machine_of_the_sixth_kind_has_one_share_with_all_its_addresses(address: str, network: str) -> None:
    assert network_of(address) == network
