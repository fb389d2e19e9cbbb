"""The life of a match run: it begins alone, is heard of while it is on, and ends stored or broken off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core import heartbeat
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.dialect import insert_or_skip, locked
from app.core.errors import WrongState
from app.core.moves import move, move_where
from app.core.turns import Turns
from app.domain.lives import RUN, RunStatus
from app.match.errors import RunIsOn
from app.models import MatchRun, table_of


@contextmanager
def begun(turns: Turns, clock: Clock, actor: Actor) -> Iterator[int]:
    """A run of one's own for as long as the block runs; given up where the block fails. Raises RunIsOn."""
    run_id = turns.write(lambda session: begin(session, actor=actor, now=clock.now()))
    with heard(turns, run_id):
        yield run_id


@contextmanager
def heard(turns: Turns, run_id: int) -> Iterator[None]:
    """A run is heard of while the block runs; where that fails it is broken off, or left to whoever comes next."""

    def beat() -> None:
        turns.write(lambda session: session.execute(_of(run_id).values(heard_at=heartbeat.moment())))

    try:
        with heartbeat.beating(f"match-{run_id}", beat):
            yield
    except BaseException:
        turns.write(lambda session: give_up(session, run_id))
        raise


def _of(run_id: int) -> Any:
    return update(MatchRun).where(col(MatchRun.run_id) == run_id)


def begin(session: Session, *, actor: Actor, now: datetime) -> int:
    """Enter a run of the actor's office. Raises RunIsOn."""
    nothing: dict[str, Any] = {"model": "", "model_version": "", "thresholds": {}, "report": {}}
    key = f"{actor.office_id}"
    mine: dict[str, Any] = {"actor_id": actor.user_id, "office_id": actor.office_id, "open_key": key}
    alive: dict[str, Any] = {"heard_at": heartbeat.moment(), "worker": heartbeat.worker_name()}
    row = MatchRun(**nothing, **mine, **alive, at=now, status=RunStatus.RUNNING)
    entered = insert_or_skip(session, table_of(MatchRun), [row.model_dump(exclude={"run_id"})])
    on = session.execute(select(func.max(col(MatchRun.run_id))).where(col(MatchRun.open_key) == key)).scalar_one()
    if not entered:
        raise RunIsOn(run_id=on)
    return int(on)


def break_off_unheard(session: Session) -> None:
    """Break off what was begun, not laid down whole, and not heard of any more."""
    move_where(session, MatchRun, RunStatus.BROKEN_OFF, unheard(session), open_key=None)


def unheard(session: Session) -> ColumnElement[bool]:
    """The condition on a run that is on and whose process is gone, or was not heard of any more."""
    on = col(MatchRun.open_key).is_not(None)
    gone = [
        name for name in session.execute(select(col(MatchRun.worker)).where(on)).scalars() if heartbeat.is_gone(name)
    ]
    late = col(MatchRun.heard_at) < heartbeat.moment() - heartbeat.UNHEARD_AFTER
    return and_(on, or_(col(MatchRun.heard_at).is_(None), late, col(MatchRun.worker).in_(gone)))


def offices_of_dead(session: Session) -> list[int]:
    """Offices whose run was left by a process that died."""
    statement = select(col(MatchRun.office_id)).where(unheard(session)).order_by(col(MatchRun.office_id))
    return list(session.execute(statement).scalars())


def give_up(session: Session, run_id: int) -> None:
    """The process that did a run stops: what only begun is broken off, what settles is left to be taken up at once."""
    own = col(MatchRun.run_id) == run_id
    if not move_where(session, MatchRun, RunStatus.BROKEN_OFF, own, open_key=None):
        session.execute(_of(run_id).where(col(MatchRun.status) == str(RunStatus.SETTLING)).values(heard_at=None))


def take_over(session: Session) -> int | None:
    """A run that settles and whose process is gone, in the hands of this one from now on; None where there is none."""
    settling = (unheard(session), col(MatchRun.status) == str(RunStatus.SETTLING))
    statement = locked(select(col(MatchRun.run_id)).where(*settling).limit(1))
    run_id: int | None = session.execute(statement).scalar_one_or_none()
    if run_id is not None:
        alive = {"heard_at": heartbeat.moment(), "worker": heartbeat.worker_name()}
        session.execute(_of(run_id).values(**alive))
    return run_id


def hold(session: Session, run_id: int, status: RunStatus) -> MatchRun:
    """The run, held until the transaction ends. Raises WrongState where it was taken for dead, or taken over."""
    statement = locked(select(MatchRun).where(col(MatchRun.run_id) == run_id))
    run: MatchRun = session.execute(statement, execution_options={"populate_existing": True}).scalar_one()
    if run.status != status:
        raise WrongState(life=RUN.name, id=str(run_id), state=run.status, wanted=str(status))
    return run


def end(session: Session, run_id: int, **kept: Any) -> None:
    """The run is stored. Raises WrongState where it was taken for dead meanwhile: then nothing of it is kept."""
    move(session, session.get_one(MatchRun, run_id), RunStatus.STORED, open_key=None, **kept)
