"""Later news of a unit that was merged into another is meant for that one, and the dead are written by no policy (T10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.changes import verbs as changes
from app.core.db import Database
from app.intake import service as intake
from app.match import run as matching_run
from app.models import ChangeRequest, RequestItem, SourceRecord
from app.register import writer
from app.register.queries import AsOf, latest_versions_of, revisions_of, versions_of
from app.register.sources import Origin, pack
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CLOCK, MARKET_HEADER, person, taken
from tests.factories.house import do, housing
from tests.factories.world import NOW, TODAY
from tests.factories.writes import birth

A, B = "91500105MA60X0016Y", "91500105MA5U8K3N95"
NAME = "重庆鑫源商贸有限公司"
ROW = f"{A},{NAME},有限责任公司,王五,2019-03-05,重庆市江北区新登记路8号,5165,存续,13800009999\n"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def made(house: House, **told: Any) -> int:
    origin = pack(Origin("market", 0, "2020-03-01"))
    write = birth(**told)
    write = type(write)(**{**write.__dict__, "origin": origin})
    with house.database.write() as session:
        return writer.apply(session, [write], request_id=1000, actor="test", now=NOW).units[1]


def approved(house: House, **told: Any) -> None:
    request = do(house, changes.propose, "maintainer", valid_from=date(2024, 5, 1), **told)
    do(house, changes.approve, "approver", request_id=request.request_id, version=request.version)


CANCELLED = f"统一社会信用代码,企业（机构）名称,注销日期\n{A},{NAME},2024-11-05\n"


def news(house: House, folder: Path, text: str = MARKET_HEADER + ROW) -> list[tuple[str, int | None, str]]:
    """A row of a file for which a second person vouches, matched: reason, unit and state of what was made of it."""
    database = house.database
    batch = taken(database, folder, text, source="market")
    with database.write() as session:
        intake.confirm(session, batch.batch_id, actor=person(database, "maintainer2"), now=NOW)
    matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    run_all(database, CLOCK)
    with database.read() as session:
        own = col(ChangeRequest.batch_id) == batch.batch_id
        joined = select(col(RequestItem.reason), col(RequestItem.unit_id), col(ChangeRequest.status)).join(
            ChangeRequest, col(ChangeRequest.request_id) == col(RequestItem.request_id)
        )
        return sorted(map(tuple, session.execute(joined.where(own))))  # type: ignore[arg-type]


def latest(house: House, unit_id: int) -> Any:
    with house.database.read() as session:
        return latest_versions_of(session, [unit_id])[unit_id]


def test_news_of_an_absorbed_unit_goes_to_the_one_that_bears_its_code_now(house: House, tmp_path: Path) -> None:
    """T10: matched to the dead and applied to it by policy, unasked."""
    gone, stays = made(house, uscc=A, name=NAME), made(house, uscc="", name="重庆鑫源商贸公司")
    approved(house, reason="merge", unit_id=stays, absorbed=[gone])
    found = news(house, tmp_path)
    assert {unit for _, unit, _ in found} == {stays}
    assert latest(house, stays)["legal_rep"].reveal() == "王五", "registration data of a live unit, by its own code"
    assert latest(house, gone)["legal_rep"].reveal() == "张三丰"


def test_one_with_a_code_of_its_own_is_asked_about_news_under_the_other(house: House, tmp_path: Path) -> None:
    gone, stays = made(house, uscc=A, name=NAME), made(house, uscc=B, name="重庆宏泰建材有限公司")
    approved(house, reason="merge", unit_id=stays, absorbed=[gone])
    found = news(house, tmp_path)
    assert {(unit, status) for _, unit, status in found} == {(stays, "in_review")}
    with house.database.read() as session:
        assert not any("uscc" in item.changes for item in session.execute(select(RequestItem)).scalars() if item.unit_id == stays and item.record_id)  # fmt: skip
        assert versions_of(session, [gone], AsOf(TODAY))[gone]["standing"] == "merged"


def test_the_absorbed_ones_cancellation_ends_nobody(house: House, tmp_path: Path) -> None:
    gone, stays = made(house, uscc=A, name=NAME), made(house, uscc=B, name="重庆宏泰建材有限公司")
    approved(house, reason="merge", unit_id=stays, absorbed=[gone])
    assert news(house, tmp_path, CANCELLED) == []
    with house.database.read() as session:
        (row,) = session.execute(select(SourceRecord)).scalars()
        assert (row.outcome, row.unit_id) == ("unchanged", stays)


def test_news_of_a_void_unit_is_asked_about(house: House, tmp_path: Path) -> None:
    void = made(house, uscc=A, name=NAME)
    approved(house, reason="void", unit_id=void)
    found = news(house, tmp_path)
    assert {(unit, status) for _, unit, status in found} == {(void, "in_review")}
    with house.database.read() as session:
        assert revisions_of(session, [void])[void] == 2


def test_once_a_merger_is_taken_back_news_goes_where_it_went(house: House, tmp_path: Path) -> None:
    gone, stays = made(house, uscc=A, name=NAME), made(house, uscc=B, name="重庆宏泰建材有限公司")
    approved(house, reason="merge", unit_id=stays, absorbed=[gone])
    back = do(house, changes.undo, "maintainer", request_id=1, comment="认错")
    do(house, changes.approve, "approver", request_id=back.request_id, version=back.version)
    assert {unit for _, unit, _ in news(house, tmp_path)} == {gone}
