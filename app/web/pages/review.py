"""The review queue: two records side by side, why they may be one, a decision by one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.domain.roles import Permission
from app.domain.words import Verdict
from app.http.deps import Now, ReadSession, TheDatabase, WriteSession
from app.review import queries, service
from app.review.errors import PairNotOpen
from app.review.view import PairView, pair_view
from app.web.compare import differences
from app.web.i18n import _
from app.web.render import label, page
from app.web.visitor import TheVisitor
from app.web.waterfall import waterfall

router = APIRouter()
_PAGE = 100
_FIRST = frozenset(
    {
        "name",
        "former_names",
        "uscc",
        "org_code",
        "reg_no",
        "legal_rep",
        "operator",
        "address",
        "area_code",
        "tel",
        "mobile",
    }
)


@dataclass(frozen=True)
class Line:
    """One attribute on both sides, its differences marked."""

    field: str
    left: Any
    right: Any
    same: bool


@router.get("/review")
def queue(
    request: Request, session: ReadSession, visitor: TheVisitor, status: str = "open", after: int = 0
) -> Response:
    """The pairs of a status; the open ones begin with one key."""
    visitor.actor.require(Permission.REVIEW)
    pairs = queries.list_pairs(session, status=status, after=after, limit=_PAGE)
    return page(
        request,
        "review.html",
        status=status,
        pairs=pairs,
        counts=queries.count_pairs(session),
        names=queries.names_of_pairs(session, pairs),
        more=pairs[-1].pair_id if len(pairs) == _PAGE else 0,
    )


@router.get("/review/{pair_id}")
def pair(request: Request, session: ReadSession, visitor: TheVisitor, pair_id: int) -> Response:
    visitor.actor.require(Permission.REVIEW)
    whole = "X-Part" not in request.headers
    return page(request, "pair.html" if whole else "_pair.html", **_shown(session, pair_id, visitor.actor))


def _shown(session: Session, pair_id: int, actor: Actor) -> dict[str, Any]:
    view = pair_view(session, pair_id, language=actor.language)
    return {
        "pair": view,
        "lines": _lines(view),
        "score": waterfall(view.score, view.match_weight, _("合计")),
        "next": queries.next_open(session, pair_id),
        "open": queries.count_pairs(session).get("open", 0),
    }


def _lines(view: PairView) -> list[Line]:
    """What matching looks at first, then what differs, then the rest, each in the order of the form."""
    lines = []
    for row in sorted(view.differences, key=lambda row: (row["field"] not in _FIRST, row["same"])):
        left, right = str(row["record"] or ""), str(row["other"] or "")
        shown = (left, right) if row["same"] or not left or not right else differences(left, right)
        lines.append(Line(row["field"], *shown, same=row["same"]))
    return lines


@router.post("/review/{pair_id}/decision")
def decide(
    request: Request,
    database: TheDatabase,
    visitor: TheVisitor,
    now: Now,
    pair_id: int,
    verdict: Annotated[Verdict, Form()],
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Same, different or unsure; answers with the next pair.

    Who decides faster than the register answers may judge a pair that the decision before has just settled: that is
    no fault of theirs. Nothing more is kept, they are told, and the work goes on.
    """
    try:
        with database.write() as session:
            decided = service.decide(session, pair_id, verdict, actor=visitor.actor, now=now, comment=comment)
        kept, said = True, _said(pair_id, verdict, decided)
    except PairNotOpen as closed:
        if closed.details.get("status") != "settled":
            raise
        kept, said = False, _("第 %(n)s 对已随前面的判定解决，没有另记。", n=pair_id)
    with database.read() as session:
        following = queries.next_open(session, pair_id)
        if "X-Part" not in request.headers:
            return RedirectResponse(f"/review/{following}" if following else "/review", 303)
        response = _next_part(request, session, following, visitor.actor)
    response.headers["X-Said"] = quote(said)
    response.headers["X-Kept"] = "1" if kept else "0"
    return response


def _said(pair_id: int, verdict: Verdict, decided: service.Decided) -> str:
    """What a decision led to, in words."""
    said = _("第 %(n)s 对：%(verdict)s", n=pair_id, verdict=label("verdict", str(verdict)))
    said += f" → {label('outcome', str(decided.outcome))}"
    return f"{said} #{decided.request_id}" if decided.request_id else said


def _next_part(request: Request, session: Session, following: int | None, actor: Actor) -> Response:
    if following:
        response = page(request, "_pair.html", **_shown(session, following, actor))
    else:
        response = page(request, "_pair_none.html")
    response.headers["X-Pair"] = str(following or "")
    return response


@router.post("/review/{pair_id}/undo")
def undo(session: WriteSession, visitor: TheVisitor, now: Now, pair_id: int) -> Response:
    """Take a decision back, and look at the pair again."""
    service.undo(session, pair_id, actor=visitor.actor, now=now)
    return RedirectResponse(f"/review/{pair_id}?done=1", 303)
