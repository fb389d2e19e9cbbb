"""What people can do about matching: run it, or have the worker run it."""

from __future__ import annotations

from app.changes.outcomes import ask_match
from app.core.errors import WrongState
from app.core.rights import Reach
from app.domain.roles import Permission
from app.jobs.schemas import JobShown
from app.match import run as matching_run
from app.match.errors import RowsMovedOn, RunIsOn
from app.match.schemas import RunShown
from app.records.queries import anything_waits
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing


@verb(
    "match.run",
    Permission.MATCH,
    opens=Opens.OWN,
    errors=(RowsMovedOn, WrongState),
    route="POST /match-runs",
    status=201,
    also=202,
    reach=Reach.OWN,
)
def run(call: Call, wish: Nothing) -> RunShown:  # noqa: ARG001
    """Match every staged record of one's office that waits; the clear ones become change requests, the others questions.

    While a run of the office is on, that one is answered (202), and what was staged since is matched behind it.
    """
    try:
        return RunShown.model_validate(matching_run.run(call.house.database, actor=call.actor, clock=call.house.clock))
    except RunIsOn as other:
        run_id = int(other.details["run_id"])
        return call.writing(lambda inside: _on(inside, run_id))


def _on(call: Call, run_id: int) -> RunShown:
    """The run that is on, with the job that follows it where rows came since."""
    office_id, job_id = call.actor.office_id, None
    if anything_waits(call.session, office_id, new=True):
        job_id = ask_match(call.session, office_id, by=call.actor.login, now=call.now, again=True).job_id
    return RunShown(run_id=run_id, on=True, job_id=job_id)


@verb("match.start", Permission.MATCH, opens=Opens.WRITE, route="POST /match-runs/start", status=202, reach=Reach.OWN)
def start(call: Call, wish: Nothing) -> JobShown:  # noqa: ARG001
    """Have the worker match all that waits in one's office; while it does already, that is the one."""
    office_id = call.actor.office_id
    new = anything_waits(call.session, office_id, new=True)
    job = ask_match(call.session, office_id, by=call.actor.login, now=call.now, again=new)
    return JobShown.of(job, call.language)
