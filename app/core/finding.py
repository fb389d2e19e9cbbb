"""By what a sealed value is found: keyed digests beside it, each with a key of its own (DESIGN.md, readings 15)."""

from __future__ import annotations

from app.core.types import current_keys
from app.domain.fields import BY_NAME, FIELDS

TAIL = 4
"""Digits of a telephone number that people remember."""

FOUND_BY = {f"{field.name}_{how}_digest": (field.name, how) for field in FIELDS for how in field.found_by}
"""Column of `unit_version` to the field it finds, and how."""


def digest_columns(name: str) -> list[str]:
    """The columns by which this field is found."""
    return [f"{name}_{how}_digest" for how in BY_NAME[name].found_by]


def finding_digest(column: str, clear: str) -> bytes | None:
    """What stands in a column for a value; None where there is nothing to find it by."""
    text = sought(column, clear)
    return current_keys().finding(column, text) if text else None


def sought(column: str, clear: str) -> str:
    """A value as it is looked for: a name without spaces, a number by its digits alone."""
    name, how = FOUND_BY[column]
    text = "".join(clear.split()) if "tail" not in BY_NAME[name].found_by else "".join(filter(str.isdecimal, clear))
    return text[-TAIL:] if how == "tail" else text
