"""The queue: one open job a key, the oldest first, taken by one worker, given up after its attempts (D20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.core.actor import Actor
from app.core.db import Database
from app.core.errors import WrongState
from app.core.said import said, word
from app.jobs import service
from app.jobs.service import MAX_ATTEMPTS, STALE_AFTER, JobNotFound
from app.models import Job
from tests.factories.races import at_once
from tests.factories.world import NOW

BROKE = word("test_job_broke", "坏了", "it broke")
LATER = NOW + STALE_AFTER + timedelta(seconds=1)


def asks(session: Session) -> Actor:
    return get_actor(session, "maintainer")


def job(session: Session, key: str = "one") -> Job:
    return service.enqueue(session, "match.run", args={"n": 1}, key=key, by="maintainer", now=NOW)


def claimed(session: Session, now=NOW) -> Job:
    found = service.claim(session, now=now)
    assert found is not None
    return found


def test_a_job_waits_with_what_it_was_given(session: Session) -> None:
    one = job(session)
    assert (one.status, one.args, one.created_by, one.attempts) == ("todo", {"n": 1}, "maintainer", 0)
    assert service.count_open(session, asks(session)) == 1


def test_while_a_job_is_open_its_key_names_it(session: Session) -> None:
    first = job(session)
    assert job(session).job_id == first.job_id
    claimed(session)
    assert job(session).job_id == first.job_id
    service.finish(session, first, now=NOW)
    assert job(session).job_id != first.job_id


def test_the_oldest_is_taken_first_and_by_one(session: Session) -> None:
    first, second = job(session, "first"), job(session, "second")
    assert [claimed(session).job_id, claimed(session).job_id] == [first.job_id, second.job_id]
    assert service.claim(session, now=NOW) is None
    assert service.count_open(session, asks(session)) == 2


def test_a_job_that_is_heard_of_is_left_to_its_worker(session: Session) -> None:
    """A slow match run was taken by a second worker every two minutes, without end."""
    one = job(session)
    claimed(session)
    service.beat(session, one, now=LATER)
    assert service.claim(session, now=LATER + STALE_AFTER) is None
    service.progress(session, one, done=3, total=9, now=LATER + STALE_AFTER)
    assert service.claim(session, now=LATER + 2 * STALE_AFTER) is None
    found = service.get_job(session, one.job_id)
    assert (found.done, found.total) == (3, 9)


def test_a_job_that_is_not_heard_of_is_taken_up_until_its_attempts_are_used_up(session: Session) -> None:
    one, now = job(session), NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert claimed(session, now).attempts == attempt
        now = now + STALE_AFTER + timedelta(seconds=1)
    assert service.claim(session, now=now) is None
    ended = service.get_job(session, one.job_id)
    assert (ended.status, ended.open_key, ended.finished_at) == ("failed", None, now)
    assert str(MAX_ATTEMPTS) in ended.message.text()


def test_a_fault_is_tried_again_and_a_refusal_is_final(session: Session) -> None:
    one = job(session)
    claimed(session)
    service.fail(session, one, now=NOW, message=said(BROKE))
    assert service.get_job(session, one.job_id).status == "todo"
    claimed(session)
    service.fail(session, one, now=NOW, message=said(BROKE), final=True)
    ended = service.get_job(session, one.job_id)
    assert (ended.status, ended.attempts, ended.open_key) == ("failed", 2, None)
    assert ended.message.text("en") == "it broke"


def test_the_last_attempt_that_fails_ends_the_job(session: Session) -> None:
    one = job(session)
    for _ in range(MAX_ATTEMPTS):
        claimed(session)
        service.fail(session, one, now=NOW, message=said(BROKE))
    assert service.get_job(session, one.job_id).status == "failed"


def test_a_failed_job_is_started_again_with_all_its_attempts(session: Session) -> None:
    one = job(session)
    claimed(session)
    service.fail(session, one, now=NOW, message=said(BROKE), final=True)
    again = service.restart(session, one.job_id)
    assert (again.status, again.attempts, again.open_key, again.message) == ("todo", 0, "one", None)
    assert claimed(session).job_id == one.job_id


def test_a_job_is_not_started_again_beside_another_with_its_key(session: Session) -> None:
    failed = job(session)
    claimed(session)
    service.fail(session, failed, now=NOW, message=said(BROKE), final=True)
    newer = job(session)
    assert service.restart(session, failed.job_id).job_id == newer.job_id
    assert service.get_job(session, failed.job_id).status == "failed"


def test_only_what_failed_is_started_again(session: Session) -> None:
    one = job(session)
    claimed(session)
    service.finish(session, one, now=NOW)
    with pytest.raises(WrongState):
        service.restart(session, one.job_id)


def test_only_what_nobody_has_begun_is_called_off(session: Session) -> None:
    one = job(session)
    assert service.cancel(session, one.job_id, now=NOW).status == "cancelled"
    assert service.claim(session, now=NOW) is None
    begun = job(session)
    claimed(session)
    with pytest.raises(WrongState):
        service.cancel(session, begun.job_id, now=NOW)


def test_a_job_that_is_not_there(session: Session) -> None:
    with pytest.raises(JobNotFound, match="99"):
        service.get_job(session, 99)


def test_the_newest_are_listed_first_all_or_those_in_one_state(session: Session) -> None:
    first, second = job(session, "first"), job(session, "second")
    service.cancel(session, first.job_id, now=NOW)
    assert [one.job_id for one in service.list_jobs(session, asks(session))] == [second.job_id, first.job_id]
    assert [one.job_id for one in service.list_jobs(session, asks(session), status="todo")] == [second.job_id]
    assert len(service.list_jobs(session, asks(session), limit=1)) == 1


def test_of_several_that_ask_for_one_job_at_once_all_get_the_same(database: Database) -> None:
    """Two that asked at once each got one: the job ran twice beside itself."""

    def ask() -> int:
        with database.write() as session:
            return job(session).job_id

    assert len(set(at_once(ask, ask, ask, ask))) == 1
    with database.read() as session:
        assert len(service.list_jobs(session, asks(session))) == 1


def test_of_several_workers_each_takes_a_job_of_its_own(database: Database) -> None:
    with database.write() as session:
        wanted = {job(session, key).job_id for key in ("a", "b", "c")}

    def take() -> int | None:
        with database.write() as session:
            found = service.claim(session, now=NOW)
            return found and found.job_id

    taken = [one for one in at_once(take, take, take, take) if one is not None]
    assert set(taken) == wanted
    assert len(taken) == 3


def test_of_two_that_call_off_and_begin_at_once_one_comes_second(database: Database) -> None:
    with database.write() as session:
        job_id = job(session).job_id

    def call_off() -> str:
        with database.write() as session:
            return service.cancel(session, job_id, now=NOW).status

    def begin() -> str | None:
        with database.write() as session:
            found = service.claim(session, now=NOW)
            return found and found.status

    cancelled, begun = at_once(call_off, begin)
    with database.read() as session:
        ended = service.get_job(session, job_id).status
    if ended == "cancelled":
        assert (cancelled, begun is None or isinstance(begun, WrongState)) == ("cancelled", True)
    else:
        assert (ended, begun, type(cancelled)) == ("doing", "doing", WrongState)
