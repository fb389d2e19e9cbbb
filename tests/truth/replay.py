"""A slow, simple replay of promise 2, written apart: what each unit says is kept for every single day.

Nothing here knows how the product keeps a history. A unit is a word for each day, from its first day on; the last day
stands for all that follow. A write goes through the days one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

FIRST = date(2024, 3, 1)
"""Day 0."""
LAST = 60
"""The last day that is told apart; what is said of it is said for ever."""
ENDS = {"4": "closed", "5": "bankrupt", "6": "deregistered", "7": "revoked"}
"""Operating statuses of who is gone, with what happened."""
BIRTHS = ("new", "found_missing")
BLANK: dict[str, Any] = {
    **dict.fromkeys(("name", "unit_type", "area_code", "address", "industry_code", "operating_status", "closed_on"), ""),
    **dict.fromkeys(("uscc", "org_code", "reg_no", "temp_code"), ""),
    **dict.fromkeys(("parent_uscc", "parent_org_code", "superior_uscc"), ""),
    "employees": None,
}  # fmt: skip
"""The fields that are told, each empty."""
SCHEMES = ("uscc", "org_code", "reg_no", "temp_code")

Days = dict[int, dict[str, Any]]
"""What a unit says on each day that it was there: its fields, `standing`, `heir`; and beside them `bears`, codes that it
bears in addition, and `follow`, who goes on from it, each with the requests that said so."""
Code = tuple[str, str]
"""Its scheme and what it is."""


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


DAYS = {day(number): number for number in range(-1, LAST + 1)}


@dataclass(frozen=True)
class Told:
    """One thing that was told of a unit: from a day on, or of the days up to another (that one left out)."""

    unit: int
    reason: str
    start: int
    end: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    heir: int | None = None
    bears: tuple[Code, ...] = ()
    drops: tuple[Code, ...] = ()
    follow: tuple[int, ...] = ()
    """Who goes on from the unit; -2 is the one that the second thing told in the same request adds."""

    @property
    def restates(self) -> bool:
        """A correction of which both days are known holds in all of them; who is void is void in all that follows."""
        return self.reason == "void" or (self.reason == "correction" and self.end is not None)


def born(told: Told) -> Days:
    """A unit from its first day on. One that comes in as gone lived until the day that it says it closed."""
    says = {**BLANK, **told.values, "standing": "live", "heir": None, "bears": {}, "follow": {}}
    if says["operating_status"] not in ENDS:
        return {day: dict(says) for day in range(told.start, LAST + 1)}
    closed = DAYS[date.fromisoformat(says["closed_on"])]
    lived = {**says, "operating_status": "", "closed_on": ""}
    gone = {**says, "standing": "closed"}
    return {day: dict(lived if day < closed else gone) for day in range(told.start, LAST + 1)}


def laid(was: Days, told: Told, valid: Collection[str] = ()) -> Days:
    """The unit after a change or a correction of it; `valid` are the codes that pass their check."""
    days = {day: dict(says) for day, says in was.items()}
    if told.reason == "correction" and told.start < min(days):
        says_first = {**days[min(days)], "bears": {}, "follow": {}}  # these stay on the days of which they were told
        days |= {day: dict(says_first) for day in range(told.start, min(days))}
    start, end = max(told.start, min(days)), LAST + 1 if told.end is None else min(told.end, LAST + 1)
    if told.restates:
        for day in range(start, end):
            days[day] |= brought(told, days[day], valid)
    elif start < end:
        _carry(days, brought(told, days[start], valid), start, end, told)
    _let_days_follow(was, days)
    return days


def _let_days_follow(was: Days, days: Days) -> None:
    """Where an ending lies on another day than it did, what bore the former day as that of the ending bears the new one."""
    for number, says in days.items():
        former, now = _ending(was, number), _ending(days, number)
        if former is not None and now not in (None, former) and says["closed_on"] == day(former).isoformat():
            says["closed_on"] = day(now or 0).isoformat()


def _ending(days: Days, number: int) -> int | None:
    """The day on which a unit came to be closed as it is on this one."""
    if number not in days or days[number]["standing"] != "closed":
        return None
    told = {name: days[number][name] for name in ("standing", "operating_status")}
    while number - 1 in days and all(days[number - 1][name] == value for name, value in told.items()):
        number -= 1
    return number


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
    "move_in": "live",
    "void": "void",
    "resume": "live",
    "reinstate": "live",
}
"""The standing that something leaves; all else leaves the one that was."""
STATUS = {"closed": "4", "bankrupt": "5", "deregistered": "6", "revoked": "7", "pause": "2", "resume": "1"}
FOLLOWED = ("merged", "converted")


def brought(told: Told, was: Mapping[str, Any], valid: Collection[str] = ()) -> dict[str, Any]:
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
    return {**_ends(told, was, after, status), **_replaces(told, was, valid), **_as_legal(told, was), **says}


def _ends(told: Told, was: Mapping[str, Any], after: str, status: str) -> dict[str, Any]:
    """The day of an ending: it comes with an ending of which none is known, or another one; who lives again has none."""
    if after == "live" and was["operating_status"] in ENDS:
        return {"closed_on": ""}
    is_new = status not in ("", was["operating_status"]) if was["standing"] == "closed" else not was["closed_on"]
    return {"closed_on": day(told.start).isoformat()} if after == "closed" and is_new else {}


def _replaces(told: Told, was: Mapping[str, Any], valid: Collection[str]) -> dict[str, Any]:
    """A code of a registrar ends a temporary one."""
    comes = any(told.values.get(name) in valid for name in ("uscc", "org_code", "reg_no"))
    comes |= told.values.get("org_code", "").endswith("B")  # of a legal unit that has one
    return {"temp_code": ""} if was["temp_code"] and comes else {}


def _as_legal(told: Told, was: Mapping[str, Any]) -> dict[str, Any]:
    """An establishment that is treated as a legal unit is one, and what it belonged to stands above it."""
    if told.reason != "treated_as_legal" or was["unit_type"] != "2":
        return {}
    above = [{**was, **told.values}[name] for name in ("parent_uscc", "parent_org_code")]
    found = {"unit_type": "1", "parent_uscc": "", "parent_org_code": ""}
    return {**found, "superior_uscc": above[0] or above[1]} if any(above) else found


@dataclass
class World:
    """All units, each on each day. `inner` maps valid credit codes to the organisation code inside them."""

    inner: Mapping[str, str]
    units: dict[int, Days] = field(default_factory=dict)

    def with_unit(self, number: int, days: Days) -> World:
        return World(self.inner, {**self.units, number: days})

    def after(self, told: Sequence[Told], numbers: Sequence[int], request: int) -> World:
        """The world once all that one request tells is written, of units of these numbers."""
        world = self
        for one, number in zip(told, numbers, strict=True):
            days = world.units.get(number)
            world = world.with_unit(number, laid(days, one, self.valid) if days else born(one))
        for one, number in zip(told, numbers, strict=True):
            world = world.with_unit(number, world.stating(number, one, numbers, request))
        return world

    @property
    def valid(self) -> set[str]:
        return {*self.inner, *self.inner.values()}

    def stating(self, number: int, told: Told, numbers: Sequence[int], request: int) -> Days:
        """A unit with the codes that come to it, or leave it, beside its fields, and with who goes on from it."""
        days = {day: dict(says) for day, says in self.units[number].items()}
        stretch = [day for day in days if told.start <= day < (LAST + 1 if told.end is None else told.end)]
        for code in told.drops:
            for day in stretch:
                days[day]["bears"] = {one: by for one, by in days[day]["bears"].items() if one != code}
        held = [dict(days[day]) for day in stretch]
        for code in told.bears:
            if not _says_always(held, code, self.inner):
                _add(days, stretch, "bears", code, request)
        for heir in told.follow:
            _add(days, stretch, "follow", heir if heir > 0 else numbers[-heir - 1], request)
        return days

    def without(self, was: World, did: World, units: Iterable[int]) -> World:
        """The world as if a request had never been: what it found `was`, what it left it `did`; what came since stays."""
        world = self
        for number in units:
            days = self.units[number]
            before, after = was.units.get(number), did.units[number]
            world = world.with_unit(number, _put_back(days, before, after) if before else _never_was(days, after))
        return world

    def on(self, unit: int, day: int) -> Mapping[str, Any] | None:
        return self.units[unit].get(min(day, LAST))

    def bears(self, unit: int, day: int) -> set[Code]:
        """The codes of a unit on a day, by scheme; with the organisation code inside a valid credit code."""
        says = self.on(unit, day)
        return set() if says is None else codes_of(says, self.inner)

    def meant(self, unit: int, day: int, name: str) -> int | None:
        """Who is meant by the code of a parent or superior that a unit says on a day.

        Of all others who bear it on one of the days on which it is said while the same go on for each other, or else ever,
        each with who goes on for it on this day: the one legal unit, or the one.
        """
        days, code = self.units[unit], self.units[unit][day][name]
        bearing = {
            other: {d for d in self.units[other] if code in {value for _, value in self.bears(other, d)}}
            for other in self.units
            if other != unit
        }
        said = self._while_the_same_go_on(_stretch(days, day, name), day, [one for one, on in bearing.items() if on])
        near = [other for other, on in bearing.items() if on & said] or [other for other, on in bearing.items() if on]
        goes = {(self.goes_on(other, day), self.units[other][LAST]["unit_type"] == "1") for other in near}
        found = {other for other, _ in goes if other != unit}
        legal = {other for other, is_legal in goes if is_legal and other != unit}
        return next(iter(legal or found)) if len(legal or found) == 1 else None

    def _while_the_same_go_on(self, said: set[int], day: int, units: Collection[int]) -> set[int]:
        """Of these days the ones around a day on which the same units as on it go on for these units, and for those in turn."""
        reached, ahead = set[int](), set(units)
        while ahead:
            reached |= ahead
            ahead = {heir for unit in ahead for d in self.units[unit] if (heir := self._heir(unit, d))} - reached
        heirs = {d: {unit: self._heir(unit, d) for unit in reached} for d in said}
        found = set[int]()
        for towards in (-1, 1):
            at = day
            while at in said and heirs[at] == heirs[day]:
                found.add(at)
                at += towards
        return found

    def _heir(self, unit: int, day: int) -> int | None:
        says = self.on(unit, day)
        return says["heir"] if says and says["standing"] in FOLLOWED else None

    def goes_on(self, unit: int, day: int) -> int:
        """Who goes on for a unit on a day: itself, unless it was merged or converted by then."""
        seen = {unit}
        while (heir := self._heir(unit, day)) is not None:
            if heir in seen:
                return unit
            unit = heir
            seen.add(unit)
        return unit

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


def own_codes(world: World, unit: int, day: int) -> set[str]:
    """The codes of a unit on a day that are neither its parent's nor temporary ones."""
    says = world.units[unit][day]
    parents = {says["parent_uscc"], says["parent_uscc"][8:17], says["parent_org_code"]}
    return {code for scheme, code in world.bears(unit, day) if scheme != "temp_code"} - parents


