"""What a reason says of a unit by itself, beside what its author states (maintenance.md §3, units.md §6).

An ending has its day, and who lives again has none. An establishment that is treated as a legal unit becomes one: what it
belonged to stands above it from then on, so that nobody counts it twice. A registrar's code ends a temporary one. What the
author states goes before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.steps import ENDING, standing_after, status_after
from app.domain.words import ADDING, Reason, Standing, UnitType
from app.register.codes import LEGAL_CODES, passes

_LENGTHS = {"year": 4, "month": 7, "day": 10}
_OF_AN_ENDING = ("closed_on", "closed_reason")
_BELONGS = ("parent_uscc", "parent_org_code", "parent_name", "parent_address", "parent_area_code")
_ABOVE = ("has_superior", "superior_uscc", "superior_name")
SPOKEN_OF = (
    "unit_type",
    "temp_code",
    "treated_as_legal",
    "part_kind",
    "operating_status",
    *_OF_AN_ENDING,
    *_BELONGS,
    *_ABOVE,
)
"""The fields that a reason may set, or is decided by."""


def day_told(day: date, precision: str) -> str:
    """A day as far as it is known."""
    return day.isoformat()[: _LENGTHS[precision]]


def brought(
    reason: Reason, day: date, precision: str, changes: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields that a reason sets on a unit that says `before`, but for those that the author states."""
    found = {**_state(reason, day, precision, changes, before)}
    if before["temp_code"] and _has_legal_code(changes):
        found["temp_code"] = ""
    if reason is Reason.TREATED_AS_LEGAL:
        found |= _as_legal(changes, before)
    return {name: value for name, value in found.items() if name not in changes}


def _has_legal_code(changes: Mapping[str, Any]) -> bool:
    """Whether a code of a registrar comes in: a temporary one ends with it, and stays as one that was borne (identifiers.md §7)."""
    return any(passes(scheme, str(changes.get(scheme) or "")) for scheme in LEGAL_CODES)


def _state(
    reason: Reason, day: date, precision: str, changes: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The operating status, and the day of an ending."""
    was, held = str(before["standing"]), str(before["operating_status"] or "")
    brings = status_after(reason, held)
    status = str(changes.get("operating_status") or brings or held)
    after = standing_after(reason, was, changes.get("operating_status") or brings)
    found = {"operating_status": brings} if brings and not changes.get("operating_status") else {}
    if after == Standing.LIVE and held in ENDING:
        return {**found, **dict.fromkeys(_OF_AN_ENDING, "")}
    if after == Standing.CLOSED and reason not in ADDING and _ends(was, held, status, before):
        found["closed_on"] = day_told(day, precision)
    return found


def _ends(was: str, held: str, status: str, before: Mapping[str, Any]) -> bool:
    """Whether a day of its own belongs to it: who told one of a unit that lived knew it ahead."""
    return status != held if was == Standing.CLOSED else not before["closed_on"]


def _as_legal(changes: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"treated_as_legal": "1"}
    if before["unit_type"] != UnitType.ESTABLISHMENT:
        return found
    belongs = {name: str(changes.get(name, before[name]) or "") for name in _BELONGS}
    code = belongs["parent_uscc"] or belongs["parent_org_code"]
    above = {"has_superior": "1", "superior_uscc": code, "superior_name": belongs["parent_name"]} if code else {}
    return {**found, **above, **dict.fromkeys(_BELONGS, ""), "part_kind": "", "unit_type": str(UnitType.LEGAL_UNIT)}


def days_of_endings(versions: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each version of a unit that is closed, the day on which that began, as far as it is known; empty for the others."""
    found: list[str] = []
    for place, row in enumerate(versions):
        if row["standing"] != Standing.CLOSED:
            found.append("")
        elif place and found[-1] and row["operating_status"] == versions[place - 1]["operating_status"]:
            found.append(found[-1])
        else:
            found.append(day_told(row["valid_from"], row["date_precision"]))
    return found
