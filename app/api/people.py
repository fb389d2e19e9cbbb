"""Who I am, people, offices, tokens and keys over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.accounts import service
from app.api.deps import CurrentActor, Now, ReadSession, WriteSession
from app.domain.roles import Permission, permissions_of

router = APIRouter(prefix="/api/v1", tags=["people"])


class NewOffice(BaseModel):
    code: str
    name: str
    level: str
    parent: str = ""
    area_prefix: str = ""


class NewUser(BaseModel):
    login: str = Field(min_length=1, max_length=64)
    name: str
    office: str
    roles: list[str]
    password: str = ""


class NewKey(BaseModel):
    client: str
    scopes: str = "check"
    per_minute: int = Field(600_000, ge=1)
    days: int = Field(365, ge=1)
    contact: str = ""


class Roles(BaseModel):
    roles: list[str]


class Label(BaseModel):
    label: str = ""
    days: int = Field(90, ge=1, le=366)


@router.get("/me")
def me(actor: CurrentActor) -> dict[str, Any]:
    """The person behind the token and what he may do."""
    return {
        "login": actor.login,
        "name": actor.name,
        "office_id": actor.office_id,
        "area": actor.area_prefix,
        "roles": sorted(actor.roles),
        "permissions": sorted(permissions_of(actor.roles)),
    }


@router.post("/me/tokens", status_code=201)
def issue_my_token(body: Label, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, str]:
    """A further token for oneself, shown this once."""
    secret = service.issue_token(session, actor.login, actor=actor, now=now, label=body.label, days=body.days)
    return {"token": secret}


@router.get("/offices")
def offices(session: ReadSession, _actor: CurrentActor) -> list[dict[str, Any]]:
    return [
        {"code": o.code, "name": o.name, "level": o.level, "area": o.area_prefix, "path": o.path}
        for o in service.list_offices(session)
    ]


@router.post("/offices", status_code=201)
def create_office(body: NewOffice, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    office = service.create_office(session, **body.model_dump(), actor=actor, now=now)
    return {"code": office.code, "path": office.path}


@router.get("/users")
def users(session: ReadSession, actor: CurrentActor) -> list[dict[str, Any]]:
    actor.require(Permission.MANAGE_USERS)
    return service.list_users(session)


@router.post("/users", status_code=201)
def create_user(body: NewUser, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    user = service.create_user(session, **body.model_dump(), actor=actor, now=now)
    return {"login": user.login}


@router.put("/users/{login}/roles")
def set_roles(login: str, body: Roles, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    service.set_roles(session, login, body.roles, actor=actor, now=now)
    return {"login": login, "roles": sorted(body.roles)}


@router.post("/users/{login}/tokens", status_code=201)
def issue_token(login: str, body: Label, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, str]:
    """A token for a person, shown this once to the security administrator who hands it over."""
    secret = service.issue_token(session, login, actor=actor, now=now, label=body.label, days=body.days)
    return {"token": secret}


@router.delete("/users/{login}")
def deactivate(login: str, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """End a person's access; what he did stays in the trail."""
    service.deactivate(session, login, actor=actor, now=now)
    return {"login": login, "active": False}


@router.get("/keys")
def keys(session: ReadSession, actor: CurrentActor) -> list[dict[str, Any]]:
    actor.require(Permission.MANAGE_KEYS)
    return service.list_keys(session)


@router.post("/keys", status_code=201)
def issue_key(body: NewKey, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, str]:
    """A key for a collection system, shown this once."""
    return {"key": service.issue_key(session, **body.model_dump(), actor=actor, now=now)}


@router.delete("/keys/{key_id}")
def revoke_key(key_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    service.revoke_key(session, key_id, actor=actor, now=now)
    return {"key_id": key_id, "revoked": True}
