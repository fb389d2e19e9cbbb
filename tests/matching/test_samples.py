"""The shipped sample files against their generator's own truth, which knows nothing of the product."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import matching
from app.match.tables import frame_of_records
from importers import get_spec, read

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture(scope="module")
def rows() -> tuple[pd.DataFrame, pd.Series[str]]:
    """All rows that intake lets through as one table for the engine, and the true unit of each."""
    with (SAMPLES / "truth.csv").open(encoding="utf-8") as file:
        truth = {(row["file"], int(row["row_no"])): row["unit"] for row in csv.DictReader(file)}
    records: list[tuple[int, str, dict[str, Any]]] = []
    units: dict[str, str] = {}
    for name, facts in json.loads((SAMPLES / "expected.json").read_text("utf-8"))["files"].items():
        for chunk in read(SAMPLES / name, get_spec(facts["source"]), as_of=date.fromisoformat(facts["as_of"])):
            for row in chunk.rows[chunk.rows["ok"].astype(bool)].to_dict("records"):
                records.append((len(records), facts["source"], {str(key): value for key, value in row.items()}))
                units[f"r{len(records) - 1}"] = truth[name, row["row_no"]]
    return frame_of_records(records), pd.Series(units)


def test_nothing_false_is_joined_and_the_questions_are_worth_asking(
    rows: tuple[pd.DataFrame, pd.Series[str]],
) -> None:
    table, unit = rows
    assert len(table) >= 6000
    result = matching.match(table)
    pairs = result.pairs
    same = pairs["record_id_l"].map(unit) == pairs["record_id_r"].map(unit)
    joined, asked = pairs["decision"] == "match", pairs["decision"] == "review"
    sizes = unit.value_counts()
    assert (joined & ~same).sum() == 0
    assert joined.sum() > 1000
    assert 200 < asked.sum() < 600
    assert (asked & same).sum() >= 0.95 * asked.sum()
    assert same.sum() >= 0.98 * (sizes * (sizes - 1) // 2).sum()
    true_units = result.clusters.assign(unit=result.clusters["record_id"].map(unit)).groupby("cluster_id")["unit"]
    assert true_units.nunique().max() == 1


def test_the_order_of_the_files_rows_changes_nothing(rows: tuple[pd.DataFrame, pd.Series[str]]) -> None:
    table, _ = rows
    one, other = matching.match(table), matching.match(table.sample(frac=1, random_state=7))
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.clusters, other.clusters)
