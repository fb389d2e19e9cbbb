"""What a request needs, judged by the units as they are and by the rules of the day (decision 26).

Every stretch of valid time that an item touches is asked, not the latest alone: a code filled in today stands in the
place of another one for the years gone by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.changes import policy
from app.changes.effects import STRONGEST, Effects, strongest
from app.changes.lands import Item, Row, Spread, met_by, spread_of
from app.changes.rules import Need, need_of
from app.core.dialect import chunked
from app.domain.words import Reason
from app.register.queries import stretches_of

_PART = 5000
_MOST_STRETCHES = 50
"""Of a unit, beyond which its items in a batch are not compared with each other: each is judged again as it is written."""


Timed = Item
"""An item with its reason, drafted or stored."""


@dataclass(frozen=True)
class Judged:
    """What the items need, where their units lie and would lie, and how many there are of which sort."""

    need: Need = Need.CHANGE
    spread: Spread = field(default_factory=Spread)

    def __add__(self, other: Judged) -> Judged:
        return Judged(strongest((self.need, other.need)), self.spread + other.spread)


def judge(session: Session, items: Sequence[Timed], on: date) -> Judged:
    """One look at the units of all items, in parts."""
    return Judged(strongest(needs_of(session, items, on)), spread_of(session, items))


def needs_of(session: Session, items: Sequence[Timed], on: date) -> list[Need]:
    """What each item needs: by its reason, and by what its fields would do to its unit, whatever they are called."""
    effects = policy.effects_on(session, on)
    named = {reason: need_of([Reason(reason)]) for reason in {item.reason for item in items}}
    found = []
    for part in chunked(items, _PART):
        stretches = stretches_of(session, _touched(part, effects), effects.names)
        found += [strongest({named[item.reason], *_does(item, stretches, effects)}) for item in part]
    return found


def is_stronger(need: str, than: str) -> bool:
    return STRONGEST.index(Need(need)) < STRONGEST.index(Need(than))


def _touched(items: Iterable[Timed], effects: Effects) -> set[int]:
    """The units whose history has a say."""
    return {item.unit_id for item in items if item.unit_id is not None and effects.concerned(item.changes)}


def _does(item: Timed, stretches: dict[int, list[Row]], effects: Effects) -> set[Need]:
    """What an item does to the stretches it touches; those behind it in a batch meet what it says."""
    own = stretches.get(item.unit_id or 0)
    if own is None:
        return set()
    found = {need for row in met_by(item, own) for need in effects.needs_of(item.changes, row)}
    if len(own) < _MOST_STRETCHES and effects.concerned(item.changes):
        own.append({**item.changes, "valid_from": item.valid_from, "valid_until": item.valid_until})
    return found
