"""What people can do with the queue: look, start again what failed, call off what waits."""

from __future__ import annotations

from app.core.errors import WrongState
from app.core.rights import Reach
from app.domain.roles import Permission
from app.jobs import service
from app.jobs.schemas import Jobs, JobShown, JobsWanted, JobWanted
from app.jobs.service import JobNotFound
from app.verbs import Call, Opens, verb

_SEES = (Permission.VIEW_UNITS, Permission.MANAGE_JOBS)


@verb("job.list", *_SEES, route="GET /jobs", reach=Reach.OFFICE)
def list_(call: Call, wish: JobsWanted) -> Jobs:
    """The newest jobs."""
    found = service.list_jobs(call.session, call.actor, status=wish.status or "")
    return Jobs(items=[JobShown.of(job, call.language) for job in found])


@verb(
    "job.show",
    *_SEES,
    errors=(JobNotFound,),
    route="GET /jobs/{job_id}",
    command="job show {job_id:job}",
    reach=Reach.OFFICE,
)
def show(call: Call, wish: JobWanted) -> JobShown:
    """How far a job is."""
    return JobShown.of(service.get_visible_job(call.session, wish.job_id, call.actor), call.language)


@verb(
    "job.restart",
    Permission.MANAGE_JOBS,
    opens=Opens.WRITE,
    errors=(JobNotFound, WrongState),
    route="POST /jobs/{job_id}/restart",
    command="job restart {job_id:job}",
    reach=Reach.OFFICE,
)
def restart(call: Call, wish: JobWanted) -> JobShown:
    """Put a job that failed into the queue again, with all its attempts before it."""
    return JobShown.of(service.restart(call.session, _seen(call, wish)), call.language)


@verb(
    "job.cancel",
    Permission.MANAGE_JOBS,
    opens=Opens.WRITE,
    errors=(JobNotFound, WrongState),
    route="POST /jobs/{job_id}/cancel",
    command="job cancel {job_id:job}",
    reach=Reach.OFFICE,
)
def cancel(call: Call, wish: JobWanted) -> JobShown:
    """Call off a job that nobody has begun."""
    return JobShown.of(service.cancel(call.session, _seen(call, wish), now=call.now), call.language)


def _seen(call: Call, wish: JobWanted) -> int:
    """The job, if one may see it. Raises JobNotFound."""
    return service.get_visible_job(call.session, wish.job_id, call.actor).job_id
