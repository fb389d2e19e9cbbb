"""A spot check is drawn from a frozen frame or from the register: definition, day and moment, hash of the population.

Revision ID: c92e6a3d7b51
Revises: b7c4e1d90a55
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c92e6a3d7b51"
down_revision = "b7c4e1d90a55"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_NO_FRAME = (
    "DELETE FROM spot_check_item WHERE check_id IN (SELECT check_id FROM spot_check WHERE frame_id IS NULL)",
    "DELETE FROM spot_check WHERE frame_id IS NULL",
)


def upgrade() -> None:
    with op.batch_alter_table("spot_check") as batch_op:
        batch_op.alter_column("frame_id", existing_type=_NUMBER, nullable=True)
        batch_op.add_column(sa.Column("definition", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("reference_date", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("known_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("population_sha256", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    for statement in OF_NO_FRAME:
        op.execute(statement)
    with op.batch_alter_table("spot_check") as batch_op:
        for name in ("population_sha256", "known_at", "reference_date", "definition"):
            batch_op.drop_column(name)
        batch_op.alter_column("frame_id", existing_type=_NUMBER, nullable=False)
