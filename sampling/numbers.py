"""Permanent random numbers (永久随机数): 53-bit integers, read as fractions of [0, 1).

53 bits is what a float64 holds exactly, so number and fraction say the same (sampling.md §2). Arithmetic is done on
the integers: a start and its shift are exact on every machine.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 53
RANGE = 1 << BITS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def as_fractions(numbers: Any) -> Floats:
    """The numbers as fractions of [0, 1), exactly."""
    return np.ldexp(_checked(numbers).astype(np.float64), -BITS)


def shifted(numbers: Any, start: int) -> Ints:
    """How far each number lies behind `start`, going round: selection takes the smallest.

    One start per survey keeps the samples of surveys apart (negative coordination), the same start keeps them
    together, a start moved by a share rotates that share out (sampling.md §3).
    """
    return (_checked(numbers) - _checked_start(start)) & (RANGE - 1)


def start_at(share: Fraction | float | str) -> int:
    """The start at a share of [0, 1): `start_at("0.25")` is a quarter round."""
    exact = Fraction(share)
    if not 0 <= exact < 1:
        raise ValueError(f"a start lies in [0, 1), not at {share}")
    return int(exact * RANGE)


def start_of(seed: str) -> int:
    """The start that a seed in words stands for, e.g. `2025 限下零售`; anyone can work it out again."""
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big") >> (64 - BITS)


def moved(start: int, share: Fraction | float | str) -> int:
    """The start of the next period when `share` of the numbers' range rotates out."""
    return (_checked_start(start) + start_at(share)) % RANGE


def _checked(numbers: Any) -> Ints:
    values: Ints = np.asarray(numbers, dtype=np.int64)
    if values.size and (values.min() < 0 or values.max() >= RANGE):
        raise ValueError(f"a permanent random number has {BITS} bits")
    return values


def _checked_start(start: int) -> int:
    if not 0 <= start < RANGE:
        raise ValueError(f"a start is an integer of {BITS} bits, not {start}")
    return start
