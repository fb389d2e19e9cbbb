"""Strata: from the codes units carry to stratum numbers 0 … L-1 and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sampling.numbers import Ints


@dataclass(frozen=True)
class Strata:
    """`labels` in sorted order, `of` the stratum number of each unit, `sizes` how many units each holds (N_h)."""

    labels: tuple[Any, ...]
    of: Ints
    sizes: Ints

    def per_stratum(self, wanted: dict[Any, int]) -> Ints:
        """A number for each stratum, by its label; every stratum has to be named, none beside."""
        missing, unknown = set(self.labels) - wanted.keys(), wanted.keys() - set(self.labels)
        if missing or unknown:
            raise ValueError(f"strata without a number: {sorted(missing)}; unknown strata: {sorted(unknown)}")
        return np.array([wanted[label] for label in self.labels], dtype=np.int64)


def stratify(*columns: Sequence[Any]) -> Strata:
    """Strata by one column, or by the combinations of several that occur."""
    if not columns:
        raise ValueError("strata need at least one column")
    parts = [np.unique(np.asarray(column), return_inverse=True) for column in columns]
    combined = np.zeros(len(columns[0]), dtype=np.int64)
    for values, codes in parts:
        combined = combined * max(1, len(values)) + codes
    present, of = np.unique(combined, return_inverse=True)
    sizes = np.bincount(of, minlength=len(present)).astype(np.int64)
    return Strata(tuple(_label(int(code), parts) for code in present), of.astype(np.int64), sizes)


def _label(code: int, parts: list[tuple[Any, Any]]) -> Any:
    values = []
    for present, _ in reversed(parts):
        code, place = divmod(code, max(1, len(present)))
        values.append(present[place].item())
    return values[0] if len(values) == 1 else tuple(reversed(values))
