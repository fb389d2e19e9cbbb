"""Seeded draws by whole columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Draw:
    """Draws of n values at a time from one seed."""

    def __init__(self, seed: int, name: str) -> None:
        # a stream for each room of the generator: a change in one leaves the others' draws alone
        self.rng = np.random.default_rng([seed, *name.encode()])

    def chance(self, n: int, probability: float | Array) -> Array:
        return np.asarray(self.rng.random(n) < probability)

    def pick(self, values: Sequence[Any] | Array, n: int, skew: float = 0.0) -> Array:
        """n of the values; with a skew the first are the most common, weight 1 / (rank + skew)."""
        pool = np.array(values, dtype=object)
        if not skew:
            return np.asarray(pool[self.rng.integers(0, len(pool), n)])
        bounds = np.cumsum(1.0 / (np.arange(len(pool)) + skew))
        return np.asarray(pool[np.searchsorted(bounds, self.rng.random(n) * bounds[-1])])

    def weighted(self, values: Mapping[str, float], n: int) -> Array:
        bounds = np.cumsum(list(values.values()))
        place = np.searchsorted(bounds, self.rng.random(n) * bounds[-1])
        return np.asarray(np.array(list(values), dtype=object)[place])

    def number(self, first: int, last: int, n: int) -> Array:
        """Whole numbers from first to last, as text."""
        return as_text(self.rng.integers(first, last + 1, n))


def as_text(numbers: Array) -> Array:
    return numbers.astype("U20").astype(object)


def change(values: Array, where: Array, function: Callable[[str], str]) -> Array:
    """A copy of the column with the function applied at the marked places."""
    result = values.copy()
    result[where] = [function(value) for value in values[where]]
    return result


def replace_at(values: Array, where: Array, others: Array) -> Array:
    """The others at the marked places, the values elsewhere."""
    return np.where(where, others, values)
