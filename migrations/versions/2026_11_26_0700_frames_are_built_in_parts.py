"""A frame is built in parts that nobody sees before all of it is there; which build is on stands with the frame.

Revision ID: 3e9d6b8f0a21
Revises: 4170b816a309
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3e9d6b8f0a21"
down_revision = "4170b816a309"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("frame", sa.Column("building", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("frame", "building")
