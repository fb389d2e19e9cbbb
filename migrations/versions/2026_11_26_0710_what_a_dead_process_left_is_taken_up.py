"""What a dead process left is taken up: who works on a job, whose file and run it is, what exists once.

A killed import lost its file; two uploads of one file at once were read twice; two people recorded a document each.

Revision ID: 7d1f0b5a9e24
Revises: 3e9d6b8f0a21
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d1f0b5a9e24"
down_revision = "3e9d6b8f0a21"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OFFICES = (
    "UPDATE import_batch SET office_id ="
    " (SELECT office_id FROM user_account WHERE user_account.user_id = import_batch.created_by)",
    "UPDATE match_run SET office_id ="
    " (SELECT office_id FROM user_account WHERE user_account.user_id = match_run.actor_id)",
)


def upgrade() -> None:
    # Columns and indexes one by one: to build a table anew would break what refers to its rows on SQLite.
    op.add_column("job", sa.Column("worker", sa.String(length=160), nullable=False, server_default=""))
    op.add_column("job", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "import_batch", sa.Column("refused_reason", sa.String(length=2000), nullable=False, server_default="")
    )
    op.add_column("import_batch", sa.Column("live_key", sa.String(length=128), nullable=True))
    op.add_column("import_batch", sa.Column("columns", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("import_batch", sa.Column("office_id", BIG_ID, nullable=False, server_default="0"))
    op.add_column("import_batch", sa.Column("confirmed_by", BIG_ID, nullable=True))
    op.add_column("match_run", sa.Column("office_id", BIG_ID, nullable=False, server_default="0"))
    op.add_column("match_run", sa.Column("worker", sa.String(length=160), nullable=False, server_default=""))
    op.add_column("written_approval", sa.Column("waits_on", BIG_ID, nullable=True))
    for statement in _OFFICES:
        op.execute(statement)
    _keep_one_of_each()
    op.create_index(op.f("ix_import_batch_office_id"), "import_batch", ["office_id"])
    op.create_index(op.f("ix_import_batch_live_key"), "import_batch", ["live_key"], unique=True)
    op.create_index(op.f("ix_written_approval_waits_on"), "written_approval", ["waits_on"], unique=True)


def _keep_one_of_each() -> None:
    """Of a file taken in twice the first counts; of documents that wait on one request the last."""
    op.execute(
        "UPDATE import_batch SET live_key = office_id || ':' || source || ':' || file_sha256 WHERE batch_id IN (SELECT min(batch_id)"
        " FROM import_batch WHERE status IN ('held', 'staged', 'matched') GROUP BY office_id, source, file_sha256)"
    )
    op.execute(
        "UPDATE written_approval SET waits_on = request_id WHERE approval_id IN (SELECT max(approval_id)"
        " FROM written_approval WHERE countersigned_by IS NULL GROUP BY request_id)"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_written_approval_waits_on"), "written_approval")
    op.drop_index(op.f("ix_import_batch_live_key"), "import_batch")
    op.drop_index(op.f("ix_import_batch_office_id"), "import_batch")
    op.drop_column("written_approval", "waits_on")
    for column in ("worker", "office_id"):
        op.drop_column("match_run", column)
    for column in ("confirmed_by", "office_id", "columns", "live_key", "refused_reason"):
        op.drop_column("import_batch", column)
    for column in ("again", "worker"):
        op.drop_column("job", column)
