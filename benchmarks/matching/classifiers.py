"""recordlinkage's classifiers on our levels, beside our own learning: which of them serve?

    python -m benchmarks.matching.classifiers [--records 100000] [--seed 104]

All are given the same candidate pairs with the same levels (a column for each level, as its classifiers want them). The
supervised ones learn from the 300 decisions that `--ask` would ask for, 3 % of them wrong. Printed: pairs F1 at the best threshold
over all true pairs, and seconds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import recordlinkage

from benchmarks.matching.generate import write_register
from benchmarks.matching.prepare import files_in
from matching.evaluate import best_score, pairs_within
from matching.linkage.columns import Array
from matching.linkage.files import Found, match_files

LABELS, WRONG = 300, 0.03


def one_hot(found: Found) -> pd.DataFrame:
    """A column of 0 and 1 for each level, a row for each kept pair; missing is no level."""
    kept = found.linked.kept
    columns = {
        f"{name}_{level}": (levels == level).astype(np.int8)
        for name, levels in kept.levels.items()
        for level in range(1, int(levels.max()) + 1)
        if (levels == level).any()
    }
    pairs = pd.MultiIndex.from_arrays([kept.pairs.left, kept.pairs.right])
    return pd.DataFrame(columns, index=pairs)


def labelled(found: Found, same: Array, folder: Path, seed: int) -> tuple[Array, Array]:
    """Places of the pairs that are asked about, and what a person says of them."""
    found.write_questions(folder / "q.csv", LABELS)
    asked = pd.read_csv(folder / "q.csv", dtype=str)
    ids = found.linked.records.ids
    place = {
        pair: number
        for number, pair in enumerate(
            zip(ids.take(found.linked.left).to_pylist(), ids.take(found.linked.right).to_pylist(), strict=True)
        )
    }
    places = np.array([place[pair] for pair in zip(asked["record_id_l"], asked["record_id_r"], strict=True)])
    wrong = np.random.default_rng(seed).random(len(places)) < WRONG
    return places, same[places] ^ wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="recordlinkage's classifiers on our levels.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=104)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_register(folder, given.records, given.seed)
        found = match_files(files_in(folder))
        truth = pd.read_csv(folder / "truth.csv", dtype=str).set_index("record_id")["unit_id"]
        unit = pd.factorize(truth.reindex(found.linked.records.ids.to_pylist()))[0]
        same = unit[found.linked.left] == unit[found.linked.right]
        features, (places, said) = one_hot(found), labelled(found, same, folder, given.seed)
        report("ours, from codes", lambda: found.linked.kept.weight, same, pairs_within(unit))
        for title, classifier in supervised().items():
            report(title, lambda one=classifier: taught(one, features, places, said), same, pairs_within(unit))
        report("recordlinkage ECM", lambda: unsupervised(features), same, pairs_within(unit))


def supervised() -> dict[str, recordlinkage.classifiers.Classifier]:
    return {
        "recordlinkage logistic regression, 300 labels": recordlinkage.LogisticRegressionClassifier(),
        "recordlinkage naive Bayes, 300 labels": recordlinkage.NaiveBayesClassifier(),
        "recordlinkage SVM, 300 labels": recordlinkage.SVMClassifier(),
    }


def taught(
    classifier: recordlinkage.classifiers.Classifier, features: pd.DataFrame, places: Array, said: Array
) -> Array:
    some = features.iloc[places]
    classifier.fit(some, some.index[said])
    if hasattr(classifier.kernel, "decision_function"):
        return np.asarray(classifier.kernel.decision_function(features.to_numpy()))
    return np.asarray(classifier.prob(features))


def unsupervised(features: pd.DataFrame) -> Array:
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(features)
    return np.asarray(classifier.prob(features))


def report(title: str, scores: Callable[[], Array], same: Array, true: int) -> None:
    started = time.perf_counter()
    best = best_score(scores(), same, true)
    print(f"| {title} | {best.f1:.4f} | {time.perf_counter() - started:.1f} |", flush=True)


if __name__ == "__main__":
    main()
