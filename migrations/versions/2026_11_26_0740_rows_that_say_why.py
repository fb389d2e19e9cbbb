"""Rows that say why they wait or ended are found without reading those that do not.

Revision ID: 5d0c7a9e3b18
Revises: dddc5278add7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5d0c7a9e3b18"
down_revision = "dddc5278add7"
branch_labels = None
depends_on = None

_SAYS_WHY = sa.text("outcome_reason <> ''")


def upgrade() -> None:
    op.create_index(
        "ix_source_record_says_why",
        "source_record",
        ["outcome", "batch_id"],
        sqlite_where=_SAYS_WHY,
        postgresql_where=_SAYS_WHY,
    )


def downgrade() -> None:
    op.drop_index("ix_source_record_says_why", "source_record")
