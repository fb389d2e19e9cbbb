"""Home: what waits for me, and the register in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from app.home import verbs
from app.home.schemas import Month, RegisterFigures, Waits
from app.units.schemas import Counted
from app.web.calls import Reading, ask
from app.web.i18n import N_, _
from app.web.render import page

router = APIRouter()
_STREETS = 14


class Card(NamedTuple):
    """Something that waits: what, where to go."""

    text: str
    href: str
    icon: str


CARDS = {
    Waits.PAIRS: Card(N_("对记录待判定"), "/review", icon="arrows-join"),
    Waits.FILES: Card(N_("个文件等待确认"), "/imports", icon="file-import"),
    Waits.APPROVALS: Card(N_("项申请待审批"), "/changes?status=in_review", icon="git-pull-request"),
    Waits.MOVES: Card(N_("个单位待我机构同意接收"), "/changes?status=in_review&asked=1", icon="truck-delivery"),
    Waits.OWN_REQUESTS: Card(N_("项我的申请要处理"), "/changes?mine=1", icon="edit"),
    Waits.FRAMES: Card(N_("个抽样框等待双方确认"), "/frames", icon="list-check"),
    Waits.SURVEYS: Card(N_("个调查的归口变更待确认"), "/surveys?waiting=true", icon="clipboard-list"),
    Waits.SPOT_CHECKS: Card(N_("次抽查正在进行"), "/spotchecks", icon="checkup-list"),
    Waits.JOBS: Card(N_("项任务正在运行"), "/jobs", icon="loader"),
}


@router.get("/")
def home(request: Request, call: Reading) -> Response:
    figures = ask(call, verbs.figures)
    queues = [(queue.count, CARDS[queue.what]) for queue in figures.queues]
    pictures = _pictures(figures.units) if figures.units else {}
    return page(request, "home.html", queues=queues, on=figures.on, pictures=pictures)


def _pictures(units: RegisterFigures) -> dict[str, Any]:
    streets = units.areas[:_STREETS]
    return {
        "live": units.live,
        "unplaced": units.unplaced,
        "types": {one.name: _("不显示") if one.suppressed else one.count for one in units.types},
        "streets": _chart("bars", streets, [one.name or one.code for one in streets], "area"),
        "industries": _chart(
            "bars",
            units.industries,
            [f"{one.code} {one.name}" if one.code else _("未编码") for one in units.industries],
        ),
        "statuses": _chart(
            "ring", units.statuses, [one.name or one.code or _("未填") for one in units.statuses], "status"
        ),
        "months": _months(units.months),
    }


def _chart(kind: str, counted: Sequence[Counted], labels: list[str], filter_by: str = "") -> dict[str, Any]:
    """A drawing of counts that are shown; with a filter, each leads to its units."""
    seen = [(one, text) for one, text in zip(counted, labels, strict=True) if not one.suppressed]
    counted, labels = [one for one, _text in seen], [text for _one, text in seen]
    links = {"links": [f"/units?{filter_by}={one.code}" for one in counted]} if filter_by else {}
    return {"kind": kind, "labels": labels, "values": [one.count for one in counted], **links}


def _months(months: Sequence[Month]) -> dict[str, Any]:
    return {
        "kind": "months",
        "labels": [one.month for one in months],
        "series": [
            {"name": _("进库"), "values": [one.entries for one in months]},
            {"name": _("出库"), "values": [one.exits for one in months]},
        ],
    }
