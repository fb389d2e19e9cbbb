"""Units: the list, one unit on both clocks, a change proposed by hand, the list taken out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.orm import Session

from app.changes import service as changes
from app.changes.rules import ItemDraft
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import Invalid
from app.domain.fields import FIELDS, NAMES, NUMBERS, PERSONAL, Group
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.domain.words import ADDING, Reason
from app.http.deps import Now, ReadSession
from app.http.files import send
from app.register import sources
from app.register.present import grouped
from app.register.queries import AsOf, UnitNotFound, revisions_of
from app.register.schemas import OriginShown, UnitView
from app.register.view import find_views
from app.units import verbs
from app.units.schemas import OFFERED, UnitsShown, UnitsWanted
from app.verbs import Call
from app.web import clocks, lists
from app.web.calls import BadForm, Reading, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
PAGE = 50


class Address(UnitsWanted):
    """What stands in the address of a list, so that it can be sent to a colleague."""

    model_config = ConfigDict(extra="ignore")

    page: int = Field(1, ge=1, le=10**9)

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, told: dict[str, Any]) -> dict[str, Any]:
        """Empty fields of a form say nothing; columns had another name in addresses that were kept."""
        given = {name: value for name, value in told.items() if value not in ("", [""])}
        return {"columns": given["cols"], **given} if "cols" in given else given

    def told(self, *others: str) -> dict[str, Any]:
        """What the list is asked for, without paging and what else is named."""
        return self.model_dump(exclude_unset=True, exclude={"page", "after", "limit", *others})

    def parts(self) -> dict[str, Any]:
        """The address again, short."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        shorter = {"columns": ",".join(self.columns), "desc": 1}
        return {name: shorter.get(name, value) for name, value in said.items()}


