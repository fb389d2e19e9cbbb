"""People, offices and keys: for the administrators, none of whom works the data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.accounts import service
from app.core.errors import Forbidden
from app.domain.roles import Permission, Role
from app.http.deps import Now, ReadSession, WriteSession
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter()
Roles = Annotated[list[str], Form()]


@router.get("/people")
def people(request: Request, session: ReadSession, visitor: TheVisitor) -> Response:
    visitor.actor.require(Permission.MANAGE_USERS)
    found = [user for user in service.list_users(session) if not user["system"]]
    return page(request, "people.html", people=found, offices=service.list_offices(session), roles=list(Role))


@router.post("/people")
def create(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    login: Annotated[str, Form()],
    name: Annotated[str, Form()],
    office: Annotated[str, Form()],
    password: Annotated[str, Form()],
    roles: Roles,
) -> Response:
    service.create_user(
        session,
        login=login.strip(),
        name=name,
        office=office,
        roles=roles,
        actor=visitor.actor,
        now=now,
        password=password,
    )
    return RedirectResponse(f"/people/{login.strip()}?done=1", 303)


@router.get("/people/{login}")
def person(request: Request, session: ReadSession, visitor: TheVisitor, login: str) -> Response:
    visitor.actor.require(Permission.MANAGE_USERS)
    user = service.get_user(session, login)
    held = service.roles_of(session, user.user_id)
    return page(request, "person.html", user=user, held=held, roles=list(Role))


@router.post("/people/{login}/roles")
def set_roles(session: WriteSession, visitor: TheVisitor, now: Now, login: str, roles: Roles) -> Response:
    service.set_roles(session, login, roles, actor=visitor.actor, now=now)
    return _person(login)


@router.post("/people/{login}/password")
def set_password(
    session: WriteSession, visitor: TheVisitor, now: Now, login: str, password: Annotated[str, Form()]
) -> Response:
    service.set_password(session, login, password, actor=visitor.actor, now=now)
    return _person(login)


@router.post("/people/{login}/deactivate")
def deactivate(session: WriteSession, visitor: TheVisitor, now: Now, login: str) -> Response:
    service.deactivate(session, login, actor=visitor.actor, now=now)
    return _person(login)


@router.post("/people/{login}/unlock")
def unlock(session: WriteSession, visitor: TheVisitor, now: Now, login: str) -> Response:
    service.unlock(session, login, actor=visitor.actor, now=now)
    return _person(login)


def _person(login: str) -> Response:
    return RedirectResponse(f"/people/{login}?done=1", 303)


@router.get("/offices")
def offices(request: Request, session: ReadSession, visitor: TheVisitor) -> Response:
    if not (visitor.actor.may(Permission.MANAGE_OFFICES) or visitor.actor.may(Permission.MANAGE_USERS)):
        raise Forbidden("offices are for administrators", code="permission_missing")
    return page(request, "offices.html", offices=service.list_offices(session), levels=service.LEVELS)


@router.post("/offices")
def create_office(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    code: Annotated[str, Form()],
    name: Annotated[str, Form()],
    level: Annotated[str, Form()],
    parent: Annotated[str, Form()],
    area_prefix: Annotated[str, Form()],
    kind: Annotated[str, Form()] = "administrative",
) -> Response:
    service.create_office(
        session, code=code, name=name, level=level, parent=parent, area_prefix=area_prefix, kind=kind,
        actor=visitor.actor, now=now,
    )  # fmt: skip
    return RedirectResponse("/offices?done=1", 303)


@router.get("/keys")
def keys(request: Request, session: ReadSession, visitor: TheVisitor, now: Now) -> Response:
    visitor.actor.require(Permission.MANAGE_KEYS)
    return _keys(request, session, now, "")


def _keys(request: Request, session: Session, now: datetime, secret: str) -> Response:
    return page(request, "keys.html", keys=service.list_keys(session), secret=secret, now=now)


@router.post("/keys")
def issue_key(
    request: Request,
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    client: Annotated[str, Form()],
    contact: Annotated[str, Form()] = "",
    per_minute: Annotated[int, Form(ge=1)] = 600_000,
    days: Annotated[int, Form(ge=1, le=3650)] = service.KEY_DAYS,
) -> Response:
    """A key, shown this once."""
    secret = service.issue_key(
        session, client=client, contact=contact, per_minute=per_minute, days=days, actor=visitor.actor, now=now
    )
    return _keys(request, session, now, secret)


@router.post("/keys/{key_id}/revoke")
def revoke(session: WriteSession, visitor: TheVisitor, now: Now, key_id: int) -> Response:
    service.revoke_key(session, key_id, actor=visitor.actor, now=now)
    return RedirectResponse("/keys?done=1", 303)
