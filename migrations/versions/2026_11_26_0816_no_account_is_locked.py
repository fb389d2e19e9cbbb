"""No account is locked: who fails to sign in waits, and nobody else.

Revision ID: 8a16d34f0b52
Revises: 1edf0bc8e854
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.types import Moment

revision = "8a16d34f0b52"
down_revision = "1edf0bc8e854"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("user_account", "locked_until")
    op.drop_column("user_account", "failed_sign_ins")


def downgrade() -> None:
    op.add_column("user_account", sa.Column("failed_sign_ins", sa.Integer, nullable=False, server_default="0"))
    op.add_column("user_account", sa.Column("locked_until", Moment, nullable=True))
