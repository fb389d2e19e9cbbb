"""Engine, sessions and the rule of who begins how.

A writing session on SQLite begins with BEGIN IMMEDIATE: with the default begin, two writers that both read
first deadlock into "database is locked" whatever the busy timeout. On PostgreSQL both begin alike.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from app.core.crypto import Keys, load_keys
from app.core.settings import Settings
from app.core.types import use_keys

CANNOT_ASK = (OperationalError, InterfaceError, PoolTimeout)
"""What the driver says when the database cannot be reached or does not answer: every edge tells it as `unavailable`."""

_SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",  # readers go on while one writes
    "PRAGMA synchronous=FULL",  # an acknowledged approval survives a power cut
    "PRAGMA foreign_keys=ON",  # off by default in SQLite
    "PRAGMA busy_timeout=60000",  # writers queue rather than fail
    "PRAGMA cache_size=-65536",  # 64 MiB: a district's hot pages
    "PRAGMA temp_store=MEMORY",
)


_LONG, _GAP = 0.02, 0.005
"""Seconds: who held the writer for long leaves it free for a moment before taking it again."""

_WAIT, _LOOK, _LOOK_LATER = 60.0, 0.001, 0.005
"""Seconds that a writer waits on SQLite, and how often it looks, in the first second and later."""

_last = threading.local()


@dataclass(frozen=True)
class Database:
    """One opened database: the engine, and sessions for reading and for writing."""

    engine: Engine
    keys: Keys
    _read: sessionmaker[Session]
    _write: sessionmaker[Session]

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One snapshot to read from; anything written is rolled back."""
        with self._read() as session:
            yield session
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that commits at the end of the block or not at all."""
        _leave_a_gap()
        began = time.monotonic()
        try:
            with self._write() as session, session.begin():
                yield session
        finally:
            ended = time.monotonic()
            _last.next_at = ended + _GAP if ended - began > _LONG else 0.0

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def connect(settings: Settings) -> Database:
    """Open the database the settings name (created empty when it is a missing SQLite file)."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = load_keys(settings.key_file)
    return open_database(settings.url, keys)


def open_database(url: str, keys: Keys, **engine_options: Any) -> Database:
    use_keys(keys)
    engine = make_engine(url, **engine_options)
    # REPEATABLE READ gives a reader on PostgreSQL the one snapshot that SQLite gives anyway.
    reading = engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")
    writing = engine.execution_options(minglu_write=True)
    return Database(
        engine,
        keys,
        sessionmaker(reading, expire_on_commit=False),
        sessionmaker(writing, expire_on_commit=False),
    )


def make_engine(url: str, **options: Any) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and breaks savepoints
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting)


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("minglu_write", False)
    if writing:
        _take_the_writer(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_the_writer(connection: Connection) -> None:
    """BEGIN IMMEDIATE as soon as the writer is free.

    SQLite itself looks again after up to a tenth of a second, and then meets the next part of whoever works through a
    large file as likely as the gap before it: a single change waited for seconds. Who looks each millisecond finds it.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        started = time.monotonic()
        while _busy(driver) and (waited := time.monotonic() - started) < _WAIT:
            time.sleep(_LOOK if waited < 1 else _LOOK_LATER)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # so that its refusal is said as any other
    finally:
        driver.execute("PRAGMA busy_timeout=60000")


def _busy(driver: Any) -> bool:
    """Whether another writes; the transaction has begun where not, or cannot be begun at all."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as refused:
        return refused.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _leave_a_gap() -> None:
    left = getattr(_last, "next_at", 0.0) - time.monotonic()
    if left > 0:
        time.sleep(left)
