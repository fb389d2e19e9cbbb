"""Spot checks on both databases: the draw, what is recorded, the rates, the correction by the one door."""

from __future__ import annotations

from datetime import date

import pytest

from app.accounts.actor import get_actor
from app.audit.proof import verify
from app.changes import service as changes
from app.changes.errors import BadChange
from app.changes.queries import get_request, items_of
from app.core.rights import territory
from app.domain.period import Period
from app.frames import service as frames
from app.frames.definition import parse
from app.frames.errors import FrameNotFrozen
from app.frames.rules import Side
from app.quality import queries, rules, service
from app.quality.errors import (
    BadFinding,
    CheckClosed,
    CheckedAlready,
    CheckNotFound,
    FieldNotCompared,
    NameTaken,
    NoSuchField,
    NothingToCorrect,
    TooSmall,
)
from app.register.queries import AsOf, versions_of
from tests.factories.turns import InOne
from tests.factories.world import NOW, TODAY
from tests.factories.writes import make_unit
from tests.frames.world import confirm

FIELDS = ["name", "address", "employees"]


def frozen(session, units=12):
    for n in range(units):
        make_unit(session, name=f"测试{n:02}商贸有限公司", uscc="")
    section, register = get_actor(session, "section"), get_actor(session, "maintainer")
    frame = draft(session, "框")
    frames.build(InOne(session), frame.frame_id, actor=section, now=NOW)
    confirm(session, frame.frame_id, Side.SECTION, section)
    confirm(session, frame.frame_id, Side.REGISTER, register)
    return frames.freeze(session, frame.frame_id, actor=register, now=NOW)


def draft(session, name):
    period = Period(date(2025, 1, 1), date(2026, 1, 1))
    return frames.draft(
        session, name, survey="年报", period=period, definition={"conditions": []}, reference_date=TODAY,
        actor=get_actor(session, "maintainer2"), now=NOW,
    )  # fmt: skip


def drawn(session, frame, **changes):
    given = {"name": "抽查", "seed": "2024", "size": 4, "fields": FIELDS, "actor": get_actor(session, "survey")}
    return service.draw(InOne(session), frame, now=NOW, **(given | changes))


def started(session, frame, **changes):
    """A check that the survey team has drawn and visits itself."""
    check = drawn(session, frame, **changes)
    return service.start(session, check.check_id, ["survey"], actor=get_actor(session, "survey"), now=NOW)


def recorded(session, check, seq=1, presence="found", found=None, since=None, **verdicts):
    version = queries.get_item(session, check.check_id, seq).version
    return service.record(
        session, check.check_id, seq, version=version, presence=presence, verdicts=verdicts, found=found or {}, note="",
        since=since, actor=get_actor(session, "survey"), now=NOW,
    )  # fmt: skip


def next_of(session, check, after):
    return queries.next_unvisited(session, check.check_id, after, checker=get_actor(session, "survey").user_id)


def closed(session, check):
    left = queries.count_unvisited(session, check.check_id)
    service.close(session, check.check_id, actor=get_actor(session, "survey"), now=NOW, unvisited=left)


def test_the_same_seed_draws_the_same_units_and_another_seed_others(session):
    frame = frozen(session)
    first, again, other = (
        drawn(session, frame, name=name, seed=seed) for name, seed in (("a", "s"), ("b", "s"), ("c", "t"))
    )
    units = [[item.unit_id for item in queries.items_of(session, check.check_id)] for check in (first, again, other)]
    assert units[0] == units[1] != units[2]
    assert len(set(units[0])) == 4


def test_only_a_frozen_frame_with_units_enough_is_drawn_from(session):
    frame = frozen(session, 3)
    with pytest.raises(TooSmall):
        drawn(session, frame)
    drawn(session, frame, size=3)
    with pytest.raises(NameTaken):
        drawn(session, frame, size=2)
    with pytest.raises(NoSuchField):
        drawn(session, frame, name="x", fields=["no_such_field"])
    with pytest.raises(FrameNotFrozen):
        drawn(session, draft(session, "未冻结"), name="z", size=1)


def test_what_was_found_is_kept_and_the_next_unvisited_unit_follows(session):
    check = started(session, frozen(session))
    recorded(session, check, 1, name="right", address="wrong", found={"address": "新地址8号"})
    recorded(session, check, 2, "not_found")
    assert next_of(session, check, 1) == 3
    recorded(session, check, 3, name="right")
    recorded(session, check, 4, name="right")
    assert next_of(session, check, 1) is None
    with pytest.raises(FieldNotCompared):
        recorded(session, check, 1, revenue="right")
    assert verify(session).intact


def test_rates_leave_out_what_could_not_be_told_and_have_exact_limits():
    items = [
        ("found", {"name": "right", "address": "wrong"}),
        ("found", {"name": "right", "address": "cannot_tell"}),
        ("found", {"name": "not_applicable"}),
        ("not_found", {}),
        ("", {}),
    ]
    found = {rate.name: rate for rate in rules.rates(items, ["name", "address", "employees"])}
    assert (found["not_found"].hits, found["not_found"].tried) == (1, 4)
    assert (found["unit_error"].hits, found["unit_error"].tried) == (1, 2)
    assert (found["name"].hits, found["name"].tried) == (0, 2)
    assert found["employees"].rate is None
    known = rules.rate_of("x", 5, 100)  # Clopper–Pearson by published tables: 1.64 % to 11.28 %
    assert (round(known.low, 4), round(known.high, 4)) == (0.0164, 0.1128)


