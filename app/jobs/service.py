"""The queue in the database: enqueue, claim, progress, finish. It knows task names, not task code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core import heartbeat
from app.core.actor import Actor
from app.core.dialect import insert_or_skip, skip_locked
from app.core.errors import Conflict, NotFound
from app.core.heartbeat import UNHEARD_AFTER
from app.core.moves import move, move_where
from app.core.rights import kept
from app.core.said import Said, said, word
from app.domain.lives import JobStatus
from app.models import Job, Office, UserAccount, table_of

OPEN = (JobStatus.TODO, JobStatus.DOING)
STALE_AFTER = UNHEARD_AFTER
"""A job whose worker has not been heard of for so long is taken up by another."""

MAX_ATTEMPTS = 5


WORKER_DIED = word(
    "worker_died",
    "执行程序中断了 {attempts} 次，任务已停止；查明原因后可以重新启动。",
    "whoever worked on this died {attempts} times; it can be started again once the cause is known",
)
CANCELLED = word("job_cancelled", "任务已取消。", "the job was called off")


class JobNotFound(NotFound):
    code = "job_not_found"
    zh = "没有任务 {job_id}。"
    en = "there is no job {job_id}"


class TakenOver(Conflict):
    """Whoever works on a job was not heard of for a while, and another took it up; the first one stops."""

    code = "job_taken_over"
    zh = "任务 {job_id} 已由另一个执行程序接手，这里停止。"
    en = "another worker took job {job_id} up meanwhile; this one stops"


_when_failed: dict[str, Callable[[Session, Job], None]] = {}


def when_failed(task: str) -> Callable[[Callable[[Session, Job], None]], Callable[[Session, Job], None]]:
    """Register what becomes of the thing that a task works on when its job is given up, in the same transaction."""

    def register(function: Callable[[Session, Job], None]) -> Callable[[Session, Job], None]:
        _when_failed[task] = function
        return function

    return register


def enqueue(
    session: Session,
    task: str,
    *,
    args: Mapping[str, Any],
    key: str,
    by: str,
    now: datetime,
    office_id: int | None = None,
    again: bool = False,
) -> Job:
    """Put a job in the queue, of an office or else of that of whoever asks; while one of its key is open, that is it.

    `again` asks for another behind one that is being done already, which may have looked away from what is new.
    """
    row = Job(task=task, key=key, open_key=key, args=dict(args), created_by=by, created_at=now, status=JobStatus.TODO)
    row.office_id = office_id or _office_of(session, by)
    while True:
        open_one = find_open(session, key)
        if open_one is None:
            insert_or_skip(session, table_of(Job), [row.model_dump(exclude={"job_id"})])
        elif not again or open_one.status == JobStatus.TODO or _to_follow(session, open_one):
            return open_one
        else:
            continue  # it ended this moment: then the next look finds what follows it, or nothing
        again = False


def _to_follow(session: Session, job: Job) -> bool:
    doing = update(Job).where(col(Job.job_id) == job.job_id, col(Job.status) == JobStatus.DOING).values(again=True)
    return _count(session, doing) == 1


def _office_of(session: Session, login: str) -> int | None:
    found = select(col(UserAccount.office_id)).where(col(UserAccount.login) == login)
    office: int | None = session.execute(found).scalar_one_or_none()
    return office


def find_open(session: Session, key: str) -> Job | None:
    """The job with this key that waits or runs."""
    statement = select(Job).where(col(Job.open_key) == key)
    job: Job | None = session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()
    return job


def claim(session: Session, *, now: datetime, heard: datetime | None = None) -> Job | None:
    """Take the oldest job that nobody works on; None when there is none.

    One whose worker is gone or was not heard of any more is taken up by another, until its attempts are used up.
    `now` is the product's moment, `heard` the machine's, by which life is judged.
    """
    unheard = _unheard(session, heard or now)
    _give_up_spent(session, unheard, now)
    return _take(session, or_(col(Job.status) == JobStatus.TODO, unheard), heard or now)


def claim_this(session: Session, job_id: int, *, now: datetime, heard: datetime) -> Job | None:
    """Take one job where nobody alive works on it; None where somebody does, and where it has ended."""
    own, unheard = col(Job.job_id) == job_id, _unheard(session, heard)
    _give_up_spent(session, and_(own, unheard), now)
    return _take(session, and_(own, or_(col(Job.status) == JobStatus.TODO, unheard)), heard)


def is_alive(session: Session, job: Job, *, heard: datetime) -> bool:
    """Whether somebody works on a job who was heard of."""
    dead = select(col(Job.job_id)).where(col(Job.job_id) == job.job_id, _unheard(session, heard))
    return job.status == JobStatus.DOING and session.execute(dead).first() is None


def _unheard(session: Session, heard: datetime) -> ColumnElement[bool]:
    working = session.execute(select(col(Job.worker)).where(col(Job.status) == JobStatus.DOING)).scalars()
    gone = [worker for worker in working if heartbeat.is_gone(worker)]
    silent = or_(col(Job.heartbeat_at) < heard - STALE_AFTER, col(Job.worker).in_(gone))
    return and_(col(Job.status) == JobStatus.DOING, silent)


def _give_up_spent(session: Session, unheard: ColumnElement[bool], now: datetime) -> None:
    spent = select(Job).where(unheard, col(Job.attempts) >= MAX_ATTEMPTS).order_by(col(Job.job_id))
    for job in session.execute(skip_locked(spent), execution_options={"populate_existing": True}).scalars():
        move(session, job, JobStatus.FAILED, finished_at=now, open_key=None, message=_died())
        _tell_failed(session, job)


def _died() -> Said:
    return said(WORKER_DIED, attempts=MAX_ATTEMPTS)


def _tell_failed(session: Session, job: Job) -> None:
    told = _when_failed.get(job.task)
    if told is not None:
        told(session, job)


def _take(session: Session, free: ColumnElement[bool], heard: datetime) -> Job | None:
    job: Job | None = session.execute(
        skip_locked(select(Job).where(free).order_by(col(Job.job_id)).limit(1)),
        execution_options={"populate_existing": True},
    ).scalar_one_or_none()
    if job is not None:
        taken: dict[str, Any] = {
            "heartbeat_at": heard,
            "attempts": job.attempts + 1,
            "worker": heartbeat.worker_name(),
            "again": False,
        }
        move(session, job, JobStatus.DOING, **taken)
    return job


def beat(session: Session, job: Job, *, now: datetime) -> None:
    """A sign of life of whoever works on a job; of one whose job was taken up by another, none."""
    session.execute(_held(job).values(heartbeat_at=now))


def progress(session: Session, job: Job, *, done: int, total: int, now: datetime) -> None:
    """Say how far a job is; also its sign of life. Raises TakenOver, so that two never write for one job."""
    if _count(session, _held(job).values(done=done, total=total, heartbeat_at=now)) != 1:
        raise TakenOver(job_id=job.job_id)


def _held(job: Job) -> Any:
    own = (col(Job.job_id) == job.job_id, col(Job.worker) == job.worker, col(Job.status) == JobStatus.DOING)
    return update(Job).where(*own)


def _count(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def finish(session: Session, job: Job, *, now: datetime, message: Said | None = None) -> None:
    """A job is done; where it was asked for again meanwhile, another follows it. Raises TakenOver."""
    _end(session, job, JobStatus.SUCCEEDED, finished_at=now, open_key=None, message=message)
    if get_job(session, job.job_id).again:
        enqueue(session, job.task, args=job.args, key=job.key, by=job.created_by, now=now, office_id=job.office_id)


def fail(session: Session, job: Job, *, now: datetime, message: Said, final: bool = False) -> None:
    """A job that failed goes back to the queue until its attempts are used up; a refusal is `final` at once."""
    if final or job.attempts >= MAX_ATTEMPTS:
        _end(session, job, JobStatus.FAILED, finished_at=now, open_key=None, message=message)
        _tell_failed(session, get_job(session, job.job_id))
    else:
        _end(session, job, JobStatus.TODO, message=message)


def _end(session: Session, job: Job, wanted: JobStatus, **values: Any) -> None:
    own = (col(Job.job_id) == job.job_id, col(Job.worker) == job.worker, col(Job.status) == JobStatus.DOING)
    if move_where(session, Job, wanted, *own, **values) != 1:
        raise TakenOver(job_id=job.job_id)


def restart(session: Session, job_id: int) -> Job:
    """Put a job that failed into the queue again. Raises WrongState; where another with its key is open, that one is meant."""
    job = get_job(session, job_id)
    open_one = find_open(session, job.key)
    if open_one is not None and open_one.job_id != job_id:
        return open_one
    move(session, job, JobStatus.TODO, attempts=0, finished_at=None, open_key=job.key, message=None)
    return job


def cancel(session: Session, job_id: int, *, now: datetime) -> Job:
    """Call off a job that nobody has begun. Raises WrongState."""
    job = get_job(session, job_id)
    move(session, job, JobStatus.CANCELLED, finished_at=now, open_key=None, message=said(CANCELLED))
    return job


def call_off(session: Session, job: Job, *, now: datetime) -> None:
    """End an open job on which nobody alive works. Raises WrongState where somebody took it up this moment."""
    wanted = JobStatus.CANCELLED if job.status == JobStatus.TODO else JobStatus.FAILED
    move(session, job, wanted, finished_at=now, open_key=None, message=said(CANCELLED))


def get_job(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise JobNotFound(job_id=job_id)
    return job


def last_of(session: Session, key: str) -> Job | None:
    """The newest job with this key, open or ended."""
    statement = select(Job).where(col(Job.key) == key).order_by(col(Job.job_id).desc()).limit(1)
    job: Job | None = session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()
    return job


def get_visible_job(session: Session, job_id: int, actor: Actor) -> Job:
    """A job of the actor's office or of one below it. Raises JobNotFound."""
    job: Job | None = session.execute(_kept(select(Job), actor).where(col(Job.job_id) == job_id)).scalar_one_or_none()
    if job is None:
        raise JobNotFound(job_id=job_id)
    return job


def _kept(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.join(Office, col(Office.office_id) == col(Job.office_id)).where(kept(actor, col(Office.path)))


def list_jobs(session: Session, actor: Actor, *, status: str = "", limit: int = 50) -> list[Job]:
    """The newest jobs of the actor's office and of those below."""
    statement = _kept(select(Job), actor).order_by(col(Job.job_id).desc()).limit(limit)
    if status:
        statement = statement.where(col(Job.status) == status)
    return list(session.execute(statement).scalars())


def count_open(session: Session, actor: Actor) -> int:
    """Jobs that one may see and that wait or run."""
    counted = _kept(select(func.count()).select_from(Job), actor).where(col(Job.status).in_(OPEN))
    return int(session.execute(counted).scalar_one())
