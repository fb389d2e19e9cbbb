"""Values of source records beside those we hold: what a record would change, and whom we believe (promise 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.personal import Personal
from app.domain.fields import IDENTIFIERS, NAMES
from app.domain.words import LostWhy
from app.register.losing import FREE, Stance
from app.register.ranking import Ranks, rank, recency
from app.register.sources import Origin, Packed, origin_of, pack, with_losers


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


BESIDE = "codes_beside"
"""Where what is held says which codes the unit bears beside those in its fields: a record that says one brings nothing new."""


@dataclass
class Difference:
    """What a record would change: fields it may set, fields that it puts to a person, and why it lost where it did, those
    put to a person among them."""

    take: dict[str, Any] = field(default_factory=dict)
    propose: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, LostWhy] = field(default_factory=dict)


def difference(held: Mapping[str, Any], record: Record, ranks: Ranks, stance: Stance = FREE) -> Difference:
    """Field by field: fill gaps, take from a source at least as strong and as recent, else propose or lose. What was
    settled, or is before somebody already, is not put to anybody again."""
    result = Difference()
    beside = held.get(BESIDE, ())
    for name in NAMES:
        new = record.values.get(name)
        if new in (None, "") or _plain(held[name]) == new or (name in IDENTIFIERS and new in beside):
            continue
        why, strong = _weighed(held, name, record, ranks)
        if settled := stance.why_not(held, name, record.source, new):
            result.lost[name] = settled
        elif strong and name in stance.locked:
            result.lost[name], result.propose[name] = LostWhy.LOCKED, new
        elif why is None:
            result.take[name] = new
        else:
            result.lost[name] = why
            result.propose |= {name: new} if strong else {}
    return result


def _weighed(held: Mapping[str, Any], name: str, record: Record, ranks: Ranks) -> tuple[LostWhy | None, bool]:
    """Why a value loses, None where it does not; and whether it is worth somebody's look."""
    if held[name] in (None, ""):
        return None, True
    origin = origin_of(held["sources"], name)
    newer = record.on >= origin.on
    if rank(ranks, record.source, name) <= rank(ranks, origin.source, name):
        return (None, True) if newer else (LostWhy.OLDER, False)
    return LostWhy.WEAKER, newer


def combine(records: Sequence[Record], ranks: Ranks) -> tuple[dict[str, Any], Packed]:
    """The values of a new unit from all records found to be it, with the origin of each and what lost."""
    first = records[0]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    lost: list[tuple[str, Origin, str]] = []
    for name in NAMES:
        offers = [record for record in records if record.values.get(name) not in (None, "")]
        if not offers:
            continue
        best = max(offers, key=lambda record: (-rank(ranks, record.source, name), recency(record.on)))
        strongest = rank(ranks, best.source, name)
        values[name] = best.values[name]
        if best.record_id != first.record_id:
            origins[name] = best.origin
        lost += [
            (name, r.origin, str(LostWhy.WEAKER if rank(ranks, r.source, name) > strongest else LostWhy.OLDER))
            for r in offers
            if r.values[name] != best.values[name]
        ]
    return values, with_losers(pack(first.origin, fields=origins), lost)


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Personal) else value