def codes_of(says: Mapping[str, Any], inner: Mapping[str, str]) -> set[Code]:
    own = {(name, says[name]) for name in SCHEMES if says[name]} | set(says["bears"])
    return own | {("org_code", inner[value]) for scheme, value in own if scheme == "uscc" and value in inner}


def _says_always(stretch: Sequence[Mapping[str, Any]], code: Code, inner: Mapping[str, str]) -> bool:
    """Whether a unit bears a code already on all of these days: by its fields, or as one request told it."""
    if all(code in codes_of({**says, "bears": ()}, inner) for says in stretch):
        return True
    told = [{by for one, by in _bearing(says, inner) if one == code} for says in stretch]
    return bool(told and frozenset.intersection(*(frozenset().union(*by) for by in told)))


def _bearing(says: Mapping[str, Any], inner: Mapping[str, str]) -> Iterable[tuple[Code, frozenset[int]]]:
    """Codes beside the fields, and what is contained in them, with the requests that said so."""
    blank = dict.fromkeys(SCHEMES, "")
    for told, by in says["bears"].items():
        yield from ((code, by) for code in codes_of({**blank, "bears": (told,)}, inner))


def _add(days: Days, stretch: Iterable[int], name: str, what: Any, request: int) -> None:
    for day in stretch:
        days[day][name] = {**days[day][name], what: days[day][name].get(what, frozenset()) | {request}}


