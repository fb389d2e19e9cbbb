"""Requests have a version that decisions name, and say how their units are spread.

Those that were handed in before are at their first version; how their units are spread is not counted afterwards.

Revision ID: 7c41e0b2d820
Revises: 8a16d34f0b52
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c41e0b2d820"
down_revision = "8a16d34f0b52"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("spread", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.alter_column("version", server_default=None)
        batch_op.alter_column("spread", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.drop_column("spread")
        batch_op.drop_column("version")
