"""Change requests: what shall change, on what ground, what people said; approve, return, reject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.changes import policy, queries, service, view
from app.changes.errors import StaleChange
from app.changes.rules import check_decider
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import AppError
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.http.deps import Now, ReadSession, TheDatabase, WriteSession
from app.jobs.service import find_open
from app.models import ChangeRequest
from app.register.search import names_of
from app.web.compare import differences
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
_PAGE = 100
_STATUSES = ("in_review", "returned", "stale", "draft", "approved", "applying", "applied", "rejected", "withdrawn")


@router.get("/changes")
def list_requests(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    status: str = "",
    mine: int = 0,
    after: int = 0,
) -> Response:
    """Requests of one's office and those below it: what waits in the order it came, all else the newest first."""
    actor = visitor.actor
    found = queries.list_requests(
        session,
        actor,
        status=[status] if status else [],
        after=after,
        limit=_PAGE,
        proposer_id=actor.user_id if mine else 0,
        newest_first=status != RequestStatus.IN_REVIEW,
    )
    return page(
        request,
        "changes.html",
        requests=found,
        counts=queries.count_requests(session, actor),
        statuses=_STATUSES,
        status=status,
        mine=mine,
        people=queries.people_of(session, [one.proposer_id for one in found]),
        more=found[-1].request_id if len(found) == _PAGE else 0,
    )


@router.get("/changes/{request_id}")
def show(request: Request, session: ReadSession, visitor: TheVisitor, now: Now, request_id: int) -> Response:
    """One request with its differences, its batch in figures and samples, and what was said."""
    actor = visitor.actor
    found = queries.get_visible_request(session, request_id, actor)
    detail = view.detail(session, found, language=actor.language)
    units = names_of(session, [item["unit_id"] for item in detail["sample"] if item["unit_id"]])
    return page(
        request,
        "change.html",
        found=found,
        detail=detail,
        units=units,
        proposer=queries.people_of(session, [found.proposer_id])[found.proposer_id],
        marked=_marked,
        may_decide=_may_decide(session, found, actor, now),
        is_mine=found.proposer_id == actor.user_id,
        job=find_open(session, f"request:{request_id}"),
    )


@router.get("/changes/{request_id}/items")
def items(request: Request, session: ReadSession, visitor: TheVisitor, request_id: int, after: int = 0) -> Response:
    """Every item of a batch, page by page."""
    found = queries.get_visible_request(session, request_id, visitor.actor)
    rows = view.items(session, request_id, after=after, limit=_PAGE, language=visitor.actor.language)
    units = names_of(session, [item["unit_id"] for item in rows if item["unit_id"]])
    more = rows[-1]["seq"] if len(rows) == _PAGE else 0
    return page(request, "change_items.html", found=found, rows=rows, units=units, more=more, marked=_marked)


def _marked(old: Any, new: Any) -> tuple[Any, Any]:
    left, right = str(old if old is not None else ""), str(new if new is not None else "")
    return differences(left, right) if left and right else (left, right)


def _may_decide(session: Session, found: ChangeRequest, actor: Actor, now: Any) -> bool:
    """Whether the buttons are there; the service asks the same again."""
    if found.status != RequestStatus.IN_REVIEW or not actor.may(Permission.APPROVE):
        return False
    try:
        approval = policy.approval_for(session, found.need, day_of(now))
        check_decider(actor, found.proposer_id, queries.office_path(session, found.office_id), approval.level)
    except AppError:
        return False
    return True


Verb = Callable[..., ChangeRequest]


def _back(request_id: int) -> Response:
    return RedirectResponse(f"/changes/{request_id}?done=1", 303)


@router.post("/changes/{request_id}/approve")
def approve(
    database: TheDatabase, visitor: TheVisitor, now: Now, request_id: int, comment: Annotated[str, Form()] = ""
) -> Response:
    """Approve; a request that came too late is marked so, for its author to refresh."""
    actor = visitor.actor
    try:
        with database.write() as session:
            queries.get_visible_request(session, request_id, actor)
            service.approve(session, request_id, actor=actor, now=now, comment=comment)
    except StaleChange:
        with database.write() as session:
            service.mark_stale(session, request_id, actor=actor, now=now)
        raise
    return _after_decision(database, actor, request_id)


def _after_decision(database: Any, actor: Actor, request_id: int) -> Response:
    """The next request that waits, as the approver's day goes; else the one decided."""
    with database.read() as session:
        waiting = queries.list_requests(
            session, actor, status=[str(RequestStatus.IN_REVIEW)], after=request_id, limit=1
        )
        following = waiting[0].request_id if waiting else request_id
    return RedirectResponse(f"/changes/{following}?done=1", 303)


@router.post("/changes/{request_id}/refresh")
def refresh(session: WriteSession, visitor: TheVisitor, now: Now, request_id: int) -> Response:
    return _done(service.refresh, session, request_id, visitor.actor, now=now)


VERBS: dict[str, Verb] = {
    "return": service.return_,
    "reject": service.reject,
    "withdraw": service.withdraw,
    "submit": service.submit,
    "comment": service.comment,
}


@router.post("/changes/{request_id}/{verb}")
def act(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    request_id: int,
    verb: Literal["return", "reject", "withdraw", "submit", "comment"],
    comment: Annotated[str, Form()] = "",
) -> Response:
    """What is done with a request and a few words."""
    return _done(VERBS[verb], session, request_id, visitor.actor, now=now, comment=comment)


def _done(verb: Verb, session: Session, request_id: int, actor: Actor, **rest: Any) -> Response:
    queries.get_visible_request(session, request_id, actor)
    verb(session, request_id, actor=actor, **rest)
    return _back(request_id)
