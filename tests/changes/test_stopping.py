"""A batch that was approved is stopped within the hour and taken back whole (DESIGN.md, §5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from app.changes import apply as applying
from app.changes import drafting, service, stopping, verbs
from app.changes.errors import NotAbove, SelfApproval, StoppedAlready, TooLateToStop
from app.changes.queries import items_of
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.errors import AppError, Forbidden, WrongState
from app.domain.words import Reason
from app.intake import verbs as intake
from app.jobs import verbs as jobs
from app.jobs.doing import Work
from app.match import verbs as matching
from app.models import SourceRecord
from app.register.queries import revisions_of
from app.units import verbs as units
from app.verbs import House
from app.worker import run_all
from tests.changes.test_requests import change_of, person
from tests.factories.files import CLOCK, taken
from tests.factories.house import do, housing
from tests.factories.units import change_unit, make_unit
from tests.factories.world import TODAY

CENSUS = (
    "单位类型,单位详细名称,统一社会信用代码,单位所在地区划代码,运营状态,行业代码\n"
    "1,重庆鑫源商贸有限公司,91500105MA60X0016Y,500105006001,1,5199\n"
    "1,重庆宏达建材有限公司,91500105MA5U8K3N95,500105006002,1,5165\n"
    "2,重庆百家药房,,500105007001,1,5251\n"
)
WHY = "来源文件报错了区"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


@pytest.fixture
def additions(house: House, tmp_path: Path) -> int:
    """A request of three additions, approved."""
    taken(house.database, tmp_path, CENSUS)
    request = int(do(house, matching.run, "maintainer").requests[0])
    approve(house, request)
    return request


def approve(house: House, request: int) -> None:
    version = do(house, verbs.show, "approver", request_id=request).version
    do(house, verbs.approve, "approver", request_id=request, version=version)


def changing(house: House, held: list[int]) -> int:
    """A batch of changes of units that are held, approved."""
    with house.database.write() as session:
        items: list[ItemDraft] = [change_of(unit_id, address="新路2号") for unit_id in held]
        author = person(session, "maintainer")
        told: dict[str, Any] = {"actor": author, "now": CLOCK.now()}
        drafting.draft(session, items, title="头一个", **told)  # by the number 1 the factory's units were written
        request = drafting.draft(session, items, title="批", is_batch=True, **told)
        service.submit(session, request.request_id, **told)
        number = request.request_id
    approve(house, number)
    return number


def a_chunk(house: House, request: int, size: int) -> bool:
    with house.database.write() as session:
        return applying.apply_chunk(session, request, actor="worker", now=CLOCK.now(), size=size)


def taken_back(house: House, request: int, size: int) -> bool:
    with house.database.write() as session:
        return stopping.take_back_chunk(session, request, actor="worker", now=CLOCK.now(), size=size)


def stop(house: House, request: int, by: str = "approver", comment: str = WHY) -> Any:
    return do(house, verbs.stop, by, request_id=request, comment=comment)


def status(house: House, request: int) -> str:
    return str(do(house, verbs.show, "approver", request_id=request).status)


def live(house: House) -> int:
    return int(do(house, units.count, "maintainer").total)


def outcomes(house: House) -> dict[str, int]:
    with house.database.read() as session:
        counted = select(col(SourceRecord.outcome), func.count()).group_by(col(SourceRecord.outcome))
        return {str(outcome): count for outcome, count in session.execute(counted)}


def addresses(house: House, held: list[int]) -> list[str]:
    return [do(house, units.show, "maintainer", code=f"#{one}").items[0].values["address"] for one in held]


@pytest.mark.parametrize("applied", [0, 1, 3], ids=["before it began", "half-way", "when all was written"])
def test_what_a_batch_brought_was_never_there(house: House, additions: int, applied: int) -> None:
    before = live(house)
    if applied:
        a_chunk(house, additions, applied)
    assert live(house) == before + applied
    assert stop(house, additions).stopped
    run_all(house.database, house.clock)
    assert (status(house, additions), live(house)) == ("undone", before)
    assert outcomes(house) == {"skipped": 3}


def test_what_a_batch_changed_is_as_it_was_and_what_came_since_stays(house: House) -> None:
    with house.database.write() as session:
        held = [make_unit(session, uscc="") for _ in range(5)]
    before = addresses(house, held)
    request = changing(house, held)
    assert not a_chunk(house, request, 4)
    with house.database.write() as session:
        change_unit(session, held[1], Reason.CHANGE, on=TODAY, address="后来的地址", now=CLOCK.now())
    stop(house, request)
    run_all(house.database, house.clock)
    assert addresses(house, held) == [before[0], "后来的地址", *before[2:]]
    assert status(house, request) == "undone"


def test_it_goes_on_where_a_worker_that_died_left_it(house: House) -> None:
    with house.database.write() as session:
        held = [make_unit(session, uscc="") for _ in range(5)]
    before = addresses(house, held)
    request = changing(house, held)
    run_all(house.database, house.clock)
    assert status(house, request) == "applied"
    stop(house, request)
    assert (status(house, request), taken_back(house, request, 2)) == ("applying", False)
    assert addresses(house, held) == ["新路2号"] * 3 + before[3:]
    run_all(house.database, house.clock)
    assert (status(house, request), addresses(house, held)) == ("undone", before)
    assert taken_back(house, request, 2)


def test_a_stop_that_meets_the_end_of_the_job_is_taken_up(
    house: House, additions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job had looked away already, and was the one of its key that is open: nobody took anything back."""
    before, progress = live(house), Work.progress

    def last(work: Work, done: int, total: int) -> None:
        progress(work, done, total)
        if done == total and status(house, additions) == "applied":
            stop(house, additions)

    monkeypatch.setattr(Work, "progress", last)
    run_all(house.database, house.clock)
    assert (status(house, additions), live(house)) == ("undone", before)


