"""Whose name a name shows is sealed beside it

Revision ID: 9bf1e4bb426c
Revises: 3e8f41d7a602
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9bf1e4bb426c"
down_revision = "3e8f41d7a602"
branch_labels = None
depends_on = None

TABLE = "unit_version"
NEW = ("name_person", "name_person_whole_digest")
PERSONS = ("legal_rep", "operator", "contact_name", "name_person")


def upgrade() -> None:
    """The names that earlier versions wrote are masked behind this, by `app.audit.names`."""
    for column in NEW:
        op.add_column(TABLE, sa.Column(column, sa.LargeBinary(), nullable=True))
    for person in PERSONS:
        column = f"{person}_whole_digest"
        some = sa.text(f"superseded_at = '9999-12-31 00:00:00.000000' AND {column} IS NOT NULL")
        op.create_index(f"ix_unit_version_{person}", TABLE, [column], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for person in PERSONS:
        op.drop_index(f"ix_unit_version_{person}", TABLE)
    for column in reversed(NEW):
        op.drop_column(TABLE, column)
