"""Bringing a database to the newest schema and looking whether it is there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, Engine, MetaData, inspect

import migrations
from app.core.dialect import altering, programs_within
from app.core.errors import Conflict


class SchemaOld(Conflict):
    """The database is behind the code, or ahead of it."""

    code = "schema_old"
    zh = "数据库结构不是最新的：请先运行 minglu db upgrade。"
    en = "the schema is not the newest: run `minglu db upgrade`"


class RowsInTheWay(Conflict):
    """Rows of an earlier version stand against what the new schema demands."""

    code = "rows_in_the_way"
    zh = "升级前须先更正这些单位（表、约束：单位个数和前几个编号）：{found}。数据库未作任何改动。"
    en = "some units have to be put right before the upgrade (table, constraint: how many, the first numbers): {found}; nothing was altered"


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction."""
    with altering(engine.execution_options(minglu_write=True)) as connection:
        migrate(connection, revision)


def migrate(connection: Connection, revision: str = "head") -> None:
    """The same within a transaction that is open."""
    command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    with altering(engine.execution_options(minglu_write=True)) as connection:
        command.downgrade(alembic_config(connection), revision)


def current_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


@contextmanager
def comparing() -> Iterator[None]:
    """SQLite does not tell of what an index over an expression is, so that it is left out of the comparison; tests hold that
    it is there, and used."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*expression-based index")
        yield


def differences(engine: Engine, metadata: MetaData) -> list[str]:
    """How the database differs from the models, constraints, triggers, rules and views included; empty when they agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with comparing():
            found = [str(difference) for difference in compare_metadata(context, metadata)]
        found += [f"{name} on {table} is missing" for table, name in _unguarded(connection, metadata)]
        return found + [
            f"{name} on {table} is not of this product" for table, name in programs_within(connection, metadata)
        ]


def _unguarded(connection: Connection, metadata: MetaData) -> list[tuple[str, str]]:
    """Constraints on what a row says that a model has and the database does not: alembic compares none of these."""
    found = inspect(connection)
    there = set(found.get_table_names())  # one that is not there is told by itself
    return [
        (table.name, name)
        for table in metadata.sorted_tables
        if table.name in there
        for name in sorted(
            {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
            - {str(one["name"]) for one in found.get_check_constraints(table.name)}
        )
    ]
