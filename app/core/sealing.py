"""Objects with sealed columns are told their place as they are written, and keep their plain values afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.orm import Mapper

from app.core.types import SEALED_BY, InPlace, sealed_columns


def in_place(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows to insert, whose sealed values know their place."""
    sealed, by = [column.name for column in sealed_columns(table)], SEALED_BY.get(table.name, ())
    return [
        {**row, **{name: InPlace(row[name], [row[part] for part in by]) for name in sealed if name in row}}
        for row in rows
    ]


def _before(mapper: Mapper[Any], _connection: Any, target: Any) -> None:
    columns = sealed_columns(mapper.local_table)  # type: ignore[arg-type]  # tables alone are mapped
    if columns:
        key = [getattr(target, name) for name in SEALED_BY[mapper.local_table.name]]  # type: ignore[attr-defined]
        for column in columns:
            value = target.__dict__.get(column.name)
            if value is not None:
                target.__dict__[column.name] = InPlace(value, key)


def _after(mapper: Mapper[Any], _connection: Any, target: Any) -> None:
    for column in sealed_columns(mapper.local_table):  # type: ignore[arg-type]
        value = target.__dict__.get(column.name)
        if isinstance(value, InPlace):
            target.__dict__[column.name] = value.value


for _moment, _told in (("before", _before), ("after", _after)):
    for _step in ("insert", "update"):
        event.listen(Mapper, f"{_moment}_{_step}", _told)
