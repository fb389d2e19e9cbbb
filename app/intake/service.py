"""Taking files in: every row verbatim with its number and digest, problems beside it, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, not_, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import outcomes
from app.core.actor import Actor
from app.core.clock import Clock, day_of
from app.core.dialect import Columns, bulk_insert, chunked, insert_or_skip, locked
from app.core.errors import SecondPersonNeeded
from app.core.moves import move, move_where
from app.core.persons import without_persons
from app.core.rights import territory
from app.core.said import Said, said
from app.core.turns import Turns, keep_statistics, ranges, within
from app.core.types import current_keys, says
from app.domain.fields import BY_NAME, NUMBERS
from app.domain.lives import BatchStatus
from app.domain.roles import Permission
from app.domain.values import read_or_leave
from app.domain.words import RowOutcome
from app.intake import counting
from app.intake.errors import NotHeld
from app.intake.queries import (
    closing_rows,
    counts_of,
    get_batch,
    get_visible_batch,
    guards_on,
    last_rows_of,
    live_units,
    records_of,
)
from app.intake.rules import account, why_doubted, why_held
from app.jobs.service import enqueue
from app.models import ImportBatch, ImportProblem, SourceRecord, notes, table_of
from app.register.queries import MAX_IN
from app.rules.counting import About, ask_count
from importers.convert.money import RMB

PART = 500
"""Rows staged, marked or dropped in one transaction: a thirtieth of a second of the writer, more on a busy machine."""

DISCARD_TASK = "import.discard"
"""The task that skips the rows of a large batch that was discarded."""

_ROW_COLUMNS = ("row_no", "sheet", "raw", "event", "event_on", "change_item", "ok")


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file before its rows are read."""

    name: str
    sha256: str
    size: int
    path: Path


def open_batch(
    session: Session, source: str, facts: FileFacts, *, actor: Actor, as_of: date, now: datetime
) -> ImportBatch:
    """A batch to stage a file in; that of a file which is being read, or broke off, is the one to go on with.

    A file taken in before gives a batch that says so and takes no rows.
    """
    actor.require(Permission.IMPORT)
    batch = ImportBatch(
        source=source,
        file_name=facts.name[:255],
        file_sha256=facts.sha256,
        file_size=facts.size,
        as_of=as_of,
        status=BatchStatus.READING,
        skipped_lines={},
        columns={},
        parts=[],
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
    )
    key = batch.live_key = key_of(batch)
    earlier = find_live(session, key)
    if earlier is not None and earlier.status != BatchStatus.READING and _all_rejected(session, earlier):
        earlier.live_key, earlier = None, None
        session.flush()
    if earlier is None:
        insert_or_skip(session, table_of(ImportBatch), [batch.model_dump(exclude={"batch_id"})])
        return _live(session, key)
    return earlier if earlier.status == BatchStatus.READING else _repeat(session, batch, earlier)


def _repeat(session: Session, batch: ImportBatch, earlier: ImportBatch) -> ImportBatch:
    told = batch.model_dump(exclude={"batch_id", "status", "live_key", "repeat_of", "rows"})
    repeat = ImportBatch(**told, status=BatchStatus.REPEATED, repeat_of=earlier.batch_id, rows=earlier.rows)
    session.add(repeat)
    session.flush()
    return repeat


def key_of(batch: ImportBatch) -> str:
    """By which the batch in which a file counts is found."""
    return f"{batch.office_id}:{batch.source}:{batch.file_sha256}"


