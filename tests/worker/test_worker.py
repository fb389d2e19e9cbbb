"""The worker: does jobs, says how they ended, is heard of while it is silent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.core import heartbeat
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict
from app.core.said import Said, said, word
from app.jobs import service
from app.models import Job
from app.worker import registry, run_all, run_forever, run_once
from app.worker.registry import Work, task
from tests.factories.http import MORNING
from tests.factories.world import NOW

DONE = word("test_work_done", "做完了 {n}", "did {n}")
CLOCK = Clock(MORNING)


class NotToday(Conflict):
    code = "test_not_today"
    zh, en = "今天不行：{why}", "not today: {why}"


@pytest.fixture
def tasks() -> Iterator[None]:
    """Tasks that a test registers go with it."""
    before = dict(registry._tasks)
    yield
    registry._tasks.clear()
    registry._tasks.update(before)


def enqueue(database: Database, name: str, key: str = "one", **args: Any) -> int:
    with database.write() as session:
        return service.enqueue(session, name, args=args, key=key, by="maintainer", now=NOW).job_id


def stored(database: Database, job_id: int) -> Job:
    with database.read() as session:
        found = service.get_job(session, job_id)
        session.expunge(found)
        return found


def test_a_job_is_done_and_says_so(database: Database, tasks: None) -> None:
    @task("test.work")
    def work(work: Work, args: Mapping[str, Any]) -> Said:
        work.progress(2, 4)
        assert (work.by, stored(database, work.job_id).status) == ("maintainer", "doing")
        return said(DONE, n=args["n"])

    job_id = enqueue(database, "test.work", n=4)
    assert run_once(database, CLOCK)
    ended = stored(database, job_id)
    assert (ended.status, ended.done, ended.total) == ("succeeded", 2, 4)
    assert ended.message.text("en") == "did 4"
    assert not run_once(database, CLOCK)


def test_a_refusal_ends_the_job_with_its_words(database: Database, tasks: None) -> None:
    @task("test.refused")
    def refused(_work: Work, _args: Mapping[str, Any]) -> Said:
        raise NotToday(why="节假日")

    job_id = enqueue(database, "test.refused")
    assert run_all(database, CLOCK) == 1
    ended = stored(database, job_id)
    assert (ended.status, ended.attempts, ended.message.text()) == ("failed", 1, "今天不行：节假日")


def test_a_fault_is_tried_until_the_attempts_are_used_up_and_names_no_value(
    database: Database, tasks: None, caplog: pytest.LogCaptureFixture
) -> None:
    @task("test.broken")
    def broken(_work: Work, _args: Mapping[str, Any]) -> Said:
        raise ValueError("张三丰 13800000000")

    job_id = enqueue(database, "test.broken")
    assert run_all(database, CLOCK) == service.MAX_ATTEMPTS
    ended = stored(database, job_id)
    assert (ended.status, ended.attempts) == ("failed", service.MAX_ATTEMPTS)
    assert "ValueError" in ended.message.text()
    assert "张三丰" not in ended.message.text()
    assert len(caplog.records) == service.MAX_ATTEMPTS


def test_a_task_that_nobody_knows_fails_and_the_next_is_done(database: Database, tasks: None) -> None:
    @task("test.work")
    def work(_work: Work, _args: Mapping[str, Any]) -> Said:
        return said(DONE, n=1)

    unknown, known = enqueue(database, "test.of_a_later_version"), enqueue(database, "test.work", "two")
    run_all(database, CLOCK)
    assert (stored(database, unknown).status, stored(database, known).status) == ("failed", "succeeded")


def test_a_silent_task_is_heard_of_and_taken_by_no_other(
    database: Database, tasks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A match run never said how far it was, so a second worker took it up every two minutes."""
    heard = threading.Event()
    beat = service.beat

    def noted(*args: Any, **kwargs: Any) -> None:
        beat(*args, **kwargs)
        heard.set()

    @task("test.silent")
    def silent(_work: Work, _args: Mapping[str, Any]) -> Said:
        assert heard.wait(60)
        return said(DONE, n=1)

    monkeypatch.setattr(service, "beat", noted)
    monkeypatch.setattr(heartbeat, "UNHEARD_AFTER", timedelta(milliseconds=40))
    job_id = enqueue(database, "test.silent")
    assert run_once(database, CLOCK)
    ended = stored(database, job_id)
    assert (ended.status, ended.attempts) == ("succeeded", 1)
    assert ended.heartbeat_at is not None
    assert not [thread for thread in threading.enumerate() if thread.name == f"beat-job {job_id}"]


def test_a_worker_goes_on_until_it_is_told(database: Database, tasks: None) -> None:
    done = threading.Event()

    @task("test.work")
    def work(_work: Work, _args: Mapping[str, Any]) -> Said:
        done.set()
        return said(DONE, n=1)

    enqueue(database, "test.work")
    run_forever(database, CLOCK, pause=0.01, until=done.is_set)
    assert done.is_set()


def test_every_task_of_the_house_has_a_name_for_people() -> None:
    from app.domain.labels import WORDS

    assert {name for name in registry._tasks if not name.startswith("test.")} == set(WORDS["task"])


def test_the_loop_outlives_a_database_that_is_gone_for_a_while(
    database: Database, tasks: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from sqlalchemy.exc import OperationalError

    @task("test.work")
    def work(_work: Work, _args: Mapping[str, Any]) -> Said:
        return said(DONE, n=1)

    job_id, asked = enqueue(database, "test.work"), []

    def away_at_first(*given: Any) -> bool:
        if given[0].engine is not database.engine:  # a server of other tests works on in this process
            return run_once(*given)
        asked.append(1)
        if len(asked) <= 4:
            raise OperationalError("select", {}, Exception("terminating connection due to administrator command"))
        return run_once(*given)

    monkeypatch.setattr(registry, "run_once", away_at_first)
    run_forever(database, CLOCK, pause=0.01, until=lambda: stored(database, job_id).status == "succeeded")
    assert len(asked) > 4
    told = [one for one in caplog.records if one.name == "minglu.away"]
    assert [one.getMessage().split(" (")[0].split(" after")[0] for one in told] == [
        "worker: no database",
        "worker: the database is back",
    ]
    assert not any(one.exc_info for one in caplog.records)
