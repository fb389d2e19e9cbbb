"""The preview of a merger: whose value wins, what goes along, what would stop it; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.changes import verbs as changes
from app.core.db import Database
from app.domain.words import Reason
from app.models import Finding
from app.register.queries import UnitNotFound
from app.rules.service import load_standard_rules
from app.units import verbs
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import NOW

DAY = date(2024, 12, 31)
OTHER = "91500105MA60X0024R"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A census unit without a code (1), its duplicate at the registrar (2) with a branch (3) and an open request."""
    with database.write() as session:
        load_standard_rules(session, actor="test", now=NOW)
        make_unit(session, name="宏泰建材", uscc="", mobile="13800001234", born=date(2019, 1, 1))
        make_unit(session, name="宏泰建材有限公司", uscc=OTHER, mobile="13900005678", reg_address="新华路2号")
        make_unit(session, name="宏泰一店", unit_type="2", uscc="", parent_uscc=OTHER, org_type="")
        session.add(Finding(rule="A10", unit_id=2, status="open", found_at=NOW))
    with housing(database) as opened:
        told = {"unit_id": 2, "valid_from": DAY, "evidence": "电话核实"}
        do(opened, changes.propose, "maintainer", reason="change", changes={"address": "新路1号"}, **told)
        yield opened


def previewed(house: House, login: str = "maintainer", **told: Any) -> Any:
    return do(house, verbs.merge_preview, login, **({"unit_id": 1, "absorbed": [2]} | told))


def test_each_field_tells_what_each_unit_says_whose_wins_and_why(house: House) -> None:
    fields = {one.field: one for one in previewed(house).fields}
    code, name, address = fields["uscc"], fields["name"], fields["reg_address"]
    assert ([offer.value for offer in code.values], code.winner, code.why, code.taken) == (
        ["", OTHER],
        2,
        "filled",
        True,
    )
    assert (address.winner, address.why, address.reason) == (2, "filled", "存续单位没有，补上")
    assert (name.winner, name.why, name.taken) == (2, "newer", True)  # of 2020, the survivor's of 2019
    assert [offer.source for offer in name.values] == ["census", "census"]
    assert fields["unit_type"].why == "kind"
    assert "short_name" not in fields


def test_personal_values_are_masked_and_compared_all_the_same(house: House) -> None:
    mobile = {one.field: one for one in previewed(house).fields}["mobile"]
    assert [offer.value for offer in mobile.values] == ["138****1234", "139****5678"]
    assert (mobile.winner, mobile.taken) == (2, True)


def test_codes_children_requests_and_findings_of_each_unit_are_told(house: House) -> None:
    survivor, absorbed = previewed(house).units
    assert [(code.kind, code.code, code.within) for code in absorbed.identifiers] == [
        ("org_code", OTHER[8:17], "uscc"),
        ("uscc", OTHER, ""),
    ]
    assert {one.said.code: one.count for one in absorbed.consequences} == {
        "concerned_children": 1,
        "concerned_requests": 1,
    }
    assert [(one.rule, one.level) for one in absorbed.findings] == [("A10", "warning")]
    assert (survivor.identifiers, survivor.consequences, survivor.findings, survivor.stops) == ([], [], [], [])


@pytest.mark.parametrize(
    ("absorbed", "stops"),
    [([2], [[], []]), ([1], [["units_named_twice"]]), ([2, 1, 2], [["units_named_twice"], []])],
)
def test_a_merger_into_itself_is_stopped(house: House, absorbed: list[int], stops: list[list[str]]) -> None:
    found = previewed(house, absorbed=absorbed)
    assert [[one.code for one in unit.stops] for unit in found.units] == stops


def test_a_survivor_that_is_gone_and_a_unit_that_was_merged_before_are_stopped(house: House) -> None:
    with house.database.write() as session:
        change_unit(session, 1, Reason.CLOSED, on=date(2024, 6, 1))
    assert [one.code for one in previewed(house).units[1].stops] == ["bad_successor"]
    with house.database.write() as session:
        make_unit(session, uscc=USCC)
        change_unit(session, 1, Reason.MERGE, on=date(2024, 7, 1), successor_id=4)
    assert [one.code for one in previewed(house, unit_id=2, absorbed=[1]).units[1].stops] == ["bad_step"]


def test_the_day_of_the_merger_decides_what_holds(house: House) -> None:
    with house.database.write() as session:
        change_unit(session, 1, Reason.CLOSED, on=date(2024, 6, 1))
    assert previewed(house, on=date(2024, 5, 1)).units[1].stops == []
    with pytest.raises(UnitNotFound):
        previewed(house, on=date(2019, 6, 1))  # the second is not there yet


@pytest.mark.parametrize("told", [{"absorbed": [2, 99]}, {"unit_id": 99}])
def test_units_that_are_not_there_and_units_beyond_the_area_are_not_found_alike(
    house: House, told: dict[str, Any]
) -> None:
    with pytest.raises(UnitNotFound):
        previewed(house, **told)
    with pytest.raises(UnitNotFound):
        previewed(house, "neighbour")


def test_what_the_proposer_chooses_wins_and_what_makes_no_merger_is_said(house: House) -> None:
    chosen = {one.field: one for one in previewed(house, fields={"name": 1, "operating_status": 2}).fields}
    assert (chosen["name"].winner, chosen["name"].why, chosen["name"].taken) == (1, "chosen", False)
    assert chosen["operating_status"].winner == 2
    strange = previewed(house, fields={"name": 99, "nickname": 1}).units[0].stops
    assert {one.code for one in strange} == {"not_of_the_merger", "field_unknown"}


def test_the_preview_and_the_request_decide_alike(house: House) -> None:
    """What is proposed is what was shown."""
    shown = {one.field: one.winner for one in previewed(house).fields if one.taken}
    told = {"unit_id": 1, "absorbed": [2], "valid_from": DAY, "evidence": "电话核实"}
    request = do(house, changes.propose, "maintainer", reason="merge", **told)
    goes_on = next(item for item in request.sample if item.unit_id == 1)
    assert {one.field for one in goes_on.diff} == shown.keys()
    assert {"uscc", "name", "reg_address", "mobile"} <= shown.keys()


def test_nothing_is_kept(house: House) -> None:
    before = do(house, changes.count, "maintainer").counts
    previewed(house)
    assert do(house, changes.count, "maintainer").counts == before
