"""The register's run on invented registers: what it joins, what it asks, which true pairs nobody ever sees.

python -m benchmarks.matching.beside FOLDER… [--names]

Each folder is written by `benchmarks.matching.generate`. With `--names` pairs join on names from the files' threshold on, as a policy
with measured precision may allow one day; without it every name goes to a person. Prints a line a folder.
"""

from __future__ import annotations

import argparse
import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import matching
from benchmarks.matching.prepare import files_in
from matching.evaluate import ClusterScore, cluster_score, pairs_within
from matching.linkage.reading import read_records


@dataclass(frozen=True)
class Outcome:
    """Pairs joined and asked, each with how many of them are true; all true pairs; the clusters."""

    joined: int
    joined_true: int
    asked: int
    asked_true: int
    true: int
    clusters: ClusterScore

    @property
    def never_seen(self) -> float:
        """Share of the true pairs that are neither joined nor asked about."""
        return 1 - (self.joined_true + self.asked_true) / self.true


def outcome(found: matching.Matched, units: pd.Series[str]) -> Outcome:
    """What was found against the unit of each record."""
    same = {"match": [0, 0], "review": [0, 0]}
    for pair in found.pairs:
        same[pair.decision][units[pair.left] == units[pair.right]] += 1
    ids = found.linked.records.ids.to_pylist()
    unit = pd.factorize(units.reindex(ids))[0]
    clusters = cluster_score(np.asarray(found.linked.clusters), unit)
    (false, joined), (idle, asked) = same["match"], same["review"]
    return Outcome(false + joined, joined, idle + asked, asked, pairs_within(unit), clusters)


def measure(folder: Path, *, names: bool) -> Outcome:
    shipped = matching.load_model().thresholds
    units = pd.read_csv(folder / "truth.csv", dtype=str).set_index("record_id")["unit_id"]
    found = matching.match(read_records(files_in(folder)), thresholds=shipped if names else None)
    return outcome(found, units)


def main() -> None:
    parser = argparse.ArgumentParser(description="The register's run on invented registers.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--names", action="store_true", help="join on names from the files' threshold on")
    given = parser.parse_args()
    for folder in given.folders:
        found, used = measure(folder, names=given.names), resource.getrusage(resource.RUSAGE_SELF)
        print(
            f"{folder.name}: CPU {used.ru_utime:.1f} s, {used.ru_maxrss / 1024:.0f} MB; "
            f"clusters F1 {found.clusters.f1:.4f}, over-merged {found.clusters.over_merged}; "
            f"joined {found.joined} ({found.joined - found.joined_true} false), asked {found.asked} ({found.asked_true} true), "
            f"never seen {found.never_seen:.2%} of {found.true}"
        )


if __name__ == "__main__":
    main()
