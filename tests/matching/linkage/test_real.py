"""Real registered organisations, read in place from the folder the environment names and never copied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matching.linkage.files import match_files
from tests.matching.linkage.conftest import table_of


@pytest.fixture
def units(samples_real: Path) -> pd.DataFrame:
    table = table_of(samples_real / "units_chongqing.csv")
    table["record_id"] = [f"u{number:04}" for number in range(len(table))]
    return table.rename(columns={"reg_date": "established_on"})[
        ["record_id", "uscc", "name", "address", "established_on"]
    ]


@pytest.mark.parametrize("without", [[], ["uscc"]])
def test_no_two_real_organisations_are_merged(units: pd.DataFrame, without: list[str], tmp_path: Path):
    units.drop(columns=without).to_csv(tmp_path / "u.csv", index=False)
    result = match_files([tmp_path / "u.csv"])
    assert len(units) > 3000
    assert result.report["pairs"]["match"] == 0
    assert result.report["clusters"] == len(units)


def test_copies_as_a_clerk_would_type_them_are_found(units: pd.DataFrame, tmp_path: Path):
    """Half without a code, names and addresses without their division, forms shortened, days missing."""
    rng = np.random.default_rng(1)
    copies = units.sample(400, random_state=2).reset_index(drop=True)
    copies["record_id"] = "d" + copies["record_id"].str[1:]
    half = [rng.random(400) < 0.5 for _ in range(4)]
    copies["uscc"] = copies["uscc"].where(half[0], "")
    copies["name"] = copies["name"].where(half[1], copies["name"].str.replace("^重庆市?", "", regex=True))
    copies["address"] = copies["address"].where(half[2], copies["address"].str.replace("^重庆市..区", "", regex=True))
    copies["established_on"] = copies["established_on"].where(half[3], "")
    for name, table in (("units", units), ("copies", copies)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    match_files([tmp_path / "units.csv", tmp_path / "copies.csv"]).write_pairs(tmp_path / "p.csv")
    pairs = table_of(tmp_path / "p.csv")
    matched = pairs[pairs["decision"] == "match"]
    right = (matched["record_id_l"].str[1:] == matched["record_id_r"].str[1:]).sum()
    assert right >= 0.98 * 400
    assert right >= 0.995 * len(matched)


def test_a_branch_is_no_parent(samples_real: Path, tmp_path: Path):
    """500 published branches beside their parents, every branch with the code of its parent as clerks often write."""
    table = table_of(samples_real / "branch_parent.csv")
    parents = table[["parent_name", "parent_uscc"]].drop_duplicates("parent_uscc").set_axis(["name", "uscc"], axis=1)
    branches = table[["branch_name", "parent_uscc"]].set_axis(["name", "uscc"], axis=1)
    parents.assign(record_id=[f"p{n}" for n in range(len(parents))]).to_csv(tmp_path / "parents.csv", index=False)
    branches.assign(record_id=[f"b{n}" for n in range(len(branches))]).to_csv(tmp_path / "branches.csv", index=False)
    result = match_files([tmp_path / "parents.csv", tmp_path / "branches.csv"])
    result.write_clusters(tmp_path / "c.csv")
    clusters = table_of(tmp_path / "c.csv")
    mixed = clusters.groupby("cluster_id")["record_id"].agg(lambda ids: len({key[0] for key in ids}))
    assert not (mixed > 1).any()
