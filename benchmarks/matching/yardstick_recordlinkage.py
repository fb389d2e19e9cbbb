"""recordlinkage's own pipeline: its blocking, its comparisons, its ECM; run in a process of its own.

    python -m benchmarks.matching.yardstick_recordlinkage FOLDER

Prints the seconds from prepared columns to scored pairs. Writes `recordlinkage_pairs.parquet`. Its ECM has no smoothing:
weights that come out infinite are clipped (matching-lessons.md §4).
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import recordlinkage

from benchmarks.matching.prepare import BLOCKING, SOURCES

COMPARED = ("code", "org", "stem", "stem_sound", "tail", "person", "person_sound", "phone", "road", "door", "room", "industry", "month", "area", "closed")  # fmt: skip


def read(folder: Path) -> pd.DataFrame:
    parts = [pd.read_parquet(folder / f"prepared_{source}.parquet") for source in SOURCES]
    return pd.concat(parts, ignore_index=True).set_index("record_id", drop=False)


def candidates(records: pd.DataFrame) -> pd.MultiIndex:
    found = None
    for columns in BLOCKING.values():
        names = columns.split(", ")
        held = records.dropna(subset=names)
        sizes = held.groupby(names)["record_id"].transform("size")
        held = held[(sizes > 1) & (sizes <= 60)]  # the same guard against common values as ours
        pairs = recordlinkage.index.Block(names).index(held)
        found = pairs if found is None else found.union(pairs)
    return found


def compare(records: pd.DataFrame, pairs: pd.MultiIndex) -> pd.DataFrame:
    comparer = recordlinkage.Compare()
    for name in COMPARED:
        comparer.exact(name, name, label=name)
    comparer.string("whole", "whole", method="jarowinkler", threshold=0.85, label="similar")
    return comparer.compute(pairs, records)


def weigh(features: pd.DataFrame) -> pd.Series[float]:
    classifier = recordlinkage.ECMClassifier()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.fit(features.astype(int))
        weights = classifier.log_weights
    total = pd.Series(0.0, index=features.index)
    for name in features:
        values = pd.Series(weights[name]).clip(-12, 12)
        total += features[name].astype(int).map(values)
    return total


def main() -> None:
    folder = Path(sys.argv[1])
    records = read(folder)
    started = time.perf_counter()
    pairs = candidates(records)
    weights = weigh(compare(records, pairs))
    print(f"{time.perf_counter() - started:.2f}")
    scored = (
        weights[np.isfinite(weights)].rename("match_weight").rename_axis(["record_id_l", "record_id_r"]).reset_index()
    )
    scored.to_parquet(folder / "recordlinkage_pairs.parquet", index=False)


if __name__ == "__main__":
    main()
