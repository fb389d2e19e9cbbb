"""Identifiers say whose part they are and who gave them; relations point to the unit that is meant.

The organisation code in each credit code becomes a row, known since the credit code is. A parent or superior told by a
code that one unit alone bears, or one legal unit alone, becomes that unit.

Revision ID: 7c1e52b90d38
Revises: 7d20f4b8a1c6
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from matching.standardise.codes import check_org_code, check_uscc

revision = "7c1e52b90d38"
down_revision = "7d20f4b8a1c6"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PART = 5_000

POINT = """
    UPDATE relation SET target_unit_id = (
        SELECT min(i.unit_id) FROM identifier i
        LEFT JOIN unit_version v ON v.unit_id = i.unit_id AND v.superseded_at = {still} AND v.valid_until = '9999-12-31'
        WHERE i.value = relation.target_code AND i.superseded_at = {still} AND i.unit_id <> relation.unit_id {legal}
        HAVING count(DISTINCT i.unit_id) = 1
    ) WHERE kind <> 'succession' AND target_unit_id IS NULL
"""
LEGAL = ("", "AND v.unit_type = '1'")
STILL = "'9999-12-31 00:00:00.000000'"


def upgrade() -> None:
    for table in ("identifier", "relation"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("source", sa.String(length=16), nullable=False, server_default=""))
            batch_op.add_column(sa.Column("record_id", BIG, nullable=False, server_default="0"))
            if table == "identifier":
                batch_op.add_column(sa.Column("within", sa.String(length=16), nullable=False, server_default=""))
        with op.batch_alter_table(table) as batch_op:
            for name in ("source", "record_id", *(["within"] if table == "identifier" else [])):
                batch_op.alter_column(name, server_default=None)
    _add_contained()
    for legal in LEGAL:
        op.execute(POINT.format(still=STILL, legal=legal))


def downgrade() -> None:
    op.execute("DELETE FROM identifier WHERE within <> ''")
    op.execute("UPDATE relation SET target_unit_id = NULL WHERE kind <> 'succession'")
    for table in ("relation", "identifier"):
        with op.batch_alter_table(table) as batch_op:
            for name in ("source", "record_id", *(["within"] if table == "identifier" else [])):
                batch_op.drop_column(name)


def _add_contained() -> None:
    """A row for each credit code that stands, on its own clocks, unless the unit bears the organisation code itself."""
    connection = op.get_bind()
    table = sa.Table("identifier", sa.MetaData(), autoload_with=connection)
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.identifier_id), 0))).scalar_one()
    number = last
    for rows in _parts(connection, table, last):
        borne = _borne(connection, table, {row["unit_id"] for row in rows})
        fresh = []
        for row in rows:
            code = row["value"][8:17]
            if check_uscc(row["value"]).ok and (row["unit_id"], code) not in borne:
                number += 1
                told = {"identifier_id": number, "scheme": "org_code", "value": code, "within": "uscc"}
                fresh.append({**row, **told, "verified": "y" if check_org_code(code).ok else "n"})
        if fresh:
            connection.execute(table.insert(), fresh)


def _parts(connection: sa.Connection, table: sa.Table, last: int) -> Iterator[list[dict[str, Any]]]:
    """The credit codes that were there, a part of them at a time."""
    for low in range(0, last, PART):
        within = table.c.identifier_id.between(low + 1, min(low + PART, last))
        rows = connection.execute(sa.select(table).where(within, table.c.scheme == "uscc").order_by("identifier_id"))
        yield [dict(row) for row in rows.mappings()]


def _borne(connection: sa.Connection, table: sa.Table, unit_ids: set[int]) -> set[tuple[int, str]]:
    """The organisation codes that units bear by themselves."""
    found: set[tuple[int, str]] = set()
    wanted = sorted(unit_ids)
    for low in range(0, len(wanted), 500):
        own = (table.c.scheme == "org_code", table.c.unit_id.in_(wanted[low : low + 500]))
        rows = connection.execute(sa.select(table.c.unit_id, table.c.value).where(*own))
        found.update((unit_id, code) for unit_id, code in rows)
    return found
