"""The shipped sample files against their generator's own truth, which knows nothing of the product."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import matching
from app.match.tables import rows_of_records, table_of
from app.records.queries import Waiting
from importers import get_spec, read

SAMPLES = Path(__file__).parents[2] / "data" / "samples"

Truth = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> tuple[pa.Table, Truth]:
    """All rows that intake lets through as one table for the engine, and the true unit of each."""
    with (SAMPLES / "truth.csv").open(encoding="utf-8") as file:
        truth = {(row["file"], int(row["row_no"])): row["unit"] for row in csv.DictReader(file)}
    records: list[Waiting] = []
    units: Truth = {}
    for name, facts in json.loads((SAMPLES / "expected.json").read_text("utf-8"))["files"].items():
        as_of = date.fromisoformat(facts["as_of"])
        for chunk in read(SAMPLES / name, get_spec(facts["source"]), as_of=as_of):
            for row in chunk.rows[chunk.rows["ok"].astype(bool)].to_dict("records"):
                clean = {str(key): value for key, value in row.items()}
                units[f"r{len(records)}"] = truth[name, row["row_no"]]
                records.append(Waiting(len(records), 1, None, facts["source"], as_of, clean["event"], "", clean))
    return table_of(rows_of_records(records)), units


def test_nothing_false_is_joined_no_true_pair_is_lost_and_the_questions_are_worth_asking(
    rows: tuple[pa.Table, Truth],
) -> None:
    table, unit = rows
    assert len(table) >= 6000
    result = matching.match(table)
    same = {"match": [0, 0], "review": [0, 0]}
    for pair in result.pairs:
        same[pair.decision][unit[pair.left] == unit[pair.right]] += 1
    (false, joined), (idle, asked) = same["match"], same["review"]
    sizes = Counter(unit.values())
    assert (false, idle <= 0.05 * asked, 200 < asked < 600) == (0, True, True)
    assert joined + asked == sum(size * (size - 1) // 2 for size in sizes.values())
    assert all(len({unit[key] for key in members}) == 1 for members in result.clusters)


def test_the_order_of_the_files_rows_changes_nothing(rows: tuple[pa.Table, Truth]) -> None:
    table, _ = rows
    shuffled = random.Random(7).sample(range(len(table)), len(table))
    one, other = matching.match(table), matching.match(table.take(shuffled))
    assert (one.pairs, one.clusters) == (other.pairs, other.clusters)
