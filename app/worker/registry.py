"""Tasks by name, and the loop that takes jobs from the queue."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import AppError
from app.core.heartbeat import beating
from app.core.said import Said, said, word
from app.jobs import service as jobs
from app.models import Job

log = logging.getLogger("minglu.worker")


@dataclass(frozen=True)
class Work:
    """What a task is given: the database to open its own short transactions on, the clock, who asked, progress."""

    database: Database
    clock: Clock
    job_id: int
    by: str

    def progress(self, done: int, total: int) -> None:
        with self.database.write() as session:
            jobs.progress(session, self.job_id, done=done, total=total, now=self.clock.now())


Task = Callable[[Work, Mapping[str, Any]], Said]
"""Does the work, safe to run twice; returns what people are told."""

FAULT = word(
    "job_fault",
    "程序出错（{fault}），错误已记入运行日志；查明原因后可以重新启动任务。",
    "the program failed ({fault}), the fault is in its log; the job can be started again once the cause is known",
)

_tasks: dict[str, Task] = {}


def task(name: str) -> Callable[[Task], Task]:
    """Register a task under the name by which features enqueue it."""

    def register(function: Task) -> Task:
        _tasks[name] = function
        return function

    return register


def run_once(database: Database, clock: Clock) -> bool:
    """Take one job and do it; False when there was none."""
    with database.write() as session:
        job = jobs.claim(session, now=clock.now())
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


def run_forever(
    database: Database, clock: Clock, *, pause: float = 0.5, until: Callable[[], bool] = lambda: False
) -> None:
    """Take jobs until told to stop. A database that is gone for a while is waited for: the loop outlives it."""
    while not until():
        try:
            idle = not run_once(database, clock)
        except Exception:
            log.exception("the queue could not be asked; it is tried again")
            idle = True
        if idle:
            time.sleep(pause)


def _do(database: Database, clock: Clock, job: Job) -> None:
    job_id = job.job_id
    work = Work(database, clock, job_id, job.created_by)

    def beat() -> None:
        with database.write() as session:
            jobs.beat(session, job_id, now=clock.now())

    try:
        with beating(f"job {job_id}", beat):
            message = _tasks[job.task](work, job.args)
    except AppError as refusal:
        with database.write() as session:
            jobs.fail(session, job_id, now=clock.now(), message=refusal.said, final=True)
        return
    except Exception as fault:
        log.exception("job %s (%s) failed", job_id, job.task)
        with database.write() as session:
            jobs.fail(session, job_id, now=clock.now(), message=said(FAULT, fault=type(fault).__name__))
        return
    with database.write() as session:
        jobs.finish(session, job_id, now=clock.now(), message=message)
