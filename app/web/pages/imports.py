"""Files in: hand one up, look at it as understood, let it run, see where each row ended."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.changes.queries import requests_of_batch
from app.core.clock import day_of
from app.core.errors import AppError
from app.domain.fields import PERSONAL
from app.domain.roles import Permission
from app.domain.words import Source
from app.frames.rows import csv_bytes, safe_rows
from app.http.deps import Now, ReadSession, WriteSession
from app.intake import queries, service
from app.intake.run import facts_of, keep_original, preview
from app.jobs.service import enqueue, list_jobs
from app.models import ImportProblem
from app.web.i18n import _, language
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/imports")
PREVIEWED = 10_000
_PAGE = 200
_TASKS = {"import.run", "match.run", "change.apply"}


@router.get("")
def batches(request: Request, session: ReadSession, visitor: TheVisitor, now: Now) -> Response:
    """What was handed up, what runs now, and the form for the next file."""
    visitor.actor.require(Permission.IMPORT)
    found = [queries.describe(session, batch) for batch in queries.list_batches(session)]
    running = [job for job in list_jobs(session, limit=20) if job.task in _TASKS and job.status in ("todo", "doing")]
    failed = [job for job in list_jobs(session, limit=5, status="failed") if job.task in _TASKS]
    return page(
        request, "imports.html", batches=found, running=running, failed=failed, sources=list(Source), today=day_of(now)
    )


@router.post("/preview")
def look(
    request: Request,
    visitor: TheVisitor,
    source: Annotated[Source, Form()],
    as_of: Annotated[date, Form()],
    file: Annotated[UploadFile, File()],
    sheet: Annotated[str, Form()] = "",
) -> Response:
    """The file as we understand it, before anything is taken in; the original is kept, sealed."""
    visitor.actor.require(Permission.IMPORT)
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        path = Path(folder) / (Path(file.filename or "upload").name or "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        try:
            understood = preview(path, source, as_of=as_of, sheet=sheet or None, mapping=None, most=PREVIEWED)
        except AppError as refusal:
            said = refusal.details.get("message_zh") if language() == "zh" else refusal.message
            return page(request, "import_refused.html", 422, name=path.name, said=said or refusal.message)
        facts = facts_of(path)
        keep_original(facts, request.app.state.settings.files_dir)
    given = {"name": facts.name, "sha256": facts.sha256, "source": source, "as_of": as_of, "sheet": sheet}
    return page(request, "import_preview.html", understood=understood, given=given)


@router.post("")
def start(
    request: Request,
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    name: Annotated[str, Form()],
    sha256: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
    source: Annotated[Source, Form()],
    as_of: Annotated[date, Form()],
    sheet: Annotated[str, Form()] = "",
    match: Annotated[int, Form()] = 0,
) -> Response:
    """Put the file in the queue."""
    visitor.actor.require(Permission.IMPORT)
    folder = str(request.app.state.settings.files_dir.resolve())
    args: dict[str, Any] = {
        "name": name,
        "sha256": sha256,
        "source": str(source),
        "as_of": as_of.isoformat(),
        "sheet": sheet,
    }
    args |= {"folder": folder, "match": bool(match)}
    job = enqueue(session, "import.run", args=args, key=f"import:{sha256}", by=visitor.actor.login, now=now)
    return RedirectResponse(f"/jobs/{job.job_id}", 303)


@router.post("/match")
def match(session: WriteSession, visitor: TheVisitor, now: Now) -> Response:
    """Match all that waits."""
    visitor.actor.require(Permission.MATCH)
    job = enqueue(session, "match.run", args={}, key="match", by=visitor.actor.login, now=now)
    return RedirectResponse(f"/jobs/{job.job_id}", 303)


@router.get("/{batch_id}")
def batch(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    batch_id: int,
    outcome: str = "",
    after: int = 0,
    problem: int = 0,
) -> Response:
    """One batch: rows by outcome, problems by row, the requests it led to."""
    visitor.actor.require(Permission.IMPORT)
    found = queries.get_batch(session, batch_id)
    rows = queries.list_rows(session, batch_id, outcome=outcome, after=after, limit=_PAGE) if outcome else []
    problems = queries.list_problems(session, batch_id, after=problem, limit=_PAGE)
    return page(
        request,
        "import.html",
        batch=queries.describe(session, found),
        outcome=outcome,
        rows=rows,
        more=rows[-1].record_id if len(rows) == _PAGE else 0,
        problems=problems,
        value_of=_value,
        more_problems=problems[-1].problem_id if len(problems) == _PAGE else 0,
        requests=requests_of_batch(session, batch_id),
    )


@router.get("/{batch_id}/problems.csv")
def problems_file(session: ReadSession, visitor: TheVisitor, batch_id: int) -> Response:
    """All problems of a batch for a spreadsheet: sheet, row, column, what was read, what to do."""
    visitor.actor.require(Permission.IMPORT)
    queries.get_batch(session, batch_id)
    head = [_("工作表"), _("行"), _("级别"), _("问题"), _("列"), _("读到的值"), _("说明")]
    rows = [head, *_problem_rows(session, batch_id)]
    body = csv_bytes(safe_rows(rows), "utf-8-sig")
    headers = {"Content-Disposition": f'attachment; filename="problems-{batch_id}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


def _problem_rows(session: Session, batch_id: int) -> list[list[Any]]:
    problems = queries.list_problems(session, batch_id, limit=1_000_000)
    return [[p.sheet, p.row_no, p.level, p.code, p.column, _value(p), _said(p)] for p in problems]


def _value(problem: ImportProblem) -> str:
    """What was read; masked unless it surely is no personal datum."""
    if problem.value is None:
        return ""
    return problem.value.reveal() if problem.field and problem.field not in PERSONAL else str(problem.value)


def _said(problem: ImportProblem) -> str:
    return problem.message_en if language() == "en" else problem.message_zh


@router.post("/{batch_id}/confirm")
def confirm(session: WriteSession, visitor: TheVisitor, now: Now, batch_id: int) -> Response:
    """Let a batch that asks go on, and match it."""
    service.confirm(session, batch_id, actor=visitor.actor, now=now)
    enqueue(session, "match.run", args={}, key="match", by=visitor.actor.login, now=now)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)


@router.post("/{batch_id}/discard")
def discard(session: WriteSession, visitor: TheVisitor, now: Now, batch_id: int) -> Response:
    service.discard(session, batch_id, actor=visitor.actor, now=now)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)
