"""A merger, a split and their undoing, each as one request over all its units (T8–T12; DESIGN.md, §2 and §5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.audit.proof import prove
from app.changes import verbs
from app.checks import verbs as checks
from app.core.db import Database
from app.core.errors import AppError
from app.core.moves import move_where
from app.domain.period import STILL_KNOWN
from app.domain.words import RowOutcome
from app.models import SourceRecord, identifier, relation, unit_version
from app.register import writer
from app.register.queries import AsOf, relations_at
from app.register.sources import origin_of
from app.units import verbs as units
from app.verbs import House
from tests.factories.files import CENSUS, taken
from tests.factories.house import do, housing
from tests.factories.world import NOW
from tests.factories.writes import birth

A, B, C = "91500105MA60X0016Y", "91500105MA5U8K3N95", "91500105MA60X0024R"
DAY, LATER = date(2024, 5, 1), date(2024, 8, 1)
TAX = "500105202812349"
EARLIER = 1000
"""The request by which the units came in, no other of a test."""


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def made(house: House, **changes: Any) -> int:
    with house.database.write() as session:
        return writer.apply(session, [birth(**changes)], request_id=EARLIER, actor="test", now=NOW).units[1]


def proposed(house: House, reason: str, unit_id: int, *, on: date = DAY, by: str = "maintainer", **told: Any) -> Any:
    return do(house, verbs.propose, by, reason=reason, unit_id=unit_id, valid_from=on, evidence="登记机关文件", **told)


def approved(house: House, request: Any, by: str = "approver") -> Any:
    return do(house, verbs.approve, by, request_id=request.request_id, version=request.version)


def undone(house: House, request: Any, by: str = "maintainer2") -> Any:
    return approved(house, do(house, verbs.undo, by, request_id=request.request_id, comment="当时认错了单位"))


def at(house: House, unit_id: int, on: date = LATER) -> Any:
    days = (unit_version.c.valid_from <= on, unit_version.c.valid_until > on)
    own = (unit_version.c.unit_id == unit_id, unit_version.c.superseded_at == STILL_KNOWN)
    with house.database.read() as session:
        return dict(session.execute(select(unit_version).where(*own, *days)).mappings().one())


def state(house: House) -> Any:
    """All that is believed of units, without who wrote it when."""
    known = {"version_id", "recorded_at", "superseded_at", "request_id", "reason", "identifier_id", "relation_id"}
    found = {}
    with house.database.read() as session:
        for table in (unit_version, identifier, relation):
            rows = session.execute(select(table).where(table.c.superseded_at == STILL_KNOWN)).mappings()
            found[table.name] = sorted(str({n: v for n, v in row.items() if n not in known}) for row in rows)
        own = select(col(SourceRecord.record_id), col(SourceRecord.unit_id)).order_by(col(SourceRecord.record_id))
        found["records"] = [str(row) for row in session.execute(own)]
    return found


def parent_of(house: House, unit_id: int, on: date = LATER) -> int | None:
    with house.database.read() as session:
        rows = relations_at(session, unit_id, AsOf(on))
    (found,) = {row["target_unit_id"] for row in rows if row["kind"] == "parent" and row["unit_id"] == unit_id}
    return found


def checked(house: House, code: str) -> Any:
    found = do(house, checks.ask, "maintainer", items=[{"code": code}]).items[0]
    return found["result"], found["unit"]["id"]


def records_of(house: House, database: Database, folder: Any, unit_id: int) -> list[int]:
    """Rows of a file that came to rest as a unit's."""
    taken(database, folder, CENSUS)
    with database.write() as session:
        numbers = list(session.execute(select(col(SourceRecord.record_id))).scalars())
        own = col(SourceRecord.record_id).in_(numbers)
        move_where(session, SourceRecord, RowOutcome.UNCHANGED, own, unit_id=unit_id)
    return numbers


def refused(house: House, *args: Any, **told: Any) -> list[str]:
    with pytest.raises(AppError) as stopped:
        proposed(house, *args, **told)
    return [fault.code for fault in stopped.value.details.get("faults", ())] or [stopped.value.code]


