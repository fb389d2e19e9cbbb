"""Where each value of a version comes from, packed per version (DESIGN.md, promise 6).

    {"o": [[source, record_id, on, request_id], …],   origins used by this version
     "d": 0,                                           the origin of every field not named in "f"
     "f": {"address": 1}}                              fields with another origin

What several records of one new unit disagree about travels with the item that proposes it, by origin and reason:

     "l": [["tel", 2, "weaker_source"], …]

and is kept beside the unit once that is written (`app.register.losing`), never in a version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def pack(origin: Origin, *, fields: dict[str, Origin] | None = None) -> Packed:
    """Sources of values that all come from `origin`, but for those in `fields`."""
    origins = [origin.packed()]
    result: Packed = {"o": origins, "d": 0}
    for name, other in sorted((fields or {}).items()):
        result.setdefault("f", {})[name] = _place(origins, other.packed())
    return result


def with_losers(packed: Packed, lost: Iterable[tuple[str, Origin, str]]) -> Packed:
    """The same, and which values lost: field, origin and reason of each."""
    origins = list(packed["o"])
    told = [[name, _place(origins, origin.packed()), why] for name, origin, why in lost]
    return {**packed, "o": origins, **({"l": told} if told else {})}


def losers_of(packed: Packed) -> list[tuple[str, Origin, str]]:
    """Field, origin and reason of each value that lost."""
    return [(field, Origin(*packed["o"][index]), why) for field, index, why in packed.get("l", [])]


def with_request(packed: Packed, request_id: int) -> Packed:
    """The same sources, naming the request that brought those which name none yet."""
    return {**packed, "o": [[*origin[:3], origin[3] or request_id] for origin in packed["o"]]}


def origin_of(packed: Packed, field: str) -> Origin:
    """Who gave a field its value."""
    index = packed.get("f", {}).get(field, packed["d"])
    return Origin(*packed["o"][index])


def of_version(packed: Packed) -> Packed:
    """What a version keeps: who gave its values, and nothing of those that lost."""
    return _pruned(packed["o"], packed["d"], packed.get("f", {})) if "l" in packed else packed


def overlay(held: Packed, incoming: Packed, fields: Iterable[str]) -> Packed:
    """Sources after `fields` took the values of `incoming`; origins that nothing uses any more are dropped."""
    origins: list[list[Any]] = list(held["o"])
    names = dict(held.get("f", {}))
    for field in fields:
        names[field] = _place(origins, origin_of(incoming, field).packed())
    return _pruned(origins, held["d"], names)


def _place(origins: list[list[Any]], origin: list[Any]) -> int:
    if origin not in origins:
        origins.append(origin)
    return origins.index(origin)


def _pruned(origins: list[list[Any]], default: int, names: dict[str, int]) -> Packed:
    used = sorted({default, *names.values()})
    place = {old: new for new, old in enumerate(used)}
    result: Packed = {"o": [origins[index] for index in used], "d": place[default]}
    fields = {name: place[index] for name, index in sorted(names.items()) if index != default}
    return {**result, "f": fields} if fields else result
