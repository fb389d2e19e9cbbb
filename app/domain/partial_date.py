"""Dates known only to the year or the month, written `YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""

from __future__ import annotations

import re
from datetime import date

PATTERN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
PRECISIONS = {4: "year", 7: "month", 10: "day"}


def precision_of(text: str) -> str:
    """`year`, `month` or `day`. Raises ValueError on anything else."""
    first_day(text)
    return PRECISIONS[len(text)]


def first_day(text: str) -> date:
    """The first day the partial date can mean. Raises ValueError when it is no date."""
    match = PATTERN.fullmatch(text)
    if not match:
        raise ValueError(f"not a date: {text!r}; write YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    return date(year, month, day)


def partial_date(text: str) -> date | None:
    """The first day it can mean; None when it is no date."""
    try:
        return first_day(text)
    except ValueError:
        return None


def is_partial_date(text: str) -> bool:
    return partial_date(text) is not None
