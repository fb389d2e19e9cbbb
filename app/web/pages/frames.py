"""Frames: conditions with live counts, confirmed by two, frozen, taken out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from app.changes.queries import people_of
from app.core.clock import day_of
from app.core.errors import AppError
from app.domain.fields import BY_NAME, FIELDS, Kind
from app.domain.roles import Permission
from app.frames import queries, service
from app.frames.definition import STANDING
from app.frames.export import Order, export
from app.frames.package import Form as PackageForm
from app.frames.rules import Side, period_of
from app.frames.wording import in_words
from app.http.deps import Now, ReadSession, TheDatabase, WriteSession
from app.register.view import shown
from app.web.errors import explain
from app.web.i18n import language
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/frames")
ROWS = 8
_PAGE = 100
OPERATORS = ("eq", "not_eq", "prefix", "not_prefix", "ge", "le", "empty", "not_empty")
_PREVIEWED = 10

Fields = Annotated[list[str], Form()]


@router.get("")
def list_page(request: Request, session: ReadSession, visitor: TheVisitor) -> Response:
    visitor.actor.require(Permission.VIEW_UNITS)
    return page(request, "frames.html", frames=queries.list_frames(session, area_prefix=visitor.actor.area_prefix))


@router.get("/new")
def new(request: Request, visitor: TheVisitor, now: Now) -> Response:
    """The form; the first condition stands there as an example one often needs."""
    visitor.actor.require(Permission.FRAME_BUILD)
    given = [("unit_type", "eq", "1"), ("operating_status", "eq", "1")]
    rows = [*given, *[("", "eq", "")] * (ROWS - len(given))]
    return page(
        request, "frame_new.html", rows=rows, operators=OPERATORS, fields=_selectable(), today=day_of(now), counts=None,
        problem="", scope=visitor.actor.area_prefix,
    )  # fmt: skip


def _selectable() -> list[str]:
    return [STANDING, *(field.name for field in FIELDS if not field.personal and field.kind is not Kind.LIST)]


def _definition(fields: Sequence[str], ops: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
    """The rows of the form as a definition; rows without a field fall away."""
    rows = zip(fields, ops, values, strict=False)
    return {"conditions": [_condition(field, op, value.strip()) for field, op, value in rows if field]}


def _condition(field: str, op: str, text: str) -> dict[str, Any]:
    plain = op.removeprefix("not_")
    if plain == "empty":
        return {"field": field, "op": op}
    parts: list[Any] = [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]
    if field in BY_NAME and BY_NAME[field].kind is Kind.NUMBER:
        parts = [int(part) if part.lstrip("-").isdigit() else part for part in parts]
    if plain == "eq" and len(parts) > 1:
        return {"field": field, "op": op.replace("eq", "in"), "value": parts}
    value = parts if plain == "prefix" and len(parts) > 1 else parts[0] if parts else ""
    return {"field": field, "op": op, "value": value}


@router.post("/preview")
def preview(
    request: Request, session: ReadSession, visitor: TheVisitor, now: Now, field: Fields, op: Fields, value: Fields,
    reference_date: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """How many units the conditions hold, one after the other."""
    on = date.fromisoformat(reference_date) if reference_date else day_of(now)
    try:
        counts = service.preview(session, _definition(field, op, value), on=on, actor=visitor.actor)
    except AppError as refusal:
        return page(request, "_frame_counts.html", counts=None, problem=f"{explain(refusal)} {refusal.message}")
    return page(request, "_frame_counts.html", counts=_counted(counts), problem="")


def _counted(counts: queries.Counts) -> dict[str, Any]:
    lines = [(in_words(line.condition, language()), line.alone, line.remaining) for line in counts.conditions]
    return {"in_area": counts.in_area, "total": counts.total, "lines": lines}


@router.post("")
def create(
    session: WriteSession, visitor: TheVisitor, now: Now, name: Annotated[str, Form()], survey: Annotated[str, Form()],
    period: Annotated[str, Form()], reference_date: Annotated[date, Form()], field: Fields, op: Fields, value: Fields,
) -> Response:  # fmt: skip
    """Write the definition down and build the frame at once."""
    frame = service.draft(
        session,
        name,
        survey=survey,
        period=period_of(period),
        definition=_definition(field, op, value),
        reference_date=reference_date,
        actor=visitor.actor,
        now=now,
    )
    service.build(session, frame.frame_id, actor=visitor.actor, now=now)
    return _back(frame.frame_id)


def _back(frame_id: int) -> Response:
    return RedirectResponse(f"/frames/{frame_id}?done=1", 303)


@router.get("/{frame_id}")
def show(request: Request, session: ReadSession, visitor: TheVisitor, frame_id: int, verify: int = 0) -> Response:
    """One frame: what it holds, who confirmed it, what went out."""
    actor = visitor.actor
    frame = service.get_visible(session, frame_id, actor)
    definition = service.definition_of(frame)
    given = queries.confirmations_of(session, frame_id)
    exports = queries.exports_of(session, frame_id)
    people = people_of(
        session, [*(one.actor_id for one in given), *(one.actor_id for one in exports), frame.created_by]
    )
    sides = {one.side: one for one in given}
    return page(
        request,
        "frame.html",
        frame=frame,
        words=[in_words(condition, language()) for condition in definition.conditions],
        sides=sides,
        all_sides=[(str(side), _permission(side)) for side in Side],
        mine={side for side, one in sides.items() if one.actor_id == actor.user_id},
        people=people,
        exports=exports,
        columns=definition.columns[:_PREVIEWED],
        units=queries.list_units(session, frame_id, definition.columns, limit=20) if frame.known_at else [],
        shown=shown,
        verified=service.verify(session, frame_id, actor=actor) if verify else None,
    )


def _permission(side: Side) -> str:
    needed = {Side.REGISTER: Permission.FRAME_CONFIRM_REGISTER, Side.SECTION: Permission.FRAME_CONFIRM_SECTION}
    return str(needed[side])


@router.get("/{frame_id}/units")
def units(request: Request, session: ReadSession, visitor: TheVisitor, frame_id: int, after: int = 0) -> Response:
    """All rows of the frame, page by page."""
    frame = service.get_visible(session, frame_id, visitor.actor)
    columns = service.definition_of(frame).columns
    rows = queries.list_units(session, frame_id, columns, after=after, limit=_PAGE)
    more = rows[-1]["unit_id"] if len(rows) == _PAGE else 0
    return page(request, "frame_units.html", frame=frame, columns=columns, units=rows, more=more, shown=shown)


Verb = Callable[..., Any]


def _done(verb: Verb, session: Session, frame_id: int, **rest: Any) -> Response:
    verb(session, frame_id, **rest)
    return _back(frame_id)


@router.post("/{frame_id}/build")
def build(session: WriteSession, visitor: TheVisitor, now: Now, frame_id: int) -> Response:
    return _done(service.build, session, frame_id, actor=visitor.actor, now=now)


@router.post("/{frame_id}/confirm")
def confirm(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    frame_id: int,
    side: Annotated[Side, Form()],
    comment: Annotated[str, Form()] = "",
) -> Response:
    return _done(service.confirm, session, frame_id, side=side, actor=visitor.actor, now=now, comment=comment)


@router.post("/{frame_id}/freeze")
def freeze(session: WriteSession, visitor: TheVisitor, now: Now, frame_id: int) -> Response:
    return _done(service.freeze, session, frame_id, actor=visitor.actor, now=now)


@router.post("/{frame_id}/discard")
def discard(session: WriteSession, visitor: TheVisitor, now: Now, frame_id: int) -> Response:
    return _done(service.discard, session, frame_id, actor=visitor.actor, now=now)


@router.post("/{frame_id}/export")
def take_out(
    database: TheDatabase,
    visitor: TheVisitor,
    now: Now,
    frame_id: int,
    purpose: Annotated[str, Form()],
    recipient: Annotated[str, Form()],
    form: Annotated[PackageForm, Form()] = PackageForm.CSV,
) -> Response:
    """The package of a frozen frame, handed over once it is in the books."""
    target = tempfile.NamedTemporaryFile(suffix=".zip", delete=False)  # noqa: SIM115 - handed over, then removed
    remove = BackgroundTask(Path(target.name).unlink, missing_ok=True)
    with target, database.write() as session:
        order = Order(purpose, recipient, form)
        package = export(session, frame_id, target, order, actor=visitor.actor, now=now)
    name = f"frame-{frame_id}-export-{package.export_id}.zip"
    return FileResponse(target.name, filename=name, media_type="application/zip", background=remove)
