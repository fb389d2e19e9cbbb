"""A register with rows in every table that the log vouches for, and hands that alter it behind the product's back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Float, Integer, LargeBinary, Table, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.chain import GENESIS, HASHED, bound_hash
from app.audit.proof import prove
from app.core.db import Database
from app.core.dialect import bulk_insert
from app.core.rows import Key, Layout
from app.core.types import Moment, PackedJson, PersonalText, SaidText, SealedJson
from app.core.vouched import layout_of
from app.models import metadata

ROWS = 6
LOGS = {
    "chain_head", "row_layout", "audit_event", "audit_payload", "audit_rows", "access_event", "access_payload", "access_units",
}  # fmt: skip
FIRST = 1000
"""Made rows are numbered from here on, behind those that every test database has."""


def vouched_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if layout_of(table)]


def fill(session: Session, rows: int = ROWS) -> None:
    """Some rows in every table, by the helper that goes round the session; those they refer to first."""
    for table in metadata.sorted_tables:
        if table.name not in LOGS:
            values = {column.name: [_value(column, n) for n in range(rows)] for column in table.columns}
            bulk_insert(session, table, values)


SOUND = {"standing": "live", "operating_status": "1", "verified": "y", "successor_id": None, "target_unit_id": None}
"""What the database takes no other than, by column; a stretch ends after it began."""
ENDS = {"valid_until", "superseded_at"}


def _value(column: Column[Any], n: int) -> Any:
    """A value of this column's kind; what refers to another table refers to the n-th of those made."""
    kind = column.type
    if column.name in SOUND:
        return SOUND[column.name]
    if column.foreign_keys:
        own = any(key.column.table is column.table for key in column.foreign_keys)
        return None if own and column.nullable else FIRST + n
    if isinstance(kind, PersonalText | SealedJson | PackedJson | SaidText):
        return {PersonalText: f"张{n}", PackedJson: {"n": n}, SealedJson: {"n": n}}.get(type(kind))
    if isinstance(kind, Boolean):
        return n % 2 == 0
    year = 2025 if column.name in ENDS else 2024
    if isinstance(kind, Moment):
        return datetime(year, 1, 1) + timedelta(days=n)
    if isinstance(kind, Date):
        return date(year, 1, 1) + timedelta(days=n)
    if isinstance(kind, LargeBinary):
        return bytes([n]) * 16
    if isinstance(kind, Integer):
        return FIRST + n
    if isinstance(kind, Float):
        return n / 2
    return column.name[: (kind.length or 40) - len(str(n))] + str(n)


@dataclass(frozen=True)
class Alteration:
    """What was done to one row, and the columns that say otherwise since."""

    table: str
    key: Key
    what: str
    columns: frozenset[str] = frozenset()


@contextmanager
def behind_the_back(database: Database) -> Iterator[Connection]:
    """A connection that no rule of the database stops and nothing of the product hears of."""
    with database.engine.execution_options(minglu_write=True).connect() as connection:
        if database.is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
            connection.connection.driver_connection.execute("PRAGMA ignore_check_constraints=ON")
        with connection.begin():
            if not database.is_sqlite:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                _without_walls(connection)
            yield connection
        if database.is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
            connection.connection.driver_connection.execute("PRAGMA ignore_check_constraints=OFF")


def _without_walls(connection: Connection) -> None:
    """Whoever alters rows takes what stands against it away first; the constraints are none of the rows' proof."""
    walls = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'ck_%'"
    for table, name in connection.exec_driver_sql(walls.replace("%", "%%")).all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


