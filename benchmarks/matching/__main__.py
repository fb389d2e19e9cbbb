"""The tables of DESIGN.md §4: matching of hard invented registers, Splink and recordlinkage beside it in the same run.

    python -m benchmarks.matching [--sizes 100000 300000 1000000] [--seeds 101 102 103] [--work FOLDER] [--world second]

Ours is the whole command `minglu match files` with start-up, reading and writing. Splink is given our standardised
columns: its time is theirs (measured in `prepare`) with training, prediction and clustering by best links; imports,
loading, and the clusterings that only evaluation needs are left out. Memory is the peak of each process.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import numpy as np
import pandas as pd

from benchmarks.matching.generate import WORLDS, write_register
from benchmarks.matching.prepare import files_in
from benchmarks.matching.yardstick_splink import CLUSTER_WEIGHTS
from matching.evaluate import ClusterScore, Score, best_score, cluster_score, pairs_within, score

RECORDLINKAGE_MOST = 100_000
"""Above it, it does not fit (matching-lessons.md §4)."""
LABELS, WRONG = 300, 0.03
NEW = 10_000


@dataclass(frozen=True)
class Truth:
    unit: pd.Series[str]

    @property
    def pairs(self) -> int:
        return pairs_within(pd.factorize(self.unit)[0])

    def same(self, pairs: pd.DataFrame) -> np.ndarray:
        sides = (self.unit.reindex(pairs[f"record_id_{side}"]).to_numpy() for side in "lr")
        left, right = sides
        return np.asarray(left == right)

    def clusters(self, table: pd.DataFrame) -> ClusterScore:
        held = table.set_index("record_id")["cluster_id"].reindex(self.unit.index)
        return cluster_score(pd.factorize(held)[0], pd.factorize(self.unit)[0])


@dataclass
class Result:
    """One register of one size, seed and kind."""

    records: int
    seed: int
    dirty: bool
    figures: dict[str, float] = field(default_factory=dict)

    def note(self, prefix: str, **figures: float) -> None:
        self.figures |= {f"{prefix}.{name}": value for name, value in figures.items()}


LAUNCH = """
import resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:]).returncode
print(f"{time.perf_counter() - started:.3f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}", file=sys.stderr)
sys.exit(code)
"""
"""Starts a command from a small process: the peak memory that Linux tells begins with that of the process that starts it."""


def run(arguments: Sequence[object]) -> tuple[float, float, str]:
    """Seconds, peak memory in GB, and what a command said."""
    command = [sys.executable, "-c", LAUNCH, sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    seconds, peak = done.stderr.split()[-2:]
    return float(seconds), int(peak) / 1e6, done.stdout


def minglu(files: Sequence[Path], folder: Path, *options: object) -> tuple[float, float]:
    out = ("--out", folder / "pairs.csv", "--clusters", folder / "clusters.csv", "--format", "json")
    seconds, memory, _ = run(["-m", "app.cli", "match", "files", *files, *out, *options])
    return seconds, memory


def measure(records: int, seed: int, work: Path, *, dirty: bool, world: str) -> Result:
    folder = work / f"{world}-{records}-{seed}{'-dirty' if dirty else ''}"
    write_register(folder, records, seed, dirty=dirty, of=world)
    truth = Truth(pd.read_csv(folder / "truth.csv").set_index("record_id")["unit_id"])
    result = Result(records, seed, dirty)
    _ours(result, folder, truth)
    if not dirty:
        _splink(result, folder, truth)
        if records <= RECORDLINKAGE_MOST:
            _recordlinkage(result, folder, truth)
            _with_labels(result, folder, truth, seed)
        if records >= 100 * NEW:
            _added(result, folder, seed)
    for path in folder.glob("*.parquet"):
        path.unlink()
    say(result)
    return result


def _ours(result: Result, folder: Path, truth: Truth) -> None:
    seconds, memory = minglu(files_in(folder), folder)
    pairs, clusters = pd.read_csv(folder / "pairs.csv"), pd.read_csv(folder / "clusters.csv")
    same = truth.same(pairs)
    best, said = best_score(pairs["match_weight"].to_numpy(), same, truth.pairs), _said(pairs, same, truth)
    groups = truth.clusters(clusters)
    result.note("ours", seconds=seconds, memory=memory, pairs=best.f1, precision=said.precision, recall=said.recall)
    result.note("ours", clusters=groups.f1, over_merged=groups.over_merged_share, largest=groups.largest)


def _said(pairs: pd.DataFrame, same: np.ndarray, truth: Truth) -> Score:
    """The pairs that are a `match`, at the thresholds of the run itself."""
    matched = (pairs["decision"] == "match").to_numpy()
    return score(int(same[matched].sum()), int(matched.sum()), truth.pairs)


def _splink(result: Result, folder: Path, truth: Truth) -> None:
    _, _, cleaning = run(["-m", "benchmarks.matching.prepare", folder])
    _, _, said = run(["-m", "benchmarks.matching.yardstick_splink", folder])
    seconds, memory = (float(word) for word in said.split()[:2])
    pairs = pd.read_parquet(folder / "splink_pairs.parquet")
    best = best_score(pairs["match_weight"].to_numpy(), truth.same(pairs), truth.pairs)
    links = [truth.clusters(_clusters(folder, f"best_{weight:g}")).f1 for weight in CLUSTER_WEIGHTS]
    components = truth.clusters(_clusters(folder, f"components_{CLUSTER_WEIGHTS[-1]:g}")).f1
    result.note("splink", seconds=seconds, cleaning=float(cleaning), memory=memory, pairs=best.f1)
    result.note("splink", best_links=max(links), least_links=min(links), components=components)


def _clusters(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"splink_clusters_{name}.parquet")


def _recordlinkage(result: Result, folder: Path, truth: Truth) -> None:
    _, memory, said = run(["-m", "benchmarks.matching.yardstick_recordlinkage", folder])
    pairs = pd.read_parquet(folder / "recordlinkage_pairs.parquet")
    best = best_score(pairs["match_weight"].to_numpy(), truth.same(pairs), truth.pairs)
    result.note("recordlinkage", seconds=float(said.split()[0]), memory=memory, pairs=best.f1)


def _with_labels(result: Result, folder: Path, truth: Truth, seed: int) -> None:
    """Decisions on the pairs that the first run asks about, some wrong; the threshold is that of the second run."""
    asked, labels = folder / "questions.csv", folder / "labels.csv"
    minglu(files_in(folder), folder, "--ask", asked, "--questions", LABELS)
    questions = pd.read_csv(asked)
    wrong = np.random.default_rng(seed).random(len(questions)) < WRONG
    questions["label"] = (truth.same(questions) ^ wrong).astype(int)
    questions[["record_id_l", "record_id_r", "label"]].to_csv(labels, index=False)
    minglu(files_in(folder), folder, "--labels", labels)
    pairs = pd.read_csv(folder / "pairs.csv")
    said = _said(pairs, truth.same(pairs), truth)
    groups = truth.clusters(pd.read_csv(folder / "clusters.csv"))
    result.note("labels", count=len(questions), pairs=said.f1, clusters=groups.f1)


def _added(result: Result, folder: Path, seed: int) -> None:
    """New records into those held; the clusters must be those of one run under the same model and frequencies."""
    base, new, held = folder / "base.csv", folder / "new.csv", folder / "held"
    _split(files_in(folder), base, new, seed)
    minglu([base], folder, "--into", held)
    seconds, memory = minglu([new], folder, "--into", held)
    added = (folder / "clusters.csv").read_bytes()
    minglu([base, new], folder, "--model", held)
    equal = added == (folder / "clusters.csv").read_bytes()
    result.note("added", seconds=seconds, memory=memory, equal=float(equal))


def _split(files: Sequence[Path], base: Path, new: Path, seed: int) -> None:
    rows: list[list[str]] = []
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            header, *own = csv.reader(file)
            rows += own
    chosen = set(np.random.default_rng(seed).permutation(len(rows))[:NEW].tolist())
    for path, wanted in ((base, False), (new, True)):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(row for place, row in enumerate(rows) if (place in chosen) is wanted)


# --- what is printed --------------------------------------------------------------------------------------------------


def say(result: Result) -> None:
    kind = " dirty" if result.dirty else ""
    figures = "  ".join(f"{name} {value:.4g}" for name, value in result.figures.items())
    print(f"{result.records} seed {result.seed}{kind}: {figures}", file=sys.stderr, flush=True)


ROWS = (
    ("hard enough: Splink pairs F1", "splink.pairs", max, {100_000: ("<=", 0.955)}),
    ("hard enough: Splink best links F1", "splink.best_links", max, {100_000: ("<=", 0.985)}),
    ("Splink connected components F1 (weight 10)", "splink.components", mean, {}),
    ("recordlinkage ECM pairs F1 (best threshold)", "recordlinkage.pairs", mean, {}),
    ("clusters F1, threshold without truth", "ours.clusters", min, {100_000: (">=", 0.990), 1_000_000: (">=", 0.988)}),
    ("pairs F1 without labels (best threshold)", "ours.pairs", min, {100_000: (">=", 0.965), 1_000_000: (">=", 0.955)}),
    ("pairs F1 with 300 labels, 3 % wrong", "labels.pairs", min, {100_000: (">=", 0.985)}),
    ("clusters F1 with these labels", "labels.clusters", min, {}),
    ("over-merged clusters, share", "ours.over_merged", max, dict.fromkeys((100_000, 300_000, 1_000_000), ("<=", 0.003))),
    ("largest cluster", "ours.largest", max, dict.fromkeys((100_000, 300_000, 1_000_000), ("<=", 12))),
    ("match: precision", "ours.precision", min, {100_000: (">=", 0.995), 1_000_000: (">=", 0.990)}),
    ("match: recall", "ours.recall", min, {100_000: (">=", 0.88), 1_000_000: (">=", 0.86)}),
    ("seconds, ours", "ours.seconds", median, {}),
    ("seconds, Splink with our cleaning", "splink.total", median, {}),
    ("time: ours / Splink", "ratio", median, {100_000: ("<=", 0.6), 1_000_000: ("<=", 0.5)}),
    ("seconds, recordlinkage without cleaning", "recordlinkage.seconds", median, {}),
    ("peak memory GB, ours", "ours.memory", max, {100_000: ("<=", 0.8), 1_000_000: ("<=", 2.5)}),
    ("peak memory GB, Splink", "splink.memory", max, {}),
    ("peak memory GB, recordlinkage", "recordlinkage.memory", max, {}),
    ("10 000 added to those held, seconds", "added.seconds", max, {1_000_000: ("<=", 10)}),
    ("clusters equal those of one run", "added.equal", min, {1_000_000: (">=", 1)}),
)  # fmt: skip
"""What, its figure, how seeds are put together (the worst where a limit is set), and the limits of DESIGN.md §4."""

DIRTY_ROWS = (
    ("clusters F1", "ours.clusters", min, {100_000: (">=", 0.980), 1_000_000: (">=", 0.975)}),
    ("pairs F1 (best threshold)", "ours.pairs", min, {}),
    ("match: precision", "ours.precision", min, {}),
    ("match: recall", "ours.recall", min, {}),
    ("over-merged clusters, share", "ours.over_merged", max, {}),
    ("largest cluster", "ours.largest", max, {}),
)


def table(results: Sequence[Result], rows: Sequence[tuple], title: str) -> bool:  # type: ignore[type-arg]
    sizes = sorted({result.records for result in results})
    print(f"\n| {title} | " + " | ".join(f"{size:,}".replace(",", " ") for size in sizes) + " |")
    print("|---|" + "---|" * len(sizes))
    good = True
    for what, name, together, limits in rows:
        cells = []
        for size in sizes:
            values = [one.figures[name] for one in results if one.records == size and name in one.figures]
            cell, holds = _cell(together(values) if values else None, limits.get(size))
            good &= holds
            cells.append(cell)
        print(f"| {what} | " + " | ".join(cells) + " |")
    return good


def _cell(value: float | None, limit: tuple[str, float] | None) -> tuple[str, bool]:
    if value is None:
        return "", True
    said = f"{value:.4f}" if value < 1.5 else f"{value:.1f}"
    if limit is None:
        return said, True
    sign, bound = limit
    holds = value <= bound if sign == "<=" else value >= bound
    return f"{said} ({sign} {bound:g}{'' if holds else ', missed'})", holds


def _ratios(results: Sequence[Result]) -> None:
    for one in results:
        if "splink.seconds" in one.figures:
            total = one.figures["splink.seconds"] + one.figures["splink.cleaning"]
            one.note("splink", total=total)
            one.figures["ratio"] = one.figures["ours.seconds"] / total


def main() -> None:
    parser = argparse.ArgumentParser(description="Matching against its peers.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--work", type=Path, default=None, help="folder for the registers; kept when given")
    parser.add_argument("--world", choices=list(WORLDS), default="first", help="second: a generator by another hand")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        runs = [(size, seed) for size in given.sizes for seed in given.seeds]
        clean = [measure(size, seed, work, dirty=False, world=given.world) for size, seed in runs]
        dirty = [measure(size, seed, work, dirty=True, world=given.world) for size, seed in runs]
    _ratios(clean)
    cores = len(os.sched_getaffinity(0))
    print(f"seeds {', '.join(map(str, given.seeds))}; {cores} cores; times are medians, figures with a limit the worst")
    good = table(clean, ROWS, "matching, records")
    good &= table(dirty, DIRTY_ROWS, "10 % of registry codes missing, 2 % wrong")
    print("\nevery limit holds" if good else "\nsome limits were missed")


if __name__ == "__main__":
    main()