@router.get("/units")
def list_units(request: Request, call: Reading, at: Annotated[Address, Query()]) -> Response:
    """The list: what is typed and picked stands in the address."""
    found = ask(call, verbs.list_, **at.told(), after=(at.page - 1) * PAGE, limit=PAGE)
    whole = not request.headers.get("HX-Request")
    return page(
        request,
        "units.html" if whole else "_units_table.html",
        at=at.parts(),
        wanted=at,
        found=found,
        offered=OFFERED,
        pages=max(1, -(-found.total // PAGE)),
        **(_choices(call) if whole else {}),
    )


def _choices(call: Call) -> dict[str, Any]:
    """What the filters offer."""
    offered = ask(call, verbs.filters)
    return {
        "streets": [(one.code, one.name) for one in offered.areas],
        "divisions": [(one.code, f"{one.code} {one.name}") for one in offered.industries],
        "statuses": [(one.code, one.name) for one in offered.statuses],
    }


@router.post("/units/export")
def take_out(
    request: Request,
    visitor: TheVisitor,
    purpose: Annotated[str, Form()],
    recipient: Annotated[str, Form()],
    form: Annotated[str, Form()] = "csv",
    address: Annotated[str, Form()] = "",
) -> Response:
    """The list as a package: who takes it out, for whom and what for is logged."""
    at = _address_of(address)
    told = at.told("sort", "desc") | {"columns": [name for name in at.columns if name not in PERSONAL]}
    return send(act(request, visitor, verbs.export, **told, purpose=purpose, recipient=recipient, format=form))


def _address_of(text: str) -> Address:
    try:
        return Address.model_validate(dict(parse_qsl(text.lstrip("?"))))
    except ValidationError as wrong:
        raise BadForm(places="address") from wrong


@router.get("/units/new")
def new(request: Request, session: ReadSession, visitor: TheVisitor, now: Now) -> Response:
    """A unit found missing, proposed by hand."""
    visitor.actor.require(Permission.PROPOSE)
    return page(
        request, "unit_propose.html", unit=None, values={}, groups=_groups(), reasons=sorted(ADDING), today=day_of(now),
        options=_options(session, day_of(now)), revision=0,
    )  # fmt: skip


@router.get("/units/{unit_id}")
def show(request: Request, call: Reading, unit_id: int, on: str = "", known: str = "") -> Response:
    """One unit as of a day in the world, as known at a moment."""
    told = {"code": f"#{unit_id}", "on": on or None, "known_at": known}
    return _unit_page(request, call, ask(call, verbs.show, **told), told)


@router.post("/units/{unit_id}/unmask")
def unmask(
    request: Request,
    call: Reading,
    unit_id: int,
    reason: Annotated[str, Form()] = "",
    on: Annotated[str, Form()] = "",
    known: Annotated[str, Form()] = "",
) -> Response:
    """The personal values in clear, once, for a stated reason that is logged."""
    told = {"code": f"#{unit_id}", "on": on or None, "known_at": known}
    return _unit_page(request, call, ask(call, verbs.unmask, **told, reason=reason), told, clear=True)


def _unit_page(
    request: Request, call: Call, shown: UnitsShown, told: dict[str, Any], *, clear: bool = False
) -> Response:
    view, today = shown.items[0], day_of(call.now)
    return page(
        request,
        "unit.html",
        unit=view,
        clear=clear,
        today=today.isoformat(),
        groups=grouped(view.values),
        common=_common_sources(view),
        trail=ask(call, verbs.trail, **told),
        drawing=clocks.drawing(view.timeline, today),
    )


def _common_sources(view: UnitView) -> dict[Group, OriginShown]:
    """The source that most fields of a group have: shown once, others beside their field."""
    result = {}
    for group, names in grouped(view.values):
        origins = [view.sources[name] for name in names]
        result[group] = max(origins, key=origins.count)
    return result


def _get_view(session: Session, unit_id: int, as_of: AsOf, actor: Actor) -> UnitView:
    """The unit within the person's area; of one that ended or is not there yet, its last state is shown instead."""
    found = find_views(session, f"#{unit_id}", as_of, area_prefix=actor.area_prefix)
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


@router.get("/units/{unit_id}/propose")
def form(request: Request, session: ReadSession, visitor: TheVisitor, now: Now, unit_id: int) -> Response:
    """The form of a change by hand."""
    actor = visitor.actor
    actor.require(Permission.PROPOSE)
    view = _get_view(session, unit_id, AsOf(day_of(now)), actor)
    reasons = [reason for reason in Reason if reason not in ADDING]
    return page(
        request,
        "unit_propose.html",
        unit=view,
        values=view.values,
        groups=_groups(),
        reasons=reasons,
        today=day_of(now),
        options=_options(session, day_of(now)),
        revision=revisions_of(session, [unit_id])[unit_id],
    )


def _options(session: Session, on: date) -> dict[str, list[tuple[str, str]]]:
    """Choices of the short code lists; long ones are typed."""
    short = [f for f in FIELDS if f.codelist and f.codelist not in {"division", "industry"}]
    result = {}
    for field in short:
        held = lists.items(session, field.codelist, on)
        if held and len(held) <= 60:
            result[field.name] = [(code, f"{code} {item.name}") for code, item in held.items()]
    return result


@router.post("/units/propose")
async def propose_form(request: Request) -> Response:
    """Reads the form, whose fields are the attributes themselves, then proposes like everybody."""
    fields = {name: str(value) for name, value in (await request.form()).items()}
    request_id = await run_in_threadpool(_propose, request, fields)
    return RedirectResponse(f"/changes/{request_id}?done=1", 303)


def _propose(request: Request, form: dict[str, str]) -> int:
    visitor = request.state.visitor
    now: datetime = request.app.state.clock.now()
    with request.app.state.database.write() as session:
        return _drafted(session, form, visitor.actor, now)


def _drafted(session: Session, form: dict[str, str], actor: Actor, now: datetime) -> int:
    unit_id = int(form["unit_id"]) if form.get("unit_id", "").isdigit() else None
    reason = Reason(form["reason"])
    changed = _changed(form)
    item = ItemDraft(
        reason=reason,
        valid_from=_day(form.get("valid_from", "")) or day_of(now),
        valid_until=_day(form.get("valid_until", "")) or FOREVER,
        changes=changed,
        origin=sources.pack(sources.Origin("hand", 0, day_of(now).isoformat())),
        unit_id=unit_id,
        base_revision=int(form.get("revision") or 0),
    )
    title = form.get("title") or changed.get("name") or form.get("unit_name") or f"#{unit_id}"
    request = changes.draft(session, [item], actor=actor, now=now, title=str(title))
    changes.submit(session, request.request_id, actor=actor, now=now, comment=form.get("evidence", ""))
    return request.request_id


def _changed(form: dict[str, str]) -> dict[str, Any]:
    """What the form says otherwise than the unit did when the form was opened (`was_…`)."""
    result: dict[str, Any] = {}
    for name in NAMES:
        value = form.get(name, "").strip()
        if name in form and value != form.get(f"was_{name}", ""):
            result[name] = _number(name, value) if name in NUMBERS and value else value
    return result


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as wrong:
        raise Invalid(f"{name}: {text!r} is no whole number", code="bad_change") from wrong


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise Invalid(f"no day: {text!r}", code="bad_form") from wrong
