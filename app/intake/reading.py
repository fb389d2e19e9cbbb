"""Reading a file as a job: begun by whoever hands it up, taken up by another when its reader dies, dropped when asked.

The original is kept, sealed, before reading starts, so whatever process comes next can begin anew. `reading` is the
batch whose job waits, runs or failed; it ends `staged` or `held`, `refused`, or `discarded`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core import heartbeat, kept
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import ERRORS, WrongState
from app.core.moves import move
from app.core.said import Said, said, word
from app.core.turns import Own, Turns, until_done
from app.domain.lives import BATCH, BatchStatus, JobStatus
from app.intake import run as taking
from app.intake import service
from app.intake.errors import BatchHasNoFile, BeingRead, FileNotKept, FileNotRead
from app.intake.queries import get_batch, get_visible_batch
from app.intake.run import Given
from app.intake.service import FileFacts
from app.jobs import service as jobs
from app.jobs.doing import Work, carry_out
from app.layouts.queries import taught_for
from app.models import ImportBatch, Job

READ_TASK = "import.run"
T = TypeVar("T")

FILE_READ = word("job_file_read", "批次 {batch}，{rows} 行", "batch {batch}: {rows} rows")
FILE_HELD = word(
    "job_file_held",
    "批次 {batch}，{rows} 行，看上去不寻常，等您确认",
    "batch {batch}: {rows} rows, unusual, waits for your word",
)
NOT_READ_ANY_MORE = word("job_file_dropped", "批次 {batch} 已不再读取", "batch {batch} is not to be read any more")


def start(
    session: Session,
    source: str,
    facts: FileFacts,
    *,
    folder: Path,
    actor: Actor,
    as_of: date,
    now: datetime,
    sheet: str = "",
    mapping: str = "",
    match: bool = False,
) -> tuple[ImportBatch, Job | None]:
    """A batch and the job that reads it; of a file that is being read, or broke off, those that are there already."""
    batch = service.open_batch(session, source, facts, actor=actor, as_of=as_of, now=now)
    if batch.status != BatchStatus.READING:
        return batch, None
    args = {
        "batch_id": batch.batch_id,
        "name": batch.file_name,
        "folder": str(folder.resolve()),
        "sheet": sheet,
        "mapping": mapping,
        "match": match,
    }
    return batch, _job_for(session, batch, args, by=actor.login, now=now)


def resume(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> tuple[ImportBatch, Job]:
    """Read a file anew whose reading broke off or was refused. Raises WrongState, BatchHasNoFile."""
    batch = get_visible_batch(session, batch_id, actor, lock=True)
    last = jobs.last_of(session, key_of(batch_id))
    if batch.status not in (BatchStatus.READING, BatchStatus.REFUSED):
        raise WrongState(life=BATCH.name, id=str(batch_id), state=batch.status, wanted=BatchStatus.READING)
    if last is None or not (Path(last.args["folder"]) / batch.file_sha256).is_file():
        raise BatchHasNoFile(batch_id=batch_id)
    if batch.status == BatchStatus.REFUSED:
        other = service.find_live(session, service.key_of(batch))
        if other is not None:
            raise BeingRead(batch_id=other.batch_id)
        move(session, batch, BatchStatus.READING, live_key=service.key_of(batch), refused_reason=None)
        _log(session, Tag.IMPORT_RESUME, batch, actor, now)
    return batch, _job_for(session, batch, last.args, by=actor.login, now=now)


def discard(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Drop a batch that asks, was refused, or whose reading broke off. Raises NotHeld, BeingRead."""
    batch = get_visible_batch(session, batch_id, actor, lock=True)
    if batch.status not in (BatchStatus.READING, BatchStatus.REFUSED):
        return service.discard(session, batch_id, actor=actor, now=now)
    job = jobs.find_open(session, key_of(batch_id))
    if job is not None and jobs.is_alive(session, job, heard=heartbeat.moment()):
        raise BeingRead(batch_id=batch_id)
    if job is not None:
        jobs.call_off(session, job, now=now)
    move(session, batch, BatchStatus.DISCARDED, live_key=None)
    if not any(service.drop_some(session, batch_id) for _ in range(2)):
        key, args = f"discard:{batch_id}", {"batch_id": batch_id, "unfinished": True}
        jobs.enqueue(session, service.DISCARD_TASK, args=args, key=key, by=actor.login, now=now)
    _log(session, Tag.IMPORT_CONFIRM, batch, actor, now)
    return batch


def key_of(batch_id: int) -> str:
    """By which the job that reads a batch is found in the queue."""
    return f"import:{batch_id}"


def _job_for(session: Session, batch: ImportBatch, args: Mapping[str, Any], *, by: str, now: datetime) -> Job:
    last = jobs.last_of(session, key_of(batch.batch_id))
    if last is not None and last.status == JobStatus.FAILED:
        return jobs.restart(session, last.job_id)
    return jobs.enqueue(session, READ_TASK, args=args, key=key_of(batch.batch_id), by=by, now=now)


