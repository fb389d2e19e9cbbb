"""Change requests: what shall change, on what ground, what people said; approve, return, reject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.changes import verbs
from app.changes.schemas import MOST_LEFT_OUT, ChangeShown, ItemShown
from app.domain.fields import NAMES
from app.domain.lives import ItemStatus
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.http.files import send
from app.http.uploads import laid_down
from app.verbs.schemas import MAX_ID
from app.web.calls import Reading, Text, act, ask
from app.web.compare import differences
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
Chosen = Annotated[Sequence[str], Query(alias="except")]
"""Items of a batch that were ticked as not to be approved."""
LeftOut = Annotated[list[str], Form(alias="except", default_factory=list)]
"""The same in a form; numbers that were typed may be parted by blanks or commas."""
_SORTS = ("kind", "street", "industry", "q", "problem")
"""By what items are looked for."""
_STATUSES = (
    "in_review",
    "returned",
    "stale",
    "draft",
    "scheduled",
    "approved",
    "applying",
    "applied",
    "undone",
    "rejected",
    "withdrawn",
)
_ABOUT_A_VERSION: dict[str, Any] = {
    "return": verbs.return_,
    "reject": verbs.reject,
    "consent": verbs.consent,
    "decline": verbs.decline,
}
_WITH_WORDS: dict[str, Any] = {
    "withdraw": verbs.withdraw,
    "submit": verbs.submit,
    "comment": verbs.comment,
    "take-back-written": verbs.take_back_written,
    "stop": verbs.stop,
}


@router.get("/changes")
def list_requests(
    request: Request, call: Reading, status: str = "", mine: int = 0, asked: int = 0, after: int = 0
) -> Response:
    """Requests of one's office and those below it: what waits in the order it came, all else the newest first."""
    found = ask(
        call,
        verbs.list_,
        status=[status] if status else [],
        after=after,
        mine=bool(mine),
        asked=bool(asked),
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
        asked=asked,
        more=found.next or 0,
    )


@router.get("/changes/{request_id}")
def show(request: Request, call: Reading, request_id: int) -> Response:
    """One request with its differences, its batch in figures and samples, and what was said."""
    found = ask(call, verbs.show, request_id=request_id)
    told: dict[str, Any] = {"next": _next(call, found), "marked": _marked, **_ticked(found, (), found.sample)}
    return page(request, "change.html", found=found, **told)


def _ticked(found: ChangeShown, chosen: Sequence[str], rows: Sequence[ItemShown]) -> dict[str, Any]:
    """What is ticked so far, on this page and on others: it goes along from page to page in the address."""
    here = {str(row.seq) for row in rows if row.status == ItemStatus.OPEN}
    return {"chosen": chosen, "elsewhere": [seq for seq in chosen if seq not in here], "looked_at": found.version}


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
    left_out = [row for row in _chosen(call, request_id, chosen) if row.status == ItemStatus.OPEN]
    known = {str(row.seq) for row in left_out}
    told: dict[str, Any] = {"looked_at": version or found.version, "left_out": left_out, "document": document}
    told |= {"chosen": sorted(known, key=int), "unknown": [seq for seq in dict.fromkeys(chosen) if seq not in known]}
    return page(request, "change_approve.html", found=found, open=found.counts.status.get(ItemStatus.OPEN, 0), **told)


def _chosen(call: Reading, request_id: int, seqs: Sequence[str]) -> list[ItemShown]:
    """The items that were ticked, as they stand; what is no number is none of them."""
    numbers = sorted({int(seq) for seq in seqs if seq.isascii() and seq.isdecimal() and 0 < int(seq) <= MAX_ID})
    if not numbers:
        return []
    return ask(call, verbs.items, request_id=request_id, only=numbers[:MOST_LEFT_OUT], limit=MOST_LEFT_OUT).items


def _sorts(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip() for name in _SORTS}


Sorts = Annotated[dict[str, str], Depends(_sorts)]
"""What items are looked for, as it stands in the address."""


