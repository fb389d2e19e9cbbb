"""The few statements in which SQLite and PostgreSQL differ. Nothing else imports `sqlalchemy.dialects`."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from psycopg import DataError
from psycopg.types.datetime import DateLoader, TimestampLoader
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

from app.core.rows import Key, Kinds, Layout, Unreadable
from app.core.sealing import in_place
from app.core.types import END, PART, SEALED_BY, Sealed, placed, seal
from app.core.vouched import layout_of, touch, wrote

Columns = Mapping[str, Sequence[Any]]
"""A table by columns: name to values, all of one length."""


_POINT_NOWHERE = 'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY "table", parent'
"""What points nowhere, counted: row ids may be others in a table made anew."""


_REFUSED = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD in place of what one of the databases refuses: NUL, and half of a surrogate pair."""
    return _REFUSED.sub("\ufffd", text)


@contextmanager
def altering(engine: Engine) -> Iterator[Connection]:
    """One transaction that alters tables. Raises RuntimeError, and nothing is kept, where it makes a row point nowhere.

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
                before = set(connection.exec_driver_sql(_POINT_NOWHERE)) if own else set()
                yield connection
                lost = set(connection.exec_driver_sql(_POINT_NOWHERE)) - before if own else set()
                if lost:
                    raise RuntimeError(f"rows point nowhere: {sorted(lost)[:5]}")
        finally:
            if own:
                driver.execute("PRAGMA foreign_keys=ON")


def bulk_insert(session: Session, table: Table, columns: Columns) -> int:
    """Insert many rows given by columns; returns how many.

    `executemany` on SQLite, COPY on PostgreSQL, values converted a column at a time: no per-row ORM work.
    The caller fills every column; there are no defaults here. Raises what SQLAlchemy raises where the database refuses a row.
    """
    names = list(columns)
    values = [_converted(session, table, name, columns) for name in names]
    count = len(values[0]) if values else 0
    if count == 0:
        return 0
    rows = zip(*values, strict=True)
    connection, layout = session.connection(), layout_of(table)
    told = layout is None or set(layout.keys) <= set(names)
    before = None if told else _last_number(connection, table)
    with _told_as_ever(connection):
        _copy(connection, table, names, rows) if _is_postgres(session) else _executemany(connection, table, names, rows)
    if told:
        wrote(session, table, dict(zip(names, values, strict=True)), count)
    else:
        _touch_fresh(session, table, before)
    return count


def _last_number(connection: Connection, table: Table) -> int:
    """The highest number that the database gave out to rows of this table."""
    (key,) = table.primary_key
    return int(connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one())


def _touch_fresh(session: Session, table: Table, before: int | None) -> None:
    (key,) = table.primary_key
    fresh = session.connection().execute(select(key).where(key > (before or 0)))
    touch(session, table, (tuple(row) for row in fresh))


_PROGRAMS = {
    "sqlite": """
        SELECT tbl_name, name FROM sqlite_master WHERE type IN ('trigger', 'view') OR sql LIKE 'CREATE VIRTUAL%'
        UNION ALL SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
            WHERE m.type = 'table' AND c.hidden <> 0 ORDER BY 1, 2
    """,
    "postgresql": """
        WITH own AS (
            SELECT oid, nspname FROM pg_namespace
            WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
        ), things AS (SELECT c.* FROM pg_class c JOIN own ON own.oid = c.relnamespace),
        path AS (SELECT * FROM unnest(current_schemas(false)) WITH ORDINALITY AS path(name, place))
        SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
        UNION ALL SELECT c.relname, r.rulename FROM pg_rewrite r JOIN things c ON c.oid = r.ev_class AND r.rulename <> '_RETURN'
        UNION ALL SELECT relname, relname FROM things WHERE relkind IN ('v', 'm', 'f', 'p')
        UNION ALL SELECT c.relname, p.polname FROM pg_policy p JOIN things c ON c.oid = p.polrelid
        UNION ALL SELECT relname, 'row security' FROM things WHERE relrowsecurity OR relforcerowsecurity
        UNION ALL SELECT 'pg_event_trigger', evtname FROM pg_event_trigger
        UNION ALL SELECT c.relname, k.relname FROM pg_inherits i JOIN things c ON c.oid = i.inhparent
            JOIN pg_class k ON k.oid = i.inhrelid WHERE c.relkind <> 'i'
        UNION ALL SELECT c.relname, a.attname FROM pg_attribute a JOIN things c ON c.oid = a.attrelid
            WHERE a.attgenerated <> '' AND NOT a.attisdropped
        UNION ALL SELECT 'pg_proc', p.proname FROM pg_proc p JOIN own ON own.oid = p.pronamespace
            WHERE NOT EXISTS (SELECT 1 FROM pg_depend d
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        UNION ALL SELECT 'pg_type', t.typname FROM pg_type t JOIN own ON own.oid = t.typnamespace WHERE t.typtype = 'd'
        UNION ALL SELECT 'pg_db_role_setting', split_part(one, '=', 1)
            FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) one
            WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                AND split_part(one, '=', 1) IN ('session_replication_role', 'session_preload_libraries',
                    'local_preload_libraries', 'role')
        UNION ALL SELECT 'search_path', path.name FROM path, path ours
            WHERE ours.name = (SELECT relnamespace::regnamespace::name FROM pg_class WHERE oid = 'audit_event'::regclass)
                AND path.name NOT IN ('pg_catalog', ours.name) AND (path.name <> 'public' OR path.place < ours.place
                OR EXISTS (SELECT 1 FROM things c JOIN own ON own.oid = c.relnamespace
                    WHERE own.nspname = path.name AND c.relname = 'audit_event'))
        ORDER BY 1, 2
    """,
}
"""Table and name of what computes or hides within the database, in every schema that is not the system's own."""

