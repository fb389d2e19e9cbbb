"""What a request states of a unit's links beside its fields: codes it bears in addition, or no more, and who goes on from it.

A version has one column to a scheme and one successor; a unit bears several tax numbers, and a split has many that follow.
These rows hold because a request said so, and no version implies them: only another request ends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.period import Period
from app.register.sources import Origin

Packed = dict[str, Any]
"""As an item of a request keeps them: what says nothing is left out."""


@dataclass(frozen=True)
class Borne:
    """A code that a unit bears in addition to what its versions say, and who gave it."""

    scheme: str
    value: str
    origin: Origin


@dataclass(frozen=True)
class Follower:
    """Who goes on from a unit: one that is held, or one that an item of the same request adds."""

    unit_id: int = 0
    item: int = 0


@dataclass(frozen=True)
class Stated:
    """The links that one item of a request states of its unit, over the days of the item."""

    bears: tuple[Borne, ...] = ()
    drops: tuple[tuple[str, str], ...] = ()
    """Scheme and value of codes that were stated of the unit before, and that it bears no more."""
    followed_by: tuple[Follower, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.bears or self.drops or self.followed_by)

    def packed(self) -> Packed:
        parts = {
            "bears": [[one.scheme, one.value, one.origin.packed()] for one in self.bears],
            "drops": [list(one) for one in self.drops],
            "follow": [[one.unit_id, one.item] for one in self.followed_by],
        }
        return {name: part for name, part in parts.items() if part}


NOTHING = Stated()


def unpacked(packed: Packed | None) -> Stated:
    """What an item says; items of an earlier version say nothing."""
    if not packed:
        return NOTHING
    return Stated(
        tuple(Borne(scheme, value, Origin(*origin)) for scheme, value, origin in packed.get("bears", ())),
        tuple((scheme, value) for scheme, value in packed.get("drops", ())),
        tuple(Follower(unit_id, item) for unit_id, item in packed.get("follow", ())),
    )


@dataclass(frozen=True)
class Statement:
    """The same of a unit whose number is known, as one call of the writer lays it down."""

    unit_id: int
    reason: str
    period: Period
    stated: Stated

    def resolved(self, units: Mapping[int, int]) -> list[int]:
        """The numbers of those who follow; `units` are those of the items of this call."""
        return [one.unit_id or units[one.item] for one in self.stated.followed_by]


def codes_of(stated: Sequence[Stated]) -> set[str]:
    """Every code that comes or goes."""
    return {
        code for one in stated for code in (*(borne.value for borne in one.bears), *(value for _, value in one.drops))
    }
