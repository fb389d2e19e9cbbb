"""Keys are for areas, surveys and networks.

One of before was told of every unit there is, and goes on so until it ends.

Revision ID: 1d277c69f967
Revises: 7c1e52b90d38
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1d277c69f967"
down_revision = "7c1e52b90d38"
branch_labels = None
depends_on = None

OF_BEFORE = """
INSERT INTO api_key_limit (key_id, kind, value, valid_from, valid_until)
SELECT key_id, 'area', '000000', '2000-01-01', '9999-12-31' FROM api_key ORDER BY key_id
"""


def upgrade() -> None:
    op.create_table(
        "api_key_limit",
        sa.Column("limit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.key_id"], name=op.f("fk_api_key_limit_key_id")),
        sa.PrimaryKeyConstraint("limit_id", name=op.f("pk_api_key_limit")),
        sa.UniqueConstraint(
            "key_id", "kind", "value", "valid_from", name=op.f("uq_api_key_limit_key_id_kind_value_valid_from")
        ),
    )
    op.execute(OF_BEFORE)
    with op.batch_alter_table("api_key_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_limit_key_id"), ["key_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("api_key_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_limit_key_id"))

    op.drop_table("api_key_limit")
