"""Surveys are registered and belong to sections; those that lists name so far are nobody's until somebody says whose.

Revision ID: b7c4e1d90a55
Revises: 169ad6a9f5e6
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "b7c4e1d90a55"
down_revision = "169ad6a9f5e6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    survey = op.create_table(
        "survey",
        sa.Column("survey_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("document_no", sa.String(length=128), nullable=False),
        sa.Column("form_no", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["section.section_id"], name=op.f("fk_survey_section_id_section")),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_survey")),
        sa.UniqueConstraint("code", name=op.f("uq_survey_code")),
    )
    op.create_index("ix_survey_section_id", "survey", ["section_id"])
    named = op.get_bind().execute(sa.text("SELECT DISTINCT survey FROM frame ORDER BY survey")).scalars().all()
    marks = {"name_en": "", "document_no": "", "form_no": "", "section_id": None}
    days = {"valid_from": date(1900, 1, 1), "valid_until": date(9999, 12, 31)}
    made = datetime.now(UTC).replace(tzinfo=None)
    op.bulk_insert(survey, [{"code": code, "name": code, "created_at": made, **marks, **days} for code in named])


def downgrade() -> None:
    op.drop_index("ix_survey_section_id", "survey")
    op.drop_table("survey")
