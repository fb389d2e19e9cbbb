"""Selection with probabilities proportional to size: sequential Poisson (Ohlsson 1995) and Pareto (Rosén 1997).

Both have a fixed size and keep to permanent random numbers; the inclusion probabilities hold approximately, best for
Pareto (sampling.md §3).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from sampling.numbers import BITS, Floats, Ints, shifted

Method = Literal["sequential_poisson", "pareto"]


def inclusion_probabilities(sizes: Any, count: int) -> Floats:
    """π proportional to size, adding up to `count`; a unit that would exceed 1 is certain and the rest is spread again.

    A size of zero is refused rather than dropped in silence: give such units a stratum of their own.
    """
    x = np.asarray(sizes, dtype=np.float64)
    if not 0 <= count <= len(x):
        raise ValueError(f"{count} units of {len(x)}")
    if np.any(~(x > 0)) or not np.all(np.isfinite(x)):
        raise ValueError("sizes are finite and greater than zero")
    probability = np.ones(len(x))
    free = np.ones(len(x), dtype=bool)
    while free.any():
        probability[free] = (count - np.count_nonzero(~free)) * x[free] / x[free].sum()
        certain = free & (probability >= 1)
        if not certain.any():
            break
        probability[certain] = 1.0
        free &= ~certain
    return probability


def draw_by_size(unit_ids: Any, numbers: Any, probability: Floats, *, start: int, method: Method = "pareto") -> Ints:
    """Rows of the units chosen, in order of selection, certain ones first; as many as the probabilities add up to."""
    count = round(float(probability.sum()))
    if abs(float(probability.sum()) - count) > 1e-6:
        raise ValueError("inclusion probabilities of a sample of fixed size add up to a whole number")
    ids = np.asarray(unit_ids, dtype=np.int64)
    rank = _ranking(shifted(numbers, start), probability, method)
    return np.lexsort((ids, rank))[:count].astype(np.int64)


def _ranking(distance: Ints, probability: Floats, method: Method) -> Floats:
    """What the smallest are taken of; certain units come before all others."""
    v = np.ldexp(distance.astype(np.float64), -BITS)
    uncertain = (probability > 0) & (probability < 1)
    p = np.where(uncertain, probability, 0.5)
    rank = v / p if method == "sequential_poisson" else (v / (1 - v)) / (p / (1 - p))
    return np.where(uncertain, rank, np.where(probability >= 1, -1.0, np.inf))
