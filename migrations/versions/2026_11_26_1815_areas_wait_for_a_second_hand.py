"""An area of an office waits for its confirmation as other rights do; those in force stay so.

Revision ID: 7d20f4b8a1c6
Revises: 436cb5f24b15
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d20f4b8a1c6"
down_revision = "436cb5f24b15"
branch_labels = None
depends_on = None

OFFICE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("right_grant") as batch_op:
        batch_op.add_column(sa.Column("office_id", OFFICE, nullable=True))
        batch_op.add_column(sa.Column("area_prefix", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("park_code", sa.String(length=32), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_right_grant_office_id"), "office", ["office_id"], ["office_id"])
        batch_op.create_index(batch_op.f("ix_right_grant_office_id"), ["office_id"], unique=False)
    with op.batch_alter_table("right_grant") as batch_op:
        batch_op.alter_column("area_prefix", server_default=None)
        batch_op.alter_column("park_code", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("right_grant") as batch_op:
        batch_op.drop_index(batch_op.f("ix_right_grant_office_id"))
        batch_op.drop_constraint(batch_op.f("fk_right_grant_office_id"), type_="foreignkey")
        for name in ("valid_until", "valid_from", "park_code", "area_prefix", "office_id"):
            batch_op.drop_column(name)
