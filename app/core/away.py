"""What it means when the database or the disk fails: whether it is away for a while, full, or damaged."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import Unavailable

FAILURES = (SQLAlchemyError, OSError)
"""Among these are the faults of what lies below the program; `told_of` says which."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_FULL, _SQLITE_DAMAGED = (
    frozenset({sqlite3.SQLITE_FULL}),
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
    number = getattr(orig, "sqlite_errorcode", 0) & 0xFF
    state = getattr(orig, "sqlstate", None)
    if number in _SQLITE_FULL or state in _POSTGRES_FULL:
        return StorageFull()
    return StorageDamaged() if number in _SQLITE_DAMAGED or state in _POSTGRES_DAMAGED else None
