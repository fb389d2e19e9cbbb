"""A written approval keeps its document, names an office of the tree, and the version of the request it is about.

Rows from before have no document; what waited to be countersigned is recorded anew with one.

Revision ID: 3d5a90c7f151
Revises: 482369ca42b3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3d5a90c7f151"
down_revision = "482369ca42b3"
branch_labels = None
depends_on = None

OFFICE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEW = (
    ("file_name", sa.String(length=255), ""),
    ("media_type", sa.String(length=32), ""),
    ("size", sa.Integer(), "0"),
    ("version", sa.Integer(), "0"),
)


def upgrade() -> None:
    with op.batch_alter_table("written_approval") as batch_op:
        for name, kind, empty in NEW:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=empty))
        batch_op.add_column(sa.Column("office_id", OFFICE, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_written_approval_office_id"), "office", ["office_id"], ["office_id"])
    with op.batch_alter_table("written_approval") as batch_op:
        for name, _kind, _empty in NEW:
            batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("written_approval") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_written_approval_office_id"), type_="foreignkey")
        for name in ("office_id", "version", "size", "media_type", "file_name"):
            batch_op.drop_column(name)
