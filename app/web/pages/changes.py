"""Change requests: what shall change, on what ground, what people said; approve, return, reject."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.changes import verbs
from app.domain.words import RequestStatus
from app.web.calls import Reading, Text, act, ask
from app.web.compare import differences
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
_STATUSES = (
    "in_review",
    "returned",
    "stale",
    "draft",
    "scheduled",
    "approved",
    "applying",
    "applied",
    "rejected",
    "withdrawn",
)
_WITH_WORDS = {
    "return": verbs.return_,
    "reject": verbs.reject,
    "withdraw": verbs.withdraw,
    "submit": verbs.submit,
    "comment": verbs.comment,
}
_PLAIN = {"refresh": verbs.refresh, "countersign": verbs.countersign}


@router.get("/changes")
def list_requests(request: Request, call: Reading, status: str = "", mine: int = 0, after: int = 0) -> Response:
    """Requests of one's office and those below it: what waits in the order it came, all else the newest first."""
    found = ask(
        call,
        verbs.list_,
        status=[status] if status else [],
        after=after,
        mine=bool(mine),
        newest_first=status != RequestStatus.IN_REVIEW,
    )
    return page(
        request,
        "changes.html",
        requests=found.items,
        counts=ask(call, verbs.count).counts,
        statuses=_STATUSES,
        status=status,
        mine=mine,
        more=found.next or 0,
    )


@router.get("/changes/{request_id}")
def show(request: Request, call: Reading, request_id: int) -> Response:
    """One request with its differences, its batch in figures and samples, and what was said."""
    return page(request, "change.html", found=ask(call, verbs.show, request_id=request_id), marked=_marked)


@router.get("/changes/{request_id}/items")
def items(request: Request, call: Reading, request_id: int, after: int = 0) -> Response:
    """Every item of a batch, page by page."""
    found = ask(call, verbs.show, request_id=request_id)
    rows = ask(call, verbs.items, request_id=request_id, after=after)
    more = rows.next or 0
    return page(request, "change_items.html", found=found, rows=rows.items, more=more, marked=_marked)


def _marked(old: Any, new: Any) -> tuple[Any, Any]:
    left, right = str(old if old is not None else ""), str(new if new is not None else "")
    return differences(left, right) if left and right else (left, right)


@router.post("/changes/{request_id}/approve")
def approve(request: Request, visitor: TheVisitor, request_id: int, comment: Text) -> Response:
    """Approve; then the next request that waits, as the approver's day goes, else the one decided."""
    act(request, visitor, verbs.approve, request_id=request_id, comment=comment)
    waiting = act(request, visitor, verbs.list_, status=[RequestStatus.IN_REVIEW], after=request_id, limit=1).items
    return _to(waiting[0].request_id if waiting else request_id)


@router.post("/changes/{request_id}/written-approval")
def record_written(
    request: Request,
    visitor: TheVisitor,
    request_id: int,
    number: Text,
    office: Text,
    approved_on: Text,
    document: Annotated[UploadFile, File()],
) -> Response:
    """Enter the document of an upper office; of the scanned file its SHA-256 is kept."""
    told = {"number": number, "office": office, "approved_on": approved_on}
    told["sha256"] = hashlib.file_digest(document.file, "sha256").hexdigest()  # type: ignore[arg-type]  # a file on disk
    act(request, visitor, verbs.record_written, request_id=request_id, **told)
    return _to(request_id)


@router.post("/changes/{request_id}/{word}")
def done(
    request: Request,
    visitor: TheVisitor,
    request_id: int,
    word: Literal["return", "reject", "withdraw", "submit", "comment", "refresh", "countersign"],
    comment: Text,
) -> Response:
    """What is done with a request, with a few words where the verb takes them."""
    if word in _PLAIN:
        act(request, visitor, _PLAIN[word], request_id=request_id)
    else:
        act(request, visitor, _WITH_WORDS[word], request_id=request_id, comment=comment)
    return _to(request_id)


def _to(request_id: int) -> Response:
    return RedirectResponse(f"/changes/{request_id}?done=1", 303)
