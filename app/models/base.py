"""What every table shares: naming of constraints, id and text types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Table
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BigId = BigInteger().with_variant(Integer, "sqlite")
"""64-bit ids on both: only INTEGER PRIMARY KEY is SQLite's row id."""

metadata = SQLModel.metadata


def id_column() -> Any:
    """An internal, meaningless id given by the database, when the row is flushed."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def ref(target: str, *, index: bool = True) -> Any:
    """A mandatory reference to another table's id."""
    return Field(sa_type=BigId, foreign_key=target, index=index)


def optional_ref(target: str, *, index: bool = True) -> Any:
    return Field(default=None, sa_type=BigId, foreign_key=target, index=index, nullable=True)


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, which SQLModel hides from mypy."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
