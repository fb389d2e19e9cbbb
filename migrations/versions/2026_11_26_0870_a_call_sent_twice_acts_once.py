"""A call sent twice acts once.

Revision ID: 1edf0bc8e854
Revises: 5d0c7a9e3b18
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1edf0bc8e854"
down_revision = "5d0c7a9e3b18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keyed_call",
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("worker", sa.String(length=160), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("kept_until", sa.DateTime(), nullable=False),
        sa.Column("sent_digest", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "key_digest", name=op.f("pk_keyed_call")),
    )
    with op.batch_alter_table("keyed_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_keyed_call_kept_until"), ["kept_until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("keyed_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_keyed_call_kept_until"))

    op.drop_table("keyed_call")
