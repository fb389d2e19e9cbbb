"""From where somebody calls, and by which scheme: only a proxy that is named is believed. Asked over sockets."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.core.address import address
from app.core.settings import Settings
from app.http.address import Addressed
from tests.http.serving import ask, served

FORWARDED = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n%bConnection: close\r\n\r\n"


async def _who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{address()} {request.url.scheme}")


def _told(proxies: list[str], sent: bytes = FORWARDED) -> bytes:
    app = Addressed(Starlette(routes=[Route("/", _who)]), frozenset(proxies))
    with served(app, Settings(proxies=proxies)) as at:
        return ask(at, ASKED % sent)


@pytest.mark.parametrize("trusted", [None, "*", "127.0.0.1"])
def test_nobody_is_believed_of_whom_he_speaks_for(trusted: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if trusted is not None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    assert _told([]).endswith(b"\r\n\r\n127.0.0.1 http")
    assert _told(["192.0.2.1"]).endswith(b"\r\n\r\n127.0.0.1 http")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (FORWARDED, b"203.0.113.9 https"),
        (b"X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\nX-Forwarded-Proto: https, http\r\n", b"203.0.113.9 http"),
        (b"X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\nX-Forwarded-Proto: gopher\r\n", b"203.0.113.9 http"),
        (b"", b"127.0.0.1 http"),
    ],
)
def test_a_proxy_that_is_named_is_believed_of_what_it_adds(sent: bytes, told: bytes) -> None:
    assert _told(["127.0.0.1"], sent).endswith(b"\r\n\r\n" + told)


def test_the_server_does_not_say_what_it_is_made_of() -> None:
    answer = _told([])
    assert b"uvicorn" not in answer
    assert b"date:" in answer


def test_no_environment_makes_more_servers_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert _told([]).endswith(b"127.0.0.1 http")
