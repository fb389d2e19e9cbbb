"""How long the database is waited for, and the driver's connection that does not wait longer.

A server that stands still (stopped, its disk gone, the network cut) answers nothing, no limit of its own either: the time
is taken on this side. Locks and long statements are the server's to end, because it knows which of both it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

from app.core.settings import Settings

_FRESH, _AWAY, _GRACE = 1.0, 1.0, 0.5
"""Seconds: a connection used so lately needs no looking after; a server that did not answer is left alone so long; by so
much a server may be late in ending what it should."""


@dataclass(frozen=True)
class Waits:
    """Seconds. `brief` is for what must say quickly that it cannot say; none of `statement` means without end."""

    connect: int = 10
    pool: float = 60.0
    brief: float = 60.0
    read_lock: float = 60.0
    write_lock: float = 60.0
    statement: float | None = None


PATIENT = Waits()
"""For work that nobody sits in front of: commands, the worker, an upgrade."""


def at_the_edge(settings: Settings) -> Waits:
    """For pages and routes, where somebody waits for the answer."""
    brief = settings.check_seconds
    return Waits(2, brief, brief, brief, settings.write_seconds, settings.statement_seconds)


class Line(psycopg.Connection[Any]):
    """A connection to PostgreSQL that gives a server up which does not answer. `seconds` is how long it waits."""

    seconds: float | None = None
    used: float = 0.0
    server: Server | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.seconds if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # nobody knows what it would still say
                if self.server is not None:
                    self.server.stood_still()
            raise


class Server:
    """What is known of the server behind an engine: for how long it is left alone, having let somebody wait in vain."""

    def __init__(self, engine: Engine, waits: Waits) -> None:
        self._engine, self._waits, self._away_until = engine, waits, 0.0
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "checkout", self._checked_out)
        event.listen(engine, "checkin", self._checked_in)
        event.listen(engine, "begin", self._begin)

    def stood_still(self) -> None:
        self._away_until = time.monotonic() + _AWAY

    def _connect(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        self._refuse_if_away()
        try:
            line = Line.connect(*arguments, **{"connect_timeout": self._waits.connect, **options})
        except psycopg.errors.ConnectionTimeout:
            self.stood_still()
            raise
        line.server, line.used, line.seconds = self, time.monotonic(), self._waits.brief
        line.execute(_limits("SET", self._waits.read_lock, self._waits.statement))
        line.commit()
        return line

    def _checked_out(self, line: Line, _record: Any, _proxy: Any) -> None:
        """Look after a connection that lay idle: it may lead nowhere, or to a server that stands still."""
        if time.monotonic() - line.used < _FRESH:
            return
        self._refuse_if_away()
        line.seconds = self._waits.brief
        try:
            self._engine.dialect.do_ping(line)  # type: ignore[arg-type]  # the driver's own connection
        except psycopg.Error as gone:
            if time.monotonic() < self._away_until:
                raise
            raise DisconnectionError from gone

    @staticmethod
    def _checked_in(line: Line | None, _record: Any) -> None:
        if line is not None:
            line.used = time.monotonic()

    def _begin(self, connection: Connection) -> None:
        """Say how long this transaction waits: for a lock, for a statement, and for the server as such."""
        options = connection.get_execution_options()
        waits: Waits = options.get("minglu_waits", self._waits)
        line: Any = connection.connection.driver_connection
        statement = waits.brief if options.get("minglu_brief") else waits.statement
        line.seconds = None if statement is None else statement + _GRACE
        lock = waits.write_lock if options.get("minglu_write") else waits.read_lock
        if (lock, waits.statement) != (self._waits.read_lock, self._waits.statement):
            line.execute(_limits("SET LOCAL", lock, waits.statement))

    def _refuse_if_away(self) -> None:
        if time.monotonic() < self._away_until:
            raise psycopg.OperationalError("the server did not answer a moment ago")


def _limits(how: str, lock: float, statement: float | None) -> str:
    """What tells the server; an ordinary read needs not be told again, it has what the connection began with."""
    return f"{how} lock_timeout = {int(lock * 1000)}; {how} statement_timeout = {int((statement or 0) * 1000)}"
