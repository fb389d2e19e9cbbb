"""A match run is laid down in parts that nobody sees, then settles; a kill in between is taken up by the next.

Revision ID: 8c2f5a7e1b34
Revises: 4b7e1c9d2f60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8c2f5a7e1b34"
down_revision = "4b7e1c9d2f60"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "match_way",
        sa.Column(
            "run_id",
            BIG_ID,
            sa.ForeignKey("match_run.run_id", name=op.f("fk_match_way_run_id_match_run")),
            nullable=False,
        ),
        sa.Column("cluster_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("record_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("goes", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("unit_id", BIG_ID, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "cluster_id", "record_id", name=op.f("pk_match_way")),
    )
    op.create_index(op.f("ix_match_way_record_id"), "match_way", ["record_id"])
    op.add_column("match_run", sa.Column("settled_through", BIG_ID, nullable=False, server_default="0"))
    op.add_column("change_request", sa.Column("made_by_run", BIG_ID, nullable=True))
    op.create_index(op.f("ix_change_request_made_by_run"), "change_request", ["made_by_run"])


def downgrade() -> None:
    op.drop_index(op.f("ix_change_request_made_by_run"), "change_request")
    op.drop_column("change_request", "made_by_run")
    op.drop_column("match_run", "settled_through")
    op.drop_table("match_way")
