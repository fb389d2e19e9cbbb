"""By what a sealed value is found: keyed digests beside it, each with a key of its own (DESIGN.md, readings 15)."""

from __future__ import annotations

from app.core.persons import PERSON
from app.core.types import current_keys
from app.domain.fields import FIELDS

TAIL = 4
"""Digits of a telephone number that people remember."""

_NUMBERED = frozenset(field.name for field in FIELDS if "tail" in field.found_by)
FOUND_BY = {
    f"{name}_{how}_digest": (name, how)
    for name, how in (
        *((field.name, how) for field in FIELDS for how in field.found_by),
        (PERSON, "whole"),
    )
}
"""Column of `unit_version` to the personal value that it finds, and how."""
PERSONS = tuple(column for column, (name, _) in FOUND_BY.items() if name not in _NUMBERED)
"""The columns by which persons are found, by their whole names."""


def digest_columns(name: str) -> list[str]:
    """The columns by which this field is found."""
    return [column for column, (found, _) in FOUND_BY.items() if found == name]


def finding_digest(column: str, clear: str) -> bytes | None:
    """What stands in a column for a value; None where there is nothing to find it by."""
    text = sought(column, clear)
    return current_keys().finding(column, text) if text else None


def sought(column: str, clear: str) -> str:
    """A value as it is looked for: a name without spaces, a number by its digits alone."""
    name, how = FOUND_BY[column]
    text = "".join(filter(str.isdecimal, clear)) if name in _NUMBERED else "".join(clear.split())
    return text[-TAIL:] if how == "tail" else text
