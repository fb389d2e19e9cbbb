"""A second factor beside the password; what was opened before was opened without one.

Revision ID: 482369ca42b3
Revises: c92e6a3d7b51
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "482369ca42b3"
down_revision = "c92e6a3d7b51"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("offered", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    with op.batch_alter_table("personal_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("two_factors", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("two_factors", sa.Boolean(), nullable=False, server_default=sa.false()))

    for table in ("personal_token", "web_session"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("two_factors", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_column("two_factors")

    with op.batch_alter_table("personal_token", schema=None) as batch_op:
        batch_op.drop_column("two_factors")

    op.drop_table("second_factor")
