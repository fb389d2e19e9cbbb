"""The tasks of the queue. Importing this module registers them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.accounts.offices import first_office
from app.changes import apply as applying
from app.changes import counting as requests
from app.changes.outcomes import FREE_TASK, MATCH_TASK, ask_match, free_chunk, matcher_of
from app.changes.queries import get_request
from app.changes.schedule import apply_due, enqueue_due
from app.changes.settling import APPLY_TASK
from app.changes.stopping import kept_of, take_back_chunk
from app.core.actor import Actor
from app.core.said import Said, said, word
from app.core.turns import Own, Pace, Turns, keep_statistics, until_done
from app.frames.building import DROP_TASK, ask_to_drop, drop_void_rows
from app.intake import counting as batches
from app.intake import reading
from app.intake.service import DISCARD_TASK, drop_some, skip_discarded
from app.jobs.doing import Work
from app.jobs.service import enqueue
from app.match import run as matching_run
from app.match.errors import RowsMovedOn, RunIsOn
from app.match.run import RunReport
from app.match.runs import offices_of_dead
from app.models import identifier, relation, unit_version
from app.records import losing
from app.register.queries import last_unit
from app.rules import standing
from app.rules.counting import COUNT_TASK, About
from app.rules.standing import LOOK_TASK
from app.worker.registry import due, task

REQUEST_APPLIED = word("job_request_applied", "申请 #{request}，{items} 个单位", "request {request}: {items} items")
REQUEST_GIVEN_BACK = word(
    "job_request_given_back",
    "申请 #{request} 到生效日写不进，已退给申请人",
    "request {request} could not be written on its day and is its author's again",
)
REQUEST_TAKEN_BACK = word(
    "job_request_taken_back",
    "申请 #{request} 已停止并收回，{kept} 个单位未能收回",
    "request {request} was stopped and taken back; of {kept} units that could not be done",
)
ROWS_SETTLED = word("job_rows_settled", "原始记录行已处理完毕", "the source rows are settled")
FRAMES_EMPTIED = word("job_frames_emptied", "已放弃名单的单位已清除", "the units of frames given up are taken out")
LOOKED = word(
    "job_looked",
    "已检查全库：新发现 {opened} 条问题，已解决 {closed} 条",
    "the register was looked through: {opened} findings opened, {closed} closed",
)
COUNTED = word(
    "job_rules_counted", "已按规则统计 {items} 条", "what the rules say was counted over {items} rows or items"
)
MATCHED = word("job_matched", "第 {run} 次比对，{questions} 对待判定", "run {run}: {questions} questions")


_FEW = 500
"""Units that are few in any register."""
TRIES, PAUSE = 3600, 1.0
"""How often and how many seconds apart a worker asks again while another run is on."""


@task(APPLY_TASK)
def apply_batch(work: Work, args: Mapping[str, Any]) -> Said:
    """Apply an approved batch chunk by chunk; begun anew, it goes on where it was. A single one whose day has come is
    judged again first."""
    request_id = int(args["request_id"])
    turns, done = Own(work.database), False
    if not turns.read(lambda session: get_request(session, request_id).is_batch):
        written = turns.write(lambda session: apply_due(session, request_id, by=work.by, now=work.clock.now()))
        return said(REQUEST_APPLIED if written else REQUEST_GIVEN_BACK, request=request_id, items=1)
    known, pace = 0, Pace(applying.CHUNK_ITEMS, 4 * applying.CHUNK_ITEMS)
    while not done:
        began = time.perf_counter()
        done, through, total = turns.write(partial(_apply_chunk, work, request_id, pace.size))
        pace.note(time.perf_counter() - began)
        work.progress(through, total)
        known = _know_anew(turns, known, through)
    return turns.read(lambda session: _came_of(session, request_id))


def _know_anew(turns: Turns, known: int, through: int) -> int:
    """Have the planner look at the register again once half of it is new; how far it is known then. Until the database
    does so by itself, a minute after, what is asked of a register that was empty reads all of it for each unit."""
    if through - known < _FEW or through - known < turns.read(last_unit) // 2:
        return known
    keep_statistics(turns, unit_version, identifier, relation)
    return through


def _came_of(session: Session, request_id: int) -> Said:
    request = get_request(session, request_id)
    if request.stopped_at is not None:
        return said(REQUEST_TAKEN_BACK, request=request_id, kept=len(kept_of(request)))
    return said(REQUEST_APPLIED, request=request_id, items=request.item_count)


def _apply_chunk(work: Work, request_id: int, size: int, session: Session) -> tuple[bool, int, int]:
    """The next chunk, of a batch that was stopped the next to be taken back; whether it was the last, how far the request is,
    and of how many items."""
    told: dict[str, Any] = {"actor": work.by, "now": work.clock.now()}
    stopped = get_request(session, request_id).stopped_at is not None
    next_chunk = take_back_chunk if stopped else applying.apply_chunk
    done = next_chunk(session, request_id, size=size, **told)
    request = get_request(session, request_id)
    return done, request.applied_through, request.item_count


@task(reading.READ_TASK)
def run_import(work: Work, args: Mapping[str, Any]) -> Said:
    """Take in a file that was handed up; begun anew, it starts from a clean table."""
    return reading.read(work, args)


@task(DISCARD_TASK)
def settle_discarded_rows(work: Work, args: Mapping[str, Any]) -> Said:
    """Skip the rows of a large batch that was discarded, or drop those of one that was never read to its end; begun
    anew, it goes on with those that are left."""
    batch_id = int(args["batch_id"])
    if args.get("unfinished"):
        until_done(Own(work.database), lambda session: drop_some(session, batch_id))
    else:
        skip_discarded(Own(work.database), batch_id, clock=work.clock)
    return said(ROWS_SETTLED)


@task(FREE_TASK)
def free_rows(work: Work, args: Mapping[str, Any]) -> Said:
    """Settle the rows of a large batch that was rejected or withdrawn; begun anew, it goes on where it was."""
    request_id, now = int(args["request_id"]), work.clock.now
    until_done(Own(work.database), lambda session: free_chunk(session, request_id, now=now()))
    return said(ROWS_SETTLED)


due(enqueue_due)
due(ask_to_drop)


@due
def take_runs_up(session: Session, now: datetime) -> None:
    """A run that a process left which died is brought to its end, or dropped and begun anew."""
    for office_id in offices_of_dead(session):
        login = matcher_of(session, office_id)
        if login is not None:
            ask_match(session, office_id, by=login, now=now)


@task(DROP_TASK)
def drop_rows_of_frames(work: Work, _args: Mapping[str, Any]) -> Said:
    """Take out the rows that a process left in frames which were given up or redefined, and died over taking out."""
    drop_void_rows(Own(work.database))
    return said(FRAMES_EMPTIED)


@task(MATCH_TASK)
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


@task(LOOK_TASK)
def look_through(work: Work, _args: Mapping[str, Any]) -> Said:
    """Ask all rules of the whole register, and hold what sources said last against it; begun anew, it goes through it again."""
    run = standing.look(Own(work.database), now=work.clock.now())
    losing.look(Own(work.database), now=work.clock.now())
    return said(LOOKED, opened=run.opened, closed=run.closed)


@task(COUNT_TASK)
def count_rules(work: Work, args: Mapping[str, Any]) -> Said:
    """Count what the rules say of a file or of a request; begun anew, from its first row on."""
    count = {About.BATCH: batches.count, About.REQUEST: requests.count}[About(args["about"])]
    return said(COUNTED, items=count(Own(work.database), int(args["about_id"]), now=work.clock.now()))


@due
def look_every_night(session: Session, now: datetime) -> None:
    """Once a day, with the first look into the queue behind midnight: rules come into force and lapse by the day."""
    if standing.is_due(session, now):
        enqueue(session, LOOK_TASK, args={}, key=LOOK_TASK, by="", office_id=first_office(session), now=now)
