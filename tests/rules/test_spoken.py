"""What rules say before anything is written: at the form, by route and page, and to the approver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Executable, select, text
from sqlalchemy.ext.compiler import compiles

from app.changes import verbs as changes
from app.core.db import Database
from app.core.errors import AppError
from app.register.queries import AsOf, UnitNotFound
from app.rules.worlds import Crowd, Told, names_asked
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.units import make_unit

DAY = date(2024, 12, 31)


class _Explained(Executable, ClauseElement):
    """How a database would go about a statement."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: Any, **told: Any) -> str:
    word = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else "EXPLAIN"
    return f"{word} {compiler.process(element.statement, **told)}"


@pytest.fixture
def house(ruled: Database) -> Iterator[House]:
    with ruled.write() as session:
        make_unit(session, employees=0, revenue=5)
    with housing(ruled) as house:
        yield house


def looked_over(house: House, login: str = "maintainer", **told: Any) -> Any:
    return do(house, changes.look_over, login, **({"reason": "change", "valid_from": DAY} | told))


def test_the_form_is_told_what_its_change_breaks_and_what_was_broken_before(house: House) -> None:
    found = looked_over(house, unit_id=1, changes={"industry_code": "0111", "reg_category": "210", "holding": "1"})
    assert [(one.rule, one.brought) for one in found.findings] == [("A10", False), ("A12", True)]
    assert found.findings[1].fields == ["reg_category", "holding"]
    assert looked_over(house, unit_id=1, changes={"employees": "4"}).findings == []


def test_a_new_unit_is_judged_as_it_would_be(house: House) -> None:
    branch = {"name": "观音桥分店", "unit_type": "2", "area_code": "500105006000"}
    found = looked_over(house, reason="found_missing", changes=branch)
    assert {one.rule: one.level for one in found.findings} == {"A07": "error", "A08": "error"}


def test_what_stops_a_proposal_is_told_before_it_is_sent(house: House) -> None:
    told = {"reason": "found_missing", "changes": {"name": "", "employees": "很多"}}
    stops = {stop.code for stop in looked_over(house, **told).stops}
    with pytest.raises(AppError) as refused:
        do(house, changes.propose, "maintainer", valid_from=DAY, **told)
    assert stops == {fault.code for fault in refused.value.details["faults"]}
    taken = {"name": "另一家", "unit_type": "1", "area_code": "500105006001", "uscc": "91500105MA60X0016Y"}
    assert [stop.code for stop in looked_over(house, reason="found_missing", changes=taken).stops] == ["code_taken"]


def test_nobody_looks_over_a_unit_beyond_his_area(house: House) -> None:
    with pytest.raises(UnitNotFound):
        looked_over(house, "neighbour", unit_id=1, changes={"employees": 3})


def test_a_closing_has_its_own_day_and_is_asked_for_it_where_it_is_emptied(house: House) -> None:
    """Each closing broke A11 by itself."""
    told = {"unit_id": 1, "reason": "closed"}
    assert looked_over(house, **told).findings == []
    assert [one.rule for one in looked_over(house, **told, changes={"closed_on": ""}).findings] == ["A11"]


NEW = {"unit_type": "1", "area_code": "500105006001", "industry_code": "5199"}


