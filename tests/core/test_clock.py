"""Moments are naive UTC, days are Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from app.core.clock import Clock, day_of, iso_moment, parse_moment


def test_a_clock_that_is_set_starts_there_and_runs_on() -> None:
    clock = Clock("2024-12-31T10:00:00+08:00")
    first, second = clock.now(), clock.now()
    assert datetime(2024, 12, 31, 2) <= first <= second < datetime(2024, 12, 31, 2, 5)
    assert clock.today() == date(2024, 12, 31)


def test_a_clock_that_is_not_set_gives_this_moment_without_an_offset() -> None:
    now = Clock().now()
    assert now.tzinfo is None
    assert abs(now - Clock().now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 12, 31, 15, 59, 59), date(2024, 12, 31)),
        (datetime(2024, 12, 31, 16, 0), date(2025, 1, 1)),
        (datetime(1990, 6, 1, 15, 0), date(1990, 6, 2)),  # China kept summer time until 1991
    ],
)
def test_the_day_begins_at_midnight_in_shanghai(moment: datetime, day: date) -> None:
    assert day_of(moment) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-12-31T10:00:00", datetime(2024, 12, 31, 2)),
        ("2024-12-31", datetime(2024, 12, 30, 16)),
        ("2024-12-31T10:00:00Z", datetime(2024, 12, 31, 10)),
        ("2024-12-31T10:00:00.000001+09:00", datetime(2024, 12, 31, 1, 0, 0, 1)),
    ],
)
def test_a_moment_without_an_offset_is_read_as_a_person_writes_it(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


def test_a_moment_goes_out_in_utc_and_comes_back_the_same() -> None:
    moment = datetime(2024, 12, 31, 2, 0, 0, 7)
    assert iso_moment(moment) == "2024-12-31T02:00:00.000007Z"
    assert parse_moment(iso_moment(moment)) == moment
