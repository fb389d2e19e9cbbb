"""Half-open periods of days and the ends of the two clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

FOREVER = date(9999, 12, 31)
"""`valid_until` of what is still true. A day, not NULL, so that one comparison serves every query."""

STILL_KNOWN = datetime(9999, 12, 31)  # noqa: DTZ001 - stored moments are naive UTC by convention
"""`superseded_at` of what we still hold to be so."""

EARLIEST = date(1800, 1, 1)
"""No unit began before (attributes.md §1.2, `opened_on`); an earlier day is a slip of the hand."""
YEARS_AHEAD = 10
"""How far ahead anything is planned; what lies beyond is a slip too."""


def latest_from(today: date) -> date:
    """The last day that can be spoken of as of today."""
    return date(today.year + YEARS_AHEAD, 12, 31)


@dataclass(frozen=True, order=True)
class Period:
    """Days `[valid_from, valid_until)`, the end excluded.

    Raises:
        ValueError: the period holds no day.
    """

    valid_from: date
    valid_until: date = FOREVER

    def __post_init__(self) -> None:
        if self.valid_from >= self.valid_until:
            raise ValueError(f"empty period {self.valid_from} .. {self.valid_until}")

    def __contains__(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until

    def intersection(self, other: Period) -> Period | None:
        """The days both hold, or None."""
        start, end = max(self.valid_from, other.valid_from), min(self.valid_until, other.valid_until)
        return Period(start, end) if start < end else None

    def minus(self, other: Period) -> list[Period]:
        """What is left of this period without `other`: none, one or two periods, in order."""
        pieces = []
        if self.valid_from < min(other.valid_from, self.valid_until):
            pieces.append(Period(self.valid_from, min(other.valid_from, self.valid_until)))
        if max(other.valid_until, self.valid_from) < self.valid_until:
            pieces.append(Period(max(other.valid_until, self.valid_from), self.valid_until))
        return pieces
