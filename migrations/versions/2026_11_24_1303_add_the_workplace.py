"""add the workplace: browser sessions, lock-out, spot checks, the index of lists

Revision ID: c9879f0c67f7
Revises: 429fb292d214
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c9879f0c67f7"
down_revision = "429fb292d214"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("session_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_web_session_secret_hash")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "spot_check",
        sa.Column("check_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("frame_id", BIG_ID, nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("office_id", BIG_ID, nullable=False),
        sa.Column("created_by", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.user_id"], name=op.f("fk_spot_check_created_by")),
        sa.ForeignKeyConstraint(["frame_id"], ["frame.frame_id"], name=op.f("fk_spot_check_frame_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_spot_check_office_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("name", name=op.f("uq_spot_check_name")),
    )
    with op.batch_alter_table("spot_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spot_check_frame_id"), ["frame_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_spot_check_office_id"), ["office_id"], unique=False)

    op.create_table(
        "spot_check_item",
        sa.Column("check_id", BIG_ID, nullable=False),
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("unit_id", BIG_ID, nullable=False),
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("presence", sa.String(length=16), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("checked_by", BIG_ID, nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("request_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["spot_check.check_id"], name=op.f("fk_spot_check_item_check_id")),
        sa.PrimaryKeyConstraint("check_id", "seq", name=op.f("pk_spot_check_item")),
    )
    with op.batch_alter_table("spot_check_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spot_check_item_unit_id"), ["unit_id"], unique=False)

    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.create_index(
            "ix_unit_version_list",
            [
                "valid_until",
                "valid_from",
                "standing",
                "unit_type",
                "area_code",
                "industry_code",
                "operating_status",
                "began_by",
                "name",
                "uscc",
                "unit_id",
                "version_id",
            ],
            unique=False,
            sqlite_where=sa.text("superseded_at = '9999-12-31 00:00:00.000000'"),
            postgresql_where=sa.text("superseded_at = '9999-12-31 00:00:00.000000'"),
        )

    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_index("ix_identifier_value")
        batch_op.create_index("ix_identifier_value", ["value", "superseded_at", "unit_id"], unique=False)

    with op.batch_alter_table("export_package", schema=None) as batch_op:
        batch_op.alter_column("frame_id", existing_type=BIG_ID, nullable=True)

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("failed_sign_ins", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("locked_until", sa.DateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_index("ix_identifier_value")
        batch_op.create_index("ix_identifier_value", ["value", "superseded_at"], unique=False)

    with op.batch_alter_table("export_package", schema=None) as batch_op:
        batch_op.alter_column("frame_id", existing_type=BIG_ID, nullable=False)

    # Both databases drop a column in place; a batch would copy the table, which others refer to.
    op.drop_column("user_account", "locked_until")
    op.drop_column("user_account", "failed_sign_ins")

    with op.batch_alter_table("unit_version", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_unit_version_list",
            sqlite_where=sa.text("superseded_at = '9999-12-31 00:00:00.000000'"),
            postgresql_where=sa.text("superseded_at = '9999-12-31 00:00:00.000000'"),
        )

    with op.batch_alter_table("spot_check_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spot_check_item_unit_id"))

    op.drop_table("spot_check_item")
    with op.batch_alter_table("spot_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spot_check_office_id"))
        batch_op.drop_index(batch_op.f("ix_spot_check_frame_id"))

    op.drop_table("spot_check")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_user_id"))

    op.drop_table("web_session")
