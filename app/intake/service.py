"""Taking files in: every row verbatim with its number and digest, problems beside it, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert
from app.core.moves import move, move_where
from app.core.rights import territory
from app.core.said import said
from app.core.types import current_keys
from app.domain.fields import BY_NAME, NUMBERS
from app.domain.lives import BatchStatus
from app.domain.roles import Permission
from app.domain.values import read_value
from app.domain.words import RowOutcome
from app.intake.errors import NotHeld
from app.intake.queries import counts_of, get_visible_batch, guards_on, last_rows_of, live_units
from app.intake.rules import CLOSING_EVENTS, account, why_held
from app.models import ImportBatch, ImportProblem, SourceRecord, notes, table_of

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
    """A batch to stage a file in. A file taken in before gives a batch that says so and takes no rows."""
    actor.require(Permission.IMPORT)
    earlier = _taken_in_before(session, source, facts.sha256, actor.office_id)
    batch = ImportBatch(
        source=source,
        file_name=facts.name[:255],
        file_sha256=facts.sha256,
        file_size=facts.size,
        as_of=as_of,
        status=BatchStatus.READING if earlier is None else BatchStatus.REPEATED,
        rows=0 if earlier is None else earlier.rows,
        skipped_lines={},
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
        repeat_of=earlier.batch_id if earlier else None,
    )
    session.add(batch)
    session.flush()
    return batch


def stage_chunk(session: Session, batch: ImportBatch, rows: pd.DataFrame, problems: pd.DataFrame) -> int:
    """Store one chunk of rows and problems; returns how many rows."""
    _insert_problems(session, batch, problems)
    if rows.empty:
        return 0
    fields = [name for name in rows.columns if name not in _ROW_COLUMNS]
    raw = rows["raw"].tolist()
    digest = current_keys().digest
    count, stopped = len(rows), said(notes.STOPPED)
    clean = clean_values(rows, fields)
    columns: dict[str, Sequence[Any]] = {
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
    return bulk_insert(session, table_of(SourceRecord), columns)


def clean_values(rows: pd.DataFrame, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Each row's non-empty fields; figures as whole numbers."""
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
                target[name] = read_value(name, target[name])
    changed = rows["change_item"].tolist() if "change_item" in rows else [""] * len(rows)
    for target, item in zip(result, changed, strict=True):
        if item:
            target["change_item"] = item
    return result


def finish_batch(session: Session, batch: ImportBatch, *, actor: Actor, now: datetime) -> ImportBatch:
    """All rows are in: mark repeats, count, and hold the batch back when it must be asked about."""
    _skip_repeats_within(session, batch)
    _skip_repeats_of_open_rows(session, batch)
    account(batch.rows, counts_of(session, batch.batch_id))
    closing = session.execute(
        select(func.count()).where(
            col(SourceRecord.batch_id) == batch.batch_id,
            col(SourceRecord.outcome) == RowOutcome.PENDING,
            col(SourceRecord.event).in_(CLOSING_EVENTS),
        )
    ).scalar_one()
    last, own = last_rows_of(session, batch), territory(actor, day_of(now))
    held = why_held(batch.rows, last, closing, live_units(session, own), guards_on(session, day_of(now)))
    move(session, batch, BatchStatus.HELD if held else BatchStatus.STAGED, held_reason=held)
    _log(session, Tag.IMPORT_STAGE, batch, actor, now)
    return batch


def confirm(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Let a held batch go on."""
    batch = _held(session, batch_id, actor)
    move(session, batch, BatchStatus.STAGED)
    _log(session, Tag.IMPORT_CONFIRM, batch, actor, now)
    return batch


def discard(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Drop a held batch: its rows are skipped, and it no longer counts as the last file."""
    batch = _held(session, batch_id, actor)
    move(session, batch, BatchStatus.DISCARDED)
    own, reason = col(SourceRecord.batch_id) == batch_id, said(notes.BATCH_DISCARDED)
    move_where(session, SourceRecord, RowOutcome.SKIPPED, own, outcome_reason=reason)
    _log(session, Tag.IMPORT_CONFIRM, batch, actor, now)
    return batch


def drop_unfinished(session: Session, batch_id: int) -> None:
    """Undo a batch whose file could not be read to its end: no half-taken file."""
    for table in (ImportProblem, SourceRecord, ImportBatch):
        session.execute(delete(table).where(col(table.batch_id) == batch_id))


def drop_broken_off(session: Session, sha256: str) -> None:
    """Undo what a process that died left of this file."""
    statement = select(col(ImportBatch.batch_id)).where(
        col(ImportBatch.file_sha256) == sha256, col(ImportBatch.status) == BatchStatus.READING
    )
    for batch_id in session.execute(statement).scalars():
        drop_unfinished(session, batch_id)


def _taken_in_before(session: Session, source: str, sha256: str, office_id: int) -> ImportBatch | None:
    statement = select(ImportBatch).where(
        col(ImportBatch.source) == source,
        col(ImportBatch.file_sha256) == sha256,
        col(ImportBatch.office_id) == office_id,
        col(ImportBatch.status).in_([BatchStatus.HELD, BatchStatus.STAGED, BatchStatus.MATCHED]),
    )
    found: ImportBatch | None = session.execute(
        statement.order_by(col(ImportBatch.batch_id)).limit(1)
    ).scalar_one_or_none()
    return found


def _skip_repeats_within(session: Session, batch: ImportBatch) -> None:
    other = aliased(SourceRecord)
    earlier = exists().where(
        col(other.batch_id) == batch.batch_id,
        col(other.row_hash) == col(SourceRecord.row_hash),
        col(other.record_id) < col(SourceRecord.record_id),
    )
    _skip(session, batch, earlier, notes.REPEATED_HERE)


def _skip_repeats_of_open_rows(session: Session, batch: ImportBatch) -> None:
    """A row that an earlier file of this source brought, and that still waits for a person, is not asked again."""
    other, other_batch = aliased(SourceRecord), aliased(ImportBatch)
    waiting = (
        exists()
        .where(col(other.row_hash) == col(SourceRecord.row_hash), col(other.batch_id) < batch.batch_id)
        .where(col(other.outcome).in_([RowOutcome.TO_REVIEW, RowOutcome.PROPOSED, RowOutcome.PENDING]))
        .where(col(other_batch.batch_id) == col(other.batch_id), col(other_batch.source) == batch.source)
        .where(col(other_batch.office_id) == batch.office_id)
    )
    _skip(session, batch, waiting, notes.REPEATED_OPEN)


def _skip(session: Session, batch: ImportBatch, condition: Any, code: str) -> None:
    pending = and_(col(SourceRecord.batch_id) == batch.batch_id, col(SourceRecord.outcome) == RowOutcome.PENDING)
    move_where(session, SourceRecord, RowOutcome.SKIPPED, pending, condition, outcome_reason=said(code))


def _insert_problems(session: Session, batch: ImportBatch, problems: pd.DataFrame) -> None:
    names = ("sheet", "row_no", "code", "level", "column", "field", "value", "message_zh", "message_en")
    columns: dict[str, Sequence[Any]] = {name: problems[name].tolist() for name in names if name in problems}
    columns["batch_id"] = [batch.batch_id] * len(problems)
    bulk_insert(session, table_of(ImportProblem), columns)


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
