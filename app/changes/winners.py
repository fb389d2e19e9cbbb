"""Whose value a unit bears that others are merged into: field by field, with why (DESIGN.md, promise 6).

What the one that goes on says stands. What it does not say is filled from those that end in it, by how far their sources
are believed, the newest of equals. Whoever proposes may choose another of the units for a field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.fields import BY_NAME, NAMES, Group
from app.register.ranking import Ranks, rank, recency
from app.register.rules import Row, plain
from app.register.sources import Origin, origin_of

OF_ITS_OWN = frozenset({"operating_status", "closed_on", "closed_reason", "registrar_status", "part_kind"})
"""What is said of a unit's own life is not filled from one that ended."""
_TOGETHER = (Group.FIGURES, Group.RELATION)
"""Fields that say something together: taken from one unit, or not at all."""


class Why(StrEnum):
    """Why a value wins."""

    HELD = "held"
    """the unit says it itself"""
    FILLED = "filled"
    """it said nothing, and one that is merged into it does"""
    CHOSEN = "chosen"
    """whoever proposes chose it"""


@dataclass(frozen=True)
class Winner:
    """The value that a field will have: as JSON knows it, personal ones in clear; whose it is, who gave it, and why it wins."""

    field: str
    unit_id: int
    value: Any
    origin: Origin
    why: Why


def winners(survivor: Row, absorbed: Sequence[Row], chosen: Mapping[str, int], ranks: Ranks) -> list[Winner]:
    """The winner of each field in which any of the units says something, in the order of the form."""
    units = {row["unit_id"]: row for row in (survivor, *absorbed)}
    from_one = _together(survivor, absorbed, ranks)
    found = []
    for name in NAMES:
        if name in chosen:
            found.append(_winner(name, units[chosen[name]], Why.CHOSEN))
        elif _says(survivor, name):
            found.append(_winner(name, survivor, Why.HELD))
        elif name not in OF_ITS_OWN:
            group = BY_NAME[name].group
            offers = from_one.get(group, absorbed)
            best = _best(name, offers, ranks)
            found += [_winner(name, best, Why.FILLED)] if best is not None else []
    return found


def _together(survivor: Row, absorbed: Sequence[Row], ranks: Ranks) -> dict[Group, list[Row]]:
    """For fields that say something together: the one unit that they are filled from; none where the survivor says any."""
    found: dict[Group, list[Row]] = {}
    for group in _TOGETHER:
        names = [name for name in NAMES if BY_NAME[name].group is group]
        if group is Group.RELATION or any(_says(survivor, name) for name in names):
            found[group] = []  # who stands above a unit is its own to say
            continue
        saying = [name for name in names if any(_says(row, name) for row in absorbed)]
        best = _best(saying[0], absorbed, ranks) if saying else None
        found[group] = [best] if best is not None else []
    return found


def _best(name: str, rows: Iterable[Row], ranks: Ranks) -> Row | None:
    offers = [row for row in rows if _says(row, name)]
    return max(offers, key=lambda row: _strength(name, row, ranks), default=None)


def _strength(name: str, row: Row, ranks: Ranks) -> tuple[int, str, int]:
    origin = origin_of(row["sources"], name)
    return -rank(ranks, origin.source, name), recency(origin.on), -row["unit_id"]


def _winner(name: str, row: Row, why: Why) -> Winner:
    value = plain(row[name])
    return Winner(name, row["unit_id"], "" if value is None else value, origin_of(row["sources"], name), why)


def _says(row: Row, name: str) -> bool:
    return row[name] not in (None, "")
