"""Work that goes on behind the pages: how far it is, whatever page one is on, after a reload too."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.jobs import verbs
from app.web.calls import Reading, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/jobs")


@router.get("")
def list_page(request: Request, call: Reading) -> Response:
    return page(request, "jobs.html", jobs=ask(call, verbs.list_).items)


@router.get("/{job_id}")
def show(request: Request, call: Reading, job_id: int) -> Response:
    job = ask(call, verbs.show, job_id=job_id)
    return page(request, "job.html", job=job, batch=job.reason.facts.get("batch", "") if job.reason else "")


@router.get("/{job_id}/part")
def part(request: Request, call: Reading, job_id: int) -> Response:
    """Asked for every second; 286 tells the page to stop asking, a finished job to read itself anew."""
    job = ask(call, verbs.show, job_id=job_id)
    ended = job.finished_at is not None
    response = page(request, "_job.html", 286 if ended else 200, job=job)
    if ended:
        response.headers["HX-Refresh"] = "true" if request.headers.get("HX-Target") == "job" else "false"
    return response


@router.post("/{job_id}/restart")
def restart(request: Request, visitor: TheVisitor, job_id: int) -> Response:
    return RedirectResponse(f"/jobs/{act(request, visitor, verbs.restart, job_id=job_id).job_id}", 303)


@router.post("/{job_id}/cancel")
def cancel(request: Request, visitor: TheVisitor, job_id: int) -> Response:
    return RedirectResponse(f"/jobs/{act(request, visitor, verbs.cancel, job_id=job_id).job_id}", 303)
