"""Keys, tokens and sign-ins say in what state they are, so that the one guarded move can take them on.

Revision ID: 7a41d0c96e58
Revises: d2a8c4e6f107
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7a41d0c96e58"
down_revision = "d2a8c4e6f107"
branch_labels = None
depends_on = None

STATES = (
    ("api_key", "issued", "revoked", "revoked_at"),
    ("personal_token", "issued", "revoked", "revoked_at"),
    ("web_session", "open", "ended", "ended_at"),
)


def upgrade() -> None:
    for table, begins, ends, moment in STATES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("status", sa.String(length=16), nullable=False, server_default=begins))
        op.execute(f"UPDATE {table} SET status = '{ends}' WHERE {moment} IS NOT NULL")  # noqa: S608  # our own words
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("status", server_default=None)


def downgrade() -> None:
    for table, *_ in STATES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("status")
