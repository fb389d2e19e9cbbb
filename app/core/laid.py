"""Rows that a program lays before the database beside its tables, as one parameter: a statement over them is made once, however
many they are, and no bound of parameters parts them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, BigInteger, LargeBinary, String, bindparam, literal_column, select, text
from sqlalchemy.orm import Session


def laid(session: Session, name: str, columns: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> CTE:
    """The rows as a table of a statement: columns with their types, of bytes, whole numbers and text; each may be NULL."""
    written = json.dumps([[_plain(value) for value in row] for row in rows])
    postgres = session.get_bind().dialect.name == "postgresql"
    source = "jsonb_array_elements(CAST(:laid AS jsonb))" if postgres else "json_each(:laid)"
    cell = "(one.value ->> {})" if postgres else "json_extract(one.value, '$[{}]')"
    cells = [
        literal_column(_READ[type(kind)][postgres].format(cell.format(place)), kind).label(column)
        for place, (column, kind) in enumerate(columns.items())
    ]
    told = select(*cells).select_from(text(f"{source} AS one").bindparams(bindparam("laid", written)))
    # Read once: a cell of it is asked for by many rules.
    return told.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


_READ = {
    LargeBinary: ("unhex({})", "decode({}, 'hex')"),
    BigInteger: ("CAST({} AS BIGINT)", "CAST({} AS BIGINT)"),
    String: ("CAST({} AS TEXT)", "CAST({} AS TEXT)"),
}
"""How a cell is read, on SQLite and on PostgreSQL."""


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
