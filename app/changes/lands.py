"""Where the units of a request lie: as they stand, and as they would stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.core.rights import Territory
from app.register.queries import latest_versions_of

Land = tuple[str, str]
"""An area's code and a park's, each empty where there is none."""


class Item(Protocol):
    """What a draft and a stored item have in common, as far as places go."""

    @property
    def unit_id(self) -> int | None: ...
    @property
    def successor_id(self) -> int | None: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...


def lands_of(session: Session, items: Sequence[Item]) -> list[list[Land]]:
    """For each item the places of its unit before and after, and that of the unit that follows it.

    A unit that nobody holds lies nowhere: an item about it is outside of every area.
    """
    held = latest_versions_of(session, _units(items))
    return [_lands(item, held) for item in items]


def outside(session: Session, items: Sequence[Item], within: Territory) -> dict[int, Land]:
    """The items, by their place in the list, that reach beyond an area, each with the first place that does."""
    found = {}
    for index, lands in enumerate(lands_of(session, items)):
        beyond = next((land for land in lands if not within.holds(*land)), None)
        if beyond is not None:
            found[index] = beyond
    return found


def _units(items: Iterable[Item]) -> list[int]:
    named = {unit_id for item in items for unit_id in (item.unit_id, item.successor_id) if unit_id is not None}
    return sorted(named)


def _lands(item: Item, held: Mapping[int, Mapping[str, Any]]) -> list[Land]:
    before = [_place(held.get(unit_id, {})) for unit_id in (item.unit_id, item.successor_id) if unit_id is not None]
    base: Mapping[str, Any] = held.get(item.unit_id, {}) if item.unit_id is not None else {}
    return [*before, _place({**base, **item.changes})]


def _place(values: Mapping[str, Any]) -> Land:
    return str(values.get("area_code") or ""), str(values.get("park_code") or "")
