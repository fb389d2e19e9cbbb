"""Locks and losing values are kept, with what people said of them.

Revision ID: 5d1c7be9a045
Revises: 81778c3b5ac6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5d1c7be9a045"
down_revision = "81778c3b5ac6"
branch_labels = None
depends_on = None


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "field_lock",
        _id("lock_id"),
        _id("unit_id"),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        _id("set_by"),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        _id("ended_by", nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_why", sa.String(length=255), nullable=False),
        sa.Column("held_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_field_lock_unit_id")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.user_id"], name=op.f("fk_field_lock_set_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.user_id"], name=op.f("fk_field_lock_ended_by")),
        sa.PrimaryKeyConstraint("lock_id", name=op.f("pk_field_lock")),
    )
    op.create_index("ix_field_lock_unit", "field_lock", ["unit_id", "status"])
    op.create_index(op.f("ix_field_lock_held_key"), "field_lock", ["held_key"], unique=True)
    op.create_table(
        "losing_value",
        _id("losing_id"),
        _id("unit_id"),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        _id("record_id"),
        sa.Column("said_on", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.String(length=32), nullable=False),
        sa.Column("over", sa.String(length=16), nullable=False),
        sa.Column("over_on", sa.String(length=10), nullable=False),
        sa.Column("over_facts", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        _id("request_id", nullable=True),
        sa.Column("lost_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_losing_value_unit_id")),
        sa.PrimaryKeyConstraint("losing_id", name=op.f("pk_losing_value")),
        sa.UniqueConstraint("unit_id", "field", "source", name=op.f("uq_losing_value_unit_id_field_source")),
    )
    op.create_index("ix_losing_value_status", "losing_value", ["status", "losing_id"])
    op.create_index("ix_losing_value_field", "losing_value", ["status", "field", "source", "losing_id"])
    op.create_table(
        "value_choice",
        _id("choice_id"),
        _id("unit_id"),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.String(length=32), nullable=False),
        sa.Column("over_facts", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        _id("by"),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_value_choice_unit_id")),
        sa.ForeignKeyConstraint(["by"], ["user_account.user_id"], name=op.f("fk_value_choice_by")),
        sa.PrimaryKeyConstraint("choice_id", name=op.f("pk_value_choice")),
    )
    op.create_index(op.f("ix_value_choice_unit_id"), "value_choice", ["unit_id"])


def downgrade() -> None:
    op.drop_table("value_choice")
    op.drop_table("losing_value")
    op.drop_table("field_lock")
