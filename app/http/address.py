"""From where a request comes: the peer, or what a proxy that is trusted says of whom it speaks for."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.address import comes_from


class Addressed:
    """Notes for each request where it comes from. Only a proxy that is named is believed about others."""

    def __init__(self, app: ASGIApp, proxies: frozenset[str]) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            comes_from(self._of(scope))
        await self._app(scope, receive, send)

    def _of(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        if peer not in self._proxies:
            return peer
        said = [part.strip() for part in Headers(scope=scope).get("x-forwarded-for", "").split(",")]
        return next((part for part in reversed(said) if part and part not in self._proxies), peer)