_EXPRESSIONS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype IN ('c', 'x') AND n.nspname !~ '^(pg_|information_schema$)'
    UNION ALL SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|information_schema$)'
    UNION ALL SELECT c.relname, x.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^(pg_|information_schema$)' AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
    ORDER BY 1, 2
"""
"""Constraints, defaults and indexes: expressions that PostgreSQL computes as rows are written."""

_CALL = re.compile(r"""([A-Za-z_][\w.]*|"[^"]+")\s*\(""")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_NO_CALLS = {"check", "exclude", "using", "btree", "gist", "where", "and", "or", "not", "in", "any", "all", "array", "nextval",
             "varying", "character", "include", "on", "numeric", "timestamp"}  # fmt: skip


def programs_within(connection: Connection, models: MetaData) -> list[tuple[str, str]]:
    """Whatever the database would do by itself: table and name. We make none, so each was put there by somebody else.

    On PostgreSQL that includes constraints, defaults and indexes which call a function that no model of ours calls.
    """
    dialect = connection.dialect.name
    found = [(str(table), str(name)) for table, name in driver_rows(connection, _PROGRAMS[dialect])]
    if dialect == "postgresql":
        ours = _NO_CALLS | _calls(models)
        told = driver_rows(connection, _EXPRESSIONS)
        found += [(str(table), str(name)) for table, name, said in told if not _called(str(said)) <= ours]
    return found


def _calls(models: MetaData) -> set[str]:
    """The functions that constraints and indexes of the models call."""
    return {name for table in models.tables.values() for said in _said_by(table) for name in _called(said)}


