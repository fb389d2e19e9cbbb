"""County codes through time: which codes of different years can mean one place.

Codes change when counties are merged, split or raised (江北区 500105 went into 两江新区 500157 in 2025), while files of many
years are matched with each other. `data/area_successors.csv` is made from the history of division codes (MCA series, CC0):
for each code that ended its successors since 2000, for codes in force the counties that they gave a part to since 2013.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources


@lru_cache
def _successors() -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Of each code whether it ended, and its successors."""
    text = resources.files("matching.standardise").joinpath("data/area_successors.csv").read_text("utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return {code: (ended == "1", tuple(others.split(";"))) for code, ended, others in rows}


@lru_cache(maxsize=10_000)
def later_codes(code: str) -> dict[str, bool]:
    """Codes that a place with this code may have later, and whether it must have had each (no split on the way)."""
    found: dict[str, bool] = {}
    waiting = [(code, True)]
    while waiting:
        one, sure = waiting.pop()
        ended, others = _successors().get(one, (False, ()))
        for other in others:
            if other not in found and other != code:
                found[other] = sure and ended and len(others) == 1
                waiting.append((other, found[other]))
    return found


def compare_areas(one: str, other: str) -> int:
    """1: one place (the same code, or one came in place of the other); 0: nobody can say; -1: two places.

    Nobody can say where one is a province or prefecture around the other, or a county that was split between several.
    """
    if one == other:
        return 1
    if _around(one, other) or _around(other, one):
        return 0
    later = later_codes(one).get(other, later_codes(other).get(one))
    return -1 if later is None else int(later)


def _around(one: str, other: str) -> bool:
    """Whether one is the code of a province or prefecture that holds the other."""
    return one.endswith("00") and other.startswith(one.removesuffix("00").removesuffix("00"))
