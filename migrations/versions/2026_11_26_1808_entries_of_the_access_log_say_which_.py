"""Entries of the access log say which units were seen

Revision ID: 436cb5f24b15
Revises: 5be1c7d0a946
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "436cb5f24b15"
down_revision = "5be1c7d0a946"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_units",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_access_units")),
    )
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unit_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(
            sa.Column("unit_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("units_digest", sa.String(length=64), server_default="", nullable=False))
        batch_op.create_index(
            "ix_access_event_several",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("unit_from < unit_until"),
            postgresql_where=sa.text("unit_from < unit_until"),
        )
        batch_op.create_index("ix_access_event_unit_from", ["unit_from", "seq"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.drop_index("ix_access_event_unit_from")
        batch_op.drop_index(
            "ix_access_event_several",
            sqlite_where=sa.text("unit_from < unit_until"),
            postgresql_where=sa.text("unit_from < unit_until"),
        )
        batch_op.drop_column("units_digest")
        batch_op.drop_column("unit_until")
        batch_op.drop_column("unit_from")

    op.drop_table("access_units")
