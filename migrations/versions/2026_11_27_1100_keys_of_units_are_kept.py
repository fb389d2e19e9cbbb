"""Keys of units are kept for match runs: made of the register by the next run, so there is nothing to bring over.

Revision ID: 7d20c4b19e35
Revises: 9bf1e4bb426c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d20c4b19e35"
down_revision = "9bf1e4bb426c"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "match_keys",
        sa.Column("part", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("made", sa.String(length=32), nullable=False),
        sa.Column("units", sa.LargeBinary(), nullable=False),
        sa.Column("columns", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_match_keys")),
    )


def downgrade() -> None:
    op.drop_table("match_keys")
