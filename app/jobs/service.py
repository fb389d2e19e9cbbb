"""The queue in the database: enqueue, claim, progress, finish. It knows task names, not task code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import insert_or_skip, skip_locked
from app.core.errors import NotFound
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


def enqueue(
    session: Session,
    task: str,
    *,
    args: Mapping[str, Any],
    key: str,
    by: str,
    now: datetime,
    office_id: int | None = None,
) -> Job:
    """Put a job in the queue, of an office or else of that of whoever asks; while one of its key is open, that is it."""
    open_one = find_open(session, key)
    if open_one is not None:
        return open_one
    row = Job(task=task, key=key, open_key=key, args=dict(args), created_by=by, created_at=now, status=JobStatus.TODO)
    row.office_id = office_id or _office_of(session, by)
    insert_or_skip(session, table_of(Job), [row.model_dump(exclude={"job_id"})])
    job = find_open(session, key)
    assert job is not None, "ours, or that of somebody who was quicker"
    return job


def _office_of(session: Session, login: str) -> int | None:
    found = select(col(UserAccount.office_id)).where(col(UserAccount.login) == login)
    office: int | None = session.execute(found).scalar_one_or_none()
    return office


def find_open(session: Session, key: str) -> Job | None:
    """The job with this key that waits or runs."""
    job: Job | None = session.execute(select(Job).where(col(Job.open_key) == key)).scalar_one_or_none()
    return job


def claim(session: Session, *, now: datetime) -> Job | None:
    """Take the oldest job that nobody works on; None when there is none.

    One whose worker was not heard of any more is taken up by another, until its attempts are used up.
    """
    unheard = and_(col(Job.status) == JobStatus.DOING, col(Job.heartbeat_at) < now - STALE_AFTER)
    spent = said(WORKER_DIED, attempts=MAX_ATTEMPTS)
    ended = {"finished_at": now, "open_key": None, "message": spent}
    move_where(session, Job, JobStatus.FAILED, unheard, col(Job.attempts) >= MAX_ATTEMPTS, **ended)
    free = or_(col(Job.status) == JobStatus.TODO, unheard)
    job: Job | None = session.execute(
        skip_locked(select(Job).where(free).order_by(col(Job.job_id)).limit(1)),
        execution_options={"populate_existing": True},
    ).scalar_one_or_none()
    if job is not None:
        move(session, job, JobStatus.DOING, heartbeat_at=now, attempts=job.attempts + 1)
    return job


def beat(session: Session, job_id: int, *, now: datetime) -> None:
    """A sign of life of whoever works on a job."""
    session.execute(update(Job).where(col(Job.job_id) == job_id).values(heartbeat_at=now))


def progress(session: Session, job_id: int, *, done: int, total: int, now: datetime) -> None:
    """Say how far a job is; also its sign of life."""
    statement = update(Job).where(col(Job.job_id) == job_id)
    session.execute(statement.values(done=done, total=total, heartbeat_at=now))


def finish(session: Session, job_id: int, *, now: datetime, message: Said | None = None) -> None:
    move(session, get_job(session, job_id), JobStatus.SUCCEEDED, finished_at=now, open_key=None, message=message)


def fail(session: Session, job_id: int, *, now: datetime, message: Said, final: bool = False) -> None:
    """A job that failed goes back to the queue until its attempts are used up; a refusal is `final` at once."""
    job = get_job(session, job_id)
    if final or job.attempts >= MAX_ATTEMPTS:
        move(session, job, JobStatus.FAILED, finished_at=now, open_key=None, message=message)
    else:
        move(session, job, JobStatus.TODO, message=message)


def restart(session: Session, job_id: int, *, actor: Actor) -> Job:
    """Put a job that failed into the queue again. Raises WrongState; where another with its key is open, that one is meant."""
    job = get_visible_job(session, job_id, actor)
    open_one = find_open(session, job.key)
    if open_one is not None and open_one.job_id != job_id:
        return open_one
    move(session, job, JobStatus.TODO, attempts=0, finished_at=None, open_key=job.key, message=None)
    return job


def cancel(session: Session, job_id: int, *, actor: Actor, now: datetime) -> Job:
    """Call off a job that nobody has begun. Raises WrongState."""
    job = get_visible_job(session, job_id, actor)
    move(session, job, JobStatus.CANCELLED, finished_at=now, open_key=None, message=said(CANCELLED))
    return job


def get_job(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise JobNotFound(job_id=job_id)
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
