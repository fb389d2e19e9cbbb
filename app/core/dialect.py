"""The few statements in which SQLite and PostgreSQL differ. Nothing else imports `sqlalchemy.dialects`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, MetaData, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

Columns = Mapping[str, Sequence[Any]]
"""A table by columns: name to values, all of one length."""


@contextmanager
def altering(engine: Engine) -> Iterator[Connection]:
    """One transaction that alters tables. Raises RuntimeError, and nothing is kept, where a row would point nowhere.

    SQLite alters a table by making it anew, and cannot drop one that others point to while it looks after foreign keys;
    they can be let go only outside of a transaction, and are looked through at its end.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        own = engine.dialect.name == "sqlite" and driver is not None
        if own:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if own else []
                if lost:
                    raise RuntimeError(f"rows point nowhere: {lost[:5]}")
        finally:
            if own:
                driver.execute("PRAGMA foreign_keys=ON")


def bulk_insert(session: Session, table: Table, columns: Columns) -> int:
    """Insert many rows given by columns; returns how many.

    `executemany` on SQLite, COPY on PostgreSQL, values converted a column at a time: no per-row ORM work.
    The caller fills every column; there are no defaults here.
    """
    names = list(columns)
    values = [_converted(session, table, name, columns[name]) for name in names]
    count = len(values[0]) if values else 0
    if count == 0:
        return 0
    rows = zip(*values, strict=True)
    connection = session.connection()
    _copy(connection, table, names, rows) if _is_postgres(session) else _executemany(connection, table, names, rows)
    return count


def _converted(session: Session, table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The column as the driver wants it, by the column type's own bind processor."""
    dialect = session.get_bind().dialect
    kind = table.c[name].type.dialect_impl(dialect)
    processor: Callable[[Any], Any] | None = kind.bind_processor(dialect)
    return [processor(value) for value in values] if processor else values


def _executemany(connection: Connection, table: Table, names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    sql = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # noqa: S608 - names come from our tables
    driver = connection.connection.driver_connection
    driver.executemany(sql, rows)  # type: ignore[union-attr]  # None only when detached


def _copy(connection: Connection, table: Table, names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    quoted = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()


def insert_or_skip(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving alone those that meet a unique constraint; returns how many were new."""
    if not rows:
        return 0
    insert = postgresql.insert if _is_postgres(session) else sqlite.insert
    # Without the option the driver of PostgreSQL does not say how many rows an INSERT wrote.
    counted = {"preserve_rowcount": True}
    return sum(
        _rowcount(session.execute(insert(table).values(list(part)).on_conflict_do_nothing(), execution_options=counted))
        for part in chunked(rows, 500)
    )


def locked(statement: Select[Any]) -> Select[Any]:
    """The same select holding its rows until the transaction ends (SQLite writers already hold the file)."""
    return statement.with_for_update()


def skip_locked(statement: Select[Any]) -> Select[Any]:
    return statement.with_for_update(skip_locked=True)


@contextmanager
def lenient_text(session: Session) -> Iterator[None]:
    """Read text that is no valid UTF-8 instead of failing on it: a verifier has to survive what it looks for."""
    driver: Any = session.connection().connection.driver_connection
    if _is_postgres(session):  # refuses such bytes at the door
        yield
        return
    driver.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        yield
    finally:
        driver.text_factory = str


def analyse(table: Table, session: Session) -> None:
    """Have the planner's statistics of a table taken anew; a sample of a thousand rows an index is enough on SQLite."""
    if not _is_postgres(session):
        session.connection().exec_driver_sql("PRAGMA analysis_limit=1000")
    session.connection().exec_driver_sql(f'ANALYZE "{table.name}"')


def database_size(session: Session) -> int:
    """Bytes on disk."""
    if _is_postgres(session):
        return int(session.execute(select(func.pg_database_size(func.current_database()))).scalar_one())
    pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(session.connection().exec_driver_sql("PRAGMA page_size").scalar_one())


def copy_sqlite(engine: Engine, target: Path) -> None:
    """A consistent copy of an SQLite database while others read and write."""
    with engine.connect() as connection:
        source: Any = connection.connection.driver_connection
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()


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


def chunked(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The sequence in parts of at most `size`; both databases bound the parameters of one statement."""
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part


_LOST_RACES = frozenset({"40001", "40P01"})
"""SQLSTATEs of a serialisation that failed and of a deadlock that was broken: begun anew, the same work goes through."""


def is_lost_race(fault: BaseException) -> bool:
    """Whether the database gave up a transaction only because another ran beside it."""
    return getattr(getattr(fault, "orig", fault), "sqlstate", None) in _LOST_RACES


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _rowcount(result: Any) -> int:
    return max(0, int(result.rowcount))
