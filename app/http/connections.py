"""The connections that are open: so many in all, so many of one address, and none whose answer nobody reads."""

from __future__ import annotations

import asyncio
import ipaddress
from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.settings import Settings
from app.http.address import caller_of


class NoRoom(Exception):
    """The share of an address is taken."""


class Counted(HttpToolsProtocol):
    """The server's protocol of a connection, counted. `_caller`: for whose share it counts, for nobody's where empty.

    That of a named proxy is `_lent`: it counts for whom it speaks, while that request is answered.
    """

    def __init__(self, *, bounds: Settings, **given: Any) -> None:
        super().__init__(**given)
        self._bounds, self._caller, self._lent = bounds, "", False
        self._refusal = 400
        self._reading: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        self._lent = peer in self._bounds.proxies
        self._caller = "" if self._lent else network_of(peer)
        if not self._has_room():
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        if self._lent:
            told = caller_of({"client": self.client, "headers": self.headers}, self._bounds.proxies)
            self._caller = "" if told in self._bounds.proxies else network_of(told)
            if not self._has_room():
                self._refusal = 503
                raise NoRoom  # the parser stops, and `send_400_response` is what the base does then
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the base's words are for nobody
        self._refuse(self._refusal)

    def _has_room(self) -> bool:
        """Counted among those that stay: one that is told to go takes nobody's place."""
        others = [one for one in self.connections if one is not self and isinstance(one, Counted) and one._stays()]
        mine = sum(one._counts_for(self._caller) for one in others) if self._caller else 0
        return len(others) < self._bounds.connections and mine < self._bounds.caller_connections

    def _stays(self) -> bool:
        return not self.transport.is_closing()

    def _counts_for(self, caller: str) -> bool:
        return self._caller == caller and (self._answering() or not self._lent)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(self._bounds.body_seconds, self._look, left)

    def _look(self, before: int) -> None:
        """Who has read nothing of his answer since the last look is left."""
        if self.transport.get_write_buffer_size() < before:
            self._watch()
        else:
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _refuse(self, status: int) -> None:
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


def network_of(address: str) -> str:
    """What has one share: an address, and of the sixth kind the network that one machine is given whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:  # a server that listens on both kinds writes an address of the fourth as one of the sixth
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
