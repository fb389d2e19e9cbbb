"""Rows that wait for a unit on its way are matched when it is in, whoever approves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

import matching
from app.accounts.actor import get_actor
from app.changes import service as changes
from app.changes import verbs
from app.core.db import Database
from app.intake.service import confirm as vouch
from app.jobs.service import list_jobs
from app.match import run as matching_run
from app.match import verbs as matching_verbs
from app.match.errors import RunIsOn
from app.models import ImportBatch, Office, SourceRecord, notes
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, MARKET_HEADER, person, taken
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.world import give_area, make_user

AGAIN = f"{MARKET_HEADER}91500105MA60X0016Y,重庆鑫源商贸有限公司,有限责任公司,王五,2020-01-02,,5199,存续,13800001111\n"
"""The first of the units once more, with a code, so that there is no doubt which it is."""


def rows_of(database: Database, batch: ImportBatch) -> list[tuple[str, str]]:
    with database.read() as session:
        statement = select(col(SourceRecord.outcome), col(SourceRecord.outcome_reason)).where(
            col(SourceRecord.batch_id) == batch.batch_id
        )
        return [(outcome, reason.code if reason else "") for outcome, reason in session.execute(statement)]


def test_rows_that_wait_for_a_proposed_unit_are_matched_once_it_is_applied(database: Database, tmp_path: Path) -> None:
    maintainer, approver = person(database, "maintainer"), person(database, "approver")
    taken(database, tmp_path, CENSUS)
    first = matching_run.run(database, actor=maintainer, clock=CLOCK)
    later = taken(database, tmp_path, AGAIN, source="market", name="later.csv")
    with database.write() as session:
        vouch(session, later.batch_id, actor=get_actor(session, "maintainer2"), now=CLOCK.now())
    matching_run.run(database, actor=maintainer, clock=CLOCK)
    assert rows_of(database, later) == [("pending", notes.WAITS_FOR_UNIT)]
    with database.write() as session:
        changes.approve(session, first.requests[0], actor=approver, now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, later)] == ["applied"]
    with database.read() as session:
        ended = [(job.task, job.status, job.created_by) for job in list_jobs(session, maintainer)]
    assert ("match.run", "succeeded", "maintainer") in ended


@pytest.mark.parametrize("carried", ["proposed", "asked"])
def test_a_row_about_what_is_on_its_way_in_another_district_ends_as_one_about_what_is_held_there(
    database: Database, tmp_path: Path, carried: str
) -> None:
    """One row of five stayed `row_waits_longer`, which told that something was on its way there."""
    taken(database, tmp_path, CENSUS)
    matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    with database.write() as session:
        for row in session.execute(select(SourceRecord)).scalars():
            place = {} if carried == "asked" else {"area_code": row.clean["area_code"]}
            row.clean = {name: value for name, value in row.clean.items() if "area_code" not in name} | place
    theirs = taken(database, tmp_path, AGAIN, source="market", name="theirs.csv", login="neighbour")
    told = matching_run.run(database, actor=person(database, "neighbour"), clock=CLOCK)
    assert rows_of(database, theirs) == [("skipped", notes.OUT_OF_AREA)]
    assert (told.ways, told.requests) == ({"same": 1, "new": 0, "ask": 0, "wait": 0}, [])


def test_a_row_that_waits_for_another_offices_unit_says_nothing_of_it_and_is_matched_when_that_is_decided(
    database: Database, tmp_path: Path
) -> None:
    """It said that a unit was being proposed, and the run counted the pairs of other offices' rows."""
    approver = person(database, "approver")
    taken(database, tmp_path, CENSUS)
    (request,) = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK).requests
    with database.write() as session:  # which lies in the area of both
        theirs_too = session.execute(select(Office).where(col(Office.code) == "district2")).scalar_one()
        give_area(session, theirs_too, "500105")
    theirs = taken(database, tmp_path, AGAIN, source="market", name="theirs.csv", login="neighbour")
    with database.write() as session:
        office = session.execute(select(Office).where(col(Office.code) == "district2")).scalar_one()
        make_user(session, "neighbour2", office, ["maintainer"])
        vouch(session, theirs.batch_id, actor=get_actor(session, "neighbour2"), now=CLOCK.now())
    with housing(database) as house:
        told = do(house, matching_verbs.run, "neighbour").model_dump(exclude_defaults=True)
    assert told == {"run_id": 2, "ways": {"same": 0, "new": 0, "ask": 0, "wait": 1}}
    assert rows_of(database, theirs) == [("pending", notes.WAITS_LONGER)]
    with database.write() as session:
        changes.approve(session, request, actor=approver, now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, theirs)] == ["applied"]


GONE = (
    "统一社会信用代码,企业（机构）名称,法定代表人（负责人）,注销日期,注销原因\n"
    "91500105MA60X0016Y,重庆鑫源商贸有限公司,张三丰,2024-06-30,决议解散\n"
)
"""A cancellation of a unit that nobody knows yet."""


def cancellation(database: Database, tmp_path: Path) -> ImportBatch:
    gone = taken(database, tmp_path, GONE, source="market", name="gone.csv")
    matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    return gone


