"""What goes into the verbs of the queue and comes out."""

from __future__ import annotations

from typing import Any

from app.domain.lives import JobStatus
from app.models import Job
from app.verbs.schemas import Answer, Id, Moment, SaidAnswer, Wish


class JobWanted(Wish):
    """One job by its number."""

    job_id: Id


class JobsWanted(Wish):
    """The newest jobs, all or those in one state."""

    status: JobStatus | None = None


class JobShown(Answer):
    """How far a job is. `reason` says how it ended, `message` says the same in the caller's language."""

    job_id: int
    task: str
    status: JobStatus
    done: int
    total: int
    message: str
    reason: SaidAnswer | None
    created_by: str
    created_at: Moment
    finished_at: Moment | None
    args: dict[str, Any]

    @classmethod
    def of(cls, job: Job, language: str) -> JobShown:
        return cls(
            job_id=job.job_id,
            task=job.task,
            status=JobStatus(job.status),
            done=job.done,
            total=job.total,
            message=job.message.text(language) if job.message else "",
            reason=SaidAnswer.of(job.message) if job.message else None,
            created_by=job.created_by,
            created_at=job.created_at,
            finished_at=job.finished_at,
            args={name: value for name, value in job.args.items() if name in {"name", "request_id"}},
        )


class Jobs(Answer):
    items: list[JobShown]
    next: int | None = None
