"""Where each value of a version comes from, packed per version (DESIGN.md, promise 6).

    {"o": [[source, record_id, on, request_id], …],   origins used by this version
     "d": 0,                                           the origin of every field not named in "f"
     "f": {"address": 1},                              fields with another origin
     "l": [["tel", 2, "weaker_source"], …]}            values that lost, by origin, and why
     "k": {"address": "2025-12-31"}                    fields a person has locked, until when

A losing value itself is read from its source record, so that no personal datum is copied here in clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

Packed = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """A source record (`record_id`, 0 for a hand edit) of a source, the day it speaks of, the request that brought it."""

    source: str
    record_id: int
    on: str
    request_id: int = 0

    def packed(self) -> list[Any]:
        return [self.source, self.record_id, self.on, self.request_id]


def pack(origin: Origin, *, fields: dict[str, Origin] | None = None, locks: dict[str, date] | None = None) -> Packed:
    """Sources of values that all come from `origin`, but for those in `fields`."""
    origins = [origin.packed()]
    result: Packed = {"o": origins, "d": 0}
    for name, other in sorted((fields or {}).items()):
        if other.packed() not in origins:
            origins.append(other.packed())
        result.setdefault("f", {})[name] = origins.index(other.packed())
    if locks:
        result["k"] = {name: until.isoformat() for name, until in sorted(locks.items())}
    return result


def with_request(packed: Packed, request_id: int) -> Packed:
    """The same sources, naming the request that brought those which name none yet."""
    return {**packed, "o": [[*origin[:3], origin[3] or request_id] for origin in packed["o"]]}


def origin_of(packed: Packed, field: str) -> Origin:
    """Who gave a field its value."""
    index = packed.get("f", {}).get(field, packed["d"])
    return Origin(*packed["o"][index])


def lock_of(packed: Packed, field: str) -> date | None:
    """Until when a person has locked the field, or None."""
    until = packed.get("k", {}).get(field)
    return date.fromisoformat(until) if until else None


def losers_of(packed: Packed) -> list[tuple[str, Origin, str]]:
    """Field, origin and reason of each value that lost."""
    return [(field, Origin(*packed["o"][index]), why) for field, index, why in packed.get("l", [])]


def overlay(held: Packed, incoming: Packed, fields: Iterable[str]) -> Packed:
    """Sources after `fields` took the values of `incoming`; origins that nothing uses any more are dropped."""
    origins: list[list[Any]] = list(held["o"])
    names = dict(held.get("f", {}))
    for field in fields:
        names[field] = _place(origins, origin_of(incoming, field).packed())
    lost = [list(entry) for entry in held.get("l", []) if entry[0] not in names]
    lost += [[field, _place(origins, origin.packed()), why] for field, origin, why in losers_of(incoming)]
    locks = {**held.get("k", {}), **incoming.get("k", {})}
    return _pruned(origins, held["d"], names, lost, locks)


def _place(origins: list[list[Any]], origin: list[Any]) -> int:
    if origin not in origins:
        origins.append(origin)
    return origins.index(origin)


def _pruned(
    origins: list[list[Any]], default: int, names: dict[str, int], lost: list[list[Any]], locks: dict[str, str]
) -> Packed:
    used = sorted({default, *names.values(), *(entry[1] for entry in lost)})
    place = {old: new for new, old in enumerate(used)}
    result: Packed = {"o": [origins[index] for index in used], "d": place[default]}
    fields = {name: place[index] for name, index in sorted(names.items()) if index != default}
    if fields:
        result["f"] = fields
    if lost:
        result["l"] = sorted([field, place[index], why] for field, index, why in lost)
    if locks:
        result["k"] = locks
    return result
