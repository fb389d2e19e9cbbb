"""A request approved before its day waits, is judged again and written on it; else it goes back (D23)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import drafting, service, verbs
from app.changes.apply import apply_chunk
from app.changes.errors import ApprovalMissing, StaleChange
from app.changes.queries import get_request
from app.changes.rules import ItemDraft
from app.changes.schedule import apply_due
from app.core.clock import Clock
from app.core.db import Database
from app.domain.words import Reason
from app.jobs import service as jobs
from app.models import RequestItem, SourceRecord, Unit, notes
from app.register import sources
from app.register.queries import latest_versions_of
from app.verbs import House
from app.worker import run_all, run_once
from tests.factories.alterations import behind_the_back
from tests.factories.files import CLOCK, MARKET_HEADER, person, taken
from tests.factories.house import do, housing
from tests.factories.races import at_once
from tests.factories.world import NOW, TODAY
from tests.factories.writes import CENSUS, UNIT, make_unit

TOMORROW = date(2025, 1, 1)
NEXT = Clock("2025-01-01T10:00:00+08:00")


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


@pytest.fixture
def unit(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


def proposed(house: House, unit: int, on: date = TOMORROW, **told: Any) -> int:
    about = {"reason": "change", "valid_from": on, "unit_id": unit, "changes": {"name": "改名后的公司"}, **told}
    return do(house, verbs.propose, "maintainer", **about).request_id


def approved(house: House, request_id: int) -> str:
    return do(house, verbs.approve, "approver", request_id=request_id, version=1, comment="同意").status


def name_of(database: Database, unit: int) -> str:
    with database.read() as session:
        return latest_versions_of(session, [unit])[unit]["name"]


def status_of(database: Database, request_id: int) -> str:
    with database.read() as session:
        return get_request(session, request_id).status


def test_nothing_lies_in_the_register_ahead_of_its_day_and_on_it_the_worker_writes(house: House, unit: int) -> None:
    request = proposed(house, unit)
    assert approved(house, request) == "scheduled"
    run_all(house.database, CLOCK)
    assert (status_of(house.database, request), name_of(house.database, unit)) == ("scheduled", UNIT["name"])
    run_all(house.database, NEXT)
    assert (status_of(house.database, request), name_of(house.database, unit)) == ("applied", "改名后的公司")
    assert not run_once(house.database, NEXT)


def test_a_day_may_be_named_on_which_a_correction_is_written(house: House, unit: int) -> None:
    request = proposed(house, unit, TODAY, reason="correction", effective_on=TOMORROW)
    assert approved(house, request) == "scheduled"
    assert do(house, verbs.show, "maintainer", request_id=request).effective_on == TOMORROW
    run_all(house.database, NEXT)
    assert name_of(house.database, unit) == "改名后的公司"


def test_what_is_approved_on_its_day_or_later_is_written_at_once(house: House, unit: int) -> None:
    request = proposed(house, unit)
    late = House(house.database, NEXT, house.access, house.files_dir)
    assert do(late, verbs.approve, "approver", request_id=request, version=1, comment="同意").status == "applied"


def test_on_its_day_a_request_whose_unit_moved_on_goes_back_to_its_author(house: House, unit: int) -> None:
    waiting = proposed(house, unit)
    assert approved(house, waiting) == "scheduled"
    assert approved(house, proposed(house, unit, TODAY, changes={"name": "另一个名字"})) == "applied"
    run_all(house.database, NEXT)
    assert (status_of(house.database, waiting), name_of(house.database, unit)) == ("stale", "另一个名字")
    told = do(house, verbs.show, "maintainer", request_id=waiting).opinions[-1]
    assert (told.verb, told.said.code) == ("stale", "not_on_its_day")
    with house.database.read() as session:
        (job,) = jobs.list_jobs(session, get_actor(session, "maintainer"))
        assert (job.status, job.message.code) == ("succeeded", "job_request_given_back")


@pytest.mark.parametrize(
    ("verb", "login", "became"), [("withdraw", "maintainer", "withdrawn"), ("return_", "approver", "returned")]
)
def test_a_request_that_waits_for_its_day_is_taken_back_or_sent_back(
    verb: str, login: str, became: str, house: House, unit: int
) -> None:
    request = proposed(house, unit)
    approved(house, request)
    do(house, getattr(verbs, verb), login, request_id=request, comment="先不办")
    assert status_of(house.database, request) == became
    run_all(house.database, NEXT)
    assert name_of(house.database, unit) == UNIT["name"]


def batch(database: Database, codes: list[str], **more: Any) -> int:
    """An approved batch of new units that the worker has not begun."""
    with database.write() as session:
        maintainer, approver = get_actor(session, "maintainer"), get_actor(session, "approver")
        items = [ItemDraft(Reason.FOUND_MISSING, TODAY, {**UNIT, "uscc": code}, sources.pack(CENSUS)) for code in codes]
        request = drafting.draft(session, items, actor=maintainer, now=NOW, title="批", is_batch=True, **more)
        service.submit(session, request.request_id, actor=maintainer, now=NOW)
        service.approve(session, request.request_id, actor=approver, now=NOW)
        return request.request_id


def test_a_batch_waits_for_its_day_too(house: House) -> None:
    request = batch(house.database, ["T1", "T2"], effective_on=TOMORROW)
    assert status_of(house.database, request) == "scheduled"
    assert run_all(house.database, CLOCK) == 0
    run_all(house.database, NEXT)
    assert status_of(house.database, request) == "applied"


def test_an_approved_batch_is_taken_back_as_long_as_nothing_was_written_and_its_job_is_called_off(house: House) -> None:
    request = batch(house.database, ["T1", "T2"])
    do(house, verbs.withdraw, "maintainer", request_id=request)
    assert run_all(house.database, CLOCK) == 0
    with house.database.read() as session:
        assert [job.status for job in jobs.list_jobs(session, get_actor(session, "maintainer"))] == ["cancelled"]
        assert session.execute(select(func.count()).select_from(Unit)).scalar_one() == 0


def test_of_one_who_takes_a_batch_back_and_the_worker_one_wins(house: House) -> None:
    request = batch(house.database, ["T1", "T2"])
    at_once(
        lambda: do(house, verbs.withdraw, "maintainer", request_id=request),
        lambda: run_all(house.database, CLOCK),
    )
    run_all(house.database, CLOCK)
    with house.database.read() as session:
        units = session.execute(select(func.count()).select_from(Unit)).scalar_one()
    assert (status_of(house.database, request), units) in [("withdrawn", 0), ("applied", 2)]


def test_approving_too_late_by_route_or_command_marks_the_request_as_the_page_does(house: House, unit: int) -> None:
    """It stood `in_review` for ever; only the page told its author."""
    late = proposed(house, unit, TODAY)
    assert approved(house, proposed(house, unit, TODAY, changes={"name": "另一个名字"})) == "applied"
    with pytest.raises(StaleChange):
        approved(house, late)
    assert status_of(house.database, late) == "stale"


def test_a_row_of_a_day_to_come_is_a_request_of_its_own(database: Database, tmp_path: Path) -> None:
    from app.match import run as matching_run

    text = (
        f"{MARKET_HEADER}91500105MA5U8K3N95,甲商贸有限公司,有限责任公司,王五,2024-03-05,测云路1号,5165,存续,\n"
        "91500105MA60X0016Y,乙商贸有限公司,有限责任公司,赵六,2025-03-05,测云路2号,5165,存续,\n"
    )
    taken(database, tmp_path, text, source="market")
    found = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    with database.read() as session:
        days = [(get_request(session, r).effective_on, get_request(session, r).item_count) for r in found.requests]
        assert sorted(days, key=str) in ([(None, 2)], [(date(2025, 3, 5), 1), (None, 1)])


def test_an_item_that_cannot_be_written_is_an_exception_its_row_a_problem_that_comes_again(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.intake import verbs as imports
    from app.match import run as matching_run
    from app.register import writer

    text = f"{MARKET_HEADER}91500105MA5U8K3N95,甲商贸有限公司,有限责任公司,王五,2019-03-05,测云路1号,5165,存续,\n"
    taken(house.database, tmp_path, text, source="market")
    (request,) = matching_run.run(house.database, actor=person(house.database, "maintainer"), clock=CLOCK).requests
    with monkeypatch.context() as broken:

        def cannot(*_args: Any, **_more: Any) -> None:
            raise ValueError("no place for this in the history")

        broken.setattr(writer, "apply", cannot)
        approved(house, request)
        run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "maintainer", request_id=request)
    assert (shown.status, shown.counts.status) == ("applied", {"excluded": 1})
    with house.database.read() as session:
        row = session.execute(select(SourceRecord)).scalar_one()
        batch_id = row.batch_id
        assert (row.outcome, row.outcome_reason.code) == ("problem", notes.CANNOT_BE_WRITTEN)
    do(house, imports.hand_in_again, "maintainer", batch_id=batch_id, reason="历史已更正")
    run_all(house.database, CLOCK)
    with house.database.read() as session:
        again = select(func.max(col(RequestItem.request_id)))
        newest = session.execute(again).scalar_one()
    assert newest > request
    approved(house, newest)
    run_all(house.database, CLOCK)
    with house.database.read() as session:
        assert session.execute(select(col(SourceRecord.outcome))).scalar_one() == "applied"


def test_what_the_database_alone_says_was_approved_is_not_written(house: House, unit: int) -> None:
    """The inspector set a request to approved and put a job beside it: eleven units were written, and nobody had agreed."""
    single, returned = proposed(house, unit), proposed(house, unit, TODAY, changes={"address": "新路2号"})
    do(house, verbs.return_, "approver", request_id=returned, version=1, comment="请补材料")
    with behind_the_back(house.database) as connection:
        connection.execute(text("UPDATE change_request SET status = 'approved', decided_by = 1"))
    for request in (single, returned):
        with house.database.write() as session, pytest.raises(ApprovalMissing):
            apply_due(session, request, by="approver", now=CLOCK.now())
        with house.database.write() as session, pytest.raises(ApprovalMissing):
            apply_chunk(session, request, actor="approver", now=CLOCK.now())
    assert name_of(house.database, unit) == UNIT["name"]
