"""`minglu job …`: the queue."""

from __future__ import annotations

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.jobs import service
from app.models import Job

app = typer.Typer(name="job", help="The queue of work.", no_args_is_help=True)


def described(job: Job) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "task": job.task,
        "status": job.status,
        "done": job.done,
        "total": job.total,
        "message": job.message,
    }


@app.command(name="list")
@refusals
def list_(status: str = "", form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """The newest jobs."""
    with as_person(token) as opened, opened.database.read() as session:
        show([described(job) for job in service.list_jobs(session, status=status)], form)


@app.command(name="show")
@refusals
def show_(job: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """How far a job is."""
    with as_person(token) as opened, opened.database.read() as session:
        show(described(service.get_job(session, job)), form)
