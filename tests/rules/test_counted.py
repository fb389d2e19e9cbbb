"""What rules and guards say of all rows of a file and of all items of a batch: by rule how many, and the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import col

from app.changes import counting as of_requests
from app.changes import verbs as changes
from app.changes import whole
from app.core.db import Database
from app.domain.words import Reason
from app.intake import counting as of_files
from app.intake import verbs as imports
from app.intake.errors import BatchNotFound
from app.jobs import verbs as jobs
from app.match import verbs as matching
from app.models import Policy
from app.rules import counting
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS_HEADER, CLOCK, taken
from tests.factories.house import do, housing
from tests.factories.units import USCC, change_unit, make_unit

ROWS = f"""{CENSUS_HEADER}1,重庆第一商贸有限公司,,张三,13800001111,500105006001,一路1号,1,批发,5199
1,重庆第二商贸有限公司,,李四,13800002222,500105006000,一路2号,1,批发,5199
1,重庆第三商贸有限公司,,王五,13800003333,500105006000,一路3号,1,批发,51
1,重庆第四商贸有限公司,,赵六,13800004444,500105006001,一路4号,1,批发,9999
1,重庆第五商贸有限公司,,孙七,13800005555,,一路5号,1,批发,5199
1,,,周八,13800006666,500105006001,一路6号,1,批发,5199
1,重庆第七商贸有限公司,,吴九,13800007777,500112002001,一路7号,1,批发,5199
1,重庆第八商贸有限公司,,郑十,13800008888,500105006001,一路8号,6,批发,5199
1,重庆江北嘉陵建材有限公司,{USCC},张三丰,13800001234,500105006001,观音桥步行街9号,1,批发,5165
"""
"""Sound; no village; no village, and two digits; of no edition; without an area, so that it lies in the office's; without a
name; of another district; gone without a day; one that is held, which breaks a rule already."""
THEIRS = "91500105MA5U8K3N95"
"""A code of the neighbour's."""


@pytest.fixture
def house(ruled: Database) -> Iterator[House]:
    with ruled.write() as session:
        make_unit(session, employees=0, revenue=5)
    with housing(ruled) as house:
        yield house


def brought_in(house: House, folder: Path, text: str = ROWS, **told: Any) -> int:
    return taken(house.database, folder, text, **told).batch_id


def by_rule(found: Any) -> dict[str, tuple[int, int, list[int]]]:
    """Rule to how many break it, how many of these bring it in, and the first."""
    return {one.rule: (one.items, one.brought, [at.row_no or at.seq for at in one.first]) for one in found.rules}


def by_guard(found: Any) -> dict[str, tuple[int, list[int]]]:
    return {one.code: (one.items, [at.row_no or at.seq for at in one.first]) for one in found.guards}


EXPECTED_RULES = {"A04": (1, 1, [4]), "A07": (3, 3, [3, 4, 6]), "A10": (1, 0, [10]), "A11": (1, 1, [9])}
OF_NEW = {"A04": (1, 1, [3]), "A07": (3, 3, [2, 3, 4]), "A11": (1, 1, [5])}
"""Of the request for new units, by number of item."""
EXPECTED_GUARDS = {"code_not_listed": (1, [5]), "row_out_of_area": (1, [8])}


def test_a_file_says_by_rule_how_many_of_its_rows_break_it_before_it_is_matched(house: House, tmp_path: Path) -> None:
    batch_id = brought_in(house, tmp_path)
    found = do(house, imports.rules, "maintainer", batch_id=batch_id)
    assert by_rule(found) == EXPECTED_RULES
    assert by_guard(found) == EXPECTED_GUARDS
    assert found.counted
    areas = next(one for one in found.rules if one.rule == "A07")
    told = [(at.name, at.fields[0].value) for at in areas.first]
    assert told[0] == ("重庆第二商贸有限公司", "500105006000 观音桥街道")
    shown = do(house, imports.show, "maintainer", batch_id=batch_id)
    assert shown.outcomes["pending"] == 8  # rules stopped none; the row without a name was stopped as it was read
    with pytest.raises(BatchNotFound):
        do(house, imports.rules, "neighbour", batch_id=batch_id)


def test_of_a_unit_beyond_the_area_a_count_does_not_tell_whether_it_says_what_the_row_says(
    house: House, tmp_path: Path
) -> None:
    with house.database.write() as session:
        make_unit(session, uscc=THEIRS, name="邻区有限公司", area_code="500112002001", mobile="13900001234")
    for mobile in ("13900001234", "13900009999"):
        row = f"1,邻区有限公司,{THEIRS},,{mobile},,,,,\n"
        batch_id = brought_in(house, tmp_path, CENSUS_HEADER + row)
        assert by_guard(do(house, imports.rules, "maintainer", batch_id=batch_id)) == {"row_out_of_area": (1, [2])}


