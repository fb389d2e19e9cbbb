"""Links are stated by requests beside what versions imply, and a request says which other it takes back.

Revision ID: 5d0b7e41c9f2
Revises: 9884d3ebdbee
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5d0b7e41c9f2"
down_revision = "9884d3ebdbee"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("identifier", "relation"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("stated", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("stated", server_default=None)
    with op.batch_alter_table("request_item") as batch_op:
        batch_op.add_column(sa.Column("links", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("request_item") as batch_op:
        batch_op.alter_column("links", server_default=None)
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.add_column(sa.Column("undoes", BIG, nullable=True))
        batch_op.create_index(op.f("ix_change_request_undoes"), ["undoes"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.drop_index(op.f("ix_change_request_undoes"))
        batch_op.drop_column("undoes")
    with op.batch_alter_table("request_item") as batch_op:
        batch_op.drop_column("links")
    for table in ("relation", "identifier"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("stated")
