"""Rules and what they find are kept

Revision ID: 9884d3ebdbee
Revises: aa82bb41402c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9884d3ebdbee"
down_revision = "aa82bb41402c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule",
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("zh", sa.String(length=512), nullable=False),
        sa.Column("en", sa.String(length=512), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.String(length=255), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_rule")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_rule_code_valid_from")),
    )
    op.create_table(
        "finding",
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_finding_unit_id")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding")),
        sa.UniqueConstraint("unit_id", "rule", name=op.f("uq_finding_unit_id_rule")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_status_rule", ["status", "rule", "unit_id"], unique=False)

    op.create_table(
        "finding_note",
        sa.Column("note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.user_id"], name=op.f("fk_finding_note_by")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.finding_id"], name=op.f("fk_finding_note_finding_id")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_finding_note")),
    )
    with op.batch_alter_table("finding_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_note_finding_id"), ["finding_id"], unique=False)

    op.create_table(
        "rule_run",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_rule_run")),
    )
    with op.batch_alter_table("rule_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_run_on"), ["on"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rule_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_run_on"))

    op.drop_table("rule_run")
    with op.batch_alter_table("finding_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_note_finding_id"))

    op.drop_table("finding_note")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("ix_finding_status_rule")

    op.drop_table("finding")
    op.drop_table("rule")
