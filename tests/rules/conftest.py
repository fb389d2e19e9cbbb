"""A database with the code lists and rules that ship, loaded once in a run and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.codelists.service import load_shipped
from app.core.db import Database, open_database
from app.rules.service import load_standard_rules
from tests.factories.world import NOW, TEST_KEYS


def _fill(database: Database) -> None:
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
        load_standard_rules(session, actor="test", now=NOW)


@pytest.fixture
def ruled(databases: Any) -> Iterator[Database]:
    copy = open_database(databases.copy_of(databases.kept("rules", _fill)), TEST_KEYS)
    yield copy
    databases.drop(copy)
