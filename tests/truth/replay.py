"""A slow, simple replay of promise 2, written apart: what each unit says is kept for every single day.

Nothing here knows how the product keeps a history. A unit is a word for each day, from its first day on; the last day
stands for all that follow. A write goes through the days one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

LAST = 60
"""The last day that is told apart; what is said of it is said for ever."""
ENDS = {"4": "closed", "5": "bankrupt", "6": "deregistered", "7": "revoked"}
"""Operating statuses of who is gone, with what happened."""
BIRTHS = ("new", "found_missing")

Days = dict[int, dict[str, Any]]
"""What a unit says on each day that it was there."""


@dataclass(frozen=True)
class Told:
    """One thing that was told of a unit: from a day on, or of the days up to another (that one left out)."""

    unit: int
    reason: str
    start: int
    end: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    heir: int | None = None

    @property
    def restates(self) -> bool:
        """A correction of which both days are known holds in all of them; who is void is void in all that follows."""
        return self.reason == "void" or (self.reason == "correction" and self.end is not None)


def born(told: Told, blank: Mapping[str, Any], day_of: Mapping[date, int]) -> Days:
    """A unit from its first day on. One that comes in as gone lived until the day that it says it closed."""
    says = {**blank, **told.values, "standing": "live", "heir": None}
    if says["operating_status"] not in ENDS:
        return {day: dict(says) for day in range(told.start, LAST + 1)}
    closed = day_of[date.fromisoformat(says["closed_on"])]
    lived = {**says, "operating_status": "", "closed_on": ""}
    gone = {**says, "standing": "closed"}
    return {day: dict(lived if day < closed else gone) for day in range(told.start, LAST + 1)}


def laid(days: Days, told: Told) -> Days:
    """The unit after a change or a correction of it."""
    days = {day: dict(says) for day, says in days.items()}
    if told.reason == "correction" and told.start < min(days):
        says_first = days[min(days)]
        days |= {day: dict(says_first) for day in range(told.start, min(days))}
    start, end = max(told.start, min(days)), LAST + 1 if told.end is None else min(told.end, LAST + 1)
    if told.restates:
        for day in range(start, end):
            days[day] |= brought(told, days[day])
    elif start < end:
        _carry(days, brought(told, days[start]), start, end, told)
    return days


def _carry(days: Days, values: Mapping[str, Any], start: int, end: int, told: Told) -> None:
    """Each value goes on for as long as what it replaces still stood; a standing that follows from a status, with it."""
    before, until = dict(days[start]), {}
    for name in values:
        until[name] = next((day for day in range(start, end) if days[day][name] != before[name]), end)
    if told.reason == "correction" and "operating_status" in until:
        until["standing"] = min(until.get("standing", end), until["operating_status"])
    for name, value in values.items():
        for day in range(start, until[name]):
            days[day][name] = value


AFTER = {
    "closed": "closed",
    "bankrupt": "closed",
    "deregistered": "closed",
    "revoked": "closed",
    "merge": "merged",
    "conversion": "converted",
    "move_out": "moved_out",
    "void": "void",
    "resume": "live",
    "reinstate": "live",
}
"""The standing that something leaves; all else leaves the one that was."""
STATUS = {"closed": "4", "bankrupt": "5", "deregistered": "6", "revoked": "7", "pause": "2", "resume": "1"}


def brought(told: Told, was: Mapping[str, Any]) -> dict[str, Any]:
    """All that a write says of a day on which the unit said `was`."""
    says = dict(told.values)
    status = says.get("operating_status") or STATUS.get(told.reason, "")
    if not status and AFTER.get(told.reason) == "live" and was["operating_status"] in ENDS:
        status = "1"
    if status:
        says["operating_status"] = status
    after = AFTER.get(told.reason) or was["standing"]
    if told.reason not in AFTER:
        if was["standing"] == "live" and status in ENDS:
            after = "closed"
        if told.reason == "correction" and was["standing"] == "closed" and status and status not in ENDS:
            after = "live"
    says["standing"] = after
    if told.heir is not None or AFTER.get(told.reason) in ("live", "void"):
        says["heir"] = told.heir
    return says


@dataclass
class World:
    """All units, each on each day. `inner` maps valid credit codes to the organisation code inside them."""

    inner: Mapping[str, str]
    units: dict[int, Days] = field(default_factory=dict)

    def with_unit(self, number: int, days: Days) -> World:
        return World(self.inner, {**self.units, number: days})

    def on(self, unit: int, day: int) -> Mapping[str, Any] | None:
        return self.units[unit].get(min(day, LAST))

    def bears(self, unit: int, day: int) -> set[tuple[str, str]]:
        """The codes of a unit on a day, by scheme; with the organisation code inside a valid credit code."""
        says = self.on(unit, day)
        return set() if says is None else codes_of(says, self.inner)

    def meant(self, unit: int, day: int, name: str) -> int | None:
        """Who is meant by the code of a parent or superior that a unit says on a day.

        Of all others who bear it on one of the days on which it is said, or else ever: the one legal unit, or the one.
        """
        days, code = self.units[unit], self.units[unit][day][name]
        said = _stretch(days, day, name)
        bearing = {
            other: {d for d in self.units[other] if code in {value for _, value in self.bears(other, d)}}
            for other in self.units
            if other != unit
        }
        near = [other for other, on in bearing.items() if on & said] or [other for other, on in bearing.items() if on]
        legal = [other for other in near if self.units[other][LAST]["unit_type"] == "1"]
        found = legal or near
        return found[0] if len(found) == 1 else None

    def begun(self, unit: int, day: int, name: str) -> int:
        """The first of the days on which a unit went on saying what it says in a field on this one."""
        return min(_stretch(self.units[unit], day, name))

    def members(self, day: int, key: Mapping[str, int]) -> dict[str, set[int]]:
        """Who lives in the district on a day, by what is said in a field, cut to so many characters."""
        [(name, length)] = key.items()
        found: dict[str, set[int]] = {}
        for unit in self.units:
            says = self.on(unit, day)
            if says and says["standing"] == "live" and says["area_code"].startswith("500105"):
                found.setdefault(str(says[name])[:length], set()).add(unit)
        return found


def codes_of(says: Mapping[str, Any], inner: Mapping[str, str]) -> set[tuple[str, str]]:
    own = {(name, says[name]) for name in ("uscc", "org_code", "reg_no") if says[name]}
    return own | ({("org_code", inner[says["uscc"]])} if says["uscc"] in inner else set())


def _stretch(days: Days, day: int, name: str) -> set[int]:
    found = set[int]()
    for towards in (-1, 1):
        at = day
        while at in days and days[at][name] == days[day][name]:
            found.add(at)
            at += towards
    return found


def moves(world: World, since: int, until: int, key: Mapping[str, int]) -> dict[str, tuple[int, int, int, int]]:
    """Opening, entries, exits and closing of each key: who is a member on a day and was none the day before entered."""
    days = [world.members(day, key) for day in range(since - 1, until + 1)]
    keys: Iterable[str] = sorted({key for members in days for key in members})
    return {
        key: (
            len(days[0].get(key, ())),
            sum(len(now.get(key, set()) - was.get(key, set())) for was, now in itertools.pairwise(days)),
            sum(len(was.get(key, set()) - now.get(key, set())) for was, now in itertools.pairwise(days)),
            len(days[-1].get(key, ())),
        )
        for key in keys
    }
