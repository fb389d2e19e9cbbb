"""Units: the list, one unit on both clocks, the list taken out."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import ConfigDict, Field, ValidationError, model_validator

from app.core.clock import day_of
from app.core.errors import BadPayload
from app.domain.fields import PERSONAL, Group
from app.domain.labels import label
from app.http.files import send
from app.register.demography import Keyed
from app.register.present import grouped
from app.register.schemas import OriginShown, UnitView
from app.units import verbs
from app.units.schemas import OFFERED, UnitsShown, UnitsWanted
from app.verbs import Call
from app.verbs.faults import faults_of
from app.web import clocks
from app.web.calls import Reading, Text, act, ask
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


@router.get("/demography")
def demography(request: Request, call: Reading) -> Response:
    """Entries and exits of this year by month, or as the address says."""
    today = day_of(call.now)
    given = {name: value for name, value in request.query_params.items() if value}
    told = {"from": str(today.replace(month=1, day=1)), "until": str(today), "by": str(Keyed.MONTH)} | given
    found = ask(call, verbs.demography, **told)
    keys = [(str(key), label("keyed", key, call.language)) for key in Keyed]
    return page(
        request, "demography.html", found=found, keys=keys, since=told["from"], until=told["until"], by=told["by"]
    )


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
    purpose: Text,
    recipient: Text,
    address: Text,
    form: Annotated[str, Form()] = "csv",
) -> Response:
    """The list as a package: who takes it out, for whom and what for is logged."""
    at = _address_of(address)
    told = at.told("sort", "desc") | {"columns": [name for name in at.columns if name not in PERSONAL]}
    return send(act(request, visitor, verbs.export, **told, purpose=purpose, recipient=recipient, format=form))


def _address_of(text: str) -> Address:
    try:
        return Address.model_validate(dict(parse_qsl(text.lstrip("?"))))
    except ValidationError as wrong:
        raise BadPayload(faults=faults_of(wrong.errors())) from wrong


@router.get("/units/{unit_id}")
def show(request: Request, call: Reading, unit_id: int, on: str = "", known: str = "") -> Response:
    """One unit as of a day in the world, as known at a moment."""
    told = {"code": f"#{unit_id}", "on": on or None, "known_at": known}
    return _unit_page(request, call, ask(call, verbs.show, **told), told)


@router.post("/case")
def on_case(request: Request, call: Reading, code: Text, case: Text, reason: Text) -> Response:
    """A unit by its code, for who sees units by case alone."""
    told = {"code": code, "case": case, "reason": reason}
    return _unit_page(request, call, ask(call, verbs.show, **told), {})


@router.post("/units/{unit_id}/unmask")
def unmask(request: Request, call: Reading, unit_id: int, reason: Text, on: Text, known: Text) -> Response:
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
        trail=ask(call, verbs.trail, **told) if told else None,
        drawing=clocks.drawing(view.timeline, today),
    )


def _common_sources(view: UnitView) -> dict[Group, OriginShown]:
    """The source that most fields of a group have: shown once, others beside their field."""
    result = {}
    for group, names in grouped(view.values):
        origins = [view.sources[name] for name in names]
        result[group] = max(origins, key=origins.count)
    return result
