"""Values of source records beside those we hold: what a record would change, and whom we believe (promise 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.core.personal import Personal
from app.domain.fields import BY_NAME, NAMES
from app.register.sources import Origin, Packed, lock_of, origin_of, pack

Ranks = Mapping[tuple[str, str], int]
"""(source, field group) to rank: the lower the stronger."""

_UNRANKED = 50


@dataclass(frozen=True)
class Record:
    """A source record as the merge sees it: `on` is the day it speaks of, ISO."""

    record_id: int
    source: str
    on: str
    values: Mapping[str, Any]

    @property
    def origin(self) -> Origin:
        return Origin(self.source, self.record_id, self.on)


@dataclass
class Difference:
    """What a record would change: fields it may set, fields where a stronger source stands, fields that lost."""

    take: dict[str, Any] = field(default_factory=dict)
    propose: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def rank(ranks: Ranks, source: str, name: str) -> int:
    return ranks.get((source, str(BY_NAME[name].group)), _UNRANKED)


def difference(held: Mapping[str, Any], record: Record, ranks: Ranks, today: date) -> Difference:
    """Field by field: fill gaps, take from a source at least as strong and as recent, else propose or lose."""
    result = Difference()
    for name in NAMES:
        new = record.values.get(name)
        if new in (None, "") or _plain(held[name]) == new:
            continue
        verdict = _verdict(held, name, record, ranks, today)
        if verdict == "take":
            result.take[name] = new
        elif verdict == "propose":
            result.propose[name] = new
        else:
            result.lost[name] = verdict
    return result


def _verdict(held: Mapping[str, Any], name: str, record: Record, ranks: Ranks, today: date) -> str:
    if held[name] in (None, ""):
        return "take"
    locked_until = lock_of(held["sources"], name)
    if locked_until and locked_until > today:
        return "locked"
    origin = origin_of(held["sources"], name)
    newer = record.on >= origin.on
    if rank(ranks, record.source, name) <= rank(ranks, origin.source, name):
        return "take" if newer else "older"
    return "propose" if newer else "weaker_source"


def combine(records: Sequence[Record], ranks: Ranks) -> tuple[dict[str, Any], Packed]:
    """The values of a new unit from all records found to be it, with the origin of each and what lost."""
    first = records[0]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    lost: list[list[Any]] = []
    for name in NAMES:
        offers = [record for record in records if record.values.get(name) not in (None, "")]
        if not offers:
            continue
        best = max(offers, key=lambda record: (-rank(ranks, record.source, name), _recency(record.on)))
        values[name] = best.values[name]
        if best.record_id != first.record_id:
            origins[name] = best.origin
        lost += [[name, r.origin, "weaker_source"] for r in offers if r.values[name] != best.values[name]]
    return values, _with_lost(pack(first.origin, fields=origins), lost)


def _recency(on: str) -> str:
    """Sorts by age; `2024` counts as newer than any day within it, since it may mean the last."""
    return on.ljust(len("2024-12-31"), "~")


def _with_lost(packed: Packed, lost: list[list[Any]]) -> Packed:
    for name, origin, why in lost:
        if origin.packed() not in packed["o"]:
            packed["o"].append(origin.packed())
        packed.setdefault("l", []).append([name, packed["o"].index(origin.packed()), why])
    return packed


def packed_difference(record: Record, lost: Mapping[str, str]) -> Packed:
    """Sources of a change that one record brings."""
    return _with_lost(pack(record.origin), [[name, record.origin, why] for name, why in sorted(lost.items())])


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Personal) else value
