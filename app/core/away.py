"""What it means when the database or the disk fails: whether it is away for a while, full, or damaged."""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
import time

import psycopg
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import Unavailable

log = logging.getLogger("minglu.away")

FAILURES = (SQLAlchemyError, OSError, sqlite3.Error, psycopg.Error)
"""Among these are the faults of what lies below the program; `told_of` says which."""

_AWAY = (sqlite3.OperationalError, psycopg.OperationalError)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_FULL, _SQLITE_DAMAGED = (
    frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}),
    frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}),
)
_POSTGRES_FULL, _POSTGRES_DAMAGED = frozenset({"53100"}), frozenset({"XX001", "XX002"})


class StorageFull(Unavailable):
    """There is no room left on the disk; what was begun was taken back."""

    code = "storage_full"
    zh = "磁盘空间已满，没有保存任何内容；请通知系统管理员清理后重试。"
    en = "the disk is full and nothing was kept; the operator has to make room"


class StorageDamaged(Unavailable):
    """The database file is not what it was: it has to be restored from a backup."""

    code = "storage_damaged"
    zh = "数据库文件已损坏，无法读取；请通知系统管理员从备份恢复。"
    en = "the database is damaged and cannot be read; the operator has to restore it from a backup"


def told_of(fault: BaseException) -> Unavailable | None:
    """The refusal for a fault of database or disk; None for any other fault."""
    if isinstance(fault, OSError):
        return StorageFull() if fault.errno in _FULL else None
    if isinstance(fault, sqlite3.Error | psycopg.Error):  # of what goes round SQLAlchemy
        return _known(fault) or (Unavailable() if isinstance(fault, _AWAY) else None)
    if isinstance(fault, PoolTimeout | InterfaceError):
        return Unavailable()
    if not isinstance(fault, DBAPIError):
        return None
    known = _known(fault.orig)
    if known is not None:
        return known
    away = isinstance(fault, OperationalError) or type(fault) is DatabaseError
    return Unavailable() if away else None


def _known(orig: BaseException | None) -> Unavailable | None:
    """What the database itself says it is."""
    told = getattr(orig, "sqlite_errorcode", 0)
    number = told if told in _SQLITE_FULL else told & 0xFF
    state = getattr(orig, "sqlstate", None)
    if number in _SQLITE_FULL or state in _POSTGRES_FULL:
        return StorageFull()
    return StorageDamaged() if number in _SQLITE_DAMAGED or state in _POSTGRES_DAMAGED else None


_now = time.monotonic


class Outage:
    """What one part of the program says of a database that it does not reach: once when it goes, once when it is back.

    Not back before nothing failed for `quiet` seconds, for parts where some find it and others do not.
    """

    LONGEST = 10.0
    """Seconds between two tries at most."""

    def __init__(self, part: str, *, quiet: float = 0.0) -> None:
        self._part, self._quiet = part, quiet
        self._lock = threading.Lock()
        self._times, self._since, self._last = 0, 0.0, 0.0

    def met(self, fault: BaseException) -> Unavailable | None:
        """What `told_of` says of a fault; said in the log where it is the first one."""
        told = told_of(fault)
        if told is not None:
            with self._lock:
                self._times, self._last = self._times + 1, _now()
                if self._times == 1:
                    self._since = self._last
                    log.error(
                        "%s: no database (%s: %s); the next line is when it is back",
                        self._part,
                        told.code,
                        _first_line(fault),
                    )
        return told

    def over(self) -> None:
        """Something was done: the database is there."""
        if not self._times or _now() - self._last < self._quiet:
            return
        with self._lock:
            times, self._times = self._times, 0
        if times:
            seconds = _now() - self._since
            log.error("%s: the database is back after %.0f s and %d failures", self._part, seconds, times)

    def wait(self, first: float) -> float:
        """Seconds until the next try: `first`, and twice as long after each failure."""
        return max(first, min(self.LONGEST, first * 2.0 ** min(self._times, 20)))


def of_requests() -> Outage:
    """The one outage that pages and routes share."""
    return Outage("requests", quiet=5.0)


def of_access_log() -> Outage:
    return Outage("access log")


def _first_line(fault: BaseException) -> str:
    """What the driver says, without the statement and its values."""
    return (str(getattr(fault, "orig", None) or type(fault).__name__).splitlines() or [""])[0][:200]
