"""Change requests: what shall change, on what ground, what people said; approve, return, reject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.changes import verbs
from app.changes.schemas import ChangeShown
from app.domain.fields import NAMES
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.http.files import send
from app.http.uploads import laid_down
from app.web.calls import Reading, Text, act, ask
from app.web.compare import differences
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
Chosen = Annotated[Sequence[str], Query(alias="except")]
"""Items of a batch that were ticked as not to be approved."""
LeftOut = Annotated[str, Form(alias="except", default_factory=str)]
"""The same as typed: numbers parted by blanks or commas."""
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
_AGAINST: dict[str, Any] = {"return": verbs.return_, "reject": verbs.reject}
_WITH_WORDS: dict[str, Any] = {
    "withdraw": verbs.withdraw,
    "submit": verbs.submit,
    "comment": verbs.comment,
}


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
    found = ask(call, verbs.show, request_id=request_id)
    return page(request, "change.html", found=found, next=_next(call, found), marked=_marked)


def _next(call: Reading, found: ChangeShown) -> int:
    """The request that waits behind one which needs no decision, for who decides."""
    if found.status == RequestStatus.IN_REVIEW or not call.actor.may(Permission.APPROVE):
        return 0
    waiting = ask(call, verbs.list_, status=[RequestStatus.IN_REVIEW], after=found.request_id, limit=1).items
    return waiting[0].request_id if waiting else 0


@router.get("/changes/{request_id}/approve")
def weigh(
    request: Request, call: Reading, request_id: int, version: int = 0, chosen: Chosen = (), document: int = 0
) -> Response:
    """The step before a batch is approved: how much it is, of what, and what shall be left out, or by which document."""
    found = ask(call, verbs.show, request_id=request_id)
    if not (found.may.countersign if document else found.may.decide):
        return _to(request_id)
    told: dict[str, Any] = {"looked_at": version or found.version, "left_out": " ".join(chosen), "document": document}
    return page(request, "change_approve.html", found=found, **told)


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


@router.post("/changes/{request_id}/edit")
async def edit(request: Request, request_id: int) -> Response:
    """Reads the form: what was typed otherwise than the request said, and the fields that were ticked to be left alone."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    drop = [str(name) for name in form.getlist("drop")]
    return await run_in_threadpool(_edit, request, request_id, typed, drop)


def _edit(request: Request, request_id: int, typed: Mapping[str, str], drop: Sequence[str]) -> Response:
    changed = {
        name: typed[name] for name in NAMES if name in typed and typed[name].strip() != typed.get(f"was_{name}", "")
    }
    told = {name: typed[name].strip() for name in ("valid_from", "comment") if typed.get(name, "").strip()}
    about = {"version": typed.get("version", ""), "changes": changed, "drop": drop, **told}
    act(request, request.state.visitor, verbs.edit, request_id=request_id, **about)
    return _to(request_id)


@router.post("/changes/{request_id}/approve")
def approve(
    request: Request, visitor: TheVisitor, request_id: int, comment: Text, version: Text, left_out: LeftOut
) -> Response:
    """Approve what was looked at; the request decided is shown then, so that no key approves the next one unseen."""
    told = {"comment": comment, "version": version, "excluded": re.findall(r"[^\s,，、;；]+", left_out)}
    act(request, visitor, verbs.approve, request_id=request_id, **told)
    return _to(request_id)


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
    """Enter the document of an upper office, with its scan."""
    told = {"number": number, "office": office, "approved_on": approved_on}
    with laid_down(document) as path:
        act(request, visitor, verbs.record_written, request_id=request_id, path=path, **told)
    return _to(request_id)


@router.get("/changes/{request_id}/documents/{approval_id}")
def scan(call: Reading, request_id: int, approval_id: int) -> Response:
    """The scan of a written approval, shown by the browser where it can."""
    return send(ask(call, verbs.document, request_id=request_id, approval_id=approval_id), shown=True)


@router.post("/changes/{request_id}/{word}")
def done(
    request: Request,
    visitor: TheVisitor,
    request_id: int,
    word: Literal["return", "reject", "withdraw", "submit", "comment", "refresh", "countersign"],
    comment: Text,
    version: Text,
) -> Response:
    """What is done with a request, with a few words where the verb takes them."""
    if word == "refresh":
        act(request, visitor, verbs.refresh, request_id=request_id)
    elif word == "countersign":
        act(request, visitor, verbs.countersign, request_id=request_id, version=version)
    elif word in _AGAINST:
        act(request, visitor, _AGAINST[word], request_id=request_id, comment=comment, version=version or None)
    else:
        act(request, visitor, _WITH_WORDS[word], request_id=request_id, comment=comment)
    return _to(request_id)


def _to(request_id: int) -> Response:
    return RedirectResponse(f"/changes/{request_id}?done=1", 303)
