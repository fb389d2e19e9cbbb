"""Writes a hard synthetic register of n records with its truth: three sources, everything in it made up.

    python -m benchmarks.matching.generate --records 100000 --seed 1 --out FOLDER [--dirty] [--world second]

`registry.csv`, `census.csv` and `tax.csv` hold the columns of `minglu match files`; `truth.csv` says which records are
one unit (`record_id, unit_id`); `units.csv` says what family each unit belongs to, for reading mistakes. The same seed
gives the same bytes. The second world is by another hand (`benchmarks/matching/second`). `--dirty`: a tenth of the registry's codes missing, 2 % of them wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.matching import views, world
from benchmarks.matching.draw import Draw
from benchmarks.matching.second import views as second_views
from benchmarks.matching.second import world as second_world
from benchmarks.matching.views import COLUMNS, HABITS

RECORDS_PER_UNIT = 2.35
WORLDS = {
    "first": (world.make_units, views.make_view),
    "second": (second_world.make_units, second_views.make_view),
}


def make_register(
    records: int, seed: int, *, dirty: bool = False, of: str = "first"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exactly `records` rows with `unit_id` beside the columns of the contract, and the units; `of` a world."""
    make_units, make_view = WORLDS[of]
    units = make_units(int(records / RECORDS_PER_UNIT * 1.04) + 20, seed)
    seen = [make_view(units, source, seed, dirty=dirty and source == "registry") for source in HABITS]
    rows = pd.concat(seen, ignore_index=True)
    # a random order and no more than asked for: neither place nor id says anything about a record
    chosen = Draw(seed, "order").rng.permutation(len(rows))[:records]
    if len(chosen) < records:
        raise ValueError(f"{len(rows)} records were made of {records}")
    rows = rows.iloc[chosen].reset_index(drop=True)
    rows["record_id"] = "r" + pd.Series(np.arange(len(rows))).astype(str).str.zfill(7)
    return rows, units


def write_register(folder: Path, records: int, seed: int, *, dirty: bool = False, of: str = "first") -> list[Path]:
    """Write the register's files and its truth; returns the source files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, units = make_register(records, seed, dirty=dirty, of=of)
    paths = []
    for source in HABITS:
        paths.append(folder / f"{source}.csv")
        rows.loc[rows["source"] == source, list(COLUMNS)].to_csv(paths[-1], index=False, lineterminator="\n")
    rows[["record_id", "unit_id"]].to_csv(folder / "truth.csv", index=False, lineterminator="\n")
    units[["unit_id", "family", "kind", "type"]].to_csv(folder / "units.csv", index=False, lineterminator="\n")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a hard synthetic register with its truth.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dirty", action="store_true", help="a tenth of registry codes missing, 2 %% wrong")
    parser.add_argument("--world", choices=list(WORLDS), default="first")
    given = parser.parse_args()
    for path in write_register(given.out, given.records, given.seed, dirty=given.dirty, of=given.world):
        print(path)


if __name__ == "__main__":
    main()
