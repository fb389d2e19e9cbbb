"""Doing a job that was claimed: heard of while it goes on, ended as it ended. The worker's loop and commands share it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import heartbeat
from app.core.away import told_of
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import AppError
from app.core.said import Said, said, word
from app.jobs import service as jobs
from app.jobs.service import TakenOver
from app.models import Job

log = logging.getLogger("minglu.worker")

FAULT = word(
    "job_fault",
    "程序出错（{fault}），错误已记入运行日志；查明原因后可以重新启动任务。",
    "the program failed ({fault}), the fault is in its log; the job can be started again once the cause is known",
)


@dataclass(frozen=True)
class Work:
    """What a task is given: the database to open its own short transactions on, the clock, who asked, progress."""

    database: Database
    clock: Clock
    job: Job

    @property
    def job_id(self) -> int:
        return self.job.job_id

    @property
    def by(self) -> str:
        return self.job.created_by

    def progress(self, done: int, total: int) -> None:
        with self.database.write() as session:
            self.hold(session, done, total)

    def hold(self, session: Session, done: int, total: int) -> None:
        """Say how far it is within a transaction that writes for the job. Raises TakenOver: then nothing is written."""
        jobs.progress(session, self.job, done=done, total=total, now=heartbeat.moment())


def carry_out(database: Database, clock: Clock, job: Job, do: Callable[[Work], Said]) -> None:
    """Do a claimed job. A refusal ends it with its words; a fault is tried again until the attempts are used up."""

    def beat() -> None:
        with database.write() as session:
            jobs.beat(session, job, now=heartbeat.moment())

    try:
        with heartbeat.beating(f"job {job.job_id}", beat):
            message = do(Work(database, clock, job))
        with database.write() as session:
            jobs.finish(session, job, now=clock.now(), message=message)
    except TakenOver:
        log.warning("job %s was taken up by another worker", job.job_id)
    except AppError as refusal:
        _failed(database, clock, job, refusal.said, final=True)
    except Exception as fault:
        _log_failed(job, fault)
        _failed(database, clock, job, said(FAULT, fault=type(fault).__name__), final=False)


def _log_failed(job: Job, fault: Exception) -> None:
    """Where it happened is told of faults of our own alone: of a database that is away, nobody need look for it."""
    told = told_of(fault)
    log.error("job %s (%s) failed: %s", job.job_id, job.task, told.code if told else "fault", exc_info=told is None)


def _failed(database: Database, clock: Clock, job: Job, message: Said, *, final: bool) -> None:
    try:
        with database.write() as session:
            jobs.fail(session, job, now=clock.now(), message=message, final=final)
    except TakenOver:
        log.warning("job %s was taken up by another worker", job.job_id)