def find_live(session: Session, key: str) -> ImportBatch | None:
    """The batch in which a file counts as taken in, held until the transaction ends."""
    statement = locked(select(ImportBatch).where(col(ImportBatch.live_key) == key))
    found: ImportBatch | None = session.execute(
        statement, execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    return found


def _live(session: Session, key: str) -> ImportBatch:
    batch = find_live(session, key)
    assert batch is not None, "ours, or that of somebody who was quicker"
    return batch


def _all_rejected(session: Session, batch: ImportBatch) -> bool:
    """Whether every row that was asked about was refused for good, so that the file may come again."""
    own = col(SourceRecord.batch_id) == batch.batch_id
    rejected = says(col(SourceRecord.outcome_reason), notes.REQUEST_REJECTED)
    aside = says(col(SourceRecord.outcome_reason), notes.REPEATED_HERE, notes.STOPPED)
    some, left = select(exists().where(own, rejected)), select(exists().where(own, not_(or_(rejected, aside))))
    return bool(session.execute(some).scalar_one()) and not session.execute(left).scalar_one()


def stage_chunk(turns: Turns, batch: ImportBatch, rows: pd.DataFrame, problems: pd.DataFrame) -> int:
    """Store one chunk of rows and problems in short parts; returns how many rows. Until it is finished a batch that
    reads is nothing to anybody, so the parts need not come in at once."""
    for part in _parts_of(problems):
        columns = _problem_columns(batch, part)
        turns.write(partial(_insert, table_of(ImportProblem), columns))
    for part in _parts_of(rows):
        columns = _row_columns(batch, part)
        turns.write(partial(_insert, table_of(SourceRecord), columns))
    return len(rows)


def _parts_of(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(table), PART):
        yield table.iloc[start : start + PART]


def _insert(table: Table, columns: Columns, session: Session) -> int:
    return bulk_insert(session, table, columns)


def _row_columns(batch: ImportBatch, rows: pd.DataFrame) -> Columns:
    fields = [name for name in rows.columns if name not in _ROW_COLUMNS]
    raw = rows["raw"].tolist()
    digest = current_keys().digest
    count, stopped = len(rows), said(notes.STOPPED)
    clean = clean_values(rows, fields)
    return {
        "batch_id": [batch.batch_id] * count,
        "sheet": rows["sheet"].tolist(),
        "row_no": rows["row_no"].astype(int).tolist(),
        "row_hash": [digest(text.encode()) for text in raw],
        "raw": [orjson.loads(text) for text in raw],
        "clean": clean,
        "code": [values.get("uscc") for values in clean],
        "event": rows["event"].tolist(),
        "event_on": rows["event_on"].tolist(),
        "outcome": [str(RowOutcome.PENDING if ok else RowOutcome.PROBLEM) for ok in rows["ok"].tolist()],
        "outcome_reason": [None if ok else stopped for ok in rows["ok"].tolist()],
    }


def clean_values(rows: pd.DataFrame, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Each row's non-empty fields; figures as whole numbers, names as everybody may see them."""
    columns = [(name, rows[name].tolist()) for name in fields]
    result: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    for name, values in columns:
        length = BY_NAME[name].length if name in BY_NAME else 4000
        for target, value in zip(result, values, strict=True):
            if value:
                target[name] = value if name in NUMBERS else value[:length]
    for name in NUMBERS & set(fields):
        for target in result:
            if name in target:
                target[name] = read_or_leave(name, target[name])  # what cannot be stops at the guards
    for target in result:
        if target.get("reg_capital_currency", RMB) != RMB and "reg_capital" in target:
            target["reg_capital_foreign"] = target.pop("reg_capital")  # the register's field is in thousand yuan
    changed = rows["change_item"].tolist() if "change_item" in rows else [""] * len(rows)
    for target, item in zip(result, changed, strict=True):
        if item:
            target["change_item"] = item
    return [without_persons(target) for target in result]


def finish_batch(turns: Turns, batch_id: int, *, actor: Actor, clock: Clock, match: bool = False) -> ImportBatch:
    """All rows are in: mark repeats, count, and hold the batch back when it must be asked about.

    Repeats are marked in parts while the batch still reads; begun anew they come out the same. With `match`, what it
    brings is matched when nothing has to be asked.
    """
    keep_statistics(turns, table_of(SourceRecord))
    first, last = turns.read(lambda session: records_of(session, batch_id))
    for part in ranges(first, last, PART):
        turns.write(partial(_skip_repeats, batch_id, part))
    held = turns.read(lambda session: _why_held(session, batch_id, actor, clock.now()))
    return turns.write(lambda session: _finish(session, batch_id, held, match, actor, clock.now()))


def _skip_repeats(batch_id: int, part: tuple[int, int], session: Session) -> None:
    batch = get_batch(session, batch_id)
    _skip_repeats_within(session, batch, part)
    _skip_repeats_of_open_rows(session, batch, part)


def _why_held(session: Session, batch_id: int, actor: Actor, now: datetime) -> Said | None:
    batch = get_batch(session, batch_id)
    account(batch.rows, counts_of(session, batch_id))
    closing = closing_rows(session, batch_id)
    guards, live = guards_on(session, day_of(now)), live_units(session, territory(actor, day_of(now)))
    return why_doubted(batch.parts, batch.file_name) or why_held(
        batch.rows, last_rows_of(session, batch), closing, live, guards
    )


def _finish(
    session: Session, batch_id: int, held: Said | None, match: bool, actor: Actor, now: datetime
) -> ImportBatch:
    batch = get_batch(session, batch_id, lock=True)
    move(session, batch, BatchStatus.HELD if held else BatchStatus.STAGED, held_reason=held)
    _log(session, Tag.IMPORT_STAGE, batch, actor, now)
    if match and not held:
        outcomes.ask_match(session, batch.office_id, by=actor.login, now=now, again=True)
    if batch.rows > counting.AT_ONCE:
        ask_count(session, About.BATCH, batch_id, by=actor.login, now=now, office_id=batch.office_id)
    return batch


def confirm(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Vouch for a file as a second person who saw it; one that is held goes on then.

    What nobody vouched for is proposed and never accepted by policy (DESIGN.md §5.8). Raises SecondPersonNeeded.
    """
    batch = get_visible_batch(session, batch_id, actor, lock=True)
    if batch.created_by == actor.user_id:
        raise SecondPersonNeeded(login=actor.login, batch_id=batch_id)
    if batch.status == BatchStatus.STAGED and batch.confirmed_by is None:
        batch.confirmed_by = actor.user_id
    elif batch.status == BatchStatus.HELD:
        move(session, batch, BatchStatus.STAGED, confirmed_by=actor.user_id)
    else:
        raise NotHeld(batch_id=batch_id, status=batch.status)
    _log(session, Tag.IMPORT_CONFIRM, batch, actor, now)
    return batch


def discard(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Drop a held batch: its rows are skipped, and it no longer counts as the last file.

    What was set aside because of its rows comes back, and is matched. Those of a large one are skipped by a job: rows
    of a batch that was discarded are matched with nothing meanwhile.
    """
    batch = _held(session, batch_id, actor)
    move(session, batch, BatchStatus.DISCARDED, live_key=None)
    _log(session, Tag.IMPORT_CONFIRM, batch, actor, now)
    if batch.rows <= PART:
        _skip_discarded(batch_id, true(), now, session)
    else:
        enqueue(session, DISCARD_TASK, args={"batch_id": batch_id}, key=f"discard:{batch_id}", by=actor.login, now=now)
    return batch


def skip_discarded(turns: Turns, batch_id: int, *, clock: Clock) -> None:
    """Skip the rows of a discarded batch, part by part; begun anew, those that are skipped are passed over.

    By their numbers: who asks for the next that wait has PostgreSQL walk past all rows before them, once for each part.
    """
    first, last = turns.read(lambda session: records_of(session, batch_id))
    for part in ranges(first, last, PART):
        turns.write(partial(_skip_discarded, batch_id, within(col(SourceRecord.record_id), part), clock.now()))


def _skip_discarded(batch_id: int, some: ColumnElement[bool], now: datetime, session: Session) -> None:
    own = (col(SourceRecord.batch_id) == batch_id, col(SourceRecord.outcome) == RowOutcome.PENDING)
    rows = select(col(SourceRecord.record_id)).where(*own, some)
    left = list(session.execute(rows.order_by(col(SourceRecord.record_id))).scalars())
    for part in chunked(left, MAX_IN):
        named = col(SourceRecord.record_id).in_(part)
        outcomes.give_back(session, select(col(SourceRecord.record_id)).where(named), now=now)
        move_where(session, SourceRecord, RowOutcome.SKIPPED, named, outcome_reason=said(notes.BATCH_DISCARDED))


def refuse(session: Session, batch_id: int, reason: Said | None) -> None:
    """A file that cannot be read to its end; the same file may come again."""
    batch = get_batch(session, batch_id, lock=True)
    if batch.status == BatchStatus.READING:
        move(session, batch, BatchStatus.REFUSED, refused_reason=reason, live_key=None)


def drop_some(session: Session, batch_id: int) -> bool:
    """Take away some of what was staged of a file that was not read to its end; True when nothing is left of it."""
    return _drop_rows(ImportProblem, batch_id, session) and _drop_rows(SourceRecord, batch_id, session)


def _drop_rows(model: type[ImportProblem] | type[SourceRecord], batch_id: int, session: Session) -> bool:
    """Delete the next rows of a batch; True when none is left."""
    table = table_of(model)
    key = next(iter(table.primary_key))
    some = select(key).where(table.c.batch_id == batch_id).order_by(key).limit(PART)
    last = session.execute(select(func.max(some.subquery().c[key.name]))).scalar_one()
    if last is not None:
        session.execute(delete(table).where(table.c.batch_id == batch_id, key <= last))
    return last is None


def _skip_repeats_within(session: Session, batch: ImportBatch, part: tuple[int, int]) -> None:
    other = aliased(SourceRecord)
    earlier = exists().where(
        col(other.batch_id) == batch.batch_id,
        col(other.row_hash) == col(SourceRecord.row_hash),
        col(other.record_id) < col(SourceRecord.record_id),
    )
    _skip(session, batch, part, earlier, notes.REPEATED_HERE)


def _skip_repeats_of_open_rows(session: Session, batch: ImportBatch, part: tuple[int, int]) -> None:
    """A row that an earlier file of this source brought, and that still waits for a person, is not asked again."""
    other, other_batch = aliased(SourceRecord), aliased(ImportBatch)
    waiting = (
        exists()
        .where(col(other.row_hash) == col(SourceRecord.row_hash), col(other.batch_id) != batch.batch_id)
        .where(col(other.outcome).in_(outcomes.OPEN_ROWS))
        .where(col(other_batch.batch_id) == col(other.batch_id), col(other_batch.source) == batch.source)
        .where(col(other_batch.office_id) == batch.office_id)
        .where(col(other_batch.status).in_(outcomes.COUNTED))
    )
    _skip(session, batch, part, waiting, notes.REPEATED_OPEN)


def _skip(session: Session, batch: ImportBatch, part: tuple[int, int], condition: Any, code: str) -> None:
    own = (col(SourceRecord.batch_id) == batch.batch_id, within(col(SourceRecord.record_id), part))
    pending = and_(*own, col(SourceRecord.outcome) == RowOutcome.PENDING)
    move_where(session, SourceRecord, RowOutcome.SKIPPED, pending, condition, outcome_reason=said(code))


def _problem_columns(batch: ImportBatch, problems: pd.DataFrame) -> Columns:
    names = ("sheet", "row_no", "code", "level", "column", "field", "value", "message_zh", "message_en")
    columns: dict[str, Sequence[Any]] = {name: problems[name].tolist() for name in names if name in problems}
    return {**columns, "batch_id": [batch.batch_id] * len(problems)}


def _held(session: Session, batch_id: int, actor: Actor) -> ImportBatch:
    batch = get_visible_batch(session, batch_id, actor, lock=True)
    if batch.status != BatchStatus.HELD:
        raise NotHeld(batch_id=batch_id, status=batch.status)
    return batch


def _log(session: Session, tag: Tag, batch: ImportBatch, actor: Actor, now: datetime) -> None:
    payload = {
        "source": batch.source,
        "file": batch.file_name,
        "sha256": batch.file_sha256,
        "rows": batch.rows,
        "status": batch.status,
        "held": batch.held_reason.code if batch.held_reason else "",
    }
    record_event(session, tag, actor=actor.login, at=now, subject=f"batch {batch.batch_id}", payload=payload)
