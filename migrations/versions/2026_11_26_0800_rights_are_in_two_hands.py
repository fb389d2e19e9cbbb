"""Rights are given by one administrator and confirmed by another; a password another set is changed at first use.

Who had an account before has used it: the administrators of an older installation may give rights at once.

Revision ID: 169ad6a9f5e6
Revises: 7c41e0b2d821
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "169ad6a9f5e6"
down_revision = "7c41e0b2d821"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "right_grant",
        sa.Column("right_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("open_key", sa.String(length=128), nullable=True),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.user_id"], name=op.f("fk_right_grant_decided_by")),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.user_id"], name=op.f("fk_right_grant_given_by")),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.key_id"], name=op.f("fk_right_grant_key_id")),
        sa.ForeignKeyConstraint(["section_id"], ["section.section_id"], name=op.f("fk_right_grant_section_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name=op.f("fk_right_grant_user_id")),
        sa.PrimaryKeyConstraint("right_id", name=op.f("pk_right_grant")),
        sa.UniqueConstraint("open_key", name=op.f("uq_right_grant_open_key")),
    )
    with op.batch_alter_table("right_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_right_grant_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_right_grant_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("settled_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE user_account SET settled_at = created_at")
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.alter_column("must_change_password", server_default=None)


def downgrade() -> None:
    op.execute("UPDATE api_key SET status = 'revoked' WHERE status = 'pending'")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_column("settled_at")
        batch_op.drop_column("must_change_password")

    with op.batch_alter_table("right_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_right_grant_user_id"))
        batch_op.drop_index(batch_op.f("ix_right_grant_key_id"))

    op.drop_table("right_grant")
