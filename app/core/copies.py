"""Whole databases and tables copied out and in, as backup and restore need it; what the two databases do differently in it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, MetaData, func, select


def copy_sqlite(engine: Engine, target: Path) -> None:
    """A consistent copy of an SQLite database while others read and write. Raises OSError where it cannot be written."""
    with engine.connect() as connection:
        source: Any = connection.connection.driver_connection
        with _telling(target), closing(sqlite3.connect(target)) as copy:
            source.backup(copy)


_UNWRITTEN = {
    sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES, sqlite3.SQLITE_READONLY: errno.EACCES,
}  # fmt: skip


@contextmanager
def _telling(target: Path) -> Iterator[None]:
    """What SQLite says of a file that it cannot write, as any other writer would."""
    try:
        yield
    except sqlite3.Error as fault:
        number = _UNWRITTEN.get(getattr(fault, "sqlite_errorcode", 0) & 0xFF)
        if number is None:
            raise
        raise OSError(number, os.strerror(number), str(target)) from fault


def table_names(connection: Connection) -> list[str]:
    """Our tables, those referred to before those that refer to them."""
    return [table.name for table in _reflected(connection).sorted_tables]


def _reflected(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def copy_out(connection: Connection, name: str, file: IO[bytes]) -> None:
    """A PostgreSQL table as COPY text."""
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{name}" TO STDOUT') as copy:
        for block in copy:
            file.write(block)


def copy_in(connection: Connection, name: str, file: IO[bytes]) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
        while block := file.read(1 << 20):
            copy.write(block)


def reset_sequences(connection: Connection) -> None:
    """Let every PostgreSQL sequence go on behind the rows that were brought in."""
    for table in _reflected(connection).sorted_tables:
        for column in table.primary_key:
            sequence = connection.execute(
                select(func.pg_get_serial_sequence(f'"{table.name}"', column.name))
            ).scalar_one()
            if sequence:
                highest = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
                connection.execute(select(func.setval(sequence, highest + 1, False)))
