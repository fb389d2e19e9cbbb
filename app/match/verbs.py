"""What people can do about matching: run it, or have the worker run it."""

from __future__ import annotations

from app.changes.outcomes import MATCH_TASK, match_key
from app.core.errors import WrongState
from app.core.rights import Reach
from app.domain.roles import Permission
from app.jobs.schemas import JobShown
from app.jobs.service import enqueue
from app.match import run as matching_run
from app.match.errors import RowsMovedOn, RunIsOn
from app.match.schemas import RunShown
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing


@verb(
    "match.run",
    Permission.MATCH,
    opens=Opens.OWN,
    errors=(RunIsOn, RowsMovedOn, WrongState),
    route="POST /match-runs",
    status=201,
    reach=Reach.OWN,
)
def run(call: Call, wish: Nothing) -> RunShown:  # noqa: ARG001
    """Match every staged record that waits; the clear ones become change requests, the others questions."""
    return RunShown.model_validate(matching_run.run(call.house.database, actor=call.actor, clock=call.house.clock))


@verb("match.start", Permission.MATCH, opens=Opens.WRITE, route="POST /match-runs/start", status=202, reach=Reach.OWN)
def start(call: Call, wish: Nothing) -> JobShown:  # noqa: ARG001
    """Have the worker match all that waits."""
    job = enqueue(call.session, MATCH_TASK, args={}, key=match_key(call.actor), by=call.actor.login, now=call.now)
    return JobShown.of(job, call.language)
