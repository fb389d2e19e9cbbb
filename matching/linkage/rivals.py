"""Rivals: how a pair compares with the other candidates of its two records.

A record belongs to one unit, and most sources hold a unit once. So where a record agrees almost as well, or better,
with another record of the same source (the shop and its successor, two firms of one owner), that is evidence against
the pair; where it is far ahead, evidence for it. The fields alone cannot say so: they see one pair at a time.
"""

from __future__ import annotations

import numpy as np

from matching.linkage.columns import Array, within
from matching.models.model import UNIT

STEPS = np.array([-8, -4, -2, -0.5, 0.5, 2, 4, 8]) * UNIT
"""Bits by which a pair is behind or ahead; each begins a level of its own, the first lies below all of them."""

NAMES = ("rival_worse", "rival_better")
FLOOR = -12 * UNIT
"""Pairs below are no rivals: any pair worth showing is more than the last step ahead of them."""

_SHIFT = np.int64(1 << 31)
_LOOKS = 3
"""How many of the best candidates of a record are looked through for a rival."""


def rival_levels(left: Array, right: Array, weight: Array, source: Array, rank: Array) -> dict[str, Array]:
    """Levels 1–9 of each pair, of its worse and its better side.

    A source may hold a unit twice: a candidate that agrees with the other record of the pair is the same unit and no rival.

    Args:
        left, right: rows of the pairs.
        weight: what the fields say of each pair, without identifiers and rivals, in 1/1000 bit.
        source: the source of each row, as a small number.
        rank: the place of each row by its id; decides between equal candidates.
    """
    # each record stands left in some pairs and right in others; its rivals are in both
    alike = _Alike(left, right, weight, len(source))
    row, other = np.r_[left, right], np.r_[right, left]
    group = row.astype(np.int64) * (int(source.max(initial=0)) + 1) + source[other]
    crowd = np.flatnonzero(np.bincount(group)[group] > 1)  # most records have one candidate in a source
    ahead = np.full(len(row), _SHIFT)
    ahead[crowd] = _ahead(group[crowd], other[crowd], rank, np.r_[weight, weight][crowd], alike)
    sides = ahead[: len(left)], ahead[len(left) :]
    worse, better = np.minimum(*sides), np.maximum(*sides)
    levels = (np.searchsorted(STEPS, margin, "right") + 1 for margin in (worse, better))
    return dict(zip(NAMES, (level.astype(np.int8) for level in levels), strict=True))


class _Alike:
    """Pairs whose fields say that they are one unit."""

    def __init__(self, left: Array, right: Array, weight: Array, count: int) -> None:
        self._count = np.int64(count)
        good = weight >= 0
        self._keys = np.sort(self._key(left[good], right[good]))

    def _key(self, one: Array, other: Array) -> Array:
        return np.asarray(np.minimum(one, other).astype(np.int64) * self._count + np.maximum(one, other))

    def are(self, one: Array, other: Array) -> Array:
        return within(self._key(one, other), self._keys)


_WIDEST = np.int64(1 << 18)
"""Weights lie between minus and plus half of it."""


def _sorted(group: Array, weight: Array, rank: Array) -> Array:
    """The order by group, falling weight and rank; one sort of one number where the three fit into it."""
    ranks = int(rank.max(initial=0)) + 1
    if (
        int(np.abs(weight).max(initial=0)) >= _WIDEST // 2
        or int(group.max(initial=0)) > (2**63 - 1) // int(_WIDEST) // ranks - 1
    ):
        return np.lexsort((rank, -weight, group))
    return np.argsort((group * _WIDEST + (_WIDEST // 2 - weight)) * ranks + rank)


def _ahead(group: Array, other: Array, rank: Array, weight: Array, alike: _Alike) -> Array:
    """By how much each pair is ahead of the best rival in its group (a row and a source); very far where there is none."""
    order = _sorted(group, weight, rank[other])
    group, ordered, partner = group[order], weight[order].astype(np.int64), other[order]
    first = np.ones(len(group), dtype=bool)
    first[1:] = group[1:] != group[:-1]
    starts = np.flatnonzero(first)
    counts = np.diff(np.r_[starts, len(group)])
    best = np.full(len(group), -_SHIFT)
    open_ = np.repeat(counts, counts) > 1
    start, count = np.repeat(starts, counts), np.repeat(counts, counts)
    for look in range(_LOOKS):
        places = np.flatnonzero(open_ & (count > look))
        places = places[start[places] + look != places]
        rival = start[places] + look
        found = ~alike.are(partner[rival], partner[places])
        best[places[found]] = ordered[rival[found]]
        open_[places[found]] = False
    ahead = np.empty(len(group), np.int64)
    ahead[order] = ordered - best
    return ahead
