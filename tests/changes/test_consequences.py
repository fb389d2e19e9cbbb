"""What a change would concern beside its unit, told before the click: at the form, by route and page, to the approver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.accounts.actor import get_actor
from app.audit.sights import of_unit
from app.changes import verbs as changes
from app.changes.consequences import of_items
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.domain.words import Reason
from app.frames import service as frames
from app.register import sources
from app.register.queries import UnitNotFound
from app.verbs import Call, House
from tests.checks.test_check import statements_of
from tests.factories.house import do, housing
from tests.factories.turns import InOne
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import NOW
from tests.factories.writes import HAND
from tests.frames.world import make_frame

DAY = date(2024, 12, 31)
BRANCH = {"unit_type": "2", "uscc": "", "parent_uscc": USCC, "org_type": ""}
GROUND = "电话核实"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A parent (1) with four live branches, one that closed, one beyond the area, a daughter and a unit that went on in it."""
    with database.write() as session:
        make_unit(session, name="甲公司")
        for name in ("一店", "二店", "三店", "四店", "五店"):
            make_unit(session, name=name, **BRANCH)
        change_unit(session, 6, Reason.CLOSED, on=date(2024, 6, 1))
        make_unit(session, name="远店", area_code="500112002001", **BRANCH)
        make_unit(session, name="子公司", uscc="91500105MA5ABCDE1X", superior_uscc=USCC)
        make_unit(session, name="前身", uscc="91500105MA8P2P310A")
        change_unit(session, 9, Reason.MERGE, on=date(2024, 1, 1), successor_id=1)
    with housing(database) as opened:
        yield opened


def looked_over(house: House, login: str = "maintainer", **told: Any) -> dict[str, tuple[int, list[str]]]:
    found = do(house, changes.look_over, login, **({"valid_from": DAY, "unit_id": 1} | told))
    told_of = {one.said.code: (one.count, [other.name for other in one.first]) for one in found.consequences}
    return {sort: some for sort, some in told_of.items() if sort != "concerned_brings"}


def brings(house: House, **told: Any) -> str:
    found = do(house, changes.look_over, "maintainer", **({"valid_from": DAY, "unit_id": 1} | told))
    return next((one.said.zh for one in found.consequences if one.said.code == "concerned_brings"), "")


def test_what_the_reason_says_by_itself_is_told(house: House) -> None:
    assert brings(house, reason="closed") == "按事由一并填写：运营状态填“4”；注销日期填“2024-12-31”"
    assert brings(house, reason="closed", changes={"closed_on": "2024-11"}) == "按事由一并填写：运营状态填“4”"
    assert brings(house, reason="pause") == "按事由一并填写：运营状态填“2”"
    assert brings(house, reason="change", changes={"address": "新路1号"}) == ""
    legal = "视同法人单位填“1”；有上一级法人填“1”；上级法人代码填“91500105MA60X0016Y”；归属法人代码清空；单位类型填“1”"
    assert brings(house, reason="treated_as_legal", unit_id=2) == f"按事由一并填写：{legal}"


BELONGS = {
    "concerned_children": (4, ["一店", "二店", "三店", "四店"]),
    "concerned_subordinates": (1, ["子公司"]),
    "concerned_followed": (1, ["前身"]),
}


@pytest.mark.parametrize("reason", ["closed", "bankrupt", "deregistered", "revoked", "void", "move_out"])
def test_the_form_tells_the_live_branches_of_a_parent_that_ends(house: House, reason: str) -> None:
    assert looked_over(house, reason=reason) == BELONGS


def test_a_status_that_ends_the_unit_concerns_the_same_whatever_the_change_is_called(house: House) -> None:
    assert looked_over(house, reason="change", changes={"operating_status": "6"}) == BELONGS


@pytest.mark.parametrize("reason", ["merge", "conversion"])
def test_a_merger_and_a_conversion_concern_the_same(house: House, reason: str) -> None:
    assert looked_over(house, reason=reason, successor_id=8) == BELONGS


def test_a_change_of_address_concerns_nobody(house: House) -> None:
    assert looked_over(house, reason="change", changes={"address": "新路1号"}) == {}


def test_another_code_concerns_those_who_name_the_unit_by_the_old_one(house: House) -> None:
    found = looked_over(house, reason="code_change", changes={"uscc": "91500105MA6123450T"})
    assert found == {"concerned_by_code": (5, ["一店", "二店", "三店", "四店", "子公司"])}
    assert looked_over(house, reason="code_change", changes={"tax_no": "915001050000000000"}) == {}


def test_more_branches_than_are_named_are_counted(house: House) -> None:
    with house.database.write() as session:
        for name in ("六店", "七店"):
            make_unit(session, name=name, **BRANCH)
    count, names = looked_over(house, reason="closed")["concerned_children"]
    assert (count, names) == (6, ["一店", "二店", "三店", "四店", "六店"])