def test_a_large_file_is_counted_by_the_worker_as_soon_as_it_is_read(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_files, "AT_ONCE", 2)
    monkeypatch.setattr(of_files, "PART", 3)
    monkeypatch.setattr(counting, "FIRST", 1)
    batch_id = brought_in(house, tmp_path)
    waits = do(house, imports.rules, "maintainer", batch_id=batch_id)
    assert not waits.counted
    assert waits.job_id
    run_all(house.database, CLOCK)
    found = do(house, imports.rules, "maintainer", batch_id=batch_id)
    assert by_rule(found) == {
        rule: (items, brought, first[:1]) for rule, (items, brought, first) in EXPECTED_RULES.items()
    }
    assert by_guard(found) == EXPECTED_GUARDS
    assert (found.counted, found.job_id, found.on) == (True, None, date(2024, 12, 31))
    with house.database.write() as session:
        make_unit(session, uscc="", name="重庆第一商贸有限公司", mobile="")
    again = do(house, imports.count_rules, "maintainer", batch_id=batch_id)
    assert by_rule(do(house, imports.rules, "maintainer", batch_id=batch_id)).keys() == EXPECTED_RULES.keys()
    run_all(house.database, CLOCK)
    assert do(house, jobs.show, "maintainer", job_id=again.job_id).status == "succeeded"
    assert by_rule(do(house, imports.rules, "maintainer", batch_id=batch_id))["A03"] == (1, 1, [2])


CANCELLED = f"""统一社会信用代码,企业（机构）名称,法定代表人（负责人）,注销日期,注销原因
{USCC},重庆江北嘉陵建材有限公司,张三丰,2024-12-01,决议解散
91500105MA5U8K3N95,谁也不认识的有限公司,李四光,2024-12-01,决议解散
"""


def test_a_cancellation_is_judged_as_the_closed_unit_it_makes_and_of_a_stranger_not_at_all(
    house: House, tmp_path: Path
) -> None:
    with house.database.write() as session:
        make_unit(session, unit_type="2", uscc="", parent_uscc=USCC, name="留下的分店", mobile="", org_type="")
    found = do(house, imports.rules, "maintainer", batch_id=brought_in(house, tmp_path, CANCELLED, source="market"))
    assert found.items == 1
    assert by_rule(found) == {"U02": (1, 1, [2])}


def batch_of(house: House, folder: Path) -> tuple[int, int]:
    """The requests for new units and for changes that a file led to; the changes accepted by nobody."""
    with house.database.write() as session:
        session.execute(delete(Policy).where(col(Policy.kind) == "acceptance"))
    brought_in(house, folder, ROWS.replace("观音桥步行街9号", "观音桥步行街10号"))
    new, changed = sorted(do(house, matching.run, "maintainer").requests)
    return new, changed


def test_a_batch_says_by_rule_how_many_of_its_items_break_it_and_bring_that_in(house: House, tmp_path: Path) -> None:
    new, changed = batch_of(house, tmp_path)
    found = do(house, changes.show, "district_approver", request_id=new).rules
    assert by_rule(found) == OF_NEW
    assert (found.items, found.guards) == (5, [])
    held = do(house, changes.rules, "district_approver", request_id=changed)
    assert by_rule(held) == {"A10": (1, 0, [1])}
    assert [(one.name, one.unit_id) for one in held.rules[0].first] == [("重庆江北嘉陵建材有限公司", 1)]
    assert do(house, changes.show, "district_approver", request_id=changed).sample[0].findings[0].rule == "A10"


def test_of_a_unit_that_left_the_area_a_batch_tells_what_its_item_says_and_no_more(
    house: House, tmp_path: Path
) -> None:
    _, changed = batch_of(house, tmp_path)
    [before] = do(house, changes.rules, "maintainer", request_id=changed).rules[0].first
    with house.database.write() as session:
        assert before.unit_id
        change_unit(session, before.unit_id, Reason.CHANGE, on=date(2024, 12, 30), area_code="500112002001", revenue=77)
    for login, values in (("maintainer", {""}), ("approver", {"0", "77"})):
        counted = do(house, changes.rules, login, request_id=changed)
        [found] = [one for one in counted.rules if one.rule == "A10"]
        assert {at.value for at in found.first[0].fields} == values, login


def test_a_large_batch_is_counted_when_it_is_handed_in(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "AT_ONCE", 2)
    monkeypatch.setattr(of_requests, "PART", 2)
    new, _ = batch_of(house, tmp_path)
    waits = do(house, changes.show, "district_approver", request_id=new).rules
    assert (waits.counted, waits.rules) == (False, [])
    run_all(house.database, CLOCK)
    found = do(house, changes.show, "district_approver", request_id=new).rules
    assert by_rule(found) == OF_NEW
    assert (found.items, found.counted) == (5, True)
    job = do(house, changes.count_rules, "district_approver", request_id=new)
    assert do(house, changes.rules, "district_approver", request_id=new).job_id == job.job_id
    run_all(house.database, CLOCK)
    assert do(house, changes.rules, "district_approver", request_id=new).job_id is None


def test_a_step_that_a_unit_cannot_take_is_counted_as_what_stops_its_item(house: House, tmp_path: Path) -> None:
    brought_in(house, tmp_path, CANCELLED, source="market")
    [closing] = do(house, matching.run, "maintainer").requests
    void = do(
        house, changes.propose, "maintainer", reason="void", valid_from="2020-05-01", unit_id=1, evidence="重复登记"
    )
    do(house, changes.approve, "approver", request_id=void.request_id, version=void.version)
    found = do(house, changes.rules, "approver", request_id=closing)
    assert by_guard(found) == {"bad_step": (1, [1])}
    assert found.rules == []