def _said_by(table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield str(constraint.sqltext)
    for index in table.indexes:
        yield from (str(expression) for expression in index.expressions)
        yield str(index.dialect_options["postgresql"]["where"])


def _called(expression: str) -> set[str]:
    return {name.lower() for name in _CALL.findall(_TEXT.sub("''", expression))}


def driver_rows(
    connection: Connection, sql: str, values: Sequence[Any] = (), loaders: Mapping[str, type] = MappingProxyType({})
) -> list[tuple[Any, ...]]:
    """Rows as the driver hands them over, nothing converted; marks are `?` on both databases.

    `loaders` are those of PostgreSQL's driver that read some types otherwise.
    """
    if connection.dialect.name == "postgresql":
        sql = sql.replace("%", "%%").replace("?", "%s")
    cursor: Any = connection.connection.cursor()
    for name, loader in loaders.items():
        cursor.adapters.register_loader(name, loader)
    try:
        cursor.execute(sql, tuple(values))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
    finally:
        cursor.close()


def sure_rows(session: Session, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The same, with `Unreadable` where text is none any more, or a day is none: a verifier has to survive what it looks for."""
    try:
        return driver_rows(session.connection(), sql, values)
    except sqlite3.OperationalError:
        with _lenient_text(session):
            return driver_rows(session.connection(), sql, values)
    except DataError:
        return driver_rows(session.connection(), sql, values, _LENIENT)


def sure_cells(session: Session, table: str, names: Sequence[str], **where: Any) -> list[tuple[Any, ...]]:
    """Some columns of the rows where others have these values, as `sure_rows` gives them."""
    marks = " AND ".join(f"{name} = ?" for name in where)
    sql = f"SELECT {', '.join(names)} FROM {table}" + (f" WHERE {marks}" if where else "")  # noqa: S608
    return sure_rows(session, sql, tuple(where.values()))


class _LenientDate(DateLoader):
    """PostgreSQL knows days that Python does not: infinity, and those of ten thousand years to come or long past."""

    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except DataError:
            return Unreadable(data)


class _LenientMoment(TimestampLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except DataError:
            return Unreadable(data)


_LENIENT = {"date": _LenientDate, "timestamp": _LenientMoment}

_CELLS: dict[str, dict[type, type]] = {
    "sqlite": {Boolean: int, Integer: int, Float: float, LargeBinary: bytes},
    "postgresql": {Boolean: bool, Integer: int, Float: float, LargeBinary: bytes, Date: date, DateTime: datetime},
}
"""Types of columns to the types of their cells as the driver hands them over; all others are text."""


def kinds_of(connection: Connection, table: Table, layout: Layout) -> Kinds:
    """Of which types the cells of these columns are; NULL where the column allows it or not."""
    cells = _CELLS[connection.dialect.name]
    kinds = (getattr(kind, "impl_instance", kind) for kind in (table.c[name].type for name in layout.columns))
    own = (next((cell for base, cell in cells.items() if isinstance(kind, base)), str) for kind in kinds)
    return [frozenset({one, type(None)}) for one in own]


def rows_of_keys(connection: Connection, layout: Layout, keys: Sequence[Key]) -> Iterator[tuple[Any, ...]]:
    """The rows of these keys that are there, as `driver_rows` gives them."""
    by_front: dict[Key, list[Any]] = {}
    for key in sorted(keys):
        by_front.setdefault(key[:-1], []).append(key[-1])
    for front, lasts in by_front.items():
        for part in chunked(lasts, 500):
            where = "".join(f'"{name}" = ? AND ' for name in layout.keys[:-1])
            marks = ", ".join("?" * len(part))
            sql = f'{_selected(layout)} WHERE {where}"{layout.keys[-1]}" IN ({marks})'
            yield from driver_rows(connection, sql, (*front, *part))


def rows_after(session: Session, layout: Layout, after: Key | None, limit: int) -> list[tuple[Any, ...]]:
    """The next rows in the order of their keys, as `sure_rows` gives them."""
    names = ", ".join(f'"{name}"' for name in layout.keys)
    marks = ", ".join("?" * len(layout.keys))
    where = f" WHERE ({names}) > ({marks})" if after is not None else ""
    return sure_rows(session, f"{_selected(layout)}{where} ORDER BY {names} LIMIT {int(limit)}", after or ())


def _selected(layout: Layout) -> str:
    names = ", ".join(f'"{name}"' for name in layout.columns)
    return f'SELECT {names} FROM "{layout.table}"'  # noqa: S608 - names come from our tables


def _converted(session: Session, table: Table, name: str, columns: Columns) -> Sequence[Any]:
    """The column as the driver wants it, by the column type's own bind processor."""
    values, kind = columns[name], table.c[name].type
    if isinstance(kind, Sealed):
        return _sealed(kind, values, [columns[part] for part in SEALED_BY[str(table.name)]])
    dialect = session.get_bind().dialect
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if processor is None:
        return values
    converted = [processor(value) for value in values]
    if not isinstance(getattr(kind, "impl_instance", kind), LargeBinary):
        return converted
    return [
        None if value is None else bytes(getattr(value, "obj", value)) for value in converted
    ]  # the driver's wrapping


def _sealed(kind: Sealed, values: Sequence[Any], parts: Sequence[Sequence[Any]]) -> list[bytes | None]:
    packed = [kind.pack(value) for value in values]
    return [
        None if data is None else seal(data, kind.table, kind.column, *key)
        for data, *key in zip(packed, *parts, strict=True)
    ]


@compiles(placed, "sqlite")
def _placed_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    value, *key = (compiler.process(clause, **options) for clause in element.clauses)
    parts = f" || char({ord(PART)}) || ".join(key)
    return f"CAST({parts} || char({ord(END)}) || CAST({value} AS TEXT) AS BLOB)"  # bytes stay bytes: nothing is read as text


@compiles(placed, "postgresql")
def _placed_on_postgres(element: Any, compiler: Any, **options: Any) -> str:
    value, *key = (compiler.process(clause, **options) for clause in element.clauses)
    parts = f" || chr({ord(PART)}) || ".join(f"CAST({part} AS TEXT)" for part in key)
    return f"(convert_to({parts} || chr({ord(END)}), 'UTF8') || {value})"


@contextmanager
def _told_as_ever(connection: Connection) -> Iterator[None]:
    """Round SQLAlchemy the driver speaks for itself: whoever leaves out a row that no database takes knows one wording."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except (driver.IntegrityError, driver.DataError) as fault:
        raise DBAPIError.instance("INSERT", None, fault, driver.Error) from fault


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
    rows = in_place(table, rows)
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
def _lenient_text(session: Session) -> Iterator[None]:
    """Read text that is no valid UTF-8 instead of failing on it; PostgreSQL refuses such bytes at the door."""
    driver: Any = session.connection().connection.driver_connection
    driver.text_factory = _text_or_bytes
    try:
        yield
    finally:
        driver.text_factory = str


def _text_or_bytes(data: bytes) -> str | Unreadable:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Unreadable(data)


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
