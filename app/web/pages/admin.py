"""People, offices and keys: for the administrators, none of whom works the data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import verbs
from app.accounts.service import KEY_DAYS
from app.domain.roles import Role
from app.domain.words import OfficeKind, OfficeLevel
from app.verbs import Call
from app.web.calls import Reading, Text, Texts, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()


@router.get("/people")
def people(request: Request, call: Reading) -> Response:
    found = [person for person in ask(call, verbs.list_users).items if not person.system]
    return page(request, "people.html", people=found, offices=ask(call, verbs.list_offices).items, roles=list(Role))


@router.post("/people")
def create(
    request: Request, visitor: TheVisitor, login: Text, name: Text, office: Text, password: Text, roles: Texts
) -> Response:
    made = act(
        request, visitor, verbs.create_user, login=login, name=name, office=office, roles=roles, password=password
    )
    return _person(made.login)


@router.get("/people/{login}")
def person(request: Request, call: Reading, login: str) -> Response:
    return page(request, "person.html", user=ask(call, verbs.show_user, login=login), roles=list(Role))


@router.post("/people/{login}/roles")
def set_roles(request: Request, visitor: TheVisitor, login: str, roles: Texts) -> Response:
    act(request, visitor, verbs.set_roles, login=login, roles=roles)
    return _person(login)


@router.post("/people/{login}/password")
def set_password(request: Request, visitor: TheVisitor, login: str, password: Text) -> Response:
    act(request, visitor, verbs.set_password, login=login, new=password)
    return _person(login)


@router.post("/people/{login}/deactivate")
def deactivate(request: Request, visitor: TheVisitor, login: str) -> Response:
    act(request, visitor, verbs.deactivate, login=login)
    return _person(login)


def _person(login: str) -> Response:
    return RedirectResponse(f"/people/{login}?done=1", 303)


@router.get("/offices")
def offices(request: Request, call: Reading) -> Response:
    return page(request, "offices.html", offices=ask(call, verbs.list_offices).items, levels=list(OfficeLevel))


@router.post("/offices")
def create_office(
    request: Request,
    visitor: TheVisitor,
    code: Text,
    name: Text,
    level: Text,
    parent: Text,
    area_prefix: Text,
    kind: Annotated[str, Form()] = OfficeKind.ADMINISTRATIVE,
) -> Response:
    told = {"code": code, "name": name, "level": level, "parent": parent, "area_prefix": area_prefix, "kind": kind}
    act(request, visitor, verbs.create_office, **told)
    return RedirectResponse("/offices?done=1", 303)


@router.get("/keys")
def keys(request: Request, call: Reading) -> Response:
    return _keys(request, call, "")


def _keys(request: Request, call: Call, secret: str) -> Response:
    return page(request, "keys.html", keys=ask(call, verbs.list_keys).items, secret=secret)


@router.post("/keys")
def issue_key(
    request: Request,
    call: Reading,
    visitor: TheVisitor,
    client: Text,
    contact: Text,
    per_minute: Annotated[int, Form()] = 600_000,
    days: Annotated[int, Form()] = KEY_DAYS,
) -> Response:
    """A key, shown this once. What is read is read after the key was issued: a snapshot begins with its first question."""
    told = {"client": client, "contact": contact, "per_minute": per_minute, "days": days}
    return _keys(request, call, act(request, visitor, verbs.issue_key, **told).key)


@router.post("/keys/{key_id}/revoke")
def revoke(request: Request, visitor: TheVisitor, key_id: int) -> Response:
    act(request, visitor, verbs.revoke_key, key_id=key_id)
    return RedirectResponse("/keys?done=1", 303)
