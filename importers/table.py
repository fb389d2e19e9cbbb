"""The canonical columns of a chunk while they are made: field to one text a row."""

from __future__ import annotations

Table = dict[str, list[str]]


def merged(table: Table, field: str, values: list[str]) -> None:
    """Put a column in; of two for one field the first that is filled counts."""
    held = table.get(field)
    table[field] = values if held is None else [a or b for a, b in zip(held, values, strict=True)]


def column(table: Table, field: str, size: int) -> list[str]:
    """A column of the table, an empty one where nothing said it."""
    return table.setdefault(field, [""] * size)
