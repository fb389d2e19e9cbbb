"""Spot checks: draw from a frozen frame, record on a phone, rates with limits, corrections as change requests."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.clock import day_of
from app.domain.fields import FIELDS
from app.domain.roles import Permission
from app.domain.words import FrameStatus
from app.frames import queries as frames
from app.frames import service as frame_service
from app.frames.rows import csv_bytes, safe_rows
from app.http.access import seen
from app.http.deps import Now, ReadSession, WriteSession
from app.models import SpotCheck, SpotCheckItem, unit_version
from app.quality import queries, rules, service
from app.register.search import names_of
from app.register.view import shown
from app.web import lists
from app.web.i18n import _
from app.web.render import label, page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/spotchecks")


@router.get("")
def list_page(request: Request, session: ReadSession, visitor: TheVisitor) -> Response:
    visitor.actor.require(Permission.VIEW_UNITS)
    return page(request, "spotchecks.html", checks=queries.list_checks(session, visitor.actor))


@router.get("/new")
def new(request: Request, session: ReadSession, visitor: TheVisitor, frame: int = 0) -> Response:
    actor = visitor.actor
    actor.require(Permission.PROPOSE)
    frozen = frames.list_frames(session, area_prefix=actor.area_prefix, status=str(FrameStatus.FROZEN))
    offered = [field.name for field in FIELDS if field.name not in {"base_list_no", "processing_area"}]
    return page(request, "spotcheck_new.html", frames=frozen, chosen=frame, offered=offered, usual=rules.FIELDS)


@router.post("")
def draw(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    name: Annotated[str, Form()],
    frame: Annotated[int, Form()],
    seed: Annotated[str, Form()],
    size: Annotated[int, Form(ge=1)],
    fields: Annotated[list[str], Form()],
) -> Response:
    chosen = frame_service.get_visible(session, frame, visitor.actor)
    check = service.draw(session, chosen, name=name, seed=seed, size=size, fields=fields, actor=visitor.actor, now=now)
    return RedirectResponse(f"/spotchecks/{check.check_id}?done=1", 303)


@router.get("/{check_id}")
def show(request: Request, session: ReadSession, visitor: TheVisitor, check_id: int) -> Response:
    """How far it is, the rates, every unit drawn."""
    check = queries.get_check(session, check_id, visitor.actor)
    items = queries.items_of(session, check_id)
    return page(
        request,
        "spotcheck.html",
        check=check,
        items=items,
        names=names_of(session, [item.unit_id for item in items]),
        visited=sum(1 for item in items if item.presence),
        rates=rules.rates([(item.presence, item.verdicts) for item in items], check.fields),
        rate_label=_rate_label,
        first=queries.next_unvisited(session, check_id, 0),
    )


def _rate_label(name: str) -> str:
    own = {"not_found": _("找不到的单位"), "unit_error": _("有错的单位")}
    return own.get(name) or label("field", name)


@router.get("/{check_id}/results.csv")
def results(session: ReadSession, visitor: TheVisitor, check_id: int) -> Response:
    """Every unit drawn with its verdicts, for a spreadsheet."""
    check = queries.get_check(session, check_id, visitor.actor)
    items = queries.items_of(session, check_id)
    names = names_of(session, [item.unit_id for item in items])
    head = [_("序号"), _("单位"), _("名称"), _("结果"), *(label("field", name) for name in check.fields), _("备注")]
    rows = [head, *([*_row(item, names, check)] for item in items)]
    headers = {"Content-Disposition": f'attachment; filename="spotcheck-{check_id}.csv"'}
    return Response(csv_bytes(safe_rows(rows), "utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _row(item: SpotCheckItem, names: Any, check: SpotCheck) -> list[Any]:
    verdicts = [label("finding", item.verdicts.get(name, "")) for name in check.fields]
    return [item.seq, item.unit_id, names.get(item.unit_id, ""), label("presence", item.presence), *verdicts, item.note]


@router.post("/{check_id}/close")
def close(session: WriteSession, visitor: TheVisitor, now: Now, check_id: int) -> Response:
    service.close(session, check_id, actor=visitor.actor, now=now)
    return RedirectResponse(f"/spotchecks/{check_id}?done=1", 303)


@router.get("/{check_id}/items/{seq}")
def item(request: Request, session: ReadSession, visitor: TheVisitor, now: Now, check_id: int, seq: int) -> Response:
    """One unit, big and simple: for a phone in the field."""
    check = queries.get_check(session, check_id, visitor.actor)
    found = queries.get_item(session, check_id, seq)
    seen(request, Tag.UNIT_VIEW, actor=visitor.actor.login, at=now, subject=f"unit {found.unit_id}")
    values = _values(session, found, check.fields)
    return page(
        request,
        "spotcheck_item.html",
        check=check,
        item=found,
        values=values,
        names=_names(session, values, now),
        findings=list(rules.Finding),
        following=queries.next_unvisited(session, check_id, seq),
        may_correct=bool(rules.corrections(found.verdicts, found.found or {})) and found.request_id is None,
    )


def _values(session: Session, item: SpotCheckItem, fields: list[str]) -> dict[str, Any]:
    """What the frame's version says in the fields compared, personal values masked."""
    wanted = [*dict.fromkeys(["name", "address", "uscc", *fields])]
    statement = select(*(unit_version.c[name] for name in wanted))
    row = session.execute(statement.where(unit_version.c.version_id == item.version_id)).mappings().one()
    return {name: shown(row[name]) for name in wanted}


def _names(session: Session, values: dict[str, Any], now: Any) -> dict[str, str]:
    coded = {field.name: field.codelist for field in FIELDS if field.codelist and values.get(field.name)}
    result = {}
    for name, codelist in coded.items():
        held = lists.items(session, codelist, day_of(now)).get(str(values[name]))
        if held is not None:
            result[name] = held.name
    return result


@router.post("/{check_id}/items/{seq}")
async def save(request: Request, check_id: int, seq: int) -> Response:
    """Reads the form, whose fields are the attributes compared."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    following = await run_in_threadpool(_record, request, check_id, seq, form)
    return RedirectResponse(following, 303)


def _record(request: Request, check_id: int, seq: int, form: dict[str, str]) -> str:
    actor: Actor = request.state.visitor.actor
    state = request.app.state
    with state.database.write() as session:
        service.record(
            session,
            check_id,
            seq,
            presence=form.get("presence", ""),
            verdicts={name[2:]: value for name, value in form.items() if name.startswith("v_")},
            found={name[2:]: value for name, value in form.items() if name.startswith("f_")},
            note=form.get("note", ""),
            actor=actor,
            now=state.clock.now(),
        )
        following = queries.next_unvisited(session, check_id, seq)
    if form.get("then") == "stay" or following is None:
        return (
            f"/spotchecks/{check_id}/items/{seq}?done=1"
            if form.get("then") == "stay"
            else f"/spotchecks/{check_id}?done=1"
        )
    return f"/spotchecks/{check_id}/items/{following}?done=1"


@router.post("/{check_id}/items/{seq}/correct")
def correct(session: WriteSession, visitor: TheVisitor, now: Now, check_id: int, seq: int) -> Response:
    """Propose what was found as a correction."""
    request = service.correct(session, check_id, seq, actor=visitor.actor, now=now)
    return RedirectResponse(f"/changes/{request.request_id}?done=1", 303)
