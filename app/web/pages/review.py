"""The review queue: two records side by side, why they may be one, a decision by one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.fields import FIELDS, NUMBERS
from app.domain.lives import PairStatus
from app.domain.words import Verdict
from app.review import verbs
from app.review.errors import PairNotOpen
from app.review.schemas import DecidedShown, PairShown
from app.web.calls import Reading, act, ask
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
_NOT_LETTER_BY_LETTER = NUMBERS | {field.name for field in FIELDS if field.codelist}
"""A figure in a number or a code of a list is no likeness: 3 and 30 are as far apart as 3 and 7."""


@dataclass(frozen=True)
class Line:
    """One attribute on both sides, its differences marked."""

    field: str
    left: Any
    right: Any
    left_called: str
    right_called: str
    same: bool


@router.get("/review")
def pairs(request: Request, call: Reading, status: str = PairStatus.OPEN, after: int = 0) -> Response:
    """The pairs of a status; the open ones begin with one key."""
    found = ask(call, verbs.list_, status=status, after=after, limit=_PAGE)
    return page(request, "review.html", status=status, statuses=list(PairStatus), found=found)


@router.get("/review/{pair_id}")
def pair(request: Request, call: Reading, pair_id: int) -> Response:
    template = "_pair.html" if "X-Part" in request.headers else "pair.html"
    return page(request, template, **_shown(ask(call, verbs.show, pair_id=pair_id)))


def _shown(pair: PairShown) -> dict[str, Any]:
    score = waterfall([step.model_dump() for step in pair.score], pair.match_weight or 0, _("合计"))
    return {"pair": pair, "lines": _lines(pair), "score": score}


def _lines(pair: PairShown) -> list[Line]:
    """What matching looks at first, then what differs, then the rest, each in the order of the form."""
    lines = []
    for row in sorted(pair.differences, key=lambda row: (row.field not in _FIRST, row.same)):
        left, right = str(row.record or ""), str(row.other or "")
        plain = row.same or not left or not right or row.field in _NOT_LETTER_BY_LETTER
        shown = (left, right) if plain else differences(left, right)
        lines.append(Line(row.field, *shown, row.record_called, row.other_called, same=row.same))
    return lines


@router.post("/review/{pair_id}/decision")
def decide(
    request: Request,
    visitor: TheVisitor,
    pair_id: int,
    verdict: Annotated[Verdict, Form()],
    comment: Annotated[str, Form()] = "",
    queue: Annotated[PairStatus, Form()] = PairStatus.OPEN,
) -> Response:
    """Same, different or unsure; answers with the next pair of the queue that one goes through.

    Who decides faster than the register answers may judge a pair that the decision before has just settled: that is
    no fault of theirs. Nothing more is kept, they are told, and the work goes on.
    """
    try:
        decided = act(request, visitor, verbs.decide, pair_id=pair_id, verdict=verdict, comment=comment)
        kept, said = True, _said(pair_id, verdict, decided)
    except PairNotOpen as closed:
        if closed.details["status"] != PairStatus.SETTLED:
            raise
        kept, said = False, _("第 %(n)s 对已随前面的判定解决，没有另记。", n=pair_id)
    following = act(request, visitor, verbs.next_, pair_id=pair_id, queue=queue).next
    if "X-Part" not in request.headers:
        return RedirectResponse(f"/review/{following}" if following else "/review", 303)
    response = _next_part(request, visitor, following)
    response.headers["X-Said"] = quote(said)
    response.headers["X-Kept"] = "1" if kept else "0"
    return response


def _said(pair_id: int, verdict: Verdict, decided: DecidedShown) -> str:
    """What a decision led to, in words."""
    said = _("第 %(n)s 对：%(verdict)s", n=pair_id, verdict=label("verdict", str(verdict)))
    said += f" → {label('outcome', str(decided.outcome))}"
    return f"{said} #{decided.request_id}" if decided.request_id else said


def _next_part(request: Request, visitor: TheVisitor, following: int | None) -> Response:
    if following:
        response = page(request, "_pair.html", **_shown(act(request, visitor, verbs.show, pair_id=following)))
    else:
        response = page(request, "_pair_none.html")
    response.headers["X-Pair"] = str(following or "")
    return response


@router.post("/review/{pair_id}/undo")
def undo(request: Request, visitor: TheVisitor, pair_id: int) -> Response:
    """Take a decision back, and look at the pair again."""
    act(request, visitor, verbs.undo, pair_id=pair_id)
    return RedirectResponse(f"/review/{pair_id}?done=1", 303)