def test_what_units_share_is_told_at_the_form_and_to_the_approver(house: House) -> None:
    """A02, A03, A19 were found by the next look alone, when both units were in the register."""
    with house.database.write() as session:
        make_unit(session, uscc="", name="甲（重庆）公司", mobile="")
        make_unit(session, uscc="", name="甲（重庆）公司", mobile="", area_code="500112002001")
        make_unit(session, uscc="99123", name="坏码公司", mobile="")
        for place in range(4):
            make_unit(session, uscc="", name=f"代理{place}号公司", mobile="13700001111")
    told: dict[str, Any] = {"reason": "new", "valid_from": DAY}
    same_name = looked_over(house, **told, changes={**NEW, "name": "甲(重庆) 公司"})
    assert [(one.rule, one.brought) for one in same_name.findings] == [("A03", True)]
    same_code = looked_over(house, **told, changes={**NEW, "name": "另一家公司", "uscc": "99123"})
    assert {one.rule for one in same_code.findings} == {"A01", "A02"}
    agent = {**NEW, "name": "代理客户公司", "mobile": "137-0000-1111"}
    assert looked_over(house, **told, changes=agent).findings == []
    with house.database.write() as session:
        make_unit(session, uscc="", name="代理5号公司", mobile="13700001111")
    assert [one.rule for one in looked_over(house, **told, changes=agent).findings] == ["A19"]
    held = looked_over(house, unit_id=2, changes={"address": "新址9号"})
    assert [one.rule for one in held.findings] == []  # itself is no other, and the neighbour's lies elsewhere
    renamed = looked_over(house, unit_id=4, changes={"name": "甲（重庆）公司"})
    assert [(one.rule, one.brought) for one in renamed.findings] == [("A01", False), ("A03", True)]
    request = do(house, changes.propose, "maintainer", **told, changes=agent, evidence="新设登记")
    [item] = do(house, changes.show, "district_approver", request_id=request.request_id).sample
    assert [(one.rule, one.brought) for one in item.findings] == [("A19", True)]


def test_what_units_share_is_found_by_an_index(house: House) -> None:
    """A form is not to read the whole register at each key."""
    asked = {
        "ix_unit_version_name": Crowd("name", 1, (("area_code", 6),)),
        "ix_unit_version_mobile": Crowd("mobile", 5),
        "ix_identifier_value": Crowd("uscc", 1),
    }
    with house.database.write() as session:
        for place in range(150):
            make_unit(session, name=f"第{place}号公司", uscc=f"99{place}", mobile=f"13{place:09}")
        session.execute(text("ANALYZE"))
    names = names_asked(("name", "area_code", "mobile", "uscc"))
    rows = tuple({"name": f"第{place}号公司", "unit_id": 0, "standing": "live"} for place in range(3))
    with house.database.read() as session:
        world = Told(session, AsOf(DAY), rows, names)
        if session.get_bind().dialect.name == "postgresql":  # so few rows are read quickest one after the other
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for index, crowd in asked.items():
            plan = session.execute(_Explained(select(world.subject.c.row_no).where(world.crowded(crowd)))).all()
            assert index in "\n".join(map(str, plan)), "\n".join(map(str, plan))


def test_the_approver_is_told_what_the_proposer_was(house: House) -> None:
    told = {"reason": "change", "unit_id": 1, "changes": {"reg_category": "210", "holding": "1"}}
    request = do(house, changes.propose, "maintainer", valid_from=DAY, evidence="年检资料", **told)
    [item] = do(house, changes.show, "district_approver", request_id=request.request_id).sample
    assert [(one.rule, one.brought) for one in item.findings] == [("A10", False), ("A12", True)]


def test_what_was_decided_or_moved_on_is_shown_all_the_same(house: House) -> None:
    """An applied addition answered 409 `bad_step`: it was laid over the unit that it had made."""
    new = {"name": "重庆新设商贸有限公司", "unit_type": "1", "area_code": "500105006001", "industry_code": "5199"}
    added = do(house, changes.propose, "maintainer", reason="new", valid_from=DAY, changes=new, evidence="新设登记")
    paused = do(house, changes.propose, "maintainer", reason="pause", valid_from=DAY, unit_id=1, evidence="停业通知")
    closed = do(house, changes.propose, "maintainer2", reason="closed", valid_from=DAY, unit_id=1, evidence="已关门")
    for request in (added, closed):
        do(house, changes.approve, "approver", request_id=request.request_id, version=request.version)
    for request in (added, paused, closed):
        [item] = do(house, changes.show, "approver", request_id=request.request_id).sample
        assert item.findings == []
