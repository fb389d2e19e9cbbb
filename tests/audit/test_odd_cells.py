"""Cells of a kind that their column does not have: named with row and column, and verify never ends in a traceback."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, Table, update

from app.audit.proof import prove
from app.core.db import Database
from app.core.vouched import layout_of
from app.models import ApiKey
from app.trail.schemas import Verified
from tests.factories.alterations import FIRST, behind_the_back, fill, vouched_tables

Named = set[tuple[str, int | str, str, frozenset[str]]]


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        fill(session)
    return database


def alter(database: Database, *statements: str) -> None:
    with behind_the_back(database) as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        for sql in statements:
            connection.exec_driver_sql(sql)
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")


def verified(database: Database) -> Verified:
    """What verify answers, which can be shown whatever was found."""
    with database.read() as session:
        found = Verified.of(prove(session, every=True), "en")
    assert found.model_dump_json()
    return found


def named(database: Database) -> Named:
    return {(one.table, one.id, one.what, frozenset(one.columns)) for one in verified(database).differences}


def of_sqlite(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL takes no cell of another kind")


def kind_of(column: Column[object]) -> object:
    return getattr(column.type, "impl_instance", column.type)


def cells(table: Table) -> list[Column[object]]:
    layout = layout_of(table)
    assert layout is not None
    return [table.c[name] for name in layout.columns if name not in layout.keys]


ODD = {
    "infinity": lambda *_: "9e999",
    "bytes, or text of their digits": lambda name, kind: (
        f"char(0) || lower(hex({name}))" if isinstance(kind, LargeBinary) else f"CAST(coalesce({name}, 1) AS BLOB)"
    ),
    "bytes, or the same as text": lambda name, kind: (
        f"CAST({name} AS TEXT)" if isinstance(kind, LargeBinary) else "x'00'"
    ),
    "text that is none": lambda *_: "CAST(x'ff00fe' AS TEXT)",
}


@pytest.mark.parametrize("how", sorted(ODD))
def test_every_column_with_a_cell_of_another_kind_is_named_on_sqlite(filled: Database, how: str) -> None:
    of_sqlite(filled)
    done: Named = set()
    for table in vouched_tables():
        (key, *others), columns = table.primary_key, cells(table)
        if others or not isinstance(key.type, Integer) or not columns:
            continue
        told = ", ".join(f'"{one.name}" = {ODD[how](chr(34) + one.name + chr(34), kind_of(one))}' for one in columns)
        alter(filled, f'UPDATE "{table.name}" SET {told} WHERE {key.name} = {FIRST + 2}')
        done.add((str(table.name), FIRST + 2, "altered", frozenset(str(one.name) for one in columns)))
    assert len(done) > 20
    assert named(filled) ^ done == set()


def test_infinity_in_place_of_nothing_is_named_on_sqlite(filled: Database) -> None:
    of_sqlite(filled)
    with filled.write() as session:
        session.execute(update(ApiKey).values(revoked_at=None))
    assert named(filled) == set()
    alter(filled, f"UPDATE api_key SET revoked_at = 9e999 WHERE key_id = {FIRST}")
    alter(filled, f"UPDATE api_key SET revoked_at = -9e999 WHERE key_id = {FIRST + 1}")
    assert named(filled) == {("api_key", FIRST + place, "altered", frozenset({"revoked_at"})) for place in range(2)}


def test_text_with_a_mark_of_bytes_that_are_none_is_not_the_same_as_those_bytes_on_sqlite(filled: Database) -> None:
    of_sqlite(filled)
    with filled.write() as session:
        session.execute(update(ApiKey).where(ApiKey.key_id == FIRST).values(scopes="\ufffd"))  # type: ignore[arg-type]
    alter(filled, f"UPDATE api_key SET scopes = CAST(x'ff' AS TEXT) WHERE key_id = {FIRST}")
    assert named(filled) == {("api_key", FIRST, "altered", frozenset({"scopes"}))}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET request_id = 9e999 WHERE seq = 1",
        "UPDATE audit_payload SET body = CAST(body AS TEXT) WHERE seq = 1",
        "UPDATE audit_payload SET body = char(0) || hex(body) WHERE seq = 1",
        "UPDATE audit_event SET hash = x'ff' WHERE seq = (SELECT max(seq) FROM audit_event)",
        "UPDATE audit_event SET subject = CAST(x'ff' AS TEXT) WHERE seq = 1",
        "UPDATE audit_event SET at = x'ff' WHERE seq = 1",
        "UPDATE chain_head SET hash = CAST(x'ff' AS TEXT), seq = 'x'",
        "UPDATE audit_event SET event = 'payload:destroy', subject = '²' WHERE seq = 1",
    ],
)
def test_an_entry_with_a_cell_of_another_kind_is_named_on_sqlite(filled: Database, sql: str) -> None:
    of_sqlite(filled)
    alter(filled, sql)
    assert not verified(filled).heads[0].intact


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE row_layout SET columns = 'xx'",
        "UPDATE row_layout SET columns = '[1, 2]'",
        "UPDATE row_layout SET columns = '[[], [[]], 3]'",
        "UPDATE row_layout SET columns = x'ff'",
        "UPDATE import_batch SET file_sha256 = CAST(x'ff' AS TEXT)",
        "UPDATE import_batch SET file_sha256 = '../../../etc/passwd'",
    ],
)
def test_verify_ends_with_a_list_whatever_stands_beside_the_rows(filled: Database, sql: str, tmp_path) -> None:
    if not filled.is_sqlite and "x'" in sql:
        pytest.skip("PostgreSQL takes no such cell")
    alter(filled, sql)
    with filled.read() as session:
        found = prove(session, every=True, files=tmp_path)
    assert all(chain.intact for chain in found.chains)
    assert {one.what for one in found.differences} <= {"altered", "file_missing"}


def test_a_key_of_another_kind_is_a_row_that_nobody_vouches_for_on_sqlite(filled: Database) -> None:
    of_sqlite(filled)
    alter(
        filled,
        "INSERT INTO user_role VALUES (6, x'00')",
        "INSERT INTO user_role VALUES (7, CAST(x'ff' AS TEXT))",
        "INSERT INTO user_role VALUES ('x', 'sys_admin')",
        "INSERT INTO user_role VALUES (9e999, 'sys_admin')",
    )
    found = verified(filled).differences
    assert [(one.table, one.what) for one in found] == [("user_role", "extra")] * 4


DAYS = ("infinity", "-infinity", "12000-01-01", "0044-03-15 BC")


@pytest.mark.parametrize("day", DAYS)
def test_a_day_that_no_calendar_has_is_named_on_postgres(filled: Database, day: str) -> None:
    if filled.is_sqlite:
        pytest.skip("a day is text there")
    done: Named = set()
    for table in vouched_tables():
        days = [one for one in cells(table) if isinstance(kind_of(one), Date | DateTime)]
        if days:
            (key, *others) = table.primary_key
            sets = ", ".join(f"\"{one.name}\" = '{day}'" for one in days)
            constraints = f'ALTER TABLE "{table.name}" DISABLE TRIGGER ALL'
            checks = [
                f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{one.name}"'
                for one in table.constraints
                if one.__visit_name__ == "check_constraint" and one.name
            ]
            number = FIRST + 2 if isinstance(kind_of(key), Integer) else f"{key.name}2"
            alter(filled, constraints, *checks, f"UPDATE \"{table.name}\" SET {sets} WHERE {key.name} = '{number}'")
            told = "/".join([str(number)] * (1 + len(others))) if others else number
            done.add((str(table.name), told, "altered", frozenset(str(one.name) for one in days)))
    assert len(done) > 10
    assert named(filled) == done
