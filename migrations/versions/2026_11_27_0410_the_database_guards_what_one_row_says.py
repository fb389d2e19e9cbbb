"""The database guards what one row says of the register: days, standings, what no live unit lacks, and who is pointed to.

What stands against it is told, table, constraint and units, before anything is altered.

Revision ID: 4d7a0b93e1c6
Revises: 7c1e94b20d55
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.schema import RowsInTheWay

revision = "4d7a0b93e1c6"
down_revision = "7c1e94b20d55"
branch_labels = None
depends_on = None

CLOCKS = {"days": "valid_from < valid_until", "known": "recorded_at < superseded_at"}
HISTORY = "superseded_at < '9999-12-31 00:00:00.000000'"
GONE = "operating_status IN ('4', '5', '6', '7')"
STANDINGS = "'live', 'closed', 'merged', 'converted', 'moved_out', 'void'"
CHECKS = {
    "unit_version": {
        **CLOCKS,
        "standing": f"standing IN ({STANDINGS})",
        "live_status": f"{HISTORY} OR standing <> 'live' OR NOT {GONE}",
        "closed_status": f"{HISTORY} OR standing <> 'closed' OR {GONE}",
        **{f"live_{name}": f"{HISTORY} OR standing <> 'live' OR {name} <> ''" for name in ("area_code", "unit_type")},
        "live_name": f"{HISTORY} OR standing <> 'live' OR name <> '' OR short_name <> ''",
        "successor": "successor_id <> unit_id",
    },
    "identifier": {**CLOCKS, "value": "value <> ''", "verified": "verified IN ('y', 'n', '')"},
    "relation": {
        **CLOCKS,
        "target": "target_unit_id <> unit_id",
        "told": "target_unit_id IS NOT NULL OR target_code <> ''",
    },
}
POINTERS = {"unit_version": "successor_id", "relation": "target_unit_id"}
SHOWN = 5


def upgrade() -> None:
    found = [*_breaking(), *_pointing_nowhere()]
    if found:
        raise RowsInTheWay(found="; ".join(found))
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table) as batch_op:
            for name, condition in checks.items():
                batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{name}"), condition)
            if table in POINTERS:
                pointer = POINTERS[table]
                batch_op.create_foreign_key(batch_op.f(f"fk_{table}_{pointer}"), "unit", [pointer], ["unit_id"])


def downgrade() -> None:
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table) as batch_op:
            if table in POINTERS:
                batch_op.drop_constraint(batch_op.f(f"fk_{table}_{POINTERS[table]}"), type_="foreignkey")
            for name in checks:
                batch_op.drop_constraint(batch_op.f(f"ck_{table}_{name}"), type_="check")


def _breaking() -> list[str]:
    return [
        told
        for table, checks in CHECKS.items()
        for name, condition in checks.items()
        for told in _told(f"{table} {name}", f"{table} WHERE NOT ({condition})")
    ]


def _pointing_nowhere() -> list[str]:
    nowhere = "{0} WHERE {1} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.unit_id = {0}.{1})"
    return [told for table, name in POINTERS.items() for told in _told(f"{table} {name}", nowhere.format(table, name))]


def _told(what: str, rows: str) -> list[str]:
    """The constraint, how many units have rows that stand against it, and the first of them."""
    query = f"SELECT DISTINCT unit_id FROM {rows} ORDER BY unit_id"  # noqa: S608  # of this file
    units = [str(unit) for unit in op.get_bind().execute(sa.text(query)).scalars()]
    return [f"{what}: {len(units)} ({', '.join(units[:SHOWN])})"] if units else []
