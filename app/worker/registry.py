"""Tasks by name, and the loop that takes jobs from the queue."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import heartbeat
from app.core.away import Outage
from app.core.clock import Clock
from app.core.db import Database
from app.core.said import Said
from app.jobs import service as jobs
from app.jobs.doing import Work, carry_out
from app.models import Job

log = logging.getLogger("minglu.worker")

Task = Callable[[Work, Mapping[str, Any]], Said]
"""Does the work, safe to run twice; returns what people are told."""

Due = Callable[[Session, datetime], None]
"""Puts into the queue what became due by now."""

_tasks: dict[str, Task] = {}
_due: list[Due] = []


def task(name: str) -> Callable[[Task], Task]:
    """Register a task under the name by which features enqueue it."""

    def register(function: Task) -> Task:
        _tasks[name] = function
        return function

    return register


def due(function: Due) -> Due:
    """Register what is asked before every look into the queue."""
    _due.append(function)
    return function


def run_once(database: Database, clock: Clock) -> bool:
    """Take one job and do it; False when there was none."""
    with database.write() as session:
        for ask in _due:
            ask(session, clock.now())
        job = jobs.claim(session, now=clock.now(), heard=heartbeat.moment())
    if job is None:
        return False
    _do(database, clock, job)
    return True


def run_all(database: Database, clock: Clock) -> int:
    """Do jobs until the queue is empty; returns how many."""
    done = 0
    while run_once(database, clock):
        done += 1
    return done


def run_this(database: Database, clock: Clock, job_id: int, *, pause: float = 0.2) -> Job:
    """See one job through to its end: done here, or waited for where another worker does it already."""
    while True:
        with database.write() as session:
            claimed = jobs.claim_this(session, job_id, now=clock.now(), heard=heartbeat.moment())
        if claimed is not None:
            _do(database, clock, claimed)
        with database.read() as session:
            found = jobs.get_job(session, job_id)
            session.expunge(found)
        if found.status not in jobs.OPEN:
            return found
        if claimed is None:
            time.sleep(pause)


def run_forever(
    database: Database, clock: Clock, *, pause: float = 0.5, until: Callable[[], bool] = lambda: False
) -> None:
    """Take jobs until told to stop. A database that is gone for a while is waited for: the loop outlives it."""
    outage = Outage("worker")
    while not until():
        try:
            idle = not run_once(database, clock)
            outage.over()
        except Exception as fault:
            if outage.met(fault) is None:
                log.exception("the queue could not be asked; it is tried again")
            idle = True
        if idle:
            _sleep(outage.wait(pause), pause, until)


def _sleep(seconds: float, step: float, until: Callable[[], bool]) -> None:
    """In steps, so that who is told to stop does."""
    end = time.monotonic() + seconds
    time.sleep(step)
    while time.monotonic() < end and not until():
        time.sleep(step)


def _do(database: Database, clock: Clock, job: Job) -> None:
    carry_out(database, clock, job, lambda work: _tasks[job.task](work, job.args))
