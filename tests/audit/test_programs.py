"""Whatever the database would compute, hide or show by itself is named, in whichever schema it stands."""

from __future__ import annotations

from typing import Any

import pytest

from app.audit.proof import prove
from app.core.db import Database
from tests.factories.alterations import behind_the_back

FUNCTION = "CREATE FUNCTION {schema}.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
PURE = "CREATE FUNCTION public.g(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'"
EVIL = ("CREATE SCHEMA evil", FUNCTION.format(schema="evil"))

OF_POSTGRES = {
    "trigger of another schema": (
        *EVIL,
        "CREATE TRIGGER t BEFORE INSERT ON unit_version FOR EACH ROW EXECUTE FUNCTION evil.f()",
        ("unit_version", "t"),
    ),
    "function alone": (PURE, ("pg_proc", "g")),
    "constraint": (PURE, "ALTER TABLE office ADD CONSTRAINT k CHECK (public.g(name) <> '-')", ("office", "k")),
    "constraint of a function of the system": (
        "ALTER TABLE office ADD CONSTRAINT k CHECK (pg_sleep(0) IS NOT NULL)",
        ("office", "k"),
    ),
    "default": ("ALTER TABLE office ALTER name SET DEFAULT current_setting('x')", ("office", "name")),
    "index": ("CREATE INDEX i ON office (md5(name))", ("office", "i")),
    "policy": ("CREATE POLICY p ON office USING (false)", ("office", "p")),
    "row security": ("ALTER TABLE office ENABLE ROW LEVEL SECURITY", ("office", "row security")),
    "event trigger": (
        "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e()",
        ("pg_event_trigger", "e"),
    ),
    "materialized view": ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one", ("m", "m")),
    "view of another schema": (
        "CREATE SCHEMA evil",
        "CREATE VIEW evil.office AS SELECT 1 AS one",
        ("office", "office"),
    ),
    "generated column": ("ALTER TABLE office ADD z int GENERATED ALWAYS AS (1) STORED", ("office", "z")),
    "inheriting table": ("CREATE TABLE heir () INHERITS (office)", ("office", "heir")),
    "domain": ("CREATE DOMAIN d AS int CHECK (VALUE > 0)", ("pg_type", "d")),
}


def programs(database: Database) -> set[tuple[str, object]]:
    with database.read() as session:
        return {(one.table, one.id) for one in prove(session, every=True).differences if one.what == "program"}


def test_what_we_made_ourselves_is_none(database: Database) -> None:
    assert programs(database) == set()


@pytest.mark.parametrize("what", OF_POSTGRES)
def test_a_program_in_postgres_is_named(database: Database, what: str) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has none of these")
    *statements, named = OF_POSTGRES[what]
    with behind_the_back(database) as connection:
        for sql in statements:
            connection.exec_driver_sql(str(sql))
    assert named in programs(database)


def test_a_search_path_that_begins_elsewhere_is_named_on_postgres(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no schemas")
    with behind_the_back(database) as connection:
        connection.exec_driver_sql("CREATE SCHEMA evil")
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET search_path = evil, public')
    database.engine.dispose()
    assert programs(database) == {("search_path", "evil")}


@pytest.mark.parametrize(("path", "named"), [("own, public", set()), ("public, own", {("search_path", "public")})])
def test_a_search_path_with_public_before_our_schema_is_named(database: Database, path: str, named: set[Any]) -> None:
    """What anybody may make there would stand before our tables."""
    looked_up(database, path)
    assert programs(database) == named


def test_a_search_path_whose_first_schema_holds_a_log_of_its_own_is_named(database: Database) -> None:
    looked_up(database, "own, public")
    with behind_the_back(database) as connection:
        connection.exec_driver_sql("CREATE TABLE public.audit_event (LIKE own.audit_event)")
    assert programs(database) == {("search_path", "public")}


def looked_up(database: Database, path: str) -> None:
    """All of our tables in a schema of their own, and this way to them."""
    if database.is_sqlite:
        pytest.skip("SQLite has no schemas")
    with behind_the_back(database) as connection:
        names = (
            connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars().all()
        )
        connection.exec_driver_sql("CREATE SCHEMA own")
        for name in names:
            connection.exec_driver_sql(f'ALTER TABLE "{name}" SET SCHEMA own')
        base = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{base}" SET search_path = {path}')
    database.engine.dispose()


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON office BEGIN SELECT 1; END", ("office", "t")),
        ("CREATE VIEW v AS SELECT 1", ("v", "v")),
        ("ALTER TABLE office ADD z int GENERATED ALWAYS AS (1) VIRTUAL", ("office", "z")),
    ],
)
def test_a_program_in_sqlite_is_named(database: Database, sql: str, named: tuple[str, str]) -> None:
    if not database.is_sqlite:
        pytest.skip("tried above")
    with behind_the_back(database) as connection:
        connection.exec_driver_sql(sql)
    assert programs(database) == {named}
