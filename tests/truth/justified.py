"""Whether a refusal had its reason in what the replay would say: by its code, asked of the world before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.truth import watch
from tests.truth.replay import Told, World
from tests.truth.tellings import LISTED

Check = Callable[[World, World, Sequence[Told]], bool]


def _breaks(*kinds: str) -> Check:
    def breaks(before: World, after: World, told: Sequence[Told]) -> bool:
        found = watch.faults(after, LISTED) - watch.faults(before, LISTED)
        found |= {fault for unit in _units(before, after, told) for fault in watch.stated(after, unit)}
        return any(one[0] in kinds for one in found)

    return breaks


def _units(before: World, after: World, told: Sequence[Told]) -> set[int]:
    """The units that are others by what was told."""
    changed = {unit for unit, days in after.units.items() if before.units.get(unit) != days}
    return changed | {one.unit for one in told if one.unit}


def _cannot(before: World, _after: World, told: Sequence[Told]) -> bool:
    """The step cannot be taken on its first day, nor on a day that it re-states, or what the history tells of later
    could not follow."""
    return any(_cannot_one(before, one) for one in told if one.unit)


def _cannot_one(before: World, told: Told) -> bool:
    days = before.units[told.unit]
    start = max(told.start, min(days))
    says = days[start]
    if not watch.can_happen(told.reason, says["standing"], says["operating_status"]):
        return True
    later = {day for day in days if day > start and days[day]["standing"] + days[day]["operating_status"]
             != days[day - 1]["standing"] + days[day - 1]["operating_status"]}  # fmt: skip
    return bool(later) or any(days[day]["standing"] == "live" for day in days if day > start)


def _leads_back(before: World, after: World, told: Sequence[Told]) -> bool:
    could = any(watch.could_lead_back(after, unit) for unit in _units(before, after, told))
    return could or _breaks("circle")(before, after, told)


JUSTIFIED: Mapping[str, Check] = {
    "changes_nothing": lambda before, after, _told: before.units == after.units,
    "code_taken": _breaks("taken"),
    "circle": _leads_back,
    "bad_successor": lambda before, after, told: (
        _breaks("heir", "own", "above")(before, after, told)
        or any(one.reason in ("merge", "conversion") and one.heir is None for one in told)
    ),
    "bad_step": _cannot,
}
