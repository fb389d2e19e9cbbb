"""Home: what waits for me, and the register in pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.changes import queries as changes
from app.codelists.queries import names_of
from app.core.actor import Actor
from app.core.clock import day_of
from app.domain.roles import Permission
from app.domain.words import FrameStatus, RequestStatus
from app.frames import queries as frames
from app.http.deps import Now, ReadSession
from app.intake import queries as intake
from app.jobs.service import count_open
from app.quality import queries as quality
from app.register import search
from app.review.queries import count_pairs
from app.web import lists
from app.web.i18n import N_, _
from app.web.render import label, page
from app.web.visitor import TheVisitor

router = APIRouter()
MONTHS = 12
_STREETS = 14


@dataclass(frozen=True)
class Queue:
    """Something that waits: how many, what, where to go."""

    count: int
    text: str
    href: str
    icon: str


@router.get("/")
def home(request: Request, session: ReadSession, visitor: TheVisitor, now: Now) -> Response:
    actor, on = visitor.actor, day_of(now)
    pictures = _pictures(session, actor, on) if actor.may(Permission.VIEW_UNITS) else {}
    return page(request, "home.html", queues=list(_queues(session, actor)), on=on, pictures=pictures)


def _queues(session: Session, actor: Actor) -> Iterator[Queue]:
    if actor.may(Permission.REVIEW):
        waiting = count_pairs(session).get("open", 0)
        yield Queue(waiting, N_("对记录待判定"), "/review", icon="arrows-join")
    if actor.may(Permission.IMPORT):
        held = sum(1 for batch in intake.list_batches(session) if batch.status == "held")
        yield Queue(held, N_("个文件等待确认"), "/imports", icon="file-import")
    if actor.may(Permission.APPROVE):
        waiting = changes.count_requests(session, actor).get(RequestStatus.IN_REVIEW, 0)
        yield Queue(waiting, N_("项申请待审批"), "/changes?status=in_review", icon="git-pull-request")
    if actor.may(Permission.PROPOSE):
        own = changes.count_own(session, actor, [RequestStatus.RETURNED, RequestStatus.STALE, RequestStatus.DRAFT])
        yield Queue(own, N_("项我的申请要处理"), "/changes?mine=1", icon="edit")
    if actor.may(Permission.VIEW_UNITS):
        built = frames.list_frames(session, area_prefix=actor.area_prefix, status=str(FrameStatus.BUILT))
        yield Queue(len(built), N_("个抽样框等待双方确认"), "/frames", icon="list-check")
        open_checks = quality.count_open(session, actor.office_path)
        yield Queue(open_checks, N_("次抽查正在进行"), "/spotchecks", icon="checkup-list")
    yield Queue(count_open(session), N_("项任务正在运行"), "/jobs", icon="loader")


def _pictures(session: Session, actor: Actor, on: date) -> dict[str, Any]:
    area = actor.area_prefix
    return {
        "live": sum(search.counts_by(session, "unit_type", on=on, area_prefix=area).values()),
        "types": _types(search.counts_by(session, "unit_type", on=on, area_prefix=area)),
        "streets": _streets(session, search.counts_by(session, "area_code", on=on, area_prefix=area, first=9), on),
        "industries": _industries(
            session, search.counts_by(session, "industry_code", on=on, area_prefix=area, first=2), on
        ),
        "statuses": _statuses(session, search.counts_by(session, "operating_status", on=on, area_prefix=area), on),
        "months": _months(search.movements(session, since=_year_before(on), until=on, area_prefix=area), on),
    }


def _year_before(on: date) -> date:
    return (on.replace(day=1) - timedelta(days=31 * (MONTHS - 1))).replace(day=1)


def _types(counts: dict[str, int]) -> dict[str, int]:
    return {label("unit_type", word): counts.get(word, 0) for word in ("1", "2", "3")}


def _streets(session: Session, counts: dict[str, int], on: date) -> dict[str, Any]:
    names = names_of(session, "division", [f"{code}000" for code in counts], on)
    shown = [(code, n) for code, n in counts.items() if len(code) == 9][:_STREETS]
    return {
        "kind": "bars",
        "labels": [names.get(f"{code}000", code) for code, _n in shown],
        "values": [n for _code, n in shown],
        "links": [f"/units?area={code}" for code, _n in shown],
    }


def _industries(session: Session, counts: dict[str, int], on: date) -> dict[str, Any]:
    """By section (门类), as GB/T 4754 groups the two-digit divisions."""
    items = {item.code: item.parent_code for item in _divisions(session, on)}
    sections: dict[str, int] = {}
    for code, count in counts.items():
        section = items.get(code, "")
        sections[section] = sections.get(section, 0) + count
    names = names_of(session, "industry", sections, on)
    order = sorted(sections, key=lambda code: (-sections[code], code))
    return {
        "kind": "bars",
        "labels": [f"{code} {names.get(code, '')}" if code else _("未编码") for code in order],
        "values": [sections[code] for code in order],
    }


def _divisions(session: Session, on: date) -> list[Any]:
    sections = lists.below(session, "industry", "", on)
    return [item for section in sections for item in lists.below(session, "industry", section.code, on)]


def _statuses(session: Session, counts: dict[str, int], on: date) -> dict[str, Any]:
    names = names_of(session, "operating_status", counts, on)
    return {
        "kind": "ring",
        "labels": [names.get(code, code or _("未填")) for code in counts],
        "values": list(counts.values()),
        "links": [f"/units?status={code}" for code in counts],
    }


def _months(moves: dict[str, dict[str, int]], on: date) -> dict[str, Any]:
    months = []
    at = _year_before(on)
    while at <= on:
        months.append(at.isoformat()[:7])
        at = (at + timedelta(days=32)).replace(day=1)
    return {
        "kind": "months",
        "labels": months,
        "series": [
            {"name": name, "values": [moves[kind].get(month, 0) for month in months]}
            for kind, name in (("entries", _("进库")), ("exits", _("出库")))
        ],
    }
