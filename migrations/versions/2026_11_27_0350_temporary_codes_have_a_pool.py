"""temporary codes have a pool

Revision ID: 5b1f0c3e9a27
Revises: 5d1c7be9a045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b1f0c3e9a27"
down_revision = "5d1c7be9a045"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "temporary_code",
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("area_code", sa.String(length=6), nullable=False),
        sa.Column("office_id", BIG_ID, nullable=False),
        sa.Column("issued_by", BIG_ID, nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_temporary_code_office_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.user_id"], name=op.f("fk_temporary_code_issued_by")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_temporary_code")),
    )
    with op.batch_alter_table("temporary_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_temporary_code_area_code"), ["area_code"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("temporary_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_temporary_code_area_code"))
    op.drop_table("temporary_code")
