"""One tree for both databases: up, equal to the models, one step down and up again."""

from __future__ import annotations

from app.core.db import Database
from app.core.schema import current_revision, differences, downgrade, head_revision, upgrade
from app.models import metadata


def test_the_head_schema_equals_the_models(database: Database) -> None:
    assert current_revision(database.engine) == head_revision()
    assert differences(database.engine, metadata) == []


def test_one_step_down_and_up_again(database: Database) -> None:
    downgrade(database.engine, "-1")
    assert current_revision(database.engine) != head_revision()
    upgrade(database.engine)
    assert differences(database.engine, metadata) == []
