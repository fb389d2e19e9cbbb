"""Comparisons: for each kind of evidence, the level at which each pair stands. 0 is "one side missing" everywhere.

Each function takes the standardised table and the positions of both sides, and gives one small integer per pair.
Distances count characters (rapidfuzz), each different pair of values once: databases count bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from matching.standardise.text import BETWEEN

Array = np.ndarray[Any, np.dtype[Any]]


class Sides:
    """A standardised table with the positions of the two sides of each pair."""

    def __init__(self, table: pd.DataFrame, left: Array, right: Array) -> None:
        self._columns: dict[str, tuple[Array, Array]] = {}
        self.table, self._left, self._right = table, left, right

    def of(self, name: str) -> tuple[Array, Array]:
        if name not in self._columns:
            values = self.table[name].to_numpy(dtype=object)
            self._columns[name] = (values[self._left], values[self._right])
        return self._columns[name]

    def both(self, name: str) -> Array:
        left, right = self.of(name)
        return np.asarray((left != "") & (right != ""), dtype=bool)

    def equal(self, name: str) -> Array:
        left, right = self.of(name)
        return np.asarray((left == right) & (left != ""), dtype=bool)

    def __len__(self) -> int:
        return len(self._left)

    def take(self, column: Array) -> tuple[Array, Array]:
        return column[self._left], column[self._right]


def _levels(size: int, *cases: tuple[Array, int]) -> Array:
    """The level of the first case that holds for each pair, 0 where none does."""
    return (
        np.select([case for case, _ in cases], [level for _, level in cases], 0).astype(np.int8)
        if size
        else (np.zeros(0, np.int8))
    )


def similarity(left: Array, right: Array) -> Array:
    """Normalised similarity in characters, 0 to 1; each different pair of values is scored once."""
    if not len(left):
        return np.zeros(0)
    pairs = pd.DataFrame({"l": left, "r": right})
    unique = pairs.drop_duplicates()
    scores = process.cpdist(
        unique["l"].tolist(), unique["r"].tolist(), scorer=Levenshtein.normalized_similarity, workers=1
    )
    known = unique.assign(score=scores)
    return pairs.merge(known, on=["l", "r"], how="left")["score"].to_numpy()


def distance(left: Array, right: Array) -> Array:
    """Edit distance in characters."""
    if not len(left):
        return np.zeros(0)
    return np.asarray(process.cpdist(left.tolist(), right.tolist(), scorer=Levenshtein.distance, workers=1))


def code(sides: Sides) -> Array:
    left, right = sides.of("code")
    valid_l, valid_r = sides.of("code_valid")
    both_valid = valid_l.astype(bool) & valid_r.astype(bool)
    one_wrong = sides.both("code") & ~both_valid
    near = np.zeros(len(sides), dtype=bool)
    near[one_wrong] = distance(left[one_wrong], right[one_wrong]) <= 2
    return _levels(
        len(sides),
        (sides.equal("code") & both_valid, 1),
        (both_valid, 5),
        (sides.equal("org"), 2),
        (sides.equal("reg"), 3),
        (near, 4),
    )


def name(sides: Sides) -> Array:
    left, right = sides.of("whole")
    close = similarity(left, right)
    return _levels(
        len(sides),
        (~sides.both("whole"), 0),
        (sides.equal("whole") | sides.equal("same"), 1),
        (sides.equal("stem"), 2),
        (_is_former(sides), 3),
        (sides.equal("stem_sound"), 4),
        (close >= 0.8, 5),
        (close >= 0.6, 6),
        (np.ones(len(sides), dtype=bool), 7),
    )


def _is_former(sides: Sides) -> Array:
    (name_l, name_r), (former_l, former_r) = sides.of("whole"), sides.of("former")
    rows = zip(name_l, name_r, former_l, former_r, strict=True)
    return np.fromiter((_among(nr, fl) or _among(nl, fr) for nl, nr, fl, fr in rows), dtype=bool, count=len(sides))


def _among(name: str, formers: str) -> bool:
    return bool(formers) and bool(name) and name in formers.split(BETWEEN)


RARE, COMMON = 3, 20
"""Records that may carry a trade name for it to be rare, and from how many on it is common."""


def core(sides: Sides) -> Array:
    counts = sides.table["core"].map(sides.table["core"].value_counts()).to_numpy()
    carried = np.maximum(*sides.take(counts))
    left, right = sides.of("core")
    equal = sides.equal("core")
    near = sides.equal("core_sound") | ((np.char.str_len(left.astype(str)) >= 3) & (distance(left, right) == 1))
    return _levels(
        len(sides),
        (~sides.both("core") | (_is_former(sides) & ~equal), 0),  # who was renamed has another trade name now
        (equal & (carried <= RARE), 1),
        (equal & (carried <= COMMON), 2),
        (equal, 3),
        (near, 4),
        (np.ones(len(sides), dtype=bool), 5),
    )


def branch(sides: Sides) -> Array:
    left, right = sides.of("branch")
    equal = sides.equal("branch")
    rows = zip(left, right, strict=True)
    longer = np.fromiter((a.endswith(b) or b.endswith(a) for a, b in rows), bool, len(sides))
    return _levels(
        len(sides),
        (equal, 1),
        ((left != "") & (right != "") & longer, 4),
        ((left != "") & (right != ""), 3),
        ((left != "") | (right != ""), 2),
    )


def person(sides: Sides) -> Array:
    left, right = sides.of("person")
    near = sides.equal("person_sound") | ((np.char.str_len(left.astype(str)) >= 2) & (distance(left, right) == 1))
    return _levels(
        len(sides), (~sides.both("person"), 0), (sides.equal("person"), 1), (near, 2), (sides.both("person"), 3)
    )


SHARED = 4
"""From how many records on a telephone says little: agents use one for hundreds (data-lessons.md §2)."""


def phone(sides: Sides) -> Array:
    numbers = sides.table["phone"]
    counts = numbers.map(numbers[numbers != ""].value_counts()).fillna(0).to_numpy()
    carried = np.maximum(*sides.take(counts))
    equal = sides.equal("phone")
    return _levels(len(sides), (equal & (carried < SHARED), 1), (equal, 2), (sides.both("phone"), 3))


def address(sides: Sides) -> Array:
    road, number, rest = sides.equal("road"), sides.equal("number"), sides.equal("rest")
    return _levels(len(sides), (road & number & rest, 1), (road & number, 2), (road, 3), (sides.both("road"), 4))


def industry(sides: Sides) -> Array:
    left, right = sides.of("industry")
    same_division = np.fromiter((a[:2] == b[:2] for a, b in zip(left, right, strict=True)), bool, len(sides))
    both = sides.both("industry")
    return _levels(len(sides), (sides.equal("industry"), 1), (both & same_division, 2), (both, 3))


def founded(sides: Sides) -> Array:
    left, right = sides.of("founded")
    both = sides.both("founded")
    month = np.fromiter((a[:7] == b[:7] and len(a) >= 7 for a, b in zip(left, right, strict=True)), bool, len(sides))
    years = [abs(_year(a) - _year(b)) <= 1 for a, b in zip(left, right, strict=True)]
    return _levels(len(sides), (both & month, 1), (both & np.array(years, dtype=bool), 2), (both, 3))


def _year(text: str) -> int:
    return int(text[:4]) if text[:4].isdigit() else -9


def kind(sides: Sides) -> Array:
    return _levels(len(sides), (sides.equal("unit_type"), 1), (sides.both("unit_type"), 2))


COMPARISONS: dict[str, Callable[[Sides], Array]] = {
    "code": code,
    "name": name,
    "core": core,
    "branch": branch,
    "person": person,
    "phone": phone,
    "address": address,
    "industry": industry,
    "founded": founded,
    "kind": kind,
}


def levels_of(sides: Sides) -> pd.DataFrame:
    """All levels, a column `l_<comparison>` each."""
    return pd.DataFrame({f"l_{name}": function(sides) for name, function in COMPARISONS.items()})