def test_a_wrong_value_becomes_a_correction_by_the_one_door_and_then_stays(session):
    check = started(session, frozen(session))
    survey = get_actor(session, "survey")
    recorded(session, check, name="right")
    recorded(session, check, 2, employees="wrong", found={"employees": "30"})
    queries.get_item(session, check.check_id, 2).found = {"employees": "很多"}  # as versions before took it
    recorded(session, check, 3, address="wrong", employees="wrong", found={"address": "新地址8号", "employees": "31"})
    closed(session, check)
    with pytest.raises(NothingToCorrect):
        service.correct(session, check.check_id, 1, actor=survey, now=NOW)
    with pytest.raises(BadChange):
        service.correct(session, check.check_id, 2, actor=survey, now=NOW)
    request = service.correct(session, check.check_id, 3, actor=survey, now=NOW)
    held = get_request(session, request.request_id)
    item = items_of(session, request.request_id)[0]
    assert (held.status, item.reason) == ("in_review", "correction")
    assert item.changes == {"address": "新地址8号", "employees": 31}
    assert item.origin["o"][0][0] == "spot_check"
    with pytest.raises(CheckedAlready):
        service.correct(session, check.check_id, 3, actor=survey, now=NOW)


def test_a_correction_holds_since_the_value_was_wrong_and_frames_before_it_say_so(session):
    """T19: it began on the day of its proposal, and a frame for last quarter went on with the wrong value."""
    check = started(session, frozen(session))
    survey = get_actor(session, "survey")
    found = {"address": "新地址8号", "employees": "31", "name": "新名称"}
    wrong = dict.fromkeys(found, "wrong")
    said = {"employees": date(2024, 3, 1), "name": date(2024, 6, 1)}
    unit = recorded(session, check, 1, found=found, since=said, **wrong).unit_id
    closed(session, check)
    request = service.correct(session, check.check_id, 1, actor=survey, now=NOW)
    items = items_of(session, request.request_id)
    assert [(item.valid_from, item.changes) for item in items] == [
        (date(2024, 3, 1), {"employees": 31}),
        (date(2024, 6, 1), {"name": "新名称"}),
        (TODAY, {"address": "新地址8号"}),  # the day that the frame is of
    ]
    changes.approve(session, request.request_id, version=request.version, actor=get_actor(session, "approver"), now=NOW)
    on = {
        day: versions_of(session, [unit], AsOf(day))[unit]
        for day in (date(2024, 2, 29), date(2024, 3, 1), date(2024, 12, 30))
    }
    assert [row["employees"] for row in on.values()] == [12, 31, 31]
    assert [row["address"] == "新地址8号" for row in on.values()] == [False, False, False]


def test_the_head_says_the_day_where_the_checker_said_none(session):
    check = started(session, frozen(session))
    recorded(session, check, 1, found={"address": "新地址8号"}, address="wrong")
    closed(session, check)
    told = {"actor": get_actor(session, "survey"), "now": NOW}
    for beyond in (date(2019, 1, 1), date(2025, 1, 1)):
        with pytest.raises(BadFinding) as refused:
            service.correct(session, check.check_id, 1, **told, since=beyond)
        assert [fault.code for fault in refused.value.details["faults"]] == ["since_beyond"]
    request = service.correct(session, check.check_id, 1, **told, since=date(2024, 1, 1))
    assert [item.valid_from for item in items_of(session, request.request_id)] == [date(2024, 1, 1)]


def test_a_check_of_the_register_speaks_of_the_day_it_was_drawn_as_of(session):
    make_unit(session)
    source = service.OfRegister(
        parse({}, within=territory(get_actor(session, "survey"), TODAY)), AsOf(date(2024, 9, 30))
    )
    check = service.start(
        session, drawn(session, source, size=1).check_id, ["survey"], actor=get_actor(session, "survey"), now=NOW
    )
    recorded(session, check, 1, found={"address": "新地址8号"}, address="wrong")
    closed(session, check)
    request = service.correct(session, check.check_id, 1, actor=get_actor(session, "survey"), now=NOW)
    assert [item.valid_from for item in items_of(session, request.request_id)] == [date(2024, 9, 30)]


@pytest.mark.parametrize("day", [date(2020, 2, 29), date(2025, 1, 1)])
def test_since_when_lies_between_the_first_day_of_the_unit_and_today(session, day):
    check = started(session, frozen(session))
    with pytest.raises(BadFinding) as refused:
        recorded(session, check, 1, found={"address": "新地址8号"}, since={"address": day}, address="wrong")
    assert [fault.code for fault in refused.value.details["faults"]] == ["since_beyond"]
    with pytest.raises(FieldNotCompared):
        recorded(session, check, 1, found={}, since={"tel": TODAY}, address="wrong")


def test_since_when_the_register_says_a_value_is_told_over_versions_that_say_the_same():
    rows = [(date(2020, 1, 1), "甲"), (date(2022, 1, 1), "乙"), (date(2023, 1, 1), "乙"), (date(2024, 1, 1), "丙")]
    stretches = [{"valid_from": day, "name": name} for day, name in rows]
    for on, since in ((date(2023, 6, 1), 2022), (date(2021, 1, 1), 2020), (date(2024, 1, 1), 2024)):
        assert rules.said_since(stretches, "name", on) == date(since, 1, 1)


def test_a_closed_check_takes_nothing_more_and_others_do_not_see_it(session):
    check = started(session, frozen(session))
    survey = get_actor(session, "survey")
    assert queries.count_open(session, survey) == 1
    closed(session, check)
    assert queries.count_open(session, survey) == 0
    with pytest.raises(CheckClosed):
        recorded(session, check, name="right")
    with pytest.raises(CheckNotFound):
        queries.get_check(session, check.check_id, get_actor(session, "post"))
