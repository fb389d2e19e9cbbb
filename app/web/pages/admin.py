"""People, offices and keys: for the administrators, none of whom works the data."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import grants, verbs
from app.accounts.keys import DAYS, PER_MINUTE
from app.accounts.schemas import SCOPES, RightConfirmed
from app.codelists import verbs as codelists
from app.codelists.queries import CodeNotFound, ListNotFound
from app.domain.lives import RightStatus
from app.domain.roles import ACTING, Role
from app.domain.words import OfficeKind, OfficeLevel
from app.verbs import Call
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()


@router.get("/people")
def people(request: Request, call: Reading) -> Response:
    found = [person for person in ask(call, verbs.list_users).items if not person.system]
    offices = ask(call, verbs.list_offices).items
    names = {office.code: office.name for office in offices}
    return page(request, "people.html", people=found, offices=offices, names=names)


@router.post("/people")
def create(
    request: Request, call: Reading, visitor: TheVisitor, login: Text, name: Text, office: Text, password: Text
) -> Response:
    """An account; a password that was made up is shown this once. What is read is read after it was made."""
    made = act(request, visitor, verbs.create_user, login=login, name=name, office=office, password=password)
    return _shown(request, call, made.login, made.secret) if made.secret else _person(made.login)


@router.get("/people/{login}")
def person(request: Request, call: Reading, login: str) -> Response:
    return _shown(request, call, login, "")


def _shown(request: Request, call: Call, login: str, secret: str, *, half: bool = False) -> Response:
    user = ask(call, verbs.show_user, login=login)
    sections = ask(call, verbs.list_sections, office=user.office).items
    told: dict[str, Any] = {"user": user, "sections": sections, "secret": secret, "half": half}
    return page(request, "person.html", roles=list(Role), acting=ACTING, **told)


@router.post("/people/{login}/roles")
def set_roles(request: Request, call: Reading, visitor: TheVisitor, login: str, roles: Texts) -> Response:
    """Half of a password that comes with the roles is shown this once. What is read is read after they were given."""
    given = act(request, visitor, verbs.set_roles, login=login, roles=roles)
    return _shown(request, call, login, given.secret, half=True) if given.secret else _person(login)


@router.post("/people/{login}/roles/{role}/take")
def take_role(request: Request, visitor: TheVisitor, login: str, role: str) -> Response:
    act(request, visitor, verbs.take_role, login=login, role=role)
    return _person(login)


@router.post("/people/{login}/section")
def set_section(request: Request, visitor: TheVisitor, login: str, section: Text) -> Response:
    act(request, visitor, verbs.set_section, login=login, section=section)
    return _person(login)


@router.post("/people/{login}/password")
def set_password(request: Request, visitor: TheVisitor, login: str, password: Text) -> Response:
    act(request, visitor, verbs.set_password, login=login, new=password)
    return _person(login)


@router.post("/people/{login}/second-factor")
def reset_second_factor(request: Request, visitor: TheVisitor, login: str) -> Response:
    act(request, visitor, verbs.reset_second_factor, login=login)
    return _person(login)


@router.get("/rights")
def rights(request: Request, call: Reading, all: bool = False, after: int = 0) -> Response:
    """Rights that wait for the second hand, or all that were ever given."""
    return _waiting(request, call, all=all, after=after)


def _waiting(
    request: Request, call: Call, secret: RightConfirmed | None = None, *, all: bool = False, after: int = 0
) -> Response:
    found = ask(call, verbs.list_rights, status=None if all else RightStatus.PROPOSED, after=after)
    areas = {right.right_id: _area_name(call, right.what) for right in found.items if right.kind == grants.AREA}
    return page(request, "rights.html", rights=found.items, next=found.next, all=all, areas=areas, secret=secret)


def _area_name(call: Call, area: str) -> str:
    """What the code list calls an area, so that nobody confirms bare digits; empty where it does not know it."""
    try:
        return ask(call, codelists.code, name="division", code=area.partition("·")[0].ljust(12, "0")).name
    except (ListNotFound, CodeNotFound):
        return ""


@router.post("/rights/{right_id}/confirm")
def confirm_right(request: Request, call: Reading, visitor: TheVisitor, right_id: int) -> Response:
    """Half of a one-time password is shown this once. What is read is read after the right was confirmed."""
    done = act(request, visitor, verbs.confirm_right, right_id=right_id)
    return _waiting(request, call, done) if done.secret else _rights()


@router.post("/rights/{right_id}/refuse")
def refuse_right(request: Request, visitor: TheVisitor, right_id: int) -> Response:
    act(request, visitor, verbs.refuse_right, right_id=right_id)
    return _rights()


@router.post("/rights/{right_id}/withdraw")
def withdraw_right(request: Request, visitor: TheVisitor, right_id: int) -> Response:
    act(request, visitor, verbs.withdraw_right, right_id=right_id)
    return _rights()


def _rights() -> Response:
    return RedirectResponse("/rights?done=1", 303)


@router.post("/people/{login}/deactivate")
def deactivate(request: Request, visitor: TheVisitor, login: str) -> Response:
    act(request, visitor, verbs.deactivate, login=login)
    return _person(login)


def _person(login: str) -> Response:
    return RedirectResponse(f"/people/{login}?done=1", 303)


@router.get("/offices")
def offices(request: Request, call: Reading) -> Response:
    found, sections = ask(call, verbs.list_offices).items, ask(call, verbs.list_sections).items
    return page(request, "offices.html", offices=found, sections=sections, levels=list(OfficeLevel))


@router.post("/offices")
def create_office(
    request: Request,
    visitor: TheVisitor,
    code: Text,
    name: Text,
    level: Text,
    parent: Text,
    area_prefix: Text,
    park_code: Text,
    kind: Annotated[str, Form()] = OfficeKind.ADMINISTRATIVE,
) -> Response:
    told = {"code": code, "name": name, "level": level, "parent": parent, "area_prefix": area_prefix, "kind": kind}
    act(request, visitor, verbs.create_office, **told, park_code=park_code)
    return _offices()


@router.post("/offices/sections")
def create_section(request: Request, visitor: TheVisitor, code: Text, section: Text, name: Text) -> Response:
    act(request, visitor, verbs.create_section, office=code, section=section, name=name)
    return _offices()


@router.post("/offices/areas")
def give_area(
    request: Request, visitor: TheVisitor, code: Text, area_prefix: Text, park_code: Text, valid_from: Text
) -> Response:
    told = {"code": code, "area_prefix": area_prefix, "park_code": park_code}
    act(request, visitor, verbs.give_area, **told, valid_from=valid_from or None)
    return _offices()


@router.post("/offices/areas/end")
def end_area(
    request: Request, visitor: TheVisitor, code: Text, area_prefix: Text, park_code: Text, on: Text
) -> Response:
    told = {"code": code, "area_prefix": area_prefix, "park_code": park_code}
    act(request, visitor, verbs.end_area, **told, on=on or None)
    return _offices()


def _offices() -> Response:
    return RedirectResponse("/offices?done=1", 303)


@router.get("/keys")
def keys(request: Request, call: Reading) -> Response:
    return _keys(request, call, "")


def _keys(request: Request, call: Call, secret: str) -> Response:
    found = ask(call, verbs.list_keys).items
    return page(request, "keys.html", keys=found, secret=secret, per_minute=PER_MINUTE, all_scopes=SCOPES)


@router.post("/keys")
def issue_key(
    request: Request,
    call: Reading,
    visitor: TheVisitor,
    client: Text,
    contact: Text,
    scopes: Texts,
    areas: Text,
    surveys: Text,
    networks: Text,
    per_minute: Annotated[int, Form()] = PER_MINUTE,
    days: Annotated[int, Form()] = DAYS,
) -> Response:
    """A key, shown this once. What is read is read after the key was issued: a snapshot begins with its first question."""
    limits = {"areas": _parted(areas), "surveys": _parted(surveys), "networks": _parted(networks)}
    told = {
        "client": client,
        "contact": contact,
        "scopes": " ".join(scopes) or "check",
        "per_minute": per_minute,
        "days": days,
        **limits,
    }
    return _keys(request, call, act(request, visitor, verbs.issue_key, **told).key)


def _parted(typed: str) -> list[str]:
    """What was typed with commas or blanks between."""
    return [part for part in re.split(r"[\s,，、;；]+", typed) if part]


@router.post("/keys/{key_id}/revoke")
def revoke(request: Request, visitor: TheVisitor, key_id: int) -> Response:
    act(request, visitor, verbs.revoke_key, key_id=key_id)
    return RedirectResponse("/keys?done=1", 303)
