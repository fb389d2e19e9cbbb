"""Pure decisions about change requests: what is wrong with an item, what a request needs, who decides, without any database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.changes.errors import NotAbove, SelfApproval
from app.changes.rules import (
    ItemDraft,
    Need,
    amended,
    bare_of,
    check_decider,
    day_for,
    fault_of,
    need_of,
    read_changes,
    shape_of,
    wrong_with,
)
from app.core.actor import Actor
from app.core.errors import PermissionMissing
from app.domain.period import EARLIEST, FOREVER, latest_from
from app.domain.roles import Role
from app.domain.words import Reason

TODAY = date(2024, 12, 31)
NEW = ItemDraft(
    Reason.NEW, date(2024, 5, 1), {"name": "甲公司", "area_code": "500105", "unit_type": "1"}, {"o": [], "d": 0}
)
HELD = ItemDraft(Reason.CHANGE, date(2024, 5, 1), {"address": "新路1号"}, {"o": [], "d": 0}, unit_id=7)
LAST = latest_from(TODAY)
DAY = timedelta(days=1)


def codes(item: ItemDraft) -> list[str]:
    return [fault.code for fault in wrong_with(item, TODAY)]


def test_sound_items_are_not_wrong() -> None:
    made = ItemDraft(Reason.NEW, TODAY, {}, {})
    assert (made.base_revision, made.precision, made.record_id, made.expects) == (0, "day", None, None)
    assert codes(NEW) == codes(HELD) == []
    assert codes(replace(HELD, reason=Reason.CORRECTION, valid_until=LAST)) == []
    assert codes(replace(HELD, valid_from=EARLIEST)) == codes(replace(HELD, valid_from=LAST)) == []


@pytest.mark.parametrize(
    ("item", "fault", "facts"),
    [
        (replace(HELD, unit_id=None, changes=NEW.changes), "reason_needs_unit", {"reason": "change"}),
        (replace(NEW, unit_id=7), "reason_adds_unit", {"reason": "new"}),
        (replace(HELD, successor_id=8), "successor_not_meant", {"reason": "change"}),
        (replace(NEW, changes={**NEW.changes, "name": "…"}), "new_unit_without_name", {}),
        (replace(HELD, changes={"name": ""}), "no_name", {}),
        (replace(HELD, changes={"name": "—"}), "no_name", {}),
        (replace(HELD, changes={"short_name": "—"}), "no_name", {}),
        (replace(HELD, valid_until=HELD.valid_from), "period_without_day", {}),
        (replace(HELD, valid_from=EARLIEST - DAY), "days_beyond", {"first": str(EARLIEST), "last": str(LAST)}),
        (replace(HELD, valid_from=LAST + DAY), "days_beyond", {"first": str(EARLIEST), "last": str(LAST)}),
        (replace(HELD, reason=Reason.CORRECTION, valid_until=LAST + DAY), "days_beyond", None),
        (replace(NEW, valid_until=TODAY), "addition_ends", {}),
        (
            replace(HELD, reason=Reason.MOVE_OUT, changes={"area_code": "500105"}),
            "moves_inside",
            {"field": "area_code", "within": "move_within"},
        ),
        (
            replace(HELD, reason=Reason.RECODING, changes={"industry_code": "5165", "operating_status": "6"}),
            "not_recoded",
            {"field": "operating_status"},
        ),
        (replace(HELD, valid_until=TODAY), "only_corrections_end", {"reason": "change"}),
        (replace(HELD, changes={"area_code": " "}), "no_area", {"field": "area_code"}),
        (replace(HELD, changes={"unit_type": None}), "no_kind", {"field": "unit_type"}),
    ],
)
def test_each_fault_is_told_alone_and_with_its_facts(item: ItemDraft, fault: str, facts: Any) -> None:
    [found] = wrong_with(item, TODAY)
    assert found.code == fault
    assert facts is None or dict(found.facts) == facts


def test_a_short_name_can_go_and_names_an_addition() -> None:
    assert codes(replace(HELD, changes={"short_name": ""})) == []
    assert codes(replace(NEW, changes={"short_name": "甲", "area_code": "500105", "unit_type": "3"})) == []
    assert codes(replace(HELD, changes={"name": "甲", "short_name": ""})) == []


def test_an_addition_that_ends_ahead_of_today_is_told_by_its_closing_day() -> None:
    gone = {**NEW.changes, "operating_status": "6"}
    ahead = (TODAY + DAY).isoformat()
    assert codes(replace(NEW, changes={**gone, "closed_on": ahead})) == ["closes_ahead"]
    assert wrong_with(replace(NEW, changes={**gone, "closed_on": ahead}), TODAY)[0].facts == {"field": "closed_on"}
    for changes in (
        {**gone, "closed_on": TODAY.isoformat()}, gone, {**gone, "closed_on": ""}, {**NEW.changes, "closed_on": ahead}
    ):  # fmt: skip
        assert codes(replace(NEW, changes=changes)) == []
    assert codes(replace(HELD, changes={"operating_status": "6", "closed_on": ahead})) == []


def test_area_and_kind_are_stated_by_an_addition_and_emptied_by_nobody() -> None:
    assert bare_of(replace(NEW, changes={"name": "甲公司"})) == ["area_code", "unit_type"]
    assert bare_of(replace(NEW, changes={**NEW.changes, "area_code": "  "})) == ["area_code"]
    assert bare_of(HELD) == []
    assert [fault.code for fault in shape_of(replace(NEW, changes={"name": "甲公司"}), TODAY)] == ["no_area", "no_kind"]


def test_values_are_read_and_what_cannot_be_stays_with_why() -> None:
    assert read_changes({"employees": " 12 ", "name": "甲", "area_code": "x"}) == {
        "employees": 12,
        "name": "甲",
        "area_code": "x",
    }
    assert fault_of("employees", 12) is None
    assert fault_of("employees", "12").code == "not_whole_number"
    assert fault_of("employees", "12").facts == {"field": "employees"}
    assert fault_of("employees", "很多") is not None
    assert fault_of("name", "甲") is None
    assert fault_of("nothing", "甲") is not None
    assert "closed_on" not in [
        fault.facts.get("field") for fault in wrong_with(replace(HELD, changes={"closed_on": "never"}), TODAY)
    ]
    assert [fault.facts["field"] for fault in wrong_with(replace(HELD, changes={"name": "甲" * 999}), TODAY)] == [
        "name"
    ]


def test_the_gravest_of_a_batch_says_what_it_needs() -> None:
    assert need_of([]) is Need.CHANGE
    assert need_of([Reason.CHANGE, Reason.NEW]) is Need.ADD
    assert need_of([Reason.NEW, Reason.CLOSED]) is Need.REMOVE
    assert need_of([Reason.NEW, Reason.CLOSED, Reason.MERGE]) is Need.REPLACE
    assert list(Need) == ["replace", "remove", "add", "change"]


def test_a_request_waits_for_the_latest_day_that_is_still_to_come() -> None:
    assert day_for([TODAY - DAY, TODAY], None, TODAY) is None
    assert day_for([TODAY - DAY, TODAY + DAY], None, TODAY) == TODAY + DAY
    assert day_for([TODAY], TODAY + 2 * DAY, TODAY) == TODAY + 2 * DAY
    assert day_for([TODAY + 3 * DAY], TODAY + 2 * DAY, TODAY) == TODAY + 3 * DAY
    assert day_for([], None, TODAY) is None


def test_an_item_is_amended_by_what_was_typed_and_what_belongs_to_another_reason_goes() -> None:
    item = replace(HELD, reason=Reason.CORRECTION, valid_until=TODAY, base_revision=3, expects={"address": 1})
    same = amended(item, {"changes": {"employees": "5"}, "valid_from": TODAY - DAY, "title": "x"}, ["address"])
    assert same.changes == {"employees": 5}
    assert (same.valid_from, same.valid_until, same.base_revision, same.expects) == (TODAY - DAY, TODAY, 0, None)
    assert amended(item, {"changes": {"address": "别处"}}, []).changes == {"address": "别处"}
    other = amended(item, {"reason": Reason.CHANGE}, [])
    assert (other.reason, other.valid_until, other.changes) == (Reason.CHANGE, FOREVER, {"address": "新路1号"})
    recoded = amended(item, {"reason": Reason.RECODING}, [])
    assert recoded.valid_until == TODAY
    merged = replace(HELD, reason=Reason.MERGE, successor_id=9)
    assert amended(merged, {"reason": Reason.CONVERSION}, []).successor_id == 9
    assert amended(merged, {"reason": Reason.CHANGE}, []).successor_id is None
    assert amended(merged, {"reason": Reason.CONVERSION, "successor_id": 4}, []).successor_id == 4
    assert amended(merged, {"successor_id": None}, []).successor_id == 9
    assert amended(item, {"valid_until": LAST}, []).valid_until == LAST


def actor(user_id: int = 1, path: str = "/1/2/", role: Role = Role.APPROVER) -> Actor:
    return Actor(
        user_id=user_id, login="甲", name="甲", office_id=2, office_path=path, areas=(), roles=frozenset({role})
    )


def test_nobody_decides_on_his_own_nor_below_the_level_that_the_policy_asks() -> None:
    with pytest.raises(SelfApproval) as own:
        check_decider(actor(), 1, "/1/2/3/", "above")
    assert own.value.details == {"login": "甲"}
    with pytest.raises(PermissionMissing):
        check_decider(actor(role=Role.MAINTAINER), 5, "/1/2/3/", "above")
    check_decider(actor(), 5, "/1/2/3/", "above")
    check_decider(actor(), 5, "/1/2/3/", "same_or_above")
    check_decider(actor(), 5, "/1/2/", "same_or_above")
    for path, level in (("/1/2/", "above"), ("/1/", "same_or_above"), ("/1/4/", "same_or_above")):
        with pytest.raises(NotAbove) as beneath:
            check_decider(actor(), 5, path, level)
        assert beneath.value.details == {"login": "甲", "level": level}
