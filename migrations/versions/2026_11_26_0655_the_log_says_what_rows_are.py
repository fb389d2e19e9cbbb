"""The log says what rows are

Revision ID: 4170b816a309
Revises: 8c2f5a7e1b34
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4170b816a309"
down_revision = "8c2f5a7e1b34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_rows",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_rows")),
    )
    op.create_table(
        "row_layout",
        sa.Column("layout_id", sa.String(length=16), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("layout_id", name=op.f("pk_row_layout")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rows_digest", sa.String(length=64), server_default="", nullable=False))

    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.drop_column("content_digest")


def downgrade() -> None:
    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("content_digest", sa.String(length=32), nullable=False, server_default=""))

    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_column("rows_digest")

    op.drop_table("row_layout")
    op.drop_table("audit_rows")
