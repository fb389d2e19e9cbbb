"""Layouts of files can be taught.

Revision ID: 8e3b60d1f7a4
Revises: 4a7d2f91c6b8
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8e3b60d1f7a4"
down_revision = "4a7d2f91c6b8"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "file_layout",
        sa.Column("layout_id", BIG_ID, nullable=False),
        sa.Column("office_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("like", sa.String(length=64), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("ways", sa.Text(), nullable=False),
        sa.Column("taught_by", BIG_ID, nullable=False),
        sa.Column("taught_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_file_layout_office_id")),
        sa.ForeignKeyConstraint(["taught_by"], ["user_account.user_id"], name=op.f("fk_file_layout_taught_by")),
        sa.PrimaryKeyConstraint("layout_id", name=op.f("pk_file_layout")),
        sa.UniqueConstraint(
            "office_id", "source", "name", "version", name=op.f("uq_file_layout_office_id_source_name_version")
        ),
    )
    with op.batch_alter_table("file_layout") as batch_op:
        batch_op.create_index(batch_op.f("ix_file_layout_office_id"), ["office_id"], unique=False)


def downgrade() -> None:
    op.drop_table("file_layout")
