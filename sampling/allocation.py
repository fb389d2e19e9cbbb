"""How many units of each stratum: proportional, Neyman, with a minimum and never more than there are.

Formulas: Cochran 1977, ch. 5; sampling.md §4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sampling.numbers import Floats, Ints


def proportional(sizes: Any, total: int, *, minimum: int = 0) -> Ints:
    """n_h proportional to N_h."""
    counts = np.asarray(sizes, dtype=np.int64)
    return allocate(counts, counts.astype(np.float64), total, minimum=minimum)


def neyman(sizes: Any, deviations: Any, total: int, *, minimum: int = 2) -> Ints:
    """n_h proportional to N_h S_h: the least variance for a total; two units let the variance be estimated."""
    counts = np.asarray(sizes, dtype=np.int64)
    shares: Floats = counts.astype(np.float64) * np.asarray(deviations, dtype=np.float64)
    return allocate(counts, shares, total, minimum=minimum)


def allocate(sizes: Ints, shares: Floats, total: int, *, minimum: int = 0) -> Ints:
    """Split `total` over the strata in proportion to `shares`, exactly, within `minimum` and the stratum's size.

    A stratum that would get more than it has is taken whole and the rest is split again (the cap loop). Rounding
    gives the left-over units to the largest remainders, the earlier stratum first where they tie.
    """
    floor = np.minimum(minimum, sizes)
    if not floor.sum() <= total <= sizes.sum():
        raise ValueError(f"{total} units cannot be spread: at least {floor.sum()}, at most {sizes.sum()}")
    if np.any(shares < 0) or not np.all(np.isfinite(shares)):
        raise ValueError("shares are finite and not negative")
    return _rounded(_within(sizes.astype(np.float64), floor.astype(np.float64), shares, total), sizes, floor, total)


def _within(sizes: Floats, floor: Floats, shares: Floats, total: int) -> Floats:
    """The split as fractions: strata at a limit stay there while the rest is split again."""
    fixed = np.full(len(sizes), np.nan)
    while True:
        free = np.isnan(fixed)
        rest = total - np.nansum(fixed)
        weight = shares[free].sum()
        ideal = np.zeros(len(sizes))
        # Where no share is left to go by, what remains is spread by size.
        base, sum_of_base = (shares, weight) if weight > 0 else (sizes, sizes[free].sum())
        if sum_of_base > 0:
            ideal[free] = rest * base[free] / sum_of_base
        over, under = free & (ideal > sizes), free & (ideal < floor)
        if not over.any() and not under.any():
            return np.where(free, ideal, fixed)
        # Fix one side at a time, the one that is further off, or the loop can undo itself.
        if (ideal - sizes)[over].sum() >= (floor - ideal)[under].sum():
            fixed[over] = sizes[over]
        else:
            fixed[under] = floor[under]


def _rounded(ideal: Floats, sizes: Ints, floor: Ints, total: int) -> Ints:
    result = np.clip(np.floor(ideal + 1e-9).astype(np.int64), floor, sizes)
    while (short := total - int(result.sum())) != 0:
        step = 1 if short > 0 else -1
        room = result < sizes if step > 0 else result > floor
        order = np.argsort(-step * (ideal - result), kind="stable")
        chosen = order[room[order]][: abs(short)]
        result[chosen] += step
    return result
