"""Rows that wait for a unit on its way are matched when it is in, whoever approves it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from app.changes import service as changes
from app.core.db import Database
from app.jobs.service import list_jobs
from app.match import run as matching_run
from app.models import ImportBatch, SourceRecord, notes
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, MARKET_HEADER, person, taken
from tests.factories.http import as_person, serving

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
    matching_run.run(database, actor=maintainer, clock=CLOCK)
    assert rows_of(database, later) == [("pending", notes.WAITS_FOR_UNIT)]
    with database.write() as session:
        changes.approve(session, first.requests[0], actor=approver, now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    assert [outcome for outcome, _ in rows_of(database, later)] == ["applied"]
    with database.read() as session:
        ended = [(job.task, job.status, job.created_by) for job in list_jobs(session, maintainer)]
    assert ("match.run", "succeeded", "maintainer") in ended


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
