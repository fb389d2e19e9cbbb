"""A correction is not a change (promise 2): held against a slow replay day by day, written apart; and entries and exits balance."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.queries import payload_of
from app.audit.tags import Tag
from app.core.rights import Territory
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import AuditEvent
from app.register import writer
from app.register.demography import SAID, Keyed, balances
from app.register.queries import AsOf, versions_of
from app.register.rules import History, first_version, lay_over, row_on
from app.register.steps import BadStep, StatusAgainst
from tests.factories.world import NOW
from tests.factories.writes import birth, change, change_unit, make_unit

START = date(2020, 1, 1)
LAST = 80
HERE = Territory((("500105", ""),))


def day(number: int) -> date:
    return START + timedelta(days=number)


FIELDS = ("address", "industry_code")
writes = st.lists(
    st.tuples(
        st.integers(-10, LAST), st.integers(1, 30), st.sampled_from(FIELDS), st.sampled_from("abc"),
        st.sampled_from(["change", "open", "stretch"]),
    ),
    max_size=8,
)  # fmt: skip


def replayed(told: list[tuple[int, int, str, str, str]]) -> dict[int, dict[str, str]]:
    """What the unit says on each day, one day after the other."""
    first = {"address": "测试路1号", "industry_code": "5165"}
    days = {number: dict(first) for number in range(LAST + 40)}
    for start, length, name, value, kind in told:
        begins = min(days)
        if kind != "change" and start < begins:
            days |= {number: dict(days[begins]) for number in range(start, begins)}
        at = max(start, min(days))
        end = start + length if kind == "stretch" else max(days) + 1
        before = days[at][name] if at in days and at < end else ""
        for number in range(at, end):
            if (number in days and kind == "stretch") or (number in days and days[number][name] == before):
                days[number][name] = value
            else:
                break
    return days


def laid(told: list[tuple[int, int, str, str, str]]) -> History:
    history = History(1, 1, [first_version(birth(START))])
    for start, length, name, value, kind in told:
        until = day(start + length) if kind == "stretch" else FOREVER
        reason = Reason.CHANGE if kind == "change" else Reason.CORRECTION
        lay_over(history, change(1, day(start), until=until, revision=history.revision, reason=reason, **{name: value}))
    return history


@settings(max_examples=400, deadline=None)
@given(writes)
def test_every_day_says_what_a_replay_day_by_day_says(told: list[tuple[int, int, str, str, str]]) -> None:
    history, days = laid(told), replayed(told)
    assert history.believed[0]["valid_from"] == day(min(days))
    for number, said in days.items():
        row = row_on(history, day(number))
        assert row is not None
        assert {name: row[name] for name in FIELDS} == said, number


def test_a_stretch_is_corrected_whatever_stood_in_it(session: Session) -> None:
    """T14: X held in 2021 alone, the later addresses stayed, and nothing said so."""
    unit = make_unit(session, date(2020, 1, 1), address="A路")
    for year, address in ((2022, "B路"), (2024, "C路")):
        change_unit(session, unit, date(year, 1, 1), address=address)
    stretch = {"until": date(2025, 1, 1), "reason": Reason.CORRECTION}
    change_unit(session, unit, date(2021, 1, 1), address="X路", **stretch)
    said = [versions_of(session, [unit], AsOf(date(year, 6, 1)))[unit]["address"] for year in range(2020, 2026)]
    assert said == ["A路", "X路", "X路", "X路", "X路", "C路"]


def test_the_first_day_of_a_unit_is_corrected_and_nothing_is_born_twice(session: Session) -> None:
    """T15, T16: a correction of days before the first was clamped, one of a stretch counted as a birth."""
    unit = make_unit(session, date(2020, 1, 1))
    change_unit(session, unit, date(2015, 3, 1), reason=Reason.CORRECTION)
    assert versions_of(session, [unit], AsOf(date(2015, 3, 1)))[unit]["address"] == "测试路1号"
    assert versions_of(session, [unit], AsOf(date(2015, 2, 28))) == {}
    change_unit(session, unit, date(2020, 5, 1), until=date(2021, 5, 1), reason=Reason.CORRECTION, address="X路")
    assert moves(session, date(2014, 1, 1), date(2024, 1, 1)) == ({"2015-03": 1}, {})


def test_the_day_of_a_closing_is_corrected_both_ways(session: Session) -> None:
    """T16: closed twice, the first day told stood, and the death counted twice."""
    unit = make_unit(session, date(2019, 1, 1))
    change_unit(session, unit, date(2022, 9, 1), reason=Reason.DEREGISTERED)
    earlier = {"reason": Reason.CORRECTION, "until": date(2022, 9, 1), "operating_status": "6"}
    change_unit(session, unit, date(2022, 3, 1), **earlier)
    assert moves(session, date(2018, 1, 1), date(2024, 1, 1)) == ({"2019-01": 1}, {"2022-03": 1})
    later = {"reason": Reason.CORRECTION, "until": date(2022, 11, 1), "operating_status": "1"}
    change_unit(session, unit, date(2022, 3, 1), **later)
    assert moves(session, date(2018, 1, 1), date(2024, 1, 1)) == ({"2019-01": 1}, {"2022-11": 1})


def test_what_is_void_is_void_in_all_that_follows(session: Session) -> None:
    """A unit that was closed later went on being closed, after a removal from before."""
    unit = make_unit(session, date(2014, 1, 1))
    change_unit(session, unit, date(2018, 1, 1), address="新路2号")
    change_unit(session, unit, date(2022, 1, 1), reason=Reason.DEREGISTERED)
    change_unit(session, unit, date(2015, 1, 1), reason=Reason.VOID)
    said = [versions_of(session, [unit], AsOf(date(year, 6, 1)))[unit]["standing"] for year in (2014, 2015, 2019, 2023)]
    assert said == ["live", "void", "void", "void"]
    assert moves(session, date(2013, 1, 1), date(2024, 1, 1)) == ({"2014-01": 1}, {"2015-01": 1})
    change_unit(session, unit, date(2014, 6, 1), reason=Reason.VOID)
    assert moves(session, date(2013, 1, 1), date(2024, 1, 1)) == ({"2014-01": 1}, {"2014-06": 1})


@pytest.mark.parametrize("later", [Reason.DEREGISTERED, Reason.PAUSE, Reason.MOVE_OUT, Reason.MOVE_WITHIN])
def test_what_could_not_follow_an_ending_refuses_it_and_says_when(session: Session, later: Reason) -> None:
    unit = make_unit(session, date(2014, 1, 1))
    change_unit(session, unit, date(2022, 1, 1), reason=later, address="新路2号")
    with pytest.raises(BadStep) as refused, session.begin_nested():
        change_unit(session, unit, date(2020, 1, 1), reason=Reason.DEREGISTERED)
    assert (refused.value.details["on"], refused.value.details["reason"]) == ("2022-01-01", str(later))


def test_a_striking_off_follows_a_closing_that_is_learned_late(session: Session) -> None:
    unit = make_unit(session, date(2014, 1, 1))
    change_unit(session, unit, date(2022, 1, 1), reason=Reason.DEREGISTERED)
    assert change_unit(session, unit, date(2020, 1, 1), reason=Reason.CLOSED).units == {1: unit}


def moves(session: Session, since: date, until: date) -> tuple[dict[str, int], dict[str, int]]:
    told = balances(session, since=since, until=until, by=Keyed.MONTH, within=HERE)
    return {one.key: one.entries for one in told if one.entries}, {one.key: one.exits for one in told if one.exits}


def test_the_trail_tells_the_old_and_the_new_value_of_the_stretch(session: Session) -> None:
    """T18: the log of a past correction said `["今路", "今路"]`."""
    unit = make_unit(session, date(2020, 1, 1), address="旧路")
    change_unit(session, unit, date(2023, 1, 1), address="今路")
    past = {"reason": Reason.CORRECTION, "until": date(2022, 1, 1)}
    change_unit(session, unit, date(2021, 1, 1), address="那路", **past)
    last = select(func.max(AuditEvent.seq)).where(AuditEvent.event == str(Tag.UNITS_WRITE))
    told = str(payload_of(session, session.execute(last).scalar_one()))
    assert [word in told for word in ("旧路", "那路", "今路")] == [True, True, False]


EVENTS = (
    (Reason.CHANGE, {"address": "新路"}), (Reason.CLOSED, {}), (Reason.DEREGISTERED, {}), (Reason.REINSTATE, {}),
    (Reason.VOID, {}), (Reason.MOVE_OUT, {}), (Reason.MOVE_WITHIN, {"area_code": "500105007001"}),
    (Reason.CHANGE, {"industry_code": "6513"}), (Reason.CORRECTION, {"operating_status": "6"}),
    (Reason.CORRECTION, {"operating_status": "1"}), (Reason.CORRECTION, {"area_code": "500112002001"}),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_entries_and_exits_balance_over_random_histories(session: Session, seed: int) -> None:
    dice = random.Random(seed)
    units = [make_unit(session, day(dice.randrange(60)), uscc="", name=f"第{n}家") for n in range(12)]
    for _ in range(60):
        happen(session, dice, dice.choice(units))
    since, until = day(15), day(75)
    for by in Keyed:
        told = balances(session, since=since, until=until, by=by, within=HERE)
        opening, closing = (standing(session, units, on, by) for on in (since - timedelta(days=1), until))
        if by in SAID:
            assert {one.key: one.opening for one in told if one.opening} == opening
            assert {one.key: one.closing for one in told if one.closing} == closing
        else:
            assert [one.opening for one in told[1:]] == [one.closing for one in told[:-1]]
            assert (told[0].opening, told[-1].closing) == (opening[""], closing[""])


def happen(session: Session, dice: random.Random, unit: int) -> None:
    """Something that is allowed happens to a unit, a change or a correction of a stretch; what is not leaves it as it is."""
    reason, values = dice.choice(EVENTS)
    start = dice.randrange(5, 80)
    until = day(start + dice.randrange(1, 30)) if reason is Reason.CORRECTION else FOREVER
    history = writer.gather(session, [unit])[unit]
    write = change(unit, day(start), until=until, revision=history.revision, reason=reason, **values)
    with suppress(BadStep, StatusAgainst), session.begin_nested():
        writer.apply(session, [write], request_id=2, actor="test", now=NOW)


def standing(session: Session, units: list[int], on: date, by: Keyed) -> Counter[str]:
    """How many live there on a day, counted one by one."""
    rows = [row for row in versions_of(session, units, AsOf(on)).values() if row["standing"] == "live"]
    name, length = SAID.get(by, ("area_code", 0))
    return Counter(row[name][:length] for row in rows if row["area_code"].startswith("500105"))
