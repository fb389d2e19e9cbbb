"""The one move: guarded by where it starts from, counted, refused when somebody else was first."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.errors import Conflict, WrongState
from app.core.moves import move, move_rows, move_where
from app.domain.lives import JobStatus
from app.jobs.service import enqueue, get_job
from app.models import Job
from tests.factories.races import at_once
from tests.factories.world import NOW


def job(session: Session, key: str = "one") -> Job:
    return enqueue(session, "match.run", args={}, key=key, by="test", now=NOW)


def stored(session: Session, job_id: int) -> Job:
    session.expire_all()
    return get_job(session, job_id)


def test_a_step_is_written_with_its_values_and_the_object_says_so(session: Session) -> None:
    one = job(session)
    move(session, one, JobStatus.DOING, heartbeat_at=NOW, attempts=1)
    assert (one.status, one.attempts) == ("doing", 1)
    assert (stored(session, one.job_id).status, one.heartbeat_at) == ("doing", NOW)


def test_what_is_no_step_is_refused_and_nothing_is_written(session: Session) -> None:
    one = job(session)
    with pytest.raises(WrongState) as refused:
        move(session, one, JobStatus.SUCCEEDED, finished_at=NOW)
    assert refused.value.details == {"life": "job", "id": str(one.job_id), "state": "todo", "wanted": "succeeded"}
    assert "排队中" not in refused.value.text("en")
    assert (stored(session, one.job_id).status, one.finished_at) == ("todo", None)


def test_who_looks_at_an_old_copy_hears_that_he_came_second(session: Session) -> None:
    """The object still says `todo`; the row does not."""
    one = job(session)
    move_where(session, Job, JobStatus.CANCELLED, Job.job_id == one.job_id, open_key=None)
    assert one.status == "todo"
    with pytest.raises(WrongState, match="Cancelled"):
        move(session, one, JobStatus.DOING)


def test_the_caller_can_name_the_refusal(session: Session) -> None:
    class Gone(Conflict):
        code = "test_gone"
        zh, en = "已是{state}", "it is {state}"

    with pytest.raises(Gone, match="it is todo"):
        move(session, job(session), JobStatus.FAILED, refusal=lambda state: Gone(state=state))


def test_a_thing_that_is_not_there_any_more_is_refused(session: Session) -> None:
    one = job(session)
    session.delete(one)
    session.flush()
    with pytest.raises(WrongState):
        move(session, one, JobStatus.DOING)


def test_only_rows_from_which_a_step_leads_there_are_moved(session: Session) -> None:
    waits, runs = job(session, "waits"), job(session, "runs")
    move(session, runs, JobStatus.DOING)
    both = Job.job_id.in_([waits.job_id, runs.job_id])  # type: ignore[attr-defined]
    assert move_where(session, Job, JobStatus.CANCELLED, both, finished_at=NOW) == 1
    assert stored(session, waits.job_id).status == "cancelled"
    assert stored(session, runs.job_id).status == "doing"


def test_many_rows_take_a_step_each_with_its_own_values_and_are_counted(session: Session) -> None:
    first, second, gone = (job(session, key) for key in ("first", "second", "gone"))
    move(session, gone, JobStatus.CANCELLED)
    rows = [{"job_id": one.job_id, "attempts": count} for count, one in enumerate((first, second, gone), start=1)]
    assert move_rows(session, Job, JobStatus.DOING, rows, key="job_id") == 2
    assert (stored(session, first.job_id).attempts, stored(session, second.job_id).attempts) == (1, 2)
    assert (stored(session, gone.job_id).status, gone.attempts) == ("cancelled", 0)
    assert move_rows(session, Job, JobStatus.DOING, [], key="job_id") == 0


def test_of_two_at_once_one_wins_and_the_other_hears_why(database: Database) -> None:
    with database.write() as session:
        job_id = job(session).job_id

    def take() -> str:
        with database.write() as session:
            one = get_job(session, job_id)
            move(session, one, JobStatus.CANCELLED, attempts=one.attempts + 1)
            return "won"

    told = at_once(take, take, take)
    assert sorted(type(one).__name__ for one in told) == ["WrongState", "WrongState", "str"]
    with database.read() as session:
        assert get_job(session, job_id).attempts == 1
