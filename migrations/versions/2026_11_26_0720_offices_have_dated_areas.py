"""Offices have areas with their days, people sections; jobs belong to an office.

A root without an area saw everything and keeps the whole country; other offices without one saw it by mistake.

Revision ID: 97fd06f9f6fb
Revises: 7d1f0b5a9e24
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "97fd06f9f6fb"
down_revision = "7d1f0b5a9e24"
branch_labels = None
depends_on = None


AREAS = """
INSERT INTO office_area (office_id, area_prefix, park_code, valid_from, valid_until)
SELECT office_id, CASE WHEN area_prefix = '' THEN '000000' ELSE area_prefix END, '', '0001-01-01', '9999-12-31'
FROM office WHERE area_prefix <> '' OR parent_id IS NULL
"""
AREAS_BACK = """
UPDATE office SET area_prefix = COALESCE((SELECT MIN(area_prefix) FROM office_area
WHERE office_area.office_id = office.office_id AND area_prefix <> '000000'), '')
"""


OFFICE_OF_JOB = "UPDATE job SET office_id = (SELECT office_id FROM user_account WHERE login = job.created_by)"


def upgrade() -> None:
    with op.batch_alter_table("job") as batch_op:
        batch_op.add_column(sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_index(batch_op.f("ix_job_office_id"), ["office_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_job_office_id"), "office", ["office_id"], ["office_id"])
    op.execute(OFFICE_OF_JOB)
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.add_column(sa.Column("lands", sa.Text(), nullable=False, server_default="[]"))
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.alter_column("lands", server_default=None)
    op.create_table(
        "office_area",
        sa.Column("area_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area_prefix", sa.String(length=12), nullable=False),
        sa.Column("park_code", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_office_area_office_id")),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_office_area")),
        sa.UniqueConstraint(
            "office_id",
            "area_prefix",
            "park_code",
            "valid_from",
            name=op.f("uq_office_area_office_id_area_prefix_park_code_valid_from"),
        ),
    )
    with op.batch_alter_table("office_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_area_office_id"), ["office_id"], unique=False)

    op.create_table(
        "section",
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_section_office_id")),
        sa.PrimaryKeyConstraint("section_id", name=op.f("pk_section")),
        sa.UniqueConstraint("office_id", "code", name=op.f("uq_section_office_id_code")),
    )
    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_section_office_id"), ["office_id"], unique=False)

    op.execute(AREAS)
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_column("area_prefix")

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_user_account_section_id"), ["section_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_user_account_section_id"), "section", ["section_id"], ["section_id"])


def downgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.drop_column("lands")
    with op.batch_alter_table("job") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_job_office_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_job_office_id"))
        batch_op.drop_column("office_id")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_user_account_section_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_user_account_section_id"))
        batch_op.drop_column("section_id")

    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.add_column(sa.Column("area_prefix", sa.String(length=12), nullable=False, server_default=""))
    op.execute(AREAS_BACK)
    with op.batch_alter_table("office") as batch_op:
        batch_op.alter_column("area_prefix", server_default=None)

    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_section_office_id"))

    op.drop_table("section")
    with op.batch_alter_table("office_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_office_area_office_id"))

    op.drop_table("office_area")