def test_a_split_and_another_kind_concern_the_branches(house: House) -> None:
    assert set(looked_over(house, reason="split", successor_id=8)) == {"concerned_children"}
    assert "concerned_children" in looked_over(house, reason="change", changes={"unit_type": "3"})


def test_who_becomes_treated_as_legal_is_not_counted_by_its_legal_unit_any_more(house: House) -> None:
    told = {"reason": "treated_as_legal", "unit_id": 2}
    assert looked_over(house, **told) == {"concerned_parent": (1, ["甲公司"])}


def test_who_comes_back_is_told_in_whom_it_went_on(house: House) -> None:
    assert looked_over(house, reason="reinstate", unit_id=9) == {"concerned_heir": (1, ["甲公司"])}


def test_open_requests_about_the_unit_are_told_but_for_the_request_itself(house: House) -> None:
    told = {"unit_id": 1, "valid_from": DAY, "evidence": GROUND}
    other = do(house, changes.propose, "maintainer2", reason="change", changes={"address": "新路1号"}, **told)
    assert looked_over(house, reason="change", changes={"address": "新路2号"})["concerned_requests"][0] == 1
    [item] = do(house, changes.show, "maintainer", request_id=other.request_id).sample
    assert item.consequences == []
    do(house, changes.withdraw, "maintainer2", request_id=other.request_id)
    assert looked_over(house, reason="change", changes={"address": "新路2号"}) == {}


def test_lists_that_hold_the_unit_are_told_until_they_are_frozen(house: House) -> None:
    with house.database.write() as session:
        make_frame(session, "年报名单")
        frames.build(InOne(session), "年报名单", actor=get_actor(session, "section"), now=NOW)
    assert looked_over(house, reason="closed")["concerned_frames"] == (1, ["年报名单"])
    assert looked_over(house, reason="change", changes={"area_code": "500105006002"})["concerned_frames"][0] == 1


def test_the_approver_sees_what_the_proposer_saw_until_it_is_done(house: House) -> None:
    told = {"reason": "closed", "unit_id": 1, "valid_from": DAY, "evidence": GROUND}
    request = do(house, changes.propose, "maintainer", **told)
    [item] = do(house, changes.show, "approver", request_id=request.request_id).sample
    told_of = {one.said.code: one.count for one in item.consequences if one.said.code != "concerned_brings"}
    # The municipal office sees the branch in the other district too.
    assert told_of == {"concerned_children": 5, "concerned_subordinates": 1, "concerned_followed": 1}
    do(house, changes.approve, "approver", request_id=request.request_id, version=request.version)
    [item] = do(house, changes.show, "approver", request_id=request.request_id).sample
    assert item.consequences == []


def test_what_stops_a_proposal_hides_nothing_of_what_it_would_concern(house: House) -> None:
    found = do(house, changes.look_over, "maintainer", reason="resume", unit_id=1, valid_from=DAY)
    assert [stop.code for stop in found.stops] == ["bad_step"]
    gone = do(house, changes.look_over, "maintainer", reason="merge", unit_id=1, valid_from=DAY)
    assert [stop.code for stop in gone.stops] == ["bad_successor"]
    assert [one.said.code for one in gone.consequences] == list(BELONGS)


def test_what_makes_no_sense_stops_the_proposal_and_not_the_looking_over(house: House) -> None:
    """A scheme nobody knows and a reason nobody may give were refusals of the looking over, which names none of them."""
    no_scheme = [{"scheme": "nonesuch", "value": "1"}]
    found = do(house, changes.look_over, "maintainer", reason="change", unit_id=1, valid_from=DAY, codes=no_scheme)
    assert [stop.code for stop in found.stops] == ["not_a_scheme"]
    found = do(house, changes.look_over, "maintainer", reason="recoding", unit_id=1, valid_from=DAY)
    assert [stop.code for stop in found.stops] == ["recoded_by_nobody"]
    with pytest.raises(UnitNotFound):
        do(house, changes.look_over, "maintainer", reason="change", unit_id=7, valid_from=DAY)


def test_who_is_named_among_the_consequences_was_seen(house: House) -> None:
    looked_over(house, reason="closed")
    house.access.flush()
    with house.database.read() as session:
        assert [len(of_unit(session, unit_id).seen) for unit_id in (1, 2, 8, 7)] == [1, 1, 1, 0]


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_of_items_asks_as_many_questions_as_one_item(house: House, count: int) -> None:
    items = [closing(unit_id) for unit_id in (1, 8, 2)[:count]]
    with house.database.read() as session:
        call = Call(house, get_actor(session, "maintainer"), NOW, opened=session)
        with statements_of(session) as asked:
            found = of_items(call, items)
    assert [one.count for one in found[0]][1:] == [4, 1, 1]
    assert len(asked) == 6


def closing(unit_id: int) -> ItemDraft:
    return ItemDraft(Reason.CLOSED, DAY, {}, sources.pack(HAND), unit_id=unit_id)
