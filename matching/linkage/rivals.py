"""Rivals: how a pair compares with the other candidates of its two records.

A record belongs to one unit, and most sources hold a unit once. So where a record agrees almost as well, or better,
with another record of the same source (the shop and its successor, two firms of one owner), that is evidence against
the pair; where it is far ahead, evidence for it. The fields alone cannot say so: they see one pair at a time.
"""

from __future__ import annotations

import numpy as np

from matching.linkage.columns import Array
from matching.models.model import UNIT

STEPS = np.array([-8, -4, -2, -0.5, 0.5, 2, 4, 8]) * UNIT
"""Bits by which a pair is behind or ahead; each begins a level of its own, the first lies below all of them."""

NAMES = ("rival_worse", "rival_better")
FLOOR = -12 * UNIT
"""Pairs below are no rivals: any pair worth showing is more than the last step ahead of them."""

_SHIFT = np.int64(1 << 31)


def rival_levels(left: Array, right: Array, weight: Array, source: Array) -> dict[str, Array]:
    """Levels 1–9 of each pair, of its worse and its better side.

    Args:
        left, right: rows of the pairs.
        weight: what the fields say of each pair, without identifiers and rivals, in 1/1000 bit.
        source: the source of each row, as a small number.
    """
    # each record stands left in some pairs and right in others; its rivals are in both
    ahead = _ahead(np.r_[left, right], source[np.r_[right, left]], np.r_[weight, weight])
    sides = ahead[: len(left)], ahead[len(left) :]
    worse, better = np.minimum(*sides), np.maximum(*sides)
    levels = (np.searchsorted(STEPS, margin, "right") + 1 for margin in (worse, better))
    return dict(zip(NAMES, (level.astype(np.int8) for level in levels), strict=True))


def _ahead(row: Array, source: Array, weight: Array) -> Array:
    """By how much each pair is ahead of the best other pair of its row with that source; very far with no other."""
    group = row.astype(np.int64) * (int(source.max(initial=0)) + 1) + source
    order = np.lexsort((-weight, group))
    group, ordered = group[order], weight[order].astype(np.int64)
    first = np.ones(len(group), dtype=bool)
    first[1:] = group[1:] != group[:-1]
    starts = np.flatnonzero(first)
    counts = np.diff(np.r_[starts, len(group)])
    best = np.repeat(ordered[starts], counts)
    # the leader is measured against the second, all others against the leader
    second = np.where(counts > 1, ordered[np.minimum(starts + 1, len(group) - 1)], -_SHIFT)
    best[starts] = second
    ahead = np.empty(len(group), np.int64)
    ahead[order] = ordered - best
    return ahead
