"""Pure decisions of the spot check: what may be found, and what it says of the whole list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from scipy import stats

CONFIDENCE = 0.95
FIELDS = (
    *("name", "unit_type", "industry_code", "area_code", "address", "operating_status"),
    *("tel", "mobile", "legal_rep", "employees"),
)
"""What is compared unless something else is chosen (quality.md §3)."""


class Presence(StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"


class Finding(StrEnum):
    """Categories of a comparison, item by item (quality.md §3, step 5)."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_APPLICABLE = "not_applicable"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Rate:
    """`hits` of `tried` with exact limits (Clopper–Pearson, 95 %); nothing tried gives no rate."""

    name: str
    hits: int
    tried: int
    rate: float | None
    low: float | None
    high: float | None


def rate_of(name: str, hits: int, tried: int) -> Rate:
    """A share with confidence limits that hold for any size; they do not profit from a finite list, so err wide."""
    if not tried:
        return Rate(name, 0, 0, None, None, None)
    limits = stats.binomtest(hits, tried).proportion_ci(CONFIDENCE, "exact")
    return Rate(name, hits, tried, hits / tried, float(limits.low), float(limits.high))


def rates(items: Sequence[tuple[str, Mapping[str, str]]], fields: Iterable[str]) -> list[Rate]:
    """Rates from (presence, verdicts) of the units visited: not found, units with an error, errors by field."""
    visited = [(presence, verdicts) for presence, verdicts in items if presence]
    found = [verdicts for presence, verdicts in visited if presence == Presence.FOUND]
    judged = [verdicts for verdicts in found if {Finding.RIGHT, Finding.WRONG} & set(verdicts.values())]
    result = [
        rate_of("not_found", len(visited) - len(found), len(visited)),
        rate_of("unit_error", sum(1 for verdicts in judged if Finding.WRONG in verdicts.values()), len(judged)),
    ]
    return result + [_field_rate(name, found) for name in fields]


def _field_rate(name: str, found: Sequence[Mapping[str, str]]) -> Rate:
    """Wrong among those that could be told: not applicable and cannot tell are left out."""
    said = [verdicts[name] for verdicts in found if verdicts.get(name) in (Finding.RIGHT, Finding.WRONG)]
    return rate_of(name, said.count(Finding.WRONG), len(said))


def corrections_by_day(
    verdicts: Mapping[str, str], found: Mapping[str, Any], since: Mapping[str, str], otherwise: date
) -> list[tuple[date, dict[str, Any]]]:
    """The right values by the day since when the register's are wrong, the earliest first."""
    by_day: dict[date, dict[str, Any]] = {}
    for name, value in corrections(verdicts, found).items():
        day = date.fromisoformat(since[name]) if name in since else otherwise
        by_day.setdefault(day, {})[name] = value
    return sorted(by_day.items())


def said_since(stretches: Sequence[Mapping[str, Any]], name: str, on: date) -> date:
    """Since when a unit says in a field what it says on a day, by its believed versions in order."""
    began: date = stretches[0]["valid_from"]
    value = stretches[0][name]
    for row in stretches:
        if row["valid_from"] > on:
            break
        if row[name] != value:
            began, value = row["valid_from"], row[name]
    return began


def corrections(verdicts: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were wrong and whose right value was met."""
    return {name: found[name] for name, said in verdicts.items() if said == Finding.WRONG and found.get(name)}
