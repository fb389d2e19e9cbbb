"""A request that moves a unit into another office's area says which, and who agreed there; a batch says when it was stopped.

Revision ID: 3e8f41d7a602
Revises: 8e3b60d1f7a4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3e8f41d7a602"
down_revision = "8e3b60d1f7a4"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ASKS = "fk_change_request_asks_office_id_office"
CONSENTED = "fk_change_request_consented_by_user_account"


def upgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.add_column(sa.Column("asks_office_id", BIG, nullable=True))
        batch_op.add_column(sa.Column("consented_by", BIG, nullable=True))
        batch_op.add_column(sa.Column("stopped_at", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(ASKS, "office", ["asks_office_id"], ["office_id"])
        batch_op.create_foreign_key(CONSENTED, "user_account", ["consented_by"], ["user_id"])
        batch_op.create_index(op.f("ix_change_request_asks_office_id"), ["asks_office_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("change_request") as batch_op:
        batch_op.drop_index(op.f("ix_change_request_asks_office_id"))
        batch_op.drop_constraint(CONSENTED, type_="foreignkey")
        batch_op.drop_constraint(ASKS, type_="foreignkey")
        batch_op.drop_column("stopped_at")
        batch_op.drop_column("consented_by")
        batch_op.drop_column("asks_office_id")
