"""How well pairs and clusters agree with a known truth.

Pair figures count over all true pairs, those that blocking never reached included. A pairwise figure of clusters
counts every pair of records in one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Score:
    """`precision` of what was said, `recall` of what is true, both between 0 and 1; `threshold` where one was sought."""

    precision: float
    recall: float
    threshold: float = 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(right: float, said: float, true: float, threshold: float = 0.0) -> Score:
    """From counts: pairs said and right, pairs said, pairs true."""
    return Score(right / said if said else 0.0, right / true if true else 0.0, threshold)


def pairs_within(groups: Array) -> int:
    """How many pairs share a group."""
    counts = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def best_score(weights: Array, same: Array, true: int) -> Score:
    """The threshold with the best F1, chosen with the truth at hand: a ceiling, not a product."""
    levels, place = np.unique(-weights, return_inverse=True)
    said = np.cumsum(np.bincount(place, minlength=len(levels)))
    right = np.cumsum(np.bincount(place, weights=same, minlength=len(levels)))
    best = int(np.argmax(2 * right / (said + true)))
    return score(right[best], said[best], true, float(-levels[best]))


@dataclass(frozen=True)
class ClusterScore(Score):
    """`over_merged`: clusters that hold records of more than one unit; `largest`: records in the largest cluster."""

    clusters: int = 0
    over_merged: int = 0
    largest: int = 0

    @property
    def over_merged_share(self) -> float:
        return self.over_merged / self.clusters if self.clusters else 0.0


def cluster_score(clusters: Array, units: Array) -> ClusterScore:
    """Pairwise precision and recall of clusters; both arrays hold one group name a record, in the same order."""
    cluster, unit = (np.unique(groups, return_inverse=True)[1].astype(np.int64) for groups in (clusters, units))
    both = np.unique(cluster * (int(unit.max()) + 1) + unit, return_counts=True)
    meets = np.bincount(both[0] // (int(unit.max()) + 1))
    right = int((both[1] * (both[1] - 1) // 2).sum())
    found = score(right, pairs_within(cluster), pairs_within(unit))
    largest = int(np.bincount(cluster).max())
    return ClusterScore(found.precision, found.recall, 0.0, len(meets), int((meets > 1).sum()), largest)