@router.get("/changes/{request_id}/items")
def items(
    request: Request, call: Reading, request_id: int, sorts: Sorts, chosen: Chosen = (), version: int = 0, after: int = 0
) -> Response:  # fmt: skip
    """The items of a batch page by page, all or those looked for; what was ticked goes along."""
    found = ask(call, verbs.show, request_id=request_id)
    wanted = {name: sorts[name] for name in _SORTS if sorts.get(name)}
    rows = ask(call, verbs.items, request_id=request_id, after=after, **wanted)
    told: dict[str, Any] = {"more": rows.next or 0, "narrowed": bool(wanted), "marked": _marked}
    told |= _ticked(found, list(dict.fromkeys(chosen)), rows.items)
    told["looked_at"] = version or found.version
    return page(request, "change_items.html", found=found, rows=rows.items, **told)


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
    told = {
        name: typed[name].strip() for name in ("valid_from", "successor_id", "comment") if typed.get(name, "").strip()
    }
    about = {"version": typed.get("version", ""), "changes": changed, "drop": drop, **told}
    act(request, request.state.visitor, verbs.edit, request_id=request_id, **about)
    return _to(request_id)


@router.post("/changes/{request_id}/approve")
def approve(
    request: Request, visitor: TheVisitor, request_id: int, comment: Text, version: Text, left_out: LeftOut
) -> Response:
    """Approve what was looked at; the request decided is shown then, so that no key approves the next one unseen."""
    told = {"comment": comment, "version": version, "excluded": re.findall(r"[^\s,，、;；]+", " ".join(left_out))}
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
    why: Text,
) -> Response:
    """Enter the document of an upper office, with its scan."""
    told = {"number": number, "office": office, "approved_on": approved_on, "why": why}
    with laid_down(document) as path:
        act(request, visitor, verbs.record_written, request_id=request_id, path=path, **told)
    return _to(request_id)


@router.get("/changes/{request_id}/documents/{approval_id}")
def scan(call: Reading, request_id: int, approval_id: int) -> Response:
    """The scan of a written approval, shown by the browser where it can."""
    return send(ask(call, verbs.document, request_id=request_id, approval_id=approval_id), shown=True)


@router.post("/changes/{request_id}/undo")
def undo(request: Request, visitor: TheVisitor, request_id: int, comment: Text) -> Response:
    """Propose to take back what was applied; the request that does is shown."""
    return _to(act(request, visitor, verbs.undo, request_id=request_id, comment=comment).request_id)


@router.get("/changes/{request_id}/rules")
def rules(request: Request, call: Reading, request_id: int) -> Response:
    """What the rules say of all items, by itself: for who only wants to see that."""
    counted = ask(call, verbs.rules, request_id=request_id)
    return page(request, "change_rules.html", counted=counted, request_id=request_id)


@router.post("/changes/{request_id}/count-rules")
def count_rules(request: Request, visitor: TheVisitor, request_id: int) -> Response:
    """Have what the rules say counted anew."""
    act(request, visitor, verbs.count_rules, request_id=request_id)
    return _to(request_id)


@router.post("/changes/{request_id}/{word}")
def done(
    request: Request,
    visitor: TheVisitor,
    request_id: int,
    word: Literal[
        "return",
        "reject",
        "withdraw",
        "submit",
        "comment",
        "refresh",
        "countersign",
        "take-back-written",
        "consent",
        "decline",
        "stop",
    ],
    comment: Text,
    version: Text,
) -> Response:
    """What is done with a request, with a few words where the verb takes them."""
    if word == "refresh":
        act(request, visitor, verbs.refresh, request_id=request_id)
    elif word == "countersign":
        act(request, visitor, verbs.countersign, request_id=request_id, version=version)
    elif word in _ABOUT_A_VERSION:
        act(request, visitor, _ABOUT_A_VERSION[word], request_id=request_id, comment=comment, version=version or None)
    else:
        act(request, visitor, _WITH_WORDS[word], request_id=request_id, comment=comment)
    return _to(request_id)


def _to(request_id: int) -> Response:
    return RedirectResponse(f"/changes/{request_id}?done=1", 303)