def test_a_cancellation_of_a_unit_nobody_knows_is_a_problem_that_somebody_sees(
    database: Database, tmp_path: Path
) -> None:
    """41 of the demo waited in no queue, for ever."""
    assert rows_of(database, cancellation(database, tmp_path)) == [("problem", notes.UNIT_UNKNOWN)]


def test_it_comes_back_when_the_unit_is_brought_in_by_hand(database: Database, tmp_path: Path) -> None:
    gone = cancellation(database, tmp_path)
    with housing(database) as house:
        unit = {"name": "重庆鑫源商贸有限公司", "uscc": "91500105MA60X0016Y", "area_code": "500105006001"}
        about = {"reason": "found_missing", "valid_from": "2019-01-02", "changes": {"unit_type": "1", **unit}}
        request = do(house, verbs.propose, "maintainer", **about).request_id
        do(house, verbs.approve, "approver", request_id=request, version=1)
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, gone)] == ["proposed"]


def test_it_comes_back_when_the_unit_comes_with_a_file(database: Database, tmp_path: Path) -> None:
    gone = cancellation(database, tmp_path)
    taken(database, tmp_path, CENSUS)
    first = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    with database.write() as session:
        changes.approve(session, first.requests[0], actor=person(database, "approver"), now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, gone)] == ["proposed"]


@pytest.mark.parametrize("how", ["reject", "withdraw"])
def test_rows_that_wait_for_a_proposed_unit_go_their_own_way_when_that_is_refused_or_taken_back(
    how: str, database: Database, tmp_path: Path
) -> None:
    maintainer, approver = person(database, "maintainer"), person(database, "approver")
    taken(database, tmp_path, CENSUS)
    (request,) = matching_run.run(database, actor=maintainer, clock=CLOCK).requests
    later = taken(database, tmp_path, AGAIN, source="market", name="later.csv")
    with database.write() as session:
        vouch(session, later.batch_id, actor=get_actor(session, "maintainer2"), now=CLOCK.now())
    matching_run.run(database, actor=maintainer, clock=CLOCK)
    assert rows_of(database, later) == [("pending", notes.WAITS_FOR_UNIT)]
    with database.write() as session:
        if how == "reject":
            changes.reject(session, request, actor=approver, now=CLOCK.now(), comment="不收")
        else:
            changes.withdraw(session, request, actor=maintainer, now=CLOCK.now())
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, later)] == ["proposed"]


def test_who_asks_while_a_run_is_on_gets_that_one_and_what_came_since_is_matched_behind_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(database, tmp_path, CENSUS)
    compare, todo, seen = matching.match, [True], []
    later: list[ImportBatch] = []

    def meanwhile(*tables: Any, **more: Any) -> Any:
        if todo:
            todo.pop()
            later.append(taken(database, tmp_path, AGAIN.replace("鑫源", "鼎盛"), source="market", name="later.csv"))
            with serving(database) as client:
                client.headers.update(as_person(database, "maintainer2"))
                answer = client.post("/api/v1/match-runs")
                seen.append((answer.status_code, answer.json()))
        return compare(*tables, **more)

    monkeypatch.setattr(matching, "match", meanwhile)
    mine = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    ((status, told),) = seen
    assert (status, told["on"], told["run_id"]) == (202, True, mine.run_id)
    assert told["job_id"] is not None
    run_all(database, CLOCK)
    assert rows_of(database, later[0])[0][1] in (notes.WAITS_FOR_UNIT, "")
    with database.read() as session:
        assert [
            job.status for job in list_jobs(session, person(database, "maintainer")) if job.task == "match.run"
        ] == ["succeeded"]


def test_runs_of_two_offices_do_not_wait_for_each_other(database: Database, tmp_path: Path) -> None:
    from app.match import runs

    with database.write() as session:
        ours = runs.begin(session, actor=person(database, "maintainer"), now=CLOCK.now())
        theirs = runs.begin(session, actor=person(database, "approver"), now=CLOCK.now())
        with pytest.raises(RunIsOn):
            runs.begin(session, actor=person(database, "maintainer2"), now=CLOCK.now())
    assert ours != theirs


def test_nothing_is_matched_where_nothing_waits(database: Database, tmp_path: Path) -> None:
    maintainer, approver = person(database, "maintainer"), person(database, "approver")
    taken(database, tmp_path, CENSUS)
    first = matching_run.run(database, actor=maintainer, clock=CLOCK)
    with database.write() as session:
        changes.approve(session, first.requests[0], actor=approver, now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    with database.read() as session:
        assert [job.task for job in list_jobs(session, maintainer)] == ["change.apply", "import.run"]


def test_who_starts_matching_twice_gets_the_one_job(database: Database) -> None:
    with serving(database) as client:
        client.headers.update(as_person(database, "maintainer"))
        first, second = (client.post("/api/v1/match-runs/start") for _ in range(2))
        assert (first.status_code, first.json()["task"], first.json()["status"]) == (202, "match.run", "todo")
        assert second.json()["job_id"] == first.json()["job_id"]
        client.headers.update(as_person(database, "approver"))
        assert client.post("/api/v1/match-runs/start").json()["code"] == "permission_missing"
