"""Units: the list, one unit on both clocks, the list taken out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from app.audit.tags import Tag
from app.changes.queries import requests_of_unit
from app.codelists.queries import names_of
from app.core.actor import Actor
from app.core.clock import day_of, parse_moment
from app.core.errors import Invalid
from app.domain.fields import BY_NAME, FIELDS, NAMES, PERSONAL, Group
from app.domain.roles import Permission
from app.frames.listing import ListOrder, export_list
from app.http.access import seen
from app.http.deps import Now, ReadSession, TheDatabase
from app.records.queries import records_of_unit
from app.register import search
from app.register.queries import AsOf, UnitNotFound
from app.register.view import UnitView, find_views, shown
from app.review.queries import pairs_of_unit
from app.web import clocks, lists
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
PAGE = 50
COLUMNS = ("uscc", "name", "unit_type", "area_code", "address", "industry_code", "operating_status")
OFFERED = (
    *("uscc", "org_code", "name", "short_name", "unit_type", "area_code", "address", "industry_code"),
    *("activity_1", "operating_status", "opened_on", "established_on", "org_type", "reg_category", "size_class"),
    *("employees", "revenue", "parent_name", "parent_uscc", "legal_rep", "tel", "mobile", "valid_from"),
)
"""Columns a list may have; personal ones are masked."""


class Address(BaseModel):
    """What stands in the address of a list, so that it can be sent to a colleague."""

    q: str = ""
    area: str = ""
    industry: str = ""
    unit_type: str = ""
    standing: str = "live"
    status: str = ""
    sort: str = "id"
    desc: int = 0
    page: int = 1
    cols: str = ""
    col: list[str] = []

    def wanted(self) -> search.Wanted:
        return search.Wanted(
            q=self.q.strip(),
            area=self.area,
            industry=self.industry,
            unit_type=self.unit_type,
            standing="" if self.standing == "all" else self.standing,
            status=self.status,
            sort=self.sort,
            descending=bool(self.desc),
        )

    def columns(self) -> tuple[str, ...]:
        chosen = tuple(name for name in self.cols.split(",") if name in OFFERED)
        return chosen or COLUMNS


@router.get("/units")
def list_units(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    now: Now,
    at: Annotated[Address, Query()],
) -> Response:
    """The list: what is typed and picked stands in the address."""
    actor, on = visitor.actor, day_of(now)
    actor.require(Permission.VIEW_UNITS)
    if at.col:
        at = at.model_copy(update={"cols": ",".join(at.col), "col": []})
    offset = (max(1, at.page) - 1) * PAGE
    columns = at.columns()
    found = search.find(
        session, at.wanted(), on=on, area_prefix=actor.area_prefix, columns=columns, offset=offset, limit=PAGE
    )
    former = []
    if not found.total and at.q.strip():
        ids = search.former_names_hold(session, at.q.strip(), on=on, area_prefix=actor.area_prefix)
        former = list(search.names_of(session, ids).items())
    seen(request, Tag.LIST_VIEW, actor=actor.login, at=now, payload={"q": at.q, "area": at.area, "rows": found.total})
    template = "_units_table.html" if request.headers.get("HX-Request") else "units.html"
    return page(
        request,
        template,
        at=at.model_dump(exclude_defaults=True),
        wanted=at,
        found=found,
        former=former,
        columns=columns,
        offered=OFFERED,
        pages=max(1, -(-found.total // PAGE)),
        names=_names(session, found.rows, columns, on),
        shown=shown,
        **_choices(session, actor, on),
    )


def _choices(session: Session, actor: Actor, on: date) -> dict[str, Any]:
    """What the filters offer."""
    district = f"{actor.area_prefix[:6]:0<12}"
    return {
        "streets": [(item.code[:9], item.name) for item in lists.below(session, "division", district, on)],
        "sections": _industry_choices(session, on),
        "statuses": [(code, item.name) for code, item in lists.items(session, "operating_status", on).items()],
    }


def _industry_choices(session: Session, on: date) -> list[tuple[str, str]]:
    items = lists.items(session, "industry", on)
    return [(code, f"{code} {item.name}") for code, item in items.items() if len(code) == 2 and code.isdigit()]


def _names(session: Session, rows: Iterable[Any], columns: Sequence[str], on: date) -> dict[str, dict[str, str]]:
    """For each column with a code list, what its codes mean."""
    lists = {name: BY_NAME[name].codelist for name in columns if name in BY_NAME and BY_NAME[name].codelist}
    return {
        name: names_of(session, codelist, {str(row[name]) for row in rows if row[name]}, on)
        for name, codelist in lists.items()
    }


@router.post("/units/export")
def take_out(
    database: TheDatabase,
    visitor: TheVisitor,
    now: Now,
    purpose: Annotated[str, Form()],
    recipient: Annotated[str, Form()],
    form: Annotated[str, Form()] = "csv",
    address: Annotated[str, Form()] = "",
) -> Response:
    """The list as a package: who takes it out, for whom and what for is logged."""
    at = _address_of(address)
    target = tempfile.NamedTemporaryFile(suffix=".zip", delete=False)  # noqa: SIM115 - handed over, then removed
    order = ListOrder(purpose, recipient, form, at.wanted(), tuple(c for c in at.columns() if c not in PERSONAL))
    with target, database.write() as session:
        export_id = export_list(session, target, order, actor=visitor.actor, on=day_of(now), now=now)
    clean_up = BackgroundTask(_remove, target.name)
    return FileResponse(
        target.name, filename=f"units-{export_id}.zip", media_type="application/zip", background=clean_up
    )


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


def _address_of(text: str) -> Address:
    return Address.model_validate(dict(parse_qsl(text.lstrip("?"))))


@router.get("/units/{unit_id}")
def show(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    now: Now,
    unit_id: int,
    on: str = "",
    known: str = "",
) -> Response:
    """One unit as of a day in the world, as known at a moment."""
    actor = visitor.actor
    actor.require(Permission.VIEW_UNITS)
    as_of = AsOf(_day(on) or day_of(now), _moment(known))
    view = _get_view(session, unit_id, as_of, actor)
    seen(request, Tag.UNIT_VIEW, actor=actor.login, at=now, subject=f"unit {unit_id}")
    return _unit_page(request, session, view, as_of, actor, now)


@router.post("/units/{unit_id}/unmask")
def unmask(
    request: Request,
    session: ReadSession,
    visitor: TheVisitor,
    now: Now,
    unit_id: int,
    reason: Annotated[str, Form()] = "",
    on: Annotated[str, Form()] = "",
    known: Annotated[str, Form()] = "",
) -> Response:
    """The personal values in clear, once, for a stated reason that is logged."""
    actor = visitor.actor
    actor.require(Permission.UNMASK)
    if not reason.strip():
        raise Invalid("say why you need to see personal values", code="reason_missing")
    as_of = AsOf(_day(on) or day_of(now), _moment(known))
    view = _get_view(session, unit_id, as_of, actor, reveal=PERSONAL)
    payload = {"fields": sorted(PERSONAL & view.values.keys()), "reason": reason}
    seen(request, Tag.UNIT_UNMASK, actor=actor.login, at=now, subject=f"unit {unit_id}", payload=payload)
    return _unit_page(request, session, view, as_of, actor, now, clear=True)


def _unit_page(
    request: Request, session: Session, view: UnitView, as_of: AsOf, actor: Actor, now: datetime, *, clear: bool = False
) -> Response:
    on = as_of.on
    return page(
        request,
        "unit.html",
        unit=view,
        clear=clear,
        as_of=as_of,
        today=day_of(now),
        groups=_groups(view.values),
        common=_common_sources(view),
        names=_names(session, [view.values], [name for name in NAMES if name in view.values], on),
        requests=requests_of_unit(session, view.unit_id),
        records=records_of_unit(session, view.unit_id),
        pairs=pairs_of_unit(session, view.unit_id) if actor.may(Permission.REVIEW) else [],
        related=search.names_of(session, _related(view)),
        drawing=clocks.drawing(view.timeline, day_of(now)),
    )


def _common_sources(view: UnitView) -> dict[str, dict[str, Any]]:
    """The source that most fields of a group have: shown once, others beside their field."""
    result = {}
    for group, names in _groups(view.values):
        origins = [view.sources[name] for name in names]
        result[group] = max(origins, key=origins.count)
    return result


def _related(view: UnitView) -> set[int]:
    ids = {row["unit_id"] for row in view.relations} | {row["target_unit_id"] for row in view.relations}
    return {unit_id for unit_id in ids if unit_id}


def _get_view(session: Session, unit_id: int, as_of: AsOf, actor: Actor, *, reveal: Iterable[str] = ()) -> UnitView:
    """The unit within the person's area; of one that ended or is not there yet, its last state is shown instead."""
    found = find_views(session, f"#{unit_id}", as_of, area_prefix=actor.area_prefix, reveal=reveal)
    if not found:
        raise UnitNotFound(f"unit #{unit_id} does not hold on {as_of.on} in your area")
    return found[0]


def _groups(values: Any = None) -> list[tuple[str, list[str]]]:
    """Attributes by group, in the order of the form; only those filled when `values` is given."""
    result = []
    for group in Group:
        names = [f.name for f in FIELDS if f.group is group and (values is None or f.name in values)]
        if names:
            result.append((str(group), names))
    return result


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise Invalid(f"no day: {text!r}", code="bad_form") from wrong


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as wrong:
        raise Invalid(f"no moment: {text!r}", code="bad_form") from wrong
