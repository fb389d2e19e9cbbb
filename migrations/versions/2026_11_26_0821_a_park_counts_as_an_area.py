"""Changing the park that a unit belongs to counts as changing its area (DESIGN.md, §5.5).

Revision ID: 7c41e0b2d821
Revises: b81d5f2c6a40
"""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "7c41e0b2d821"
down_revision = "b81d5f2c6a40"
branch_labels = None
depends_on = None

_POLICY = sa.table("policy", sa.column("policy_id"), sa.column("kind"), sa.column("rule"))


def upgrade() -> None:
    _set(lambda fields: {"park_code": "area", **fields})


def downgrade() -> None:
    _set(lambda fields: {name: effect for name, effect in fields.items() if name != "park_code"})


def _set(become: Callable[[dict[str, str]], dict[str, str]]) -> None:
    connection = op.get_bind()
    found = connection.execute(sa.select(_POLICY.c.policy_id, _POLICY.c.rule).where(_POLICY.c.kind == "effects")).all()
    for policy_id, text in found:
        rule = json.loads(text)
        rule["fields"] = become(rule["fields"])
        packed = json.dumps(rule, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        connection.execute(_POLICY.update().where(_POLICY.c.policy_id == policy_id).values(rule=packed))
