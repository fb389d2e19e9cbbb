"""The demo: built by the ordinary road, and what comes out is frozen in `data/samples/expected.json`."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.audit.proof import verify
from app.core.clock import Clock
from app.core.db import Database, connect, open_database
from app.core.settings import Settings
from app.demo.build import build
from tests.conftest import Databases
from tests.factories.world import TEST_KEYS

SAMPLES = Path("data/samples")
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))

Built = tuple[Database, dict[str, Any]]


@pytest.fixture(scope="module")
def built(
    databases: Databases, dialect: str, request: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    if dialect == "sqlite":
        folder = shutil.copytree(request.getfixturevalue("built_district"), tmp_path_factory.mktemp("demo") / "own")
        database = connect(Settings(data_dir=folder, database_url=""))
        yield database, json.loads((folder / "counts.json").read_text("utf-8"))
        database.engine.dispose()
        return
    database = open_database(databases.empty_url(), TEST_KEYS)
    folder = tmp_path_factory.mktemp("files")
    result = build(database, Clock("2024-12-31T09:00:00+08:00"), SAMPLES, keep_in=folder, say=lambda _line: None)
    yield database, result["counts"]
    databases.drop(database)


def test_the_numbers_equal_those_expected(built: Built) -> None:
    told = "if what moved was meant to: minglu demo --no-serve --data FOLDER prints `demo` of expected.json anew"
    assert built[1] == EXPECTED["demo"], told


def test_what_was_read_equals_the_truth_of_the_generator(built: Built) -> None:
    for name, facts in EXPECTED["files"].items():
        found = built[1]["files"][name]
        assert (found["rows"], found["skipped_lines"]) == (facts["rows"], facts["skipped_lines"]), name
        assert found["outcomes"].get("problem", 0) >= facts["stopped"], name
        assert sum(found["outcomes"].values()) == facts["rows"], name


def test_a_few_hundred_pairs_wait_for_a_person_and_additions_for_approval(built: Built) -> None:
    assert 200 <= built[1]["pairs"]["open"] <= 600
    assert built[1]["awaiting_approval"]["add"] > 1000


def settled(database: Database) -> dict[tuple[str, int], int]:
    """Row to the unit, or to the request item, that it ended in."""
    sql = text(
        "SELECT b.file_name, r.row_no, r.unit_id, r.cluster_id FROM source_record r "
        "JOIN import_batch b ON b.batch_id = r.batch_id WHERE r.outcome IN ('applied', 'proposed', 'unchanged')"
    )
    with database.read() as session:
        rows = session.execute(sql).all()
    return {(name, number): unit or -cluster for name, number, unit, cluster in rows}


def test_no_two_true_units_were_made_one_without_a_person(built: Built) -> None:
    with (SAMPLES / "truth.csv").open(encoding="utf-8") as file:
        truth = {(row["file"], int(row["row_no"])): row["unit"] for row in csv.DictReader(file)}
    units: dict[int, set[str]] = defaultdict(set)
    for place, unit in settled(built[0]).items():
        units[unit].add(truth[place].lstrip("?"))
    mixed = [keys for keys in units.values() if len(keys - {""}) > 1]
    assert len(mixed) <= EXPECTED["mixed_units_at_most"], mixed[:5]


def test_the_trail_of_the_demo_verifies(built: Built) -> None:
    with built[0].read() as session:
        assert verify(session).intact
