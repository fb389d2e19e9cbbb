"""Files in: hand one up, look at it as understood, let it run, see where each row ended."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.core.clock import day_of
from app.domain.lives import JobStatus
from app.domain.words import Source
from app.http.files import send
from app.http.uploads import laid_down
from app.intake import verbs
from app.intake.errors import FILE_REFUSALS
from app.intake.together import together
from app.jobs import verbs as jobs
from app.match import verbs as matching
from app.web.calls import Reading, Text, act, ask
from app.web.i18n import language, sentence
from app.web.render import page
from app.web.visitor import TheVisitor
from importers.problems import KINDS

router = APIRouter(prefix="/imports")
PREVIEWED = 10_000
_PAGE = 200
_TASKS = {"import.run", "match.run", "change.apply"}


@router.get("")
def batches(request: Request, call: Reading) -> Response:
    """What was handed up, what runs now, and the form for the next file."""
    batches = ask(call, verbs.list_).items
    newest, failed = ask(call, jobs.list_).items, ask(call, jobs.list_, status=JobStatus.FAILED).items
    return page(
        request,
        "imports.html",
        batches=batches,
        running=[job for job in newest if job.task in _TASKS and job.status in (JobStatus.TODO, JobStatus.DOING)],
        failed=[job for job in failed[:5] if job.task in _TASKS],
        sources=list(Source),
        today=day_of(call.now),
    )


@router.post("/preview")
def look(
    request: Request,
    visitor: TheVisitor,
    source: Text,
    as_of: Text,
    file: Annotated[list[UploadFile], File()],
    sheet: Text,
) -> Response:
    """The file as we understand it, before anything is taken in; the original is kept, sealed. Several are read as one."""
    given = {"source": source, "as_of": as_of, "sheet": sheet}
    with ExitStack() as stack:
        paths = [stack.enter_context(laid_down(one)) for one in file]
        folder = stack.enter_context(TemporaryDirectory(prefix="minglu-"))
        path = paths[0] if len(paths) == 1 else together(paths, Path(folder))
        try:
            seen = act(request, visitor, verbs.preview, path=path, most=PREVIEWED, keep=True, **given)
        except FILE_REFUSALS as refusal:
            return page(
                request,
                "import_refused.html",
                422,
                name=path.name,
                said=sentence(refusal.details[f"message_{language()}"]),
            )
    given = {"name": seen.file, "sha256": seen.sha256, **given}
    words = {code: KINDS[code].en if language() == "en" else KINDS[code].zh for code in seen.problems}
    return page(request, "import_preview.html", understood=seen, given=given, problem_words=words)


@router.post("")
def start(
    request: Request,
    visitor: TheVisitor,
    name: Text,
    sha256: Text,
    source: Text,
    as_of: Text,
    sheet: Text,
    match: Annotated[bool, Form()] = False,
) -> Response:
    """Put the file in the queue."""
    given = {"name": name, "sha256": sha256, "source": source, "as_of": as_of, "sheet": sheet, "match": match}
    started = act(request, visitor, verbs.start, **given)
    return RedirectResponse(f"/jobs/{started.job_id}" if started.job_id else f"/imports/{started.batch_id}", 303)


@router.post("/match")
def match(request: Request, visitor: TheVisitor) -> Response:
    """Match all that waits."""
    return RedirectResponse(f"/jobs/{act(request, visitor, matching.start).job_id}", 303)


@router.get("/{batch_id}")
def batch(
    request: Request, call: Reading, batch_id: int, outcome: str = "", after: int = 0, problem: int = 0
) -> Response:
    """One batch: rows by outcome, problems by row, the requests it led to."""
    shown = ask(call, verbs.show, batch_id=batch_id)
    problems = ask(call, verbs.problems, batch_id=batch_id, after=problem, limit=_PAGE)
    rows = ask(call, verbs.rows, batch_id=batch_id, outcome=outcome, after=after, limit=_PAGE) if outcome else None
    counted = ask(call, verbs.rules, batch_id=batch_id)
    return page(request, "import.html", batch=shown, outcome=outcome, rows=rows, problems=problems, counted=counted)


@router.get("/{batch_id}/problems.csv")
def problems_file(call: Reading, batch_id: int) -> Response:
    """All problems of a batch for a spreadsheet."""
    return send(ask(call, verbs.problems_file, batch_id=batch_id))


@router.post("/{batch_id}/count-rules")
def count_rules(request: Request, visitor: TheVisitor, batch_id: int) -> Response:
    """Have what the rules say counted anew."""
    act(request, visitor, verbs.count_rules, batch_id=batch_id)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)


@router.post("/{batch_id}/confirm")
def confirm(request: Request, visitor: TheVisitor, batch_id: int) -> Response:
    """Let a batch that asks go on, and match it."""
    act(request, visitor, verbs.confirm, batch_id=batch_id, match=True)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)


@router.post("/{batch_id}/resume")
def resume(request: Request, visitor: TheVisitor, batch_id: int) -> Response:
    """Read a file anew whose reading broke off or was refused."""
    return RedirectResponse(f"/jobs/{act(request, visitor, verbs.resume, batch_id=batch_id).job_id}", 303)


@router.post("/{batch_id}/hand-in-again")
def hand_in_again(request: Request, visitor: TheVisitor, batch_id: int, reason: Text) -> Response:
    """Have the rows matched anew that were rejected, could not be written, or spoke of an unknown unit."""
    act(request, visitor, verbs.hand_in_again, batch_id=batch_id, reason=reason)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)


@router.post("/{batch_id}/discard")
def discard(request: Request, visitor: TheVisitor, batch_id: int) -> Response:
    act(request, visitor, verbs.discard, batch_id=batch_id)
    return RedirectResponse(f"/imports/{batch_id}?done=1", 303)
