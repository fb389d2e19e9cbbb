"""Files in over HTTP."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile

from app.api.deps import CurrentActor, Now, ReadSession, TheClock, TheDatabase, WriteSession
from app.domain.roles import Permission
from app.domain.words import Source
from app.intake import queries, service
from app.intake.run import import_file, preview

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])


@router.post("", status_code=201)
def take_in(
    request: Request,
    database: TheDatabase,
    clock: TheClock,
    actor: CurrentActor,
    source: Annotated[Source, Form()],
    as_of: Annotated[date, Form()],
    file: Annotated[UploadFile, File()],
    sheet: Annotated[str, Form()] = "",
    dry_run: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Take one file in, whole or not at all; with `dry_run`, only say what it would bring."""
    actor.require(Permission.IMPORT)
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        path = Path(folder) / (Path(file.filename or "upload").name or "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        if dry_run:
            return preview(path, source, as_of=as_of, sheet=sheet or None, mapping=None)
        keep_in = request.app.state.settings.files_dir
        batch = import_file(
            database, path, source, actor=actor, clock=clock, as_of=as_of, sheet=sheet or None, keep_in=keep_in
        )
    with database.read() as session:
        return queries.describe(session, queries.get_batch(session, batch.batch_id))


@router.get("")
def batches(session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    actor.require(Permission.IMPORT)
    return {"items": [queries.describe(session, batch) for batch in queries.list_batches(session)]}


@router.get("/{batch_id}")
def batch(batch_id: int, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    """A batch with its rows by outcome and its problems by code."""
    actor.require(Permission.IMPORT)
    return queries.describe(session, queries.get_batch(session, batch_id))


@router.get("/{batch_id}/problems")
def problems(
    batch_id: int,
    session: ReadSession,
    actor: CurrentActor,
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> dict[str, Any]:
    """Problems by row: where, what was read (personal values masked), what to do."""
    actor.require(Permission.IMPORT)
    queries.get_batch(session, batch_id)
    items = [
        {
            "problem_id": p.problem_id,
            "sheet": p.sheet,
            "row_no": p.row_no,
            "code": p.code,
            "level": p.level,
            "column": p.column,
            "field": p.field,
            "value": str(p.value or ""),
            "message": p.message_en if actor.language == "en" else p.message_zh,
        }
        for p in queries.list_problems(session, batch_id, after=after, limit=limit)
    ]
    return {"items": items}


@router.get("/{batch_id}/rows")
def rows(
    batch_id: int,
    session: ReadSession,
    actor: CurrentActor,
    outcome: str = "",
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> dict[str, Any]:
    """Where each row of a file ended."""
    actor.require(Permission.IMPORT)
    queries.get_batch(session, batch_id)
    items = [
        {
            "record_id": row.record_id,
            "sheet": row.sheet,
            "row_no": row.row_no,
            "outcome": row.outcome,
            "reason": row.outcome_reason,
            "unit_id": row.unit_id,
        }
        for row in queries.list_rows(session, batch_id, outcome=outcome, after=after, limit=limit)
    ]
    return {"items": items}


@router.post("/{batch_id}/confirm")
def confirm(batch_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Let a batch that asks go on."""
    return queries.describe(session, service.confirm(session, batch_id, actor=actor, now=now))


@router.post("/{batch_id}/discard")
def discard(batch_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return queries.describe(session, service.discard(session, batch_id, actor=actor, now=now))
