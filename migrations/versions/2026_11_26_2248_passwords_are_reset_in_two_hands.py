"""Passwords are reset in two hands, and people are told by whom.

Revision ID: aa82bb41402c
Revises: c791dc9caeba
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "aa82bb41402c"
down_revision = "c791dc9caeba"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "one_time_password",
        sa.Column("right_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("half", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["right_id"], ["right_grant.right_id"], name=op.f("fk_one_time_password_right_id")),
        sa.PrimaryKeyConstraint("right_id", name=op.f("pk_one_time_password")),
    )
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.add_column(sa.Column("password_set_by", sa.String(length=160), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("password_set_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.alter_column("password_set_by", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.drop_column("password_set_at")
        batch_op.drop_column("password_set_by")
    op.drop_table("one_time_password")