_BESIDE = ("bears", "follow")


def _never_was(days: Days, did: Days) -> Days:
    """A unit that the request brought was none on any day."""
    found = {}
    for day, says in days.items():
        beside = {name: _taken_back(says[name], {}, did[day][name] if day in did else {}) for name in _BESIDE}
        found[day] = {**says, **beside, "standing": "void", "heir": None}
    return found


def _put_back(days: Days, was: Days, did: Days) -> Days:
    """Whatever the request changed on a day, and nothing has said otherwise of since, is what it was; a standing stays with a
    status that was told since, where the former could not be of such a unit."""
    found: Days = {}
    for day, says in sorted(days.items()):
        if day in was:
            fields = [name for name in says if name not in _BESIDE]
            back = {name for name in fields if did[day][name] != was[day][name] and says[name] == did[day][name]}
            told = {**says, **{name: was[day][name] for name in back}}
            if (told["standing"] == "live") == (told["operating_status"] in ENDS) and told["standing"] in (
                "live",
                "closed",
            ):
                told["standing"] = says["standing"]
            beside = {name: _taken_back(says[name], was[day][name], did[day][name]) for name in _BESIDE}
            found[day] = {**told, **beside}
        elif day not in did or any(says[name] != did[day][name] for name in BLANK) or day - 1 in found:
            found[day] = says
    return found


def _taken_back(now: Mapping[Any, frozenset[int]], was: Mapping[Any, Any], did: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Links on a day but for what a request said of them, and with what it ended."""
    nobody = frozenset[int]()
    found = {}
    for one in {*now, *was}:
        before, after = was.get(one, nobody), did.get(one, nobody)
        found[one] = (now.get(one, nobody) - (after - before)) | (before - after)
    return {one: by for one, by in found.items() if by}


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