def test_a_merger_brings_values_codes_children_and_records_and_is_undone_as_a_whole(
    house: House, database: Database, tmp_path: Any
) -> None:
    """T10: the survivor had neither code nor telephone nor registered address of the one that was merged into it."""
    gone = made(house, uscc=A, name="重复甲", reg_address="登记路1号", tax_no=TAX)
    stays = made(house, uscc="", name="留存甲", mobile="", tax_no="500105202812350", legal_rep="李四")
    child = made(house, uscc="", unit_type="2", name="分店", parent_uscc=A)
    rows = records_of(house, database, tmp_path, gone)
    before = state(house)
    request = proposed(house, "merge", stays, absorbed=[gone])
    assert (request.is_batch, request.items, request.need, request.status) == (False, 2, "replace", "in_review")
    assert state(house) == before
    approved(house, request)
    now = at(house, stays)
    assert (now["uscc"], now["reg_address"], now["name"], now["tax_no"]) == (
        A,
        "登记路1号",
        "留存甲",
        "500105202812350",
    )
    assert (now["mobile"].reveal(), now["legal_rep"].reveal()) == ("13800000001", "李四")
    assert origin_of(now["sources"], "reg_address").source == "census"
    assert (at(house, gone)["standing"], at(house, gone)["successor_id"]) == ("merged", stays)
    with house.database.read() as session:
        borne = session.execute(
            select(identifier.c.value).where(identifier.c.unit_id == stays, identifier.c.stated)
        ).scalars()
        assert list(borne) == [TAX]
        assert set(session.execute(select(col(SourceRecord.unit_id))).scalars()) == {stays}
    assert (parent_of(house, child, date(2023, 1, 1)), parent_of(house, child)) == (gone, stays)
    assert checked(house, A) == ("registered", stays)

    undone(house, request)
    assert state(house) == before
    assert do(house, verbs.show, "maintainer", request_id=request.request_id).status == "undone"
    assert checked(house, A) == ("registered", gone)
    with house.database.read() as session:
        assert sorted(session.execute(select(col(SourceRecord.record_id))).scalars()) == rows
        found = prove(session, every=True)
        assert [(one.table, one.id, one.columns) for one in found.differences if one.what != "program"] == []


def test_who_proposes_chooses_another_winner_and_types_what_none_of_them_says(house: House) -> None:
    gone, stays = made(house, uscc=A, name="甲", employees=80), made(house, uscc=B, name="乙", employees=5)
    told = {"fields": {"name": gone, "uscc": gone}, "changes": {"address": "并址1号"}}
    approved(house, proposed(house, "merge", stays, absorbed=[gone], **told))
    now = at(house, stays)
    assert (now["name"], now["uscc"], now["employees"], now["address"]) == ("甲", A, 5, "并址1号")
    assert {row.code for row in do(house, units.show, "maintainer", code=f"#{stays}").items[0].identifiers} >= {A, B}
    assert checked(house, B) == ("registered", stays)


def test_three_units_become_one_and_both_ways_of_telling_it_are_the_same(house: House) -> None:
    one, two = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    stays = made(house, uscc="", name="丙", org_code="", tax_no=TAX)
    request = proposed(house, "merge", stays, absorbed=[one, two])
    approved(house, request)
    assert {checked(house, code)[1] for code in (A, B, TAX)} == {stays}
    undone(house, request)
    approved(house, proposed(house, "merge", one, successor_id=stays))
    assert (at(house, stays)["uscc"], at(house, two)["standing"]) == (A, "live")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"absorbed": [1]}, "units_named_twice"),
        ({"absorbed": [2, 2]}, "units_named_twice"),
        ({"absorbed": [3]}, "bad_step"),
        ({"absorbed": [99]}, "unit_not_found"),
        ({"absorbed": [2], "fields": {"name": 3}}, "not_of_the_merger"),
        ({"absorbed": [2], "fields": {"nonsense": 2}}, "field_unknown"),
        ({"reason": "change", "absorbed": [2]}, "parts_not_meant"),
        ({"unit_id": 3, "absorbed": [2]}, "bad_successor"),
        ({"codes": [{"scheme": "nonsense", "value": "1"}], "absorbed": [2]}, "not_a_scheme"),
    ],
)
def test_a_merger_that_cannot_be_is_refused_as_it_is_proposed(house: House, told: dict[str, Any], code: str) -> None:
    """T9: into itself, into one that is gone, of one that is nowhere."""
    made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    void = made(house, uscc=C, name="丙")
    approved(house, proposed(house, "void", void))
    about = {"reason": "merge", "unit_id": 1, **told}
    assert code in refused(house, about.pop("reason"), about.pop("unit_id"), **about)


