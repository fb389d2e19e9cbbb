"""What kind of unit a row speaks of keeps units apart in a match run: parents and branches, a 本部 and its legal unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.changes import service as changes
from app.core.db import Database
from app.match import run as matching_run
from app.worker import run_all
from tests.factories.files import CLOCK, MARKET_HEADER, person, taken

SAME, CODE = "重庆鑫源商贸有限公司", "91500105MA60X0016Y"
UNIT = f"{MARKET_HEADER}{CODE},{SAME},有限责任公司,张三丰,2019-01-02,重庆市江北区测云路1号,5199,存续,13800001111\n"
PARTS = (
    "单位类型,单位详细名称,统一社会信用代码,组织机构代码,法定代表人,移动电话,单位所在地区划代码,单位所在地-街(村)、门牌号,运营状态,"
    "主要业务活动1,行业代码,归属法人单位-统一社会信用代码\n"
    "{type},{name},{code},{org},张三丰,13800001111,500105006001,测云路1号,1,批发日用品,5199,{parent}\n"
)


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ({"type": "1", "name": SAME, "code": CODE}, "same"),
        ({"type": "2", "name": f"{SAME}观音桥分公司", "code": CODE}, "new"),
        ({"type": "2", "name": SAME, "parent": CODE}, "new"),
        ({"type": "2", "name": SAME, "org": "MA60X001B"}, "new"),
        ({"type": "2", "name": SAME, "code": CODE}, "ask"),
    ],
    ids=["the unit", "a branch with its code", "a part that names it", "its head office", "another kind with its code"],
)
def test_a_part_of_a_unit_is_not_that_unit(database: Database, tmp_path: Path, row: dict[str, str], way: str) -> None:
    taken(database, tmp_path, UNIT, source="market")
    first = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    with database.write() as session:
        changes.approve(session, first.requests[0], actor=person(database, "approver"), now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    told = {"code": "", "org": "", "parent": "", **row}
    taken(database, tmp_path, PARTS.format(**told), name="parts.csv")
    found = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    assert {name for name, count in found.ways.items() if count} == {way}
