"""Where the units of a request lie: as they stand, and as they would stand, on every day that it speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.core.dialect import chunked
from app.core.rights import Territory
from app.domain.places import street_of
from app.register.queries import stretches_of

Land = tuple[str, str]
"""An area's code and a park's, each empty where there is none."""
COUNTED_BY = {"kind": ("unit_type", 1), "street": ("area_code", 9), "industry": ("industry_code", 2)}
"""By what the units of a request are counted: the field, and how many of its characters."""
_FIELDS = sorted({"area_code", "park_code", *(name for name, _ in COUNTED_BY.values())})
_PART = 5000
Row = Mapping[str, Any]


class Item(Protocol):
    """What a draft and a stored item have in common, as far as places and days go."""

    @property
    def unit_id(self) -> int | None: ...
    @property
    def successor_id(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date: ...
    @property
    def links(self) -> Mapping[str, Any]: ...


def met_by(item: Item, stretches: Sequence[Row]) -> list[Row]:
    """The stretches of a unit that an item speaks of, on one day at least."""
    return [
        row for row in stretches if max(row["valid_from"], item.valid_from) < min(row["valid_until"], item.valid_until)
    ]


def lands_of(session: Session, items: Sequence[Item]) -> list[list[Land]]:
    """For each item the places of its unit before and after, and that of the unit that follows it.

    Before is where it stands, and where it lay on the days that the item speaks of: whoever corrects years gone by
    reaches where it lay then. A unit that nobody holds lies nowhere: an item about it is outside of every area.
    """
    held = stretches_of(session, _units(items), _FIELDS)
    return [_lands(item, held) for item in items]


@dataclass
class Spread:
    """Where the units of a request lie and would lie, each place once, and how many there would be of which sort."""

    lands: set[Land] = field(default_factory=set)
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED_BY})

    def __add__(self, other: Spread) -> Spread:
        by = {name: self.by[name] + other.by[name] for name in COUNTED_BY}
        return Spread(self.lands | other.lands, by)

    def counted(self) -> dict[str, dict[str, int]]:
        return {name: dict(sorted(counts.items())) for name, counts in self.by.items()}


def spread_of(session: Session, items: Sequence[Item]) -> Spread:
    """One look at the units of all items, in parts."""
    found = Spread()
    for part in chunked(items, _PART):
        held = stretches_of(session, _units(part), _FIELDS)
        for item in part:
            found.lands.update(_lands(item, held))
            after = as_counted(item, held)
            for name in COUNTED_BY:
                found.by[name][sort_of(name, after)] += 1
    return found


def sort_of(name: str, unit: Row) -> str:
    """Of which kind, street or industry a unit is counted; one whose area says no more than the county lies in no street."""
    said_in, digits = COUNTED_BY[name]
    code = str(unit.get(said_in) or "")[:digits]
    return street_of(code) if name == "street" else code


def outside(session: Session, items: Sequence[Item], within: Territory) -> dict[int, Land]:
    """The items, by their place in the list, that reach beyond an area, each with the first place that does."""
    found = {}
    for index, lands in enumerate(lands_of(session, items)):
        beyond = next((land for land in lands if not within.holds(*land)), None)
        if beyond is not None:
            found[index] = beyond
    return found


def hidden(session: Session, item: Item, within: Territory) -> set[int]:
    """The units that an item names and that lay within an area on no day, nor are there at all."""
    held = stretches_of(session, _units([item]), _FIELDS)
    return {unit for unit in _units([item]) if not any(within.holds(*_place(row)) for row in held.get(unit, ()))}


def before_and_after(session: Session, items: Sequence[Item]) -> list[tuple[set[Land], set[Land]]]:
    """The same for each item, parted: where its unit stands or lay, with the unit that follows, and where it would lie."""
    held = stretches_of(session, _units(items), _FIELDS)
    return [(set(_before(item, held)), set(_after(item, held))) for item in items]


def _units(items: Iterable[Item]) -> list[int]:
    named = {unit_id for item in items for unit_id in (item.unit_id, item.successor_id) if unit_id is not None}
    return sorted(named)


def _lands(item: Item, held: Mapping[int, Sequence[Row]]) -> list[Land]:
    return list(dict.fromkeys([*_before(item, held), *_after(item, held)]))


def _before(item: Item, held: Mapping[int, Sequence[Row]]) -> list[Land]:
    stands = _concerned(item, held) if item.unit_id is not None else []
    follows = [held.get(item.successor_id, [{}])[-1]] if item.successor_id is not None else []
    return [_place(row) for row in (*stands, *follows)]


def _after(item: Item, held: Mapping[int, Sequence[Row]]) -> list[Land]:
    return [_place({**row, **item.changes}) for row in _concerned(item, held)]


def _concerned(item: Item, held: Mapping[int, Sequence[Row]]) -> list[Row]:
    """The unit as it stands, and on the days that the item speaks of; one that is not held yet says nothing."""
    stretches = held.get(item.unit_id, []) if item.unit_id is not None else []
    return [*stretches[-1:], *met_by(item, stretches)] or [{}]


def as_counted(item: Item, held: Mapping[int, Sequence[Row]]) -> Row:
    """What the unit would say, were the item written: as it stands, else on the last days that the item speaks of."""
    return {**_concerned(item, held)[-1], **item.changes}


def _place(values: Mapping[str, Any]) -> Land:
    return str(values.get("area_code") or ""), str(values.get("park_code") or "")
