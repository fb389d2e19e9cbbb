"""A checker says since when a value was wrong.

Revision ID: 7c1e94b20d55
Revises: 5d0b7e41c9f2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c1e94b20d55"
down_revision = "5d0b7e41c9f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("spot_check_item") as batch_op:
        batch_op.add_column(sa.Column("since", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("spot_check_item") as batch_op:
        batch_op.drop_column("since")
