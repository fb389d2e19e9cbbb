"""Work that goes on behind the pages: how far it is, whatever page one is on, after a reload too."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from app.http.deps import ReadSession
from app.jobs.service import get_job, list_jobs
from app.web.render import page

router = APIRouter(prefix="/jobs")


@router.get("")
def list_page(request: Request, session: ReadSession) -> Response:
    return page(request, "jobs.html", jobs=list_jobs(session, limit=100))


@router.get("/{job_id}")
def show(request: Request, session: ReadSession, job_id: int) -> Response:
    job = get_job(session, job_id)
    batch = re.match(r"batch (\d+)", job.message)
    return page(request, "job.html", job=job, batch=batch[1] if batch else "")


@router.get("/{job_id}/part")
def part(request: Request, session: ReadSession, job_id: int) -> Response:
    """Asked for every second; 286 tells the page to stop asking, a finished job to read itself anew."""
    job = get_job(session, job_id)
    ended = job.finished_at is not None
    response = page(request, "_job.html", 286 if ended else 200, job=job)
    if ended:
        response.headers["HX-Refresh"] = "true" if request.headers.get("HX-Target") == "job" else "false"
    return response