def test_a_merger_is_written_whole_or_not_at_all(house: House) -> None:
    one, two, stays = (made(house, uscc=code, name=code) for code in (A, B, C))
    request = proposed(house, "merge", stays, absorbed=[one, two])
    approved(house, proposed(house, "closed", two, on=date(2024, 4, 1)))
    before = state(house)
    with pytest.raises(AppError) as late:
        approved(house, request)
    assert late.value.code == "stale"
    assert state(house) == before
    assert do(house, verbs.show, "maintainer", request_id=request.request_id).status == "stale"


def test_a_request_about_an_absorbed_unit_comes_too_late(house: House) -> None:
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    waits = proposed(house, "change", one, changes={"address": "新址2号"}, by="maintainer2", on=LATER)
    approved(house, proposed(house, "merge", stays, absorbed=[one]))
    with pytest.raises(AppError) as late:
        approved(house, waits)
    assert late.value.code == "stale"


def test_what_came_since_stays_and_somebody_else_undoes_for_who_is_gone(house: House) -> None:
    """T12."""
    one, stays = made(house, uscc=A, name="甲", address="甲路1号"), made(house, uscc=B, name="乙", address="")
    request = proposed(house, "merge", stays, absorbed=[one])
    approved(house, request)
    approved(house, proposed(house, "change", stays, changes={"employees": 99}, on=LATER))
    taken_back = do(house, verbs.undo, "maintainer2", request_id=request.request_id, comment="认错")
    assert (taken_back.undoes, taken_back.need, taken_back.items) == (request.request_id, "replace", 2)
    shown = {item.unit_id: {d.field: (d.old, d.new) for d in item.diff} for item in taken_back.sample}
    assert shown[one]["standing"] == ("merged", "live")
    assert shown[stays]["address"] == ("甲路1号", "")
    with pytest.raises(AppError) as again:
        do(house, verbs.undo, "maintainer", request_id=request.request_id)
    assert [fault.code for fault in again.value.details["faults"]] == ["undone_already"]
    approved(house, taken_back)
    assert (at(house, stays)["employees"], at(house, stays)["address"], at(house, one)["standing"]) == (99, "", "live")


def test_an_undoing_is_undone_and_what_it_took_back_stands_again(house: House) -> None:
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    request = proposed(house, "merge", stays, absorbed=[one])
    approved(house, request)
    after = state(house)
    back = do(house, verbs.undo, "maintainer", request_id=request.request_id)
    approved(house, back)
    undone(house, back)
    assert state(house) == after
    statuses = [do(house, verbs.show, "maintainer", request_id=n.request_id).status for n in (request, back)]
    assert statuses == ["applied", "undone"]


def test_what_is_no_applied_request_is_not_undone(house: House) -> None:
    waits = proposed(house, "change", made(house, uscc=A), changes={"address": "新址2号"})
    with pytest.raises(AppError) as stopped:
        do(house, verbs.undo, "maintainer", request_id=waits.request_id)
    assert [fault.code for fault in stopped.value.details["faults"]] == ["not_undone"]


