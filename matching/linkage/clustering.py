"""Clusters: joins in falling score under constraints. What is refused is kept with its reason, for a person to see.

Most groups of joined records contradict nothing and are clusters as they stand; only where a group holds two codes, two
branches or two held units is it taken apart join by join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.linkage.columns import Array

REASONS = ("two_codes", "different_branches", "two_held_units", "decided_different")
_APART = REASONS.index("decided_different")


@dataclass(frozen=True)
class Constraints:
    """What may not share a cluster.

    Attributes:
        code: a key for each record whose code holds clusters apart, 0 for none.
        branch: a key for each record that names its branch, 0 for none.
        held: a key for each record that is held and of which a cluster holds one at most, 0 for the others.
        apart: pairs of rows that people said are different (two columns).
    """

    code: Array
    branch: Array
    held: Array
    apart: tuple[Array, Array]

    @property
    def keys(self) -> tuple[Array, ...]:
        """Of each of these a cluster holds one at most, in the order of `REASONS`."""
        return self.code, self.branch, self.held


@dataclass(frozen=True)
class Clusters:
    """`of`: a cluster number for each record, no order in it; `refused`: places of refused joins, and the reason of each."""

    of: Array
    refused: Array
    reasons: Array


def cluster(left: Array, right: Array, constraints: Constraints, order: Sequence[Array]) -> Clusters:
    """Clusters of joins, made in the order of the `order` columns, the last the first to be looked at (as in `np.lexsort`)."""
    count = len(constraints.code)
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    _, group = connected_components(graph, directed=False)
    group = group.astype(np.int64)
    torn = _contradictory(group, constraints)
    joins = np.flatnonzero(torn[group[left]]) if len(left) else np.zeros(0, np.int64)
    joins = joins[np.lexsort([column[joins] for column in order])]
    parents, refused, reasons = _join(left[joins], right[joins], constraints)
    for row, parent in parents.items():
        group[row] = count + parent  # numbers above all groups: each torn group falls into its parts
    return Clusters(group, joins[refused], np.array(reasons, dtype=np.int8))


def _contradictory(group: Array, constraints: Constraints) -> Array:
    """Which groups hold two codes, two branches, two held units, or a pair said to be different."""
    count = int(group.max(initial=-1)) + 1
    torn = np.zeros(count, dtype=bool)
    for keys in constraints.keys:
        held = np.flatnonzero(keys)
        held = held[np.argsort(group[held])]
        starts = np.flatnonzero(np.diff(group[held], prepend=-1))
        if len(held):
            least, most = (function.reduceat(keys[held], starts) for function in (np.minimum, np.maximum))
            torn[group[held[starts]]] |= least != most
    one, other = constraints.apart
    torn[group[one[group[one] == group[other]]]] = True
    return torn


class _Group:
    __slots__ = ("apart", "keys", "members")

    def __init__(self, row: int, keys: tuple[int, ...]) -> None:
        self.members, self.keys, self.apart = [row], keys, set[int]()


def _join(left: Array, right: Array, constraints: Constraints) -> tuple[dict[int, int], list[int], list[int]]:
    """Parent of each record that was joined, places of refused joins, and their reasons."""
    rows = np.union1d(left, right)
    keys = zip(*(column[rows].tolist() for column in constraints.keys), strict=True)
    groups = {row: _Group(row, own) for row, own in zip(rows.tolist(), keys, strict=True)}
    for one, other in zip(*(side.tolist() for side in constraints.apart), strict=True):
        if one in groups and other in groups:
            groups[one].apart.add(other)
            groups[other].apart.add(one)
    refused, reasons = [], []
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        first, second = groups[one], groups[other]
        if first is second:
            continue
        reason = _why_not(first, second)
        if reason is None:
            _merge(groups, first, second)
        else:
            refused.append(place)
            reasons.append(reason)
    return {row: held.members[0] for row, held in groups.items()}, refused, reasons


def _why_not(first: _Group, second: _Group) -> int | None:
    for reason, (one, other) in enumerate(zip(first.keys, second.keys, strict=True)):
        if one and other and one != other:
            return reason
    if not first.apart.isdisjoint(second.members) or not second.apart.isdisjoint(first.members):
        return _APART
    return None


def _merge(groups: dict[int, _Group], first: _Group, second: _Group) -> None:
    large, small = (first, second) if len(first.members) >= len(second.members) else (second, first)
    large.members += small.members
    large.keys = tuple(one or other for one, other in zip(large.keys, small.keys, strict=True))
    large.apart |= small.apart
    for row in small.members:
        groups[row] = large
