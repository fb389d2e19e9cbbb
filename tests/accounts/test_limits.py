"""How often a key may ask, and which keys are remembered while the database is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.limits import REMEMBERED, KnownKeys, RateLimits
from app.core.actor import Client
from app.core.errors import TooMany, Unavailable
from tests.factories.races import at_once
from tests.factories.timer import Timer
from tests.factories.world import NOW


@pytest.fixture
def timer() -> Timer:
    return Timer()


def taken(limits: RateLimits, times: int, key: int = 1, per_minute: int = 60) -> int:
    """How many of so many checks are let through."""
    for count in range(times):
        try:
            limits.take(key, per_minute)
        except TooMany:
            return count
    return times


def test_a_minutes_worth_may_come_at_once_and_no_more(timer: Timer) -> None:
    assert taken(RateLimits(timer), 100) == 60


def test_room_comes_back_with_time_and_never_more_than_a_minutes(timer: Timer) -> None:
    limits = RateLimits(timer)
    taken(limits, 60)
    timer.seconds += 10
    assert taken(limits, 100) == 10
    timer.seconds += 3600
    assert taken(limits, 100) == 60


def test_who_is_refused_hears_when_there_is_room_again(timer: Timer) -> None:
    limits = RateLimits(timer)
    limits.take(1, 60, cost=60)
    with pytest.raises(TooMany) as refused:
        limits.take(1, 60, cost=30)
    assert refused.value.retry_after == 30
    timer.seconds += 30
    limits.take(1, 60, cost=30)


def test_a_refusal_costs_nothing_and_keys_have_room_of_their_own(timer: Timer) -> None:
    limits = RateLimits(timer)
    taken(limits, 60)
    assert taken(limits, 5) == 0
    timer.seconds += 1
    assert taken(limits, 5) == 1
    assert taken(limits, 5, key=2) == 5


def test_threads_share_the_room(timer: Timer) -> None:
    limits = RateLimits(timer)
    assert sum(at_once(*[lambda: taken(limits, 40)] * 4)) == 60


CLIENT = Client(7, 3, "直报平台", frozenset({"check"}), 60)


def test_a_key_is_remembered_for_a_while_and_by_its_secret_alone() -> None:
    known, away = KnownKeys(), ConnectionError("away")
    known.remember("mlk_one", CLIENT, NOW)
    assert known.recall("mlk_one", NOW + REMEMBERED, away) is CLIENT
    for secret, later in (("mlk_two", timedelta()), ("mlk_one", REMEMBERED + timedelta(seconds=1))):
        with pytest.raises(Unavailable) as refused:
            known.recall(secret, NOW + later, away)
        assert refused.value.__cause__ is away


def test_no_secret_is_kept_in_clear() -> None:
    known = KnownKeys()
    known.remember("mlk_secret", CLIENT, NOW)
    assert "mlk_secret" not in repr(vars(known))


@pytest.mark.parametrize("per_minute", [0, -1, -(10**9)])
def test_a_key_for_no_checks_a_minute_gets_none(timer: Timer, per_minute: int) -> None:
    """D27: a key of none, or fewer, was one without a limit."""
    with pytest.raises(TooMany):
        RateLimits(timer).take(1, per_minute)
