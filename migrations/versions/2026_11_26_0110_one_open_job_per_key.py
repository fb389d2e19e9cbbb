"""A key names at most one open job: two that asked at once each got one.

Revision ID: c5d1a7f0b3e2
Revises: c9879f0c67f7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c5d1a7f0b3e2"
down_revision = "c9879f0c67f7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job") as batch_op:
        batch_op.add_column(sa.Column("open_key", sa.String(length=128), nullable=True))
    # Of several open jobs of one key the first keeps it; the others are done as they stand.
    op.execute(
        "UPDATE job SET open_key = key WHERE status IN ('todo', 'doing') AND job_id IN "
        "(SELECT min(job_id) FROM job WHERE status IN ('todo', 'doing') GROUP BY key)"
    )
    with op.batch_alter_table("job") as batch_op:
        batch_op.create_unique_constraint(op.f("uq_job_open_key"), ["open_key"])


def downgrade() -> None:
    with op.batch_alter_table("job") as batch_op:
        batch_op.drop_constraint(op.f("uq_job_open_key"), type_="unique")
        batch_op.drop_column("open_key")
