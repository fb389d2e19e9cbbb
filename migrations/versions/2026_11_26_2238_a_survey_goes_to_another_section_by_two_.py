"""A survey goes to another section by two people: what is proposed waits beside whose it is.

Revision ID: c791dc9caeba
Revises: 1d277c69f967
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c791dc9caeba"
down_revision = "1d277c69f967"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("survey") as batch_op:
        batch_op.add_column(sa.Column("proposed_section_id", ID, nullable=True))
        batch_op.add_column(sa.Column("proposed_by", ID, nullable=True))
        batch_op.add_column(sa.Column("proposed_at", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_survey_proposed_section_id"), "section", ["proposed_section_id"], ["section_id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_survey_proposed_by"), "user_account", ["proposed_by"], ["user_id"])


def downgrade() -> None:
    with op.batch_alter_table("survey") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_survey_proposed_by"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_survey_proposed_section_id"), type_="foreignkey")
        for name in ("proposed_at", "proposed_by", "proposed_section_id"):
            batch_op.drop_column(name)
