"""A list has a version that confirmations name, the section it was written down for, and who redefined it.

Lists from before are of the section that their survey belongs to now; who redefined them stands in the log alone.

Revision ID: 5be1c7d0a946
Revises: 3d5a90c7f151
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5be1c7d0a946"
down_revision = "3d5a90c7f151"
branch_labels = None
depends_on = None

SECTION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("frame") as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("section_id", SECTION, nullable=True))
        batch_op.add_column(sa.Column("redefined_by", sa.Text(), nullable=False, server_default="[]"))
        batch_op.create_foreign_key(batch_op.f("fk_frame_section_id"), "section", ["section_id"], ["section_id"])
    with op.batch_alter_table("frame") as batch_op:
        batch_op.alter_column("version", server_default=None)
        batch_op.alter_column("redefined_by", server_default=None)
    op.execute("UPDATE frame SET section_id = (SELECT survey.section_id FROM survey WHERE survey.code = frame.survey)")


def downgrade() -> None:
    with op.batch_alter_table("frame") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_frame_section_id"), type_="foreignkey")
        for name in ("redefined_by", "section_id", "version"):
            batch_op.drop_column(name)
