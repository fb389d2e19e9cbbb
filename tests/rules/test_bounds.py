"""Each kind of ask at its edges, of units that are told and of units of the register alike."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import Database
from app.domain.words import Reason
from app.register.queries import AsOf
from app.rules import spoken
from app.rules.asks import read_asks
from app.rules.queries import asked_on
from app.rules.standing import Asked, broken_by
from app.rules.worlds import Held, Told, names_asked
from tests.factories.units import change_unit, make_unit

ON = date(2024, 12, 31)
FIRST = date(2020, 5, 17)
USCC = "91500105MA60X0016Y"
LIVE: dict[str, Any] = {"unit_id": 0, "standing": "live", "first_day": FIRST}


def breaks(session: Any, ask: dict[str, Any], **says: Any) -> bool:
    """Whether a unit that is told breaks a rule of this one ask."""
    asked = Asked({"X": read_asks("X", [ask])}).alone()
    world = Told(session, AsOf(ON), ({**LIVE, **says},), names_asked(asked.fields()))
    return bool(broken_by(world, asked.asks, "row_no"))


AREA, CODE = {"area": "area_code"}, {"unlisted": "industry_code"}
PART = {"differs": {"field": "org_code", "of": "uscc", "first": 9, "length": 9}}
SHORT, LATE = {"shorter": {"field": "industry_code", "than": 4}}, {"after_first_day": "opened_on"}
FAILS, INSIDE = {"fails": {"schemes": ["uscc", "org_code"]}}, {"fails": {"schemes": ["org_code"], "within": "uscc"}}
FEW = {"holds": [{"field": "employees", "op": "le", "value": 5}, {"field": "employees", "op": "ge", "value": 3}]}

EDGES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    (AREA, {"area_code": ""}, False),
    (AREA, {"area_code": "500105006001"}, False),
    (AREA, {"area_code": "500105006999"}, False),  # its street is listed, villages may not be loaded
    (AREA, {"area_code": "500105006000"}, True),
    (AREA, {"area_code": "50010500600"}, True),
    (AREA, {"area_code": "500105998001"}, True),
    (AREA, {"area_code": "500105"}, True),
    (CODE, {"industry_code": ""}, False),
    (CODE, {"industry_code": "5165"}, False),
    (CODE, {"industry_code": "9999"}, True),
    (PART, {"org_code": "MA60X0016", "uscc": USCC}, False),
    (PART, {"org_code": "MA60X0017", "uscc": USCC}, True),
    (PART, {"org_code": "", "uscc": USCC}, False),
    (PART, {"org_code": "MA60X0017", "uscc": USCC[:16]}, False),
    (PART, {"org_code": "MA60X0017", "uscc": USCC[:17]}, True),
    (SHORT, {"industry_code": "516"}, True),
    (SHORT, {"industry_code": "5165"}, False),
    (SHORT, {"industry_code": ""}, False),
    (LATE, {"opened_on": ""}, False),
    (LATE, {"opened_on": "2020"}, False),
    (LATE, {"opened_on": "2021"}, True),
    (LATE, {"opened_on": "2020-05"}, False),
    (LATE, {"opened_on": "2020-06"}, True),
    (LATE, {"opened_on": "2020-05-17"}, False),
    (LATE, {"opened_on": "2020-05-18"}, True),
    (FAILS, {"uscc": USCC}, False),
    (FAILS, {"uscc": USCC[:-1] + "X"}, True),
    (FAILS, {"org_code": "MA60X0017"}, True),
    (FAILS, {"uscc": "91500105MA60X0011F"}, False),  # what is inside it is asked for by itself
    (INSIDE, {"uscc": "91500105MA60X0011F"}, True),
    (INSIDE, {"org_code": "MA60X0017"}, False),
    (FEW, {"employees": 5}, True),
    (FEW, {"employees": 6}, False),
    (FEW, {"employees": 2}, False),
    (FEW, {"employees": None}, False),
    ({"holds": []}, {}, True),
    ({**FEW, "when": [{"field": "unit_type", "op": "eq", "value": "1"}]}, {"employees": 4, "unit_type": "1"}, True),
    ({**FEW, "when": [{"field": "unit_type", "op": "eq", "value": "1"}]}, {"employees": 4, "unit_type": "2"}, False),
    ({**FEW, "of": "closed"}, {"employees": 4}, False),
    ({**FEW, "of": "closed"}, {"employees": 4, "standing": "closed"}, True),
    (FEW, {"employees": 4, "standing": "closed"}, False),
    ({"holds": [{"field": "standing", "op": "eq", "value": "live"}]}, {}, True),
    ({"lacks_child": []}, {}, False),  # a new one has none of which anybody knew
    ({"has_child": []}, {}, False),
]


def test_each_ask_holds_up_to_its_edge_and_no_further(ruled: Database) -> None:
    with ruled.read() as session:
        wrong = [(ask, says) for ask, says, expected in EDGES if breaks(session, ask, **says) is not expected]
    assert wrong == []


def test_where_no_list_is_loaded_only_what_is_above_a_village_is_found(database: Database) -> None:
    with database.read() as session:
        assert not breaks(session, CODE, industry_code="9999")
        assert not breaks(session, AREA, area_code="999999999999")
        assert not breaks(session, AREA, area_code="")
        assert breaks(session, AREA, area_code="500105006000")
        assert breaks(session, AREA, area_code="5001050060")


def shared(field: str, most: int = 1, **more: Any) -> dict[str, Any]:
    return {"shared": {"field": field, "more_than": most, **more}}


def test_what_is_shared_is_counted_without_the_unit_itself_among_those_that_are_meant(ruled: Database) -> None:
    with ruled.write() as session:
        for name, uscc, kind in (
            ("甲（渝）公司", "99123", "1"),
            ("甲(渝) 公司", "99124", "1"),
            ("丙公司", "99123", "2"),
        ):
            make_unit(session, name=name, uscc=uscc, unit_type=kind, mobile="13800001234", area_code="500105006001")
        gone = make_unit(session, name="丁公司", uscc="99125", mobile="13900001234")
        change_unit(session, gone, Reason.CLOSED, on=date(2024, 6, 1))
        moved = make_unit(session, name="戊公司", uscc="99126", mobile="13900005555")
        change_unit(session, moved, Reason.CODE_CHANGE, on=date(2024, 6, 1), uscc="99127")
    here = {"area_code": "500105006002"}
    kinds = [{"field": "unit_type", "op": "eq", "value": "1"}]
    with ruled.read() as session:
        cases: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
            (shared("name"), {"name": "甲（渝）公司"}, True),
            (shared("name", 2), {"name": "甲（渝）公司"}, True),
            (shared("name", 3), {"name": "甲（渝）公司"}, False),
            (shared("name", 2), {"name": "甲（渝）公司", "unit_id": 1}, False),
            (shared("name"), {"name": ""}, False),
            (shared("name"), {"name": "丁公司"}, False),  # it lives no more
            (shared("name", same={"area_code": 9}), {"name": "甲（渝）公司", **here}, True),
            (shared("name", same={"area_code": 12}), {"name": "甲（渝）公司", **here}, False),
            (shared("name", same={"area_code": 9}), {"name": "甲（渝）公司", "area_code": "600105006002"}, False),
            (shared("mobile", 3), {"mobile": "138 0000 1234"}, True),
            (shared("mobile", 4), {"mobile": "13800001234"}, False),
            (shared("mobile"), {"mobile": None}, False),
            (shared("uscc", 2), {"uscc": "99123"}, True),
            (shared("uscc", 3), {"uscc": "99123"}, False),
            (shared("uscc", 1, among=kinds), {"uscc": "99123", "unit_type": "1"}, True),
            (shared("uscc", 2, among=kinds), {"uscc": "99123", "unit_type": "1"}, False),
            (shared("uscc", 1, among=kinds), {"uscc": "99123", "unit_type": "2"}, False),
            (shared("uscc"), {"uscc": "99126"}, False),  # it is borne no more
            (shared("uscc"), {"uscc": "99127"}, True),
            (shared("org_code"), {"org_code": "99123"}, False),  # another scheme
        ]
        assert [(ask, says) for ask, says, expected in cases if breaks(session, ask, **says) is not expected] == []
        registered = [
            (shared("name"), {1, 2}), (shared("name", 2), set()), (shared("mobile", 2), {1, 2, 3}), (shared("mobile", 3), set()),
            (shared("uscc"), {1, 3}), (shared("uscc", 1, among=kinds), set()), (shared("name", same={"area_code": 12}), {1, 2}),
            (shared("operating_status", 3), {1, 2, 3, moved}), (shared("operating_status", 4), set()), (shared("tax_no"), set()),
        ]  # fmt: skip
        for ask, units in registered:
            found = broken_by(Held(session, AsOf(ON)), {"X": read_asks("X", [ask])})
            assert {unit for _, unit in found} == units, ask


def test_children_are_those_that_live_below_a_unit_on_the_day(ruled: Database) -> None:
    branch = {"unit_type": "2", "uscc": "", "parent_uscc": USCC, "mobile": "", "org_type": ""}
    with ruled.write() as session:
        parent = make_unit(session, employees=7)
        some = make_unit(session, **branch, name="甲店", employees=4)
        make_unit(session, **branch, name="乙店", employees=3)
        other = make_unit(session, uscc="", name="别家", mobile="")
    small = [{"field": "employees", "op": "le", "value": 3}]

    def found(ask: dict[str, Any], on: date = ON) -> set[int]:
        with ruled.read() as session:
            return {unit for _, unit in broken_by(Held(session, AsOf(on)), {"X": read_asks("X", [ask])})}

    assert found({"children_exceed": "employees"}) == set()
    assert found({"has_child": small}) == {parent}
    assert parent not in found({"lacks_child": small})
    assert other in found({"lacks_child": []})
    with ruled.write() as session:
        change_unit(session, some, Reason.CHANGE, on=date(2024, 6, 1), employees=5)
    assert found({"children_exceed": "employees"}) == {parent}
    assert found({"children_exceed": "employees"}, date(2024, 5, 31)) == set()
    with ruled.read() as session:
        told = {"unit_id": parent, "employees": 8}
        assert not breaks(session, {"children_exceed": "employees"}, **told)
        assert breaks(session, {"children_exceed": "employees"}, **{**told, "employees": 7})
        assert breaks(session, {"lacks_child": [{"field": "employees", "op": "ge", "value": 99}]}, unit_id=parent)
    with ruled.write() as session:
        change_unit(session, some, Reason.CLOSED, on=date(2024, 7, 1))
    assert found({"children_exceed": "employees"}) == set()


def test_a_held_unit_is_asked_for_its_first_day_and_its_failing_codes(ruled: Database) -> None:
    with ruled.write() as session:
        make_unit(session, uscc=USCC[:-1] + "X", born=FIRST, opened_on="2020-05-18")
        make_unit(session, uscc="", name="乙", born=FIRST, opened_on="2020-05-17", mobile="")
        change_unit(session, 2, Reason.CHANGE, on=date(2023, 1, 1), address="新址")
    with ruled.read() as session:
        for ask, units in ((LATE, {1}), (FAILS, {1}), (INSIDE, set())):
            world = Held(session, AsOf(ON), select(1).exists())
            assert {unit for _, unit in broken_by(world, {"X": read_asks("X", [ask])})} == units, ask


def test_rules_are_spoken_errors_first_and_of_nobody_who_neither_lives_nor_is_closed(
    ruled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken, "PART", 2)
    says = {
        **LIVE,
        "employees": 0,
        "revenue": 5,
        "area_code": "500105006000",
        "unit_type": "1",
        "industry_code": "5165",
    }
    rows = [
        says,
        {**says, "standing": "void"},
        {**says, "standing": ""},
        {**says, "employees": 9},
        {**says, "area_code": "500105006001"},
    ]
    with ruled.read() as session:
        found = [[rule.code for rule in some] for some in spoken.speak(session, rows, ON)]
        waiting = {rule.code for rule in asked_on(session, ON)}
    assert found == [["A07", "A10"], [], [], ["A07"], ["A10"]]
    assert "A13" not in waiting


def test_what_is_told_is_laid_by_its_kind(ruled: Database) -> None:
    row = {
        "unit_id": 3,
        "standing": "live",
        "first_day": FIRST,
        "employees": 0,
        "name": None,
        "uscc": USCC[:-1] + "X",
        "mobile": "1380000",
    }
    with ruled.read() as session:
        world = Told(session, AsOf(ON), (row, {}), ("employees", "mobile_whole_digest", "name", "uscc"))
        first, second = session.execute(select(world.subject).order_by(world.subject.c.row_no)).mappings().all()
    assert (first["row_no"], first["unit_id"], first["employees"], first["name"], first["first_day"]) == (
        0,
        3,
        0,
        "",
        "2020-05-17",
    )
    assert (first["failing"], len(first["mobile_whole_digest"])) == ("|uscc/|", 16) or len(
        first["mobile_whole_digest"]
    ) > 8
    assert (second["row_no"], second["unit_id"], second["employees"], second["mobile_whole_digest"]) == (
        1,
        None,
        None,
        None,
    )
    assert (second["name"], second["failing"], second["standing"]) == ("", "", "")
