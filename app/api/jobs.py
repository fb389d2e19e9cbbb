"""Progress of what takes longer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.deps import CurrentActor, ReadSession
from app.jobs import service
from app.models import Job

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


def described(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "task": job.task,
        "status": job.status,
        "done": job.done,
        "total": job.total,
        "message": job.message,
    }


@router.get("")
def list_jobs(session: ReadSession, _actor: CurrentActor, status: str = "") -> dict[str, Any]:
    return {"items": [described(job) for job in service.list_jobs(session, status=status)]}


@router.get("/{job_id}")
def show(job_id: int, session: ReadSession, _actor: CurrentActor) -> dict[str, Any]:
    """How far a job is."""
    return described(service.get_job(session, job_id))