def test_a_second_tax_number_is_proposed_and_ended(house: House) -> None:
    one = made(house, uscc=A, tax_no=TAX)
    second = {"scheme": "tax_no", "value": " 500105202812350"}
    approved(house, proposed(house, "code_change", one, codes=[second]))
    (shown,) = do(house, units.show, "maintainer", code="500105202812350").items
    assert {row.code for row in shown.identifiers if row.kind == "tax_no"} == {TAX, "500105202812350"}
    assert "changes_nothing" in refused(house, "code_change", one, codes=[second])
    approved(house, proposed(house, "code_change", one, on=LATER, codes=[{**second, "gone": True}]))
    (shown,) = do(house, units.show, "maintainer", code=f"#{one}").items
    (row,) = [row for row in shown.identifiers if row.code == "500105202812350"]
    assert row.valid == (DAY.isoformat(), LATER.isoformat())


def test_a_code_of_another_is_none_of_a_units_in_addition_either(house: House) -> None:
    one, _ = made(house, uscc=A), made(house, uscc=B, name="乙")
    assert refused(house, "code_change", one, codes=[{"scheme": "uscc", "value": B}]) == ["code_taken"]


NEW = {"name": "分立新", "unit_type": "1", "area_code": "500105006001", "operating_status": "1"}


def test_a_split_gives_records_codes_and_children_to_many_and_is_undone(
    house: House, database: Database, tmp_path: Any
) -> None:
    """T11: of two that follow the last alone remained, and nothing went along."""
    one = made(house, uscc=A, name="甲", tax_no=TAX)
    held = made(house, uscc=B, name="乙")
    child, other = (made(house, uscc="", unit_type="2", name=f"分店{n}", parent_uscc=A) for n in (1, 2))
    rows = records_of(house, database, tmp_path, one)
    before = state(house)
    into = [
        {"unit_id": held, "children": [child], "records": rows[:1], "codes": [TAX]},
        {"new": {**NEW, "uscc": C}, "children": [other], "records": rows[1:2]},
    ]
    request = proposed(house, "split", one, into=into)
    assert (request.items, request.need) == (5, "replace")
    approved(house, request)
    (new,) = {unit.unit_id for unit in do(house, units.show, "maintainer", code=C).items}
    with house.database.read() as session:
        heirs = [r["target_unit_id"] for r in relations_at(session, one, AsOf(LATER)) if r["kind"] == "succession"]
        owners = dict(session.execute(select(col(SourceRecord.record_id), col(SourceRecord.unit_id))).all())
    assert sorted(heirs) == [held, new]
    assert (owners[rows[0]], owners[rows[1]]) == (held, new)
    assert (parent_of(house, child), parent_of(house, other)) == (held, new)
    assert (at(house, one)["tax_no"], at(house, held)["tax_no"]) == ("", TAX)
    undone(house, request)
    after = state(house)
    assert after["records"] == before["records"]
    assert (parent_of(house, child), at(house, one)["tax_no"], at(house, held)["tax_no"]) == (one, TAX, "")
    assert (at(house, new)["standing"], at(house, new, DAY)["standing"]) == ("void", "void")
    mine = [row for row in after["unit_version"] if f"'unit_id': {new}," not in row]
    assert mine == before["unit_version"]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"codes": [B]}, "code_of_another"),
        ({"children": [2]}, "child_of_another"),
        ({"records": [77]}, "record_of_another"),
        ({"codes": [A, A]}, "part_named_twice"),
        ({"unit_id": None, "new": {"name": "无区划", "area_code": ""}}, "no_area"),
        ({"unit_id": 99}, "unit_not_found"),
        ({"unit_id": 1}, "part_named_twice"),
        ({"unit_id": 3}, "bad_successor"),
        ({"new": NEW}, "part_both_ways"),
    ],
)
def test_a_part_takes_what_is_the_units_that_is_split(house: House, part: dict[str, Any], code: str) -> None:
    one, two, void = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙"), made(house, uscc=C, name="丙")
    approved(house, proposed(house, "void", void))
    assert code in refused(house, "split", one, into=[{"unit_id": two, **part}])
