"""A hundred registers with a hundred alterations each, over all tables the log vouches for: every one is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.core.crypto import load_keys
from app.core.db import Database, open_database
from tests.conftest import Databases
from tests.factories.alterations import fill, require_all_named

COPIES, ALTERATIONS = 100, 100


@pytest.mark.long
def test_every_alteration_of_a_hundred_demo_districts_is_named(built_district: Path, tmp_path: Path) -> None:
    keys = load_keys(built_district / "keys.json")
    for seed in range(COPIES):
        copy = tmp_path / f"{seed}.db"
        shutil.copyfile(built_district / "minglu.db", copy)
        database = open_database(f"sqlite:///{copy}", keys)
        require_all_named(database, seed, ALTERATIONS)
        database.engine.dispose()
        copy.unlink()


@pytest.mark.long
def test_every_alteration_of_a_hundred_made_registers_is_named(databases: Databases) -> None:
    for seed in range(COPIES):
        database: Database = databases.fresh()
        with database.write() as session:
            fill(session, rows=10)
        require_all_named(database, 1000 + seed, ALTERATIONS)
        databases.drop(database)
