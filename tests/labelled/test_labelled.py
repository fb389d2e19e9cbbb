"""Precision and recall by kind of difficulty, frozen for each model version.

Two sets: pairs of a register of our own generator (`make.py`), and, in `other_hand`, of one that others wrote without sight of
ours and that is no part of the project. A change in the engine that moves a figure shows here; a new model gets a file of its own
and leaves the old ones alone.
To freeze after a change that is meant: `pytest tests/labelled --freeze`.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from matching.linkage.files import match_files

FOLDERS = (Path("tests/labelled"), Path("tests/labelled/other_hand"))

RUNS = {"files-1": "files-1", "files-2": "files-2", "files-2-fitted": ""}
"""The shipped models as they stand, and the newest fitted to the records."""


def results(labelled: Path, model: str, folder: Path) -> dict[str, dict[str, float]]:
    """By kind: pairs of one unit and of two, precision and recall of `match`, and how many are left to a person."""
    match_files([labelled / "records.csv"], model=model).write_pairs(folder / "p.csv")
    with (folder / "p.csv").open(encoding="utf-8", newline="") as file:
        said = {(row["record_id_l"], row["record_id_r"]): row["decision"] for row in csv.DictReader(file)}
    pairs = pd.read_csv(labelled / "pairs.csv", dtype={"record_id_l": str, "record_id_r": str})
    keys = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    decided = pairs.assign(said=[said.get(key, "") for key in keys])
    return {str(kind): figures(part) for kind, part in decided.groupby("kind")}


def figures(part: pd.DataFrame) -> dict[str, float]:
    same, matched = part["label"] == 1, part["said"] == "match"
    right = int((same & matched).sum())
    return {
        "same": int(same.sum()),
        "different": int((~same).sum()),
        "precision": round(right / max(int(matched.sum()), 1), 4),
        "recall": round(right / max(int(same.sum()), 1), 4),
        "review": int((part["said"] == "review").sum()),
    }


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("labelled", FOLDERS, ids=["ours", "other_hand"])
def test_precision_and_recall_by_kind_are_those_frozen(
    labelled: Path, name: str, tmp_path: Path, request: pytest.FixtureRequest
):
    path = labelled / f"{name}.json"
    found = results(labelled, RUNS[name], tmp_path)
    if request.config.getoption("--freeze"):
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("labelled", FOLDERS, ids=["ours", "other_hand"])
def test_there_are_a_hundred_pairs_of_each_kind_and_some_of_either_answer(labelled: Path):
    counts = pd.read_csv(labelled / "pairs.csv").groupby("kind")["label"].agg(["size", "sum"])
    assert len(counts) >= 10
    assert (counts["size"] >= 100).all()
    assert ((counts["sum"] >= 30) & (counts["size"] - counts["sum"] >= 30)).all()


@pytest.mark.parametrize("labelled", FOLDERS, ids=["ours", "other_hand"])
def test_no_labelled_pair_is_put_twice_in_one_kind_and_all_records_are_there(labelled: Path):
    pairs = pd.read_csv(labelled / "pairs.csv", dtype=str)
    assert not pairs.duplicated(["kind", "record_id_l", "record_id_r"]).any()
    ids = set(pd.read_csv(labelled / "records.csv", dtype=str)["record_id"])
    assert set(pairs["record_id_l"]) | set(pairs["record_id_r"]) <= ids
