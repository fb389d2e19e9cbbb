"""Indexes of source rows that are taken without statistics; how far the rows of a request that came to nothing are settled.

With one column each, a statement over a file chose the outcome, which all rows share, and grew with its square.

Revision ID: 4b7e1c9d2f60
Revises: 7a41d0c96e58
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4b7e1c9d2f60"
down_revision = "7a41d0c96e58"
branch_labels = None
depends_on = None

_BEFORE = ("outcome", "row_hash", "cluster_id")
_NOW = {
    "ix_source_record_outcome_batch": ["outcome", "batch_id"],
    "ix_source_record_hash_batch": ["row_hash", "batch_id"],
    "ix_source_record_cluster_outcome": ["cluster_id", "outcome"],
}


def upgrade() -> None:
    for name, columns in _NOW.items():
        op.create_index(name, "source_record", columns)
    for column in _BEFORE:
        op.drop_index(op.f(f"ix_source_record_{column}"), "source_record")
    op.add_column("change_request", sa.Column("freed_through", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("change_request", "freed_through")
    for column in _BEFORE:
        op.create_index(op.f(f"ix_source_record_{column}"), "source_record", [column])
    for name in _NOW:
        op.drop_index(name, "source_record")
