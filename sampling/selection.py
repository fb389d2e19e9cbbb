"""Simple random samples within strata by permanent random number.

In each stratum the n_h units whose numbers lie closest behind the start are the sample, the next ones in order the
reserves. Taking more later means taking on in that order, so sample and supplement together are again a simple
random sample (sampling.md §3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sampling.numbers import RANGE, Floats, Ints, shifted

MAIN, RESERVE = 0, 1


@dataclass(frozen=True)
class Draw:
    """The units chosen, in order of stratum and then of selection.

    `rows` are positions in the list drawn from. `order` counts from 1 within the stratum, reserves after the main
    sample. `probability` is n_h / N_h and `weight` its inverse; a reserve carries that of the unit it may replace.
    """

    rows: Ints
    stratum: Ints
    role: Ints
    order: Ints
    probability: Floats
    weight: Floats

    @property
    def main(self) -> Ints:
        """Positions of the main sample alone."""
        chosen: Ints = self.rows[self.role == MAIN]
        return chosen


def draw_by_number(
    unit_ids: Any, numbers: Any, stratum: Any, sizes: Any, *, start: int, reserves: Any = 0, strata: int | None = None
) -> Draw:
    """Draw `sizes[h]` units and `reserves[h]` reserves of each stratum h.

    `stratum` numbers each unit's stratum from 0. Equal numbers are told apart by unit id, so the order of the rows
    never matters. A stratum asked for more than it has raises ValueError: the design was made for another list.
    """
    stratum = np.asarray(stratum, dtype=np.int64)
    wanted = np.asarray(sizes, dtype=np.int64)
    population = np.bincount(stratum, minlength=strata or len(wanted))
    spare = np.broadcast_to(np.asarray(reserves, dtype=np.int64), wanted.shape)
    _check(population, wanted, spare)
    take = np.minimum(wanted + spare, population)
    distance = shifted(numbers, start)
    rows = _nearest(distance, np.asarray(unit_ids, dtype=np.int64), stratum, population, take)
    return _described(rows, stratum, population, wanted)


def _check(population: Ints, wanted: Ints, spare: Ints) -> None:
    if len(population) != len(wanted):
        raise ValueError(f"{len(population)} strata in the list, sizes for {len(wanted)}")
    if np.any(wanted < 0) or np.any(spare < 0):
        raise ValueError("sizes and reserves are not negative")
    too_many = np.flatnonzero(wanted > population)
    if len(too_many):
        h = int(too_many[0])
        raise ValueError(f"stratum {h} holds {population[h]} units, {wanted[h]} are asked for")


def _nearest(distance: Ints, unit_ids: Ints, stratum: Ints, population: Ints, take: Ints) -> Ints:
    """Rows of the `take[h]` smallest distances of each stratum, sorted by stratum, distance, unit id.

    Numbers are uniform, so all but a few of those wanted lie below a limit a little above the expected one: only
    these candidates are sorted. A stratum that comes short of candidates gives all its units.
    """
    share = (take + 6 * np.sqrt(take) + 12) / np.maximum(population, 1)
    limit = np.where(share < 1, np.minimum(share, 1) * RANGE, RANGE).astype(np.int64)
    limit[take == 0] = -1
    candidate = distance <= limit[stratum]
    short = np.bincount(stratum[candidate], minlength=len(take)) < take
    if short.any():
        candidate |= short[stratum]
    rows = np.flatnonzero(candidate)
    rows = rows[np.lexsort((unit_ids[rows], distance[rows], stratum[rows]))]
    return rows[_place(stratum[rows], len(take)) < take[stratum[rows]]]


def _place(sorted_stratum: Ints, strata: int) -> Ints:
    """Place of each row within its stratum, from 0, in a list sorted by stratum."""
    counts = np.bincount(sorted_stratum, minlength=strata)
    first = np.concatenate(([0], np.cumsum(counts)[:-1])) if strata else counts
    return np.arange(len(sorted_stratum), dtype=np.int64) - first[sorted_stratum]


def _described(rows: Ints, stratum: Ints, population: Ints, wanted: Ints) -> Draw:
    of = stratum[rows]
    order = _place(of, len(wanted)) + 1
    probability = np.divide(wanted, population, out=np.zeros(len(wanted)), where=population > 0)
    weight = np.divide(population, wanted, out=np.zeros(len(wanted)), where=wanted > 0)
    role = np.where(order <= wanted[of], MAIN, RESERVE).astype(np.int64)
    return Draw(rows, of, role, order, probability[of], weight[of])
