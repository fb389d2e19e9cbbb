"""Each part of a file is accounted for by name: a sheet, a table, a file of a package.

Revision ID: 4a7d2f91c6b8
Revises: 5b1f0c3e9a27
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4a7d2f91c6b8"
down_revision = "5b1f0c3e9a27"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("parts", sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("import_batch", "parts")
