"""What people can do with the queue, as every edge calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.accounts.actor import get_actor
from app.audit.access import AccessLog
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import PermissionMissing, WrongState
from app.core.said import said
from app.domain.lives import JobStatus
from app.jobs import service, verbs
from app.jobs.service import CANCELLED, JobNotFound
from app.verbs import House, Verb, perform
from tests.factories.http import MORNING
from tests.factories.world import NOW


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with AccessLog(database) as access:
        yield House(database, Clock(MORNING), access, tmp_path)


@pytest.fixture
def failed(house: House) -> int:
    """A job that was given up."""
    with house.database.write() as session:
        args = {"name": "甲.csv", "sha256": "secret"}
        job = service.enqueue(session, "import.run", args=args, key="file", by="maintainer", now=NOW)
        service.claim(session, now=NOW)
        service.fail(session, job, now=NOW, message=said(CANCELLED), final=True)
        return job.job_id


def do(house: House, verb: Verb[Any, Any], login: str = "maintainer", language: str = "", **told: Any) -> Any:
    with house.database.read() as session:
        actor = get_actor(session, login)
    return perform(house, verb, actor, verb.takes(**told), language=language)


def test_a_job_says_how_it_ended_in_the_callers_language_and_both(house: House, failed: int) -> None:
    shown = do(house, verbs.show, job_id=failed, language="en")
    assert (shown.status, shown.message) == (JobStatus.FAILED, "the job was called off")
    assert (shown.reason.code, shown.reason.zh) == ("job_cancelled", "任务已取消。")
    assert shown.args == {"name": "甲.csv"}, "what the task alone needs is nobody's"
    assert shown.model_dump(mode="json")["created_at"].endswith("Z")


def test_jobs_are_listed_by_state(house: House, failed: int) -> None:
    assert [one.job_id for one in do(house, verbs.list_).items] == [failed]
    assert do(house, verbs.list_, status="todo").items == []


def test_a_failed_job_is_started_again_then_called_off(house: House, failed: int) -> None:
    assert do(house, verbs.restart, job_id=failed).status == JobStatus.TODO
    assert do(house, verbs.cancel, login="sysadmin", job_id=failed).status == JobStatus.CANCELLED
    with pytest.raises(WrongState):
        do(house, verbs.cancel, job_id=failed)


@pytest.mark.parametrize("verb", [verbs.restart, verbs.cancel])
@pytest.mark.parametrize("login", ["section", "survey", "post", "secadmin", "audadmin"])
def test_who_does_not_manage_jobs_changes_none(verb: Verb[Any, Any], login: str, house: House, failed: int) -> None:
    with pytest.raises(PermissionMissing):
        do(house, verb, login=login, job_id=failed)
    assert do(house, verbs.show, job_id=failed).status == JobStatus.FAILED


@pytest.mark.parametrize("verb", [verbs.show, verbs.restart, verbs.cancel])
def test_a_job_that_is_not_there(verb: Verb[Any, Any], house: House) -> None:
    with pytest.raises(JobNotFound):
        do(house, verb, job_id=99)
