"""A spot check is sealed until it is started; each unit has a checker, and counts what was written of it.

Checks that were open are under way; who visits their units is named when they go on (`spotcheck assign`).

Revision ID: b81d5f2c6a40
Revises: 7c41e0b2d820
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b81d5f2c6a40"
down_revision = "7c41e0b2d820"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDER_WAY = "UPDATE spot_check SET status = 'started', started_at = created_at WHERE status = 'open'"
OPEN = "UPDATE spot_check SET status = 'open' WHERE status IN ('drawn', 'started')"


def upgrade() -> None:
    op.add_column("spot_check", sa.Column("started_at", sa.DateTime(), nullable=True))
    op.add_column("spot_check_item", sa.Column("checker_id", _NUMBER, nullable=True))
    op.add_column("spot_check_item", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_spot_check_item_checker_id", "spot_check_item", ["checker_id", "check_id"])
    op.execute(UNDER_WAY)


def downgrade() -> None:
    op.execute(OPEN)
    op.drop_index("ix_spot_check_item_checker_id", "spot_check_item")
    op.drop_column("spot_check_item", "version")
    op.drop_column("spot_check_item", "checker_id")
    op.drop_column("spot_check", "started_at")