class Hands:
    """Alters rows at random, each row at most once, and keeps what it did."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self._connection, self._random = connection, random.Random(seed)
        self.done: dict[tuple[str, Key], Alteration] = {}
        self._fresh = 5_000_000

    def alter(self, count: int) -> None:
        tables = [table for table in vouched_tables() if self._rows(table)]
        while len(self.done) < count:
            table = self._random.choice(tables)
            self.once(table, self._random.choice(("update", "update", "delete", "insert", "swap")))

    def once(self, table: Table, how: str) -> None:
        """One alteration, where a row is left that was not touched and no unique index stands against it."""
        rows = [row for row in self._rows(table) if (table.name, self._key(table, row)) not in self.done]
        if rows:
            savepoint = self._connection.begin_nested()
            try:
                found = getattr(self, f"_{how}")(table, rows)
                savepoint.commit()
            except IntegrityError:
                savepoint.rollback()
            else:
                self.done.update({(one.table, one.key): one for one in found})

    def _rows(self, table: Table) -> list[dict[str, Any]]:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        found = self._connection.execute(text(f'SELECT {names} FROM "{table.name}" LIMIT 400'))
        return [dict(row) for row in found.mappings()]

    def _key(self, table: Table, row: dict[str, Any]) -> Key:
        return tuple(row[column.name] for column in table.primary_key)

    def _cells(self, table: Table) -> list[Column[Any]]:
        layout = layout_of(table)
        assert isinstance(layout, Layout)
        return [table.c[name] for name in layout.columns if name not in layout.keys]

    def _set(self, table: Table, row: dict[str, Any], values: dict[str, Any]) -> None:
        cells = ", ".join(f'"{name}" = :new_{name}' for name in values)
        where = " AND ".join(f'"{column.name}" = :key_{column.name}' for column in table.primary_key)
        given = {f"new_{name}": value for name, value in values.items()}
        given |= {f"key_{column.name}": row[column.name] for column in table.primary_key}
        self._connection.execute(text(f'UPDATE "{table.name}" SET {cells} WHERE {where}'), given)

    def _update(self, table: Table, rows: list[dict[str, Any]]) -> list[Alteration]:
        row, cells = self._random.choice(rows), self._cells(table)
        if not cells:
            return []
        chosen = self._random.sample(cells, min(len(cells), self._random.choice((1, 1, 1, 2))))
        values = {column.name: self._other(column, row[column.name]) for column in chosen}
        self._set(table, row, values)
        return [Alteration(table.name, self._key(table, row), "altered", frozenset(values))]

    def _other(self, column: Column[Any], value: Any) -> Any:
        """Another value of the same kind, as little different as can be."""
        if value is None:
            return {bytes: b"", int: 0, bool: True, str: ""}.get(_stored(column), "2020-01-01 00:00:00")
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return (1 - value) if isinstance(column.type, Boolean) else value + 1
        if isinstance(value, bytes):
            place = self._random.randrange(len(value)) if value else 0
            return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :] if value else b"x"
        if isinstance(value, datetime | date):
            return value + timedelta(days=1) if value.year < 9999 else value - timedelta(days=1)
        if isinstance(column.type, Date | Moment):
            return value.replace("-01", "-02", 1) if "-01" in value else "2020-01-01" + value[10:]
        return value[:-1] + ("x" if value[-1:] != "x" else "y") if value else "x"

    def _swap(self, table: Table, rows: list[dict[str, Any]]) -> list[Alteration]:
        """Two rows exchange what one column says, sealed values above all."""
        cells = self._cells(table)
        sealed = [column for column in cells if isinstance(column.type, PersonalText | SealedJson)]
        if len(rows) < 2 or not cells:
            return []
        name = self._random.choice(sealed or cells).name
        one, other = self._random.sample(rows, 2)
        if one[name] == other[name]:
            return []
        self._set(table, one, {name: other[name]})
        self._set(table, other, {name: one[name]})
        return [Alteration(table.name, self._key(table, row), "altered", frozenset({name})) for row in (one, other)]

    def _delete(self, table: Table, rows: list[dict[str, Any]]) -> list[Alteration]:
        row = self._random.choice(rows)
        where = " AND ".join(f'"{column.name}" = :{column.name}' for column in table.primary_key)
        given = {column.name: row[column.name] for column in table.primary_key}
        self._connection.execute(text(f'DELETE FROM "{table.name}" WHERE {where}'), given)
        return [Alteration(table.name, self._key(table, row), "missing")]

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> list[Alteration]:
        """A copy of a row under a key of its own, with words of its own where two may not say the same."""
        row = dict(self._random.choice(rows))
        self._fresh += 1
        for column in table.columns:
            if column.primary_key or (
                not column.foreign_keys and _stored(column) is int and row[column.name] is not None
            ):
                row[column.name] = self._fresh if _stored(column) is int else f"r{self._fresh}"
            elif _stored(column) is str and column.type.length:
                row[column.name] = str(self._fresh)[: column.type.length]
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        self._connection.execute(text(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'), row)
        return [Alteration(table.name, self._key(table, row), "extra")]


def _stored(column: Column[Any]) -> type:
    if isinstance(column.type, Boolean):
        return bool
    if isinstance(column.type, LargeBinary | PersonalText | SealedJson):
        return bytes
    if isinstance(column.type, Date | Moment):
        return datetime
    return int if isinstance(column.type, Integer) else str


def require_all_named(database: Database, seed: int, count: int) -> None:
    """Alter rows at random, and hold that each is named, and nothing else."""
    with behind_the_back(database) as connection:
        hands = Hands(connection, seed)
        hands.alter(count)
    require_named(database, hands)


def require_named(database: Database, hands: Hands) -> None:
    with database.read() as session:
        found = prove(session, every=True)
    assert all(chain.intact for chain in found.chains)
    assert {(one.table, one.key): one.what for one in found.differences} == {
        place: one.what for place, one in hands.done.items()
    }
    assert {(one.table, one.key): set(one.columns) for one in found.differences} == {
        place: set(one.columns) for place, one in hands.done.items()
    }


def chain_anew(connection: Connection) -> None:
    """Bind every entry to the one before it again, as whoever can write to the database can without any key."""
    previous = GENESIS
    names = ", ".join((*HASHED, "rows_digest"))
    for *parts, rows_digest in connection.execute(text(f"SELECT {names} FROM audit_event ORDER BY seq")).all():
        own = bound_hash(previous, parts, [rows_digest])
        sql = "UPDATE audit_event SET prev_hash = :previous, hash = :own WHERE seq = :seq"
        connection.execute(text(sql), {"previous": previous, "own": own, "seq": parts[0]})
        previous = own
    connection.execute(text("UPDATE chain_head SET hash = :own WHERE chain = 'audit'"), {"own": previous})
