"""Which units an entry of the access log is about, packed: one is two numbers, a hundred thousand a few kilobytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTHS = (1, 2, 4, 8)
"""Bytes that a step may take."""


@dataclass(frozen=True)
class Units:
    """Numbers of units: the first, the last, and packed the steps from each to the next; of a single unit there are none.

    `steps` begins with the bytes that each takes before it is compressed: what lies close together takes one, or less.
    """

    first: int
    last: int
    steps: bytes = b""

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Units | None:
        """Those numbers, each once and whatever their order; nothing where there are none."""
        found = np.unique(np.fromiter(numbers, dtype=np.int64))
        if not len(found):
            return None
        first, last = int(found[0]), int(found[-1])
        return cls(first, last, _packed(np.diff(found)) if first < last else b"")

    def __len__(self) -> int:
        return len(_unpacked(self.steps)) + 1 if self.steps else 1

    def __contains__(self, number: int) -> bool:
        """Exactly this number, not one that begins like it."""
        if not self.first < number < self.last:
            return number in (self.first, self.last)
        steps = _unpacked(self.steps)
        reached = np.cumsum(steps, dtype=np.int64)
        return bool(reached[np.searchsorted(reached, number - self.first)] == number - self.first)


def _packed(steps: npt.NDArray[np.int64]) -> bytes:
    width = next(width for width in WIDTHS if int(steps.max()) < 1 << 8 * width)
    return bytes([width]) + zlib.compress(steps.astype(f"<u{width}").tobytes())


def _unpacked(packed: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(zlib.decompress(packed[1:]), dtype=f"<u{packed[0]}")
