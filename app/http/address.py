"""From where a request comes: the peer, or what a proxy that is trusted says of whom it speaks for."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.address import comes_from

SCHEMES = frozenset({"http", "https"})


class Addressed:
    """Notes for each request where it comes from. Only a proxy that is named is believed: of whom it speaks for, and
    of the scheme that it was asked by.
    """

    def __init__(self, app: ASGIApp, proxies: frozenset[str]) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            comes_from(caller_of(scope, self._proxies))
            scope = {**scope, "scheme": self._scheme_of(scope)}
        await self._app(scope, receive, send)

    def _scheme_of(self, scope: Scope) -> str:
        if _peer(scope) not in self._proxies:
            return str(scope["scheme"])
        said = Headers(scope=scope).get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return said if said in SCHEMES else str(scope["scheme"])


def caller_of(scope: Scope, proxies: Collection[str]) -> str:
    """The address that calls: the peer's, or the last that a named proxy says and that is no such proxy itself."""
    peer = _peer(scope)
    if peer not in proxies:
        return peer
    said = [part.strip() for part in Headers(scope=scope).get("x-forwarded-for", "").split(",")]
    return next((part for part in reversed(said) if part and part not in proxies), peer)


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""
