"""Rules are written by people and counted over files and requests

Revision ID: 81778c3b5ac6
Revises: 4d7a0b93e1c6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "81778c3b5ac6"
down_revision = "4d7a0b93e1c6"
branch_labels = None
depends_on = None


BELIEVED = sa.text("superseded_at = '9999-12-31 00:00:00.000000'")
FOLDED = "upper(replace(replace(replace(replace(name, '（', '('), '）', ')'), ' ', ''), '　', ''))"


def upgrade() -> None:
    op.create_table(
        "rule_count",
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("about_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("guards", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("count_id", name=op.f("pk_rule_count")),
        sa.UniqueConstraint("about", "about_id", name=op.f("uq_rule_count_about_about_id")),
    )
    op.create_table(
        "rule_draft",
        sa.Column("draft_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("zh", sa.String(length=512), nullable=False),
        sa.Column("en", sa.String(length=512), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.user_id"], name=op.f("fk_rule_draft_decided_by")),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_rule_draft_office_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.user_id"], name=op.f("fk_rule_draft_proposed_by")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_rule_draft")),
    )
    for name, of in (("ix_unit_version_name", sa.text(FOLDED)), ("ix_unit_version_mobile", "mobile_whole_digest")):
        op.create_index(name, "unit_version", [of], sqlite_where=BELIEVED, postgresql_where=BELIEVED)


def downgrade() -> None:
    for name in ("ix_unit_version_mobile", "ix_unit_version_name"):
        op.drop_index(name, "unit_version")
    op.drop_table("rule_draft")
    op.drop_table("rule_count")