def test_what_a_guard_keeps_is_said_and_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.database.write() as session:
        held = [make_unit(session, uscc="") for _ in range(3)]
    request = changing(house, held)
    run_all(house.database, house.clock)
    stop(house, request)
    with house.database.write() as session:
        second = items_of(session, request)[1]
        monkeypatch.setattr(
            stopping,
            "revisions_of",
            lambda session, units: {
                one: number - (one == second.unit_id) for one, number in revisions_of(session, units).items()
            },
        )  # as if it were written while the chunk is put together
    run_all(house.database, house.clock)
    shown = do(house, verbs.show, "approver", request_id=request)
    assert (shown.status, shown.kept) == ("undone", 1)
    assert addresses(house, held).count("新路2号") == 1
    (job,) = [one for one in do(house, jobs.list_, "maintainer").items if one.task == "change.apply"][:1]
    assert job.message == f"申请 #{request} 已停止并收回，1 个单位未能收回"


def test_rows_of_a_stopped_batch_are_handed_in_again(house: House, additions: int) -> None:
    run_all(house.database, house.clock)
    stop(house, additions)
    run_all(house.database, house.clock)
    do(house, intake.hand_in_again, "maintainer", batch_id=1, reason="区划已核对")
    run_all(house.database, house.clock)
    assert outcomes(house) == {"proposed": 3}


def test_it_is_stopped_within_the_hour_and_once(house: House, additions: int) -> None:
    late = CLOCK.now() + timedelta(hours=1, seconds=1)
    with pytest.raises(TooLateToStop), house.database.write() as session:
        stopping.stop(session, additions, actor=person(session, "approver"), now=late, comment=WHY)
    stop(house, additions)
    with pytest.raises(StoppedAlready):
        stop(house, additions)


@pytest.mark.parametrize(
    ("login", "refusal"),
    [("maintainer", SelfApproval), ("maintainer2", Forbidden), ("district_approver", NotAbove)],
)
def test_who_may_decide_on_it_stops_it_and_nobody_else(
    house: House, additions: int, login: str, refusal: type[AppError]
) -> None:
    with pytest.raises(refusal):
        stop(house, additions, login)
    with pytest.raises(AppError):
        stop(house, additions, "neighbour_approver")
    assert do(house, verbs.show, "approver", request_id=additions).may.stop
    assert not do(house, verbs.show, login, request_id=additions).may.stop


def test_a_reason_is_given_and_what_is_no_approved_batch_is_not_stopped(house: House, additions: int) -> None:
    with pytest.raises(AppError):
        stop(house, additions, comment=" ")
    with house.database.write() as session:
        unit = make_unit(session, uscc="")
    single = do(house, verbs.propose, "maintainer", reason=Reason.CHANGE, valid_from=TODAY, unit_id=unit,
                changes={"address": "新路3号"})  # fmt: skip
    with pytest.raises(WrongState):
        stop(house, single.request_id)


def test_the_stop_and_what_came_of_it_are_said(house: House, additions: int) -> None:
    stop(house, additions)
    run_all(house.database, house.clock)
    shown = do(house, verbs.show, "maintainer", request_id=additions)
    assert [(one.verb, one.comment) for one in shown.opinions][-1] == ("stop", WHY)
    assert not shown.may.stop
