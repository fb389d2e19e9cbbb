"""Alembic environment: one tree for both databases, always over a connection that we open ourselves."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy.types import TypeDecorator

from app.models import metadata


def plain(kind: str, thing: Any, _autogen: Any) -> str | Literal[False]:
    """Our own column types by the plain ones they are stored as: a migration must run when our code has moved."""
    if kind != "type" or not isinstance(thing, TypeDecorator):
        return False
    stored = thing.impl_instance if isinstance(thing.impl_instance, sa.String) else thing.impl_instance.as_generic()
    return f"sa.{stored!r}"


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_type=True,
    render_item=plain,
)
with context.begin_transaction():
    context.run_migrations()
