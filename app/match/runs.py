"""The life of a match run: it begins alone, is heard of while it is on, and ends stored or broken off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.db import Database
from app.core.dialect import insert_or_skip
from app.core.heartbeat import UNHEARD_AFTER, beating
from app.core.moves import move, move_where
from app.domain.lives import RunStatus
from app.match.errors import RunIsOn
from app.models import MatchRun, table_of


@contextmanager
def begun(database: Database, clock: Clock, actor: Actor) -> Iterator[int]:
    """A run of one's own for as long as the block runs; broken off where the block fails. Raises RunIsOn."""
    with database.write() as session:
        run_id = begin(session, actor=actor, now=clock.now())

    def beat() -> None:
        with database.write() as session:
            session.execute(update(MatchRun).where(col(MatchRun.run_id) == run_id).values(heard_at=clock.now()))

    try:
        with beating(f"match-{run_id}", beat):
            yield run_id
    except BaseException:
        with database.write() as session:
            move_where(session, MatchRun, RunStatus.BROKEN_OFF, col(MatchRun.run_id) == run_id, open_key=None)
        raise


def begin(session: Session, *, actor: Actor, now: datetime) -> int:
    """Enter a run; one whose process was not heard of any more is broken off first. Raises RunIsOn."""
    unheard = col(MatchRun.heard_at) < now - UNHEARD_AFTER
    move_where(session, MatchRun, RunStatus.BROKEN_OFF, unheard, open_key=None)
    nothing: dict[str, Any] = {"model": "", "model_version": "", "thresholds": {}, "report": {}}
    key = f"on-{actor.office_id}"
    row = MatchRun(**nothing, actor_id=actor.user_id, at=now, status=RunStatus.RUNNING, open_key=key, heard_at=now)
    row.office_id = actor.office_id
    entered = insert_or_skip(session, table_of(MatchRun), [row.model_dump(exclude={"run_id"})])
    on = session.execute(select(func.max(col(MatchRun.run_id))).where(col(MatchRun.open_key) == key)).scalar_one()
    if not entered:
        raise RunIsOn(run_id=on)
    return int(on)


def end(session: Session, run_id: int, **kept: Any) -> None:
    """The run is stored. Raises WrongState where it was taken for dead meanwhile: then nothing of it is kept."""
    move(session, session.get_one(MatchRun, run_id), RunStatus.STORED, open_key=None, **kept)