def read(work: Work, args: Mapping[str, Any]) -> Said:
    """The task: read a batch's file to its end, whatever an earlier reader left of it; then match it, if asked."""
    if "batch_id" not in args:  # put into the queue by an earlier version
        raise FileNotKept
    batch_id, turns = int(args["batch_id"]), _Held(work)
    batch = turns.read(partial(_apart, batch_id))
    if batch.status != BatchStatus.READING:
        return said(NOT_READ_ANY_MORE, batch=batch_id)
    until_done(turns, partial(_dropped, batch_id))
    try:
        with (
            kept.opened(batch.file_sha256, batch.file_name, Path(args["folder"])) as path,
            _labels(args) as mapping,
        ):
            taught = turns.read(lambda session: taught_for(session, batch.office_id, batch.source))
            taking.stage(turns, batch, path, Given(args.get("sheet", ""), mapping, taught), turns.staged)
    except BaseException:
        until_done(turns, partial(_dropped, batch_id))
        raise
    return _finish(work, turns, batch_id, match=bool(args.get("match")))


class _Held:
    """Turns in which whoever works on the file writes, and nobody who does not any more."""

    def __init__(self, work: Work) -> None:
        self._work, self._own, self._rows = work, Own(work.database), 0

    def staged(self, rows: int) -> None:
        self._rows = rows

    def write(self, do: Callable[[Session], T]) -> T:
        def held(session: Session) -> T:
            done = do(session)
            self._work.hold(session, self._rows, 0)
            return done

        return self._own.write(held)

    def read(self, do: Callable[[Session], T]) -> T:
        return self._own.read(do)


def _apart(batch_id: int, session: Session) -> ImportBatch:
    """A batch to look at outside of any transaction."""
    batch = get_batch(session, batch_id)
    session.expunge(batch)
    return batch


def _dropped(batch_id: int, session: Session) -> bool:
    return service.drop_some(session, batch_id)


def _finish(work: Work, turns: Turns, batch_id: int, *, match: bool) -> Said:
    actor = turns.read(lambda session: get_actor(session, work.by))
    batch = service.finish_batch(turns, batch_id, actor=actor, clock=work.clock, match=match)
    told = FILE_HELD if batch.status == BatchStatus.HELD else FILE_READ
    return said(told, batch=batch_id, rows=batch.rows, status=batch.status)


@contextmanager
def _labels(args: Mapping[str, Any]) -> Iterator[Path | None]:
    """The operator's own labels as the file that the reader takes."""
    text = args.get("mapping") or ""
    if not text:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        path = Path(folder) / "mapping.json"
        path.write_text(text, "utf-8")
        yield path


@jobs.when_failed(READ_TASK)
def _refuse(session: Session, job: Job) -> None:
    """A file whose reading is given up is refused, with why; whoever handed it up sees it at the batch."""
    if "batch_id" in job.args:  # one of an earlier version had none yet
        service.refuse(session, int(job.args["batch_id"]), job.message)


def import_file(
    database: Database,
    path: Path,
    source: str,
    *,
    actor: Actor,
    clock: Clock,
    as_of: date,
    sheet: str | None = None,
    mapping: Path | None = None,
    keep_in: Path | None = None,
) -> ImportBatch:
    """Take one file in, in this process. Raises BadFile when it cannot be read to its end; no row is kept then."""
    with tempfile.TemporaryDirectory(prefix="minglu-") as passing:
        folder = keep_in or Path(passing)
        with database.read() as session:
            given = Given(sheet or "", mapping, taught_for(session, actor.office_id, source))
        facts, labels = looked_at(path, source, as_of, given, folder)
        with database.write() as session:
            told: dict[str, Any] = {"folder": folder, "actor": actor, "as_of": as_of, "now": clock.now()}
            batch, job = start(session, source, facts, sheet=sheet or "", mapping=labels, **told)
        if job is not None:
            _carry_out(database, clock, job.job_id)
    return _ended(database, batch.batch_id)


def looked_at(path: Path, source: str, as_of: date, given: Given, folder: Path) -> tuple[FileFacts, str]:
    """A file whose beginning can be understood, kept under its hash; and the operator's labels as text. Raises BadFile."""
    facts = taking.facts_of(path)
    taking.preview(path, source, given, as_of=as_of, most=1)
    kept.keep(facts.path, facts.sha256, folder)
    return facts, given.mapping.read_text("utf-8") if given.mapping else ""


def _carry_out(database: Database, clock: Clock, job_id: int) -> None:
    with database.write() as session:
        job = jobs.claim_this(session, job_id, now=clock.now(), heard=heartbeat.moment())
    if job is not None:
        carry_out(database, clock, job, lambda work: read(work, work.job.args))


def _ended(database: Database, batch_id: int) -> ImportBatch:
    """The batch as it ended; a reading that broke off says why, as a refusal."""
    with database.read() as session:
        batch = _apart(batch_id, session)
        job = jobs.last_of(session, key_of(batch_id))
        why = job.message if job else None
    if batch.status in (BatchStatus.READING, BatchStatus.REFUSED):
        raise refusal_of(batch_id, why)
    return batch


def refusal_of(batch_id: int, why: Said | None) -> Exception:
    """Why a reading ended without its rows: the refusal that ended it, else that it was not read to its end."""
    known = ERRORS.get(why.code) if why else None
    return known(**why.facts) if known and why else FileNotRead(batch_id=batch_id, why=why or "")


def _log(session: Session, tag: Tag, batch: ImportBatch, actor: Actor, now: datetime) -> None:
    payload = {"file": batch.file_name, "sha256": batch.file_sha256, "status": batch.status}
    record_event(session, tag, actor=actor.login, at=now, subject=f"batch {batch.batch_id}", payload=payload)
