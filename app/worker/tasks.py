"""The tasks of the queue. Importing this module registers them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from app.accounts.actor import get_actor
from app.changes.apply import apply_chunk
from app.changes.outcomes import FREE_TASK, free_chunk
from app.changes.queries import get_request
from app.core.actor import Actor
from app.core.said import Said, said, word
from app.core.turns import Own, until_done
from app.domain.lives import BatchStatus
from app.intake.run import import_file, opened_original
from app.intake.service import DISCARD_TASK, drop_broken_off, skip_discarded
from app.match import run as matching_run
from app.match.errors import RowsMovedOn, RunIsOn
from app.match.run import RunReport
from app.worker.registry import Work, task

REQUEST_APPLIED = word("job_request_applied", "申请 #{request}，{items} 个单位", "request {request}: {items} items")
FILE_READ = word("job_file_read", "批次 {batch}，{rows} 行", "batch {batch}: {rows} rows")
FILE_HELD = word(
    "job_file_held",
    "批次 {batch}，{rows} 行，看上去不寻常，等您确认",
    "batch {batch}: {rows} rows, unusual, waits for your word",
)
ROWS_SETTLED = word("job_rows_settled", "原始记录行已处理完毕", "the source rows are settled")
MATCHED = word("job_matched", "第 {run} 次比对，{questions} 对待判定", "run {run}: {questions} questions")


TRIES, PAUSE = 3600, 1.0
"""How often and how many seconds apart a worker asks again while another run is on."""


@task("change.apply")
def apply_batch(work: Work, args: Mapping[str, Any]) -> Said:
    """Apply an approved batch chunk by chunk; begun anew, it goes on where it was."""
    request_id = int(args["request_id"])
    done = False
    while not done:
        with work.database.write() as session:
            done = apply_chunk(session, request_id, actor=work.by, now=work.clock.now())
            request = get_request(session, request_id)
            through, total = request.applied_through, request.item_count
        work.progress(through, total)
    return said(REQUEST_APPLIED, request=request_id, items=total)


@task("import.run")
def run_import(work: Work, args: Mapping[str, Any]) -> Said:
    """Take in a file that was handed up before, then match it; begun anew, it starts from a clean table."""
    with work.database.read() as session:
        actor = get_actor(session, work.by)
    drop_broken_off(Own(work.database), args["sha256"])
    with opened_original(args["sha256"], args["name"], Path(args["folder"])) as path:
        batch = import_file(
            work.database,
            path,
            args["source"],
            actor=actor,
            clock=work.clock,
            as_of=date.fromisoformat(args["as_of"]),
            sheet=args.get("sheet") or None,
            progress=lambda rows: work.progress(rows, 0),
        )
    if batch.status == BatchStatus.STAGED and args.get("match"):
        _match(work, actor)
    told = FILE_HELD if batch.status == BatchStatus.HELD else FILE_READ
    return said(told, batch=batch.batch_id, rows=batch.rows, status=batch.status)


@task(DISCARD_TASK)
def skip_discarded_rows(work: Work, args: Mapping[str, Any]) -> Said:
    """Skip the rows of a large batch that was discarded; begun anew, it goes on with those that are left."""
    batch_id = int(args["batch_id"])
    until_done(Own(work.database), lambda session: skip_discarded(session, batch_id))
    return said(ROWS_SETTLED)


@task(FREE_TASK)
def free_rows(work: Work, args: Mapping[str, Any]) -> Said:
    """Settle the rows of a large batch that was rejected or withdrawn; begun anew, it goes on where it was."""
    request_id = int(args["request_id"])
    until_done(Own(work.database), lambda session: free_chunk(session, request_id))
    return said(ROWS_SETTLED)


@task("match.run")
def run_match(work: Work, _args: Mapping[str, Any]) -> Said:
    """Match all that waits; what was matched already waits no more, so it may run twice."""
    with work.database.read() as session:
        actor = get_actor(session, work.by)
    report = _match(work, actor)
    return said(MATCHED, run=report.run_id, questions=report.questions)


def _match(work: Work, actor: Actor) -> RunReport:
    """Match once the run that is on has ended: a worker has time, and what it was given shall not be left waiting."""
    for _ in range(TRIES):
        try:
            return matching_run.run(work.database, actor=actor, clock=work.clock)
        except (RunIsOn, RowsMovedOn):
            time.sleep(PAUSE)
    return matching_run.run(work.database, actor=actor, clock=work.clock)
