"""Half-open periods of days, and dates known in part."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.partial_date import first_day, is_partial_date, precision_of
from app.domain.period import FOREVER, Period

JANUARY, MARCH, MAY = date(2024, 1, 1), date(2024, 3, 1), date(2024, 5, 1)


def test_the_end_of_a_period_is_not_in_it() -> None:
    period = Period(JANUARY, MARCH)
    assert JANUARY in period
    assert date(2024, 2, 29) in period
    assert MARCH not in period
    assert FOREVER not in Period(JANUARY)


@pytest.mark.parametrize("end", [JANUARY, date(2023, 12, 31)])
def test_a_period_holds_a_day(end: date) -> None:
    with pytest.raises(ValueError, match="empty period"):
        Period(JANUARY, end)


def test_what_two_periods_share() -> None:
    assert Period(JANUARY, MAY).intersection(Period(MARCH)) == Period(MARCH, MAY)
    assert Period(JANUARY, MARCH).intersection(Period(MARCH, MAY)) is None


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        (Period(MARCH, MAY), [Period(JANUARY, MARCH), Period(MAY)]),
        (Period(JANUARY, MARCH), [Period(MARCH)]),
        (Period(date(2020, 1, 1)), []),
        (Period(date(2020, 1, 1), JANUARY), [Period(JANUARY)]),
    ],
)
def test_what_is_left_of_a_period(taken: Period, left: list[Period]) -> None:
    assert Period(JANUARY).minus(taken) == left


@pytest.mark.parametrize(
    ("text", "precision", "first"),
    [
        ("2005", "year", date(2005, 1, 1)),
        ("2005-07", "month", date(2005, 7, 1)),
        ("2004-02-29", "day", date(2004, 2, 29)),
    ],
)
def test_a_date_known_in_part_counts_on_its_first_day(text: str, precision: str, first: date) -> None:
    assert (precision_of(text), first_day(text)) == (precision, first)


@pytest.mark.parametrize("text", ["", "05", "2005-7", "2005-13", "2005-02-30", "2005-07-01 ", "２００５", "0000"])
def test_what_is_no_date(text: str) -> None:
    assert not is_partial_date(text)
