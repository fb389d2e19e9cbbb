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
from sqlalchemy.orm import Session, sessionmaker

from app.core.crypto import Keys, load_keys
from app.core.settings import Settings
from app.core.types import use_keys
from app.core.waits import PATIENT, Server, Waits

_SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",  # readers go on while one writes
    "PRAGMA synchronous=FULL",  # an acknowledged approval survives a power cut
    "PRAGMA foreign_keys=ON",  # off by default in SQLite
    "PRAGMA cache_size=-65536",  # 64 MiB: a district's hot pages
    "PRAGMA temp_store=MEMORY",
)


POOL = 20
"""Connections kept, and as many again for a rush: no thread of a server waits for one."""

_LONG, _GAP = 0.02, 0.005
"""Seconds: who held the writer for long leaves it free for a moment before taking it again."""

_LOOK, _LOOK_LATER = 0.001, 0.005
"""Seconds: how often who wants to write looks whether the writer is free on SQLite, in the first second and later."""

_last = threading.local()


@dataclass(frozen=True)
class Database:
    """One opened database: the engine, and sessions for reading and for writing."""

    engine: Engine
    keys: Keys
    _read: sessionmaker[Session]
    _write: sessionmaker[Session]
    _brief: sessionmaker[Session]

    @contextmanager
    def read(self, *, brief: bool = False) -> Iterator[Session]:
        """One snapshot to read from; anything written is rolled back. `brief`: better no answer than a late one."""
        with (self._brief if brief else self._read)() as session:
            yield session
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that commits at the end of the block or not at all."""
        _leave_a_gap()
        began = time.monotonic()
        try:
            with self._write() as session, session.begin():
                _last.writing = True
                yield session
        finally:
            ended = time.monotonic()
            _last.writing = False
            _last.next_at = ended + _GAP if ended - began > _LONG else 0.0

    def patient(self) -> Database:
        """The same for work that nobody sits in front of, however long its statements take."""
        return _over(self.engine.execution_options(minglu_waits=PATIENT), self.keys)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def connect(settings: Settings, waits: Waits = PATIENT) -> Database:
    """Open the database the settings name (created empty when it is a missing SQLite file)."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = load_keys(settings.key_file)
    return open_database(settings.url, keys, waits)


def open_database(url: str, keys: Keys, waits: Waits = PATIENT, **engine_options: Any) -> Database:
    use_keys(keys)
    if "://" in url and not url.startswith("sqlite"):
        engine_options = {"pool_size": POOL, "max_overflow": POOL, "pool_timeout": waits.pool, **engine_options}
    engine = make_engine(url, **engine_options)
    if engine.dialect.name == "postgresql":
        Server(engine, waits)
    return _over(engine.execution_options(minglu_waits=waits), keys)


def _over(engine: Engine, keys: Keys) -> Database:
    # REPEATABLE READ gives a reader on PostgreSQL the one snapshot that SQLite gives anyway.
    reading = engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")
    kinds = (reading, engine.execution_options(minglu_write=True), reading.execution_options(minglu_brief=True))
    return Database(engine, keys, *(sessionmaker(kind, expire_on_commit=False) for kind in kinds))


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
    connection.create_function("unhex", 1, _unhex, deterministic=True)  # SQLite has one of its own since 3.41


def _unhex(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    waits: Waits = options.get("minglu_waits", PATIENT)
    if options.get("minglu_write", False):
        _take_the_writer(connection, waits.write_lock)
        return
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={int(waits.read_lock * 1000)}")
    connection.exec_driver_sql("BEGIN")


def _take_the_writer(connection: Connection, seconds: float) -> None:
    """BEGIN IMMEDIATE as soon as the writer is free.

    SQLite itself looks again after up to a tenth of a second, and then meets the next part of whoever works through a
    large file as likely as the gap before it: a single change waited for seconds. Who looks each millisecond finds it.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        started = time.monotonic()
        while _busy(driver) and (waited := time.monotonic() - started) < seconds:
            time.sleep(_LOOK if waited < 1 else _LOOK_LATER)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # so that its refusal is said as any other
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")


def _busy(driver: Any) -> bool:
    """Whether another writes; the transaction has begun where not, or cannot be begun at all."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as refused:
        return refused.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def is_writing() -> bool:
    """Whether this thread holds a writing transaction: for what takes long and must not be done within one."""
    return getattr(_last, "writing", False)


def _leave_a_gap() -> None:
    left = getattr(_last, "next_at", 0.0) - time.monotonic()
    if left > 0:
        time.sleep(left)
