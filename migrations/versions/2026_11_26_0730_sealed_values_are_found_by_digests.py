"""Sealed values are found by digests

Revision ID: dddc5278add7
Revises: 97fd06f9f6fb
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "dddc5278add7"
down_revision = "97fd06f9f6fb"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("legal_rep_whole_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("operator_whole_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("tel_whole_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("tel_tail_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("mobile_whole_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("mobile_tail_digest", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("contact_name_whole_digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.drop_column("contact_name_whole_digest")
        batch_op.drop_column("mobile_tail_digest")
        batch_op.drop_column("mobile_whole_digest")
        batch_op.drop_column("tel_tail_digest")
        batch_op.drop_column("tel_whole_digest")
        batch_op.drop_column("operator_whole_digest")
        batch_op.drop_column("legal_rep_whole_digest")
