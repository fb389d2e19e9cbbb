"""The queue in the database: enqueue, claim, progress, finish. It knows task names, not task code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import skip_locked
from app.core.errors import NotFound
from app.models import Job

OPEN = ("todo", "doing")
STALE_AFTER = timedelta(minutes=2)
"""A job whose worker has not been heard of for so long is taken up by another."""

MAX_ATTEMPTS = 5


class JobNotFound(NotFound):
    code = "job_not_found"


def enqueue(session: Session, task: str, *, args: Mapping[str, Any], key: str, by: str, now: datetime) -> Job:
    """Put a job in the queue; while one with the same key is open, that one is returned."""
    open_one = find_open(session, key)
    if open_one is not None:
        return open_one
    job = Job(task=task, key=key, args=dict(args), created_by=by, created_at=now)
    session.add(job)
    session.flush()
    return job


def find_open(session: Session, key: str) -> Job | None:
    """The job with this key that waits or runs."""
    job: Job | None = session.execute(
        select(Job).where(col(Job.key) == key, col(Job.status).in_(OPEN))
    ).scalar_one_or_none()
    return job


def claim(session: Session, *, now: datetime) -> Job | None:
    """Take the oldest job that nobody works on, in one statement; None when there is none."""
    free = or_(
        col(Job.status) == "todo",
        (col(Job.status) == "doing") & (col(Job.heartbeat_at) < now - STALE_AFTER),
    )
    oldest = skip_locked(select(col(Job.job_id)).where(free).order_by(col(Job.job_id)).limit(1)).scalar_subquery()
    statement = (
        update(Job)
        .where(col(Job.job_id) == oldest)
        .values(status="doing", heartbeat_at=now, attempts=col(Job.attempts) + 1)
        .returning(Job)
    )
    job: Job | None = session.execute(statement).scalar_one_or_none()
    return job


def progress(session: Session, job_id: int, *, done: int, total: int, now: datetime) -> None:
    """Say how far a job is; also its sign of life."""
    statement = update(Job).where(col(Job.job_id) == job_id)
    session.execute(statement.values(done=done, total=total, heartbeat_at=now))


def finish(session: Session, job_id: int, *, now: datetime, message: str = "") -> None:
    _end(session, job_id, "succeeded", now, message)


def fail(session: Session, job_id: int, *, now: datetime, message: str, final: bool = False) -> None:
    """A job that failed goes back to the queue until its attempts are used up; a refusal is `final` at once."""
    job = get_job(session, job_id)
    status = "failed" if final or job.attempts >= MAX_ATTEMPTS else "todo"
    _end(session, job_id, status, now, message)


def _end(session: Session, job_id: int, status: str, now: datetime, message: str) -> None:
    finished = None if status == "todo" else now
    statement = update(Job).where(col(Job.job_id) == job_id)
    session.execute(statement.values(status=status, finished_at=finished, message=message[:2000]))


def get_job(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise JobNotFound(f"there is no job {job_id}")
    return job


def list_jobs(session: Session, *, status: str = "", limit: int = 50) -> list[Job]:
    statement = select(Job).order_by(col(Job.job_id).desc()).limit(limit)
    if status:
        statement = statement.where(col(Job.status) == status)
    return list(session.execute(statement).scalars())


def count_open(session: Session) -> int:
    """Jobs that wait or run."""
    return session.execute(select(func.count()).select_from(Job).where(col(Job.status).in_(OPEN))).scalar_one()
