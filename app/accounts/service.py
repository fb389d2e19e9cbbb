"""Offices, people, roles, tokens; clients of the check and their keys. Who gave whom what is in the trail."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import find_actor, get_actor
from app.accounts.passwords import hash_password, password_fits
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor, Client
from app.core.crypto import secret_hash
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from app.domain.roles import Permission, Role, conflict_of
from app.models import ApiClient, ApiKey, Office, PersonalToken, UserAccount, UserRole

TOKEN_PREFIX, KEY_PREFIX = "mlp_", "mlk_"
TOKEN_DAYS, KEY_DAYS = 90, 365
LEVELS = ("national", "municipal", "district", "post")


class RoleConflict(Invalid):
    """These roles may not be held by one person."""

    code = "role_conflict"


class OwnRoles(Forbidden):
    """Nobody gives himself roles."""

    code = "own_roles"


class BadCredentials(Unauthenticated):
    code = "bad_credentials"


class LoginTaken(Conflict):
    code = "login_taken"


def create_office(
    session: Session,
    *,
    code: str,
    name: str,
    level: str,
    parent: str,
    area_prefix: str,
    actor: Actor,
    now: datetime,
    kind: str = "administrative",
) -> Office:
    """An office under its parent (by code; empty for the root of a new installation)."""
    actor.require(Permission.MANAGE_OFFICES)
    if level not in LEVELS:
        raise Invalid(f"the level of an office is one of {', '.join(LEVELS)}", code="bad_level")
    office = _insert_office(session, code, name, level, parent, area_prefix, kind)
    payload = {"code": code, "name": name, "level": level, "parent": parent, "area": area_prefix}
    _log(session, Tag.OFFICE_CREATE, f"office {code}", actor.login, now, payload)
    return office


def _insert_office(
    session: Session, code: str, name: str, level: str, parent: str, area_prefix: str, kind: str = "administrative"
) -> Office:
    above = get_office(session, parent) if parent else None
    if session.execute(select(Office).where(col(Office.code) == code)).first():
        raise Conflict(f"there is an office {code} already", code="office_exists")
    parent_id = above.office_id if above else None
    office = Office(code=code, name=name, level=level, kind=kind, area_prefix=area_prefix, path="", parent_id=parent_id)
    session.add(office)
    session.flush()
    office.path = f"{above.path if above else '/'}{office.office_id}/"
    session.flush()
    return office


def get_office(session: Session, code: str) -> Office:
    office: Office | None = session.execute(select(Office).where(col(Office.code) == code)).scalar_one_or_none()
    if office is None:
        raise NotFound(f"there is no office {code}", code="office_not_found")
    return office


def list_offices(session: Session) -> list[Office]:
    return list(session.execute(select(Office).order_by(col(Office.path))).scalars())


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    office: str,
    roles: Iterable[str],
    actor: Actor,
    now: datetime,
    password: str = "",
) -> UserAccount:
    """A person of an office with roles. Raises RoleConflict, LoginTaken, WeakPassword."""
    actor.require(Permission.MANAGE_USERS)
    user = _insert_user(session, login, name, get_office(session, office), roles, now, password)
    payload = {"login": login, "office": office, "roles": sorted(roles_of(session, user.user_id))}
    _log(session, Tag.USER_CREATE, f"user {login}", actor.login, now, payload)
    return user


def _insert_user(
    session: Session,
    login: str,
    name: str,
    office: Office,
    roles: Iterable[str],
    now: datetime,
    password: str = "",
    *,
    is_system: bool = False,
) -> UserAccount:
    checked = _checked_roles(roles)
    if session.execute(select(UserAccount).where(col(UserAccount.login) == login)).first():
        raise LoginTaken(f"the login {login} is taken")
    user = UserAccount(
        login=login,
        name=name,
        office_id=office.office_id,
        password_hash=hash_password(password) if password else "",
        is_system=is_system,
        created_at=now,
    )
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.user_id, role=str(role)) for role in sorted(checked))
    session.flush()
    return user


def _checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    try:
        checked = frozenset(Role(role) for role in roles)
    except ValueError as unknown:
        raise Invalid(str(unknown), code="unknown_role") from unknown
    conflict = conflict_of(checked)
    if conflict:
        raise RoleConflict(conflict)
    return checked


def roles_of(session: Session, user_id: int) -> set[str]:
    return set(session.execute(select(col(UserRole.role)).where(col(UserRole.user_id) == user_id)).scalars())


def set_roles(session: Session, login: str, roles: Iterable[str], *, actor: Actor, now: datetime) -> None:
    """Replace a person's roles."""
    actor.require(Permission.MANAGE_USERS)
    if login == actor.login:
        raise OwnRoles("nobody changes his own roles")
    user = get_user(session, login)
    checked = _checked_roles(roles)
    before = sorted(roles_of(session, user.user_id))
    session.execute(delete(UserRole).where(col(UserRole.user_id) == user.user_id))
    session.add_all(UserRole(user_id=user.user_id, role=str(role)) for role in sorted(checked))
    session.flush()
    payload = {"before": before, "after": sorted(checked)}
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, payload)


def set_password(session: Session, login: str, password: str, *, actor: Actor, now: datetime) -> None:
    """Set one's own password, or another's as security administrator."""
    if login != actor.login:
        actor.require(Permission.MANAGE_USERS)
    get_user(session, login).password_hash = hash_password(password)
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"password": "set"})


def deactivate(session: Session, login: str, *, actor: Actor, now: datetime) -> None:
    """End a person's access: tokens are revoked with it."""
    actor.require(Permission.MANAGE_USERS)
    user = get_user(session, login)
    user.is_active = False
    session.execute(
        update(PersonalToken)
        .where(col(PersonalToken.user_id) == user.user_id, col(PersonalToken.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"active": False})


def unlock(session: Session, login: str, *, actor: Actor, now: datetime) -> None:
    """Let a person who was locked out after failed sign-ins try again."""
    actor.require(Permission.MANAGE_USERS)
    user = get_user(session, login)
    user.failed_sign_ins, user.locked_until = 0, None
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"unlocked": True})


def change_own_password(session: Session, old: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Set one's own password, knowing the old one. Raises BadCredentials, WeakPassword."""
    if not password_fits(get_user(session, actor.login).password_hash, old):
        raise BadCredentials("the old password is wrong")
    set_password(session, actor.login, new, actor=actor, now=now)


def list_tokens(session: Session, actor: Actor, *, now: datetime) -> list[PersonalToken]:
    """A person's valid tokens, the newest first; never their secrets."""
    statement = select(PersonalToken).where(
        col(PersonalToken.user_id) == actor.user_id,
        col(PersonalToken.revoked_at).is_(None),
        col(PersonalToken.expires_at) > now,
    )
    return list(session.execute(statement.order_by(col(PersonalToken.token_id).desc())).scalars())


def get_user(session: Session, login: str) -> UserAccount:
    user: UserAccount | None = session.execute(
        select(UserAccount).where(col(UserAccount.login) == login)
    ).scalar_one_or_none()
    if user is None:
        raise NotFound(f"nobody has the login {login}", code="user_not_found")
    return user


def list_users(session: Session) -> list[dict[str, Any]]:
    statement = select(UserAccount, col(Office.code)).join(Office, col(Office.office_id) == col(UserAccount.office_id))
    return [
        {
            "login": user.login,
            "name": user.name,
            "office": office,
            "active": user.is_active,
            "system": user.is_system,
            "roles": sorted(roles_of(session, user.user_id)),
        }
        for user, office in session.execute(statement.order_by(col(UserAccount.login)))
    ]


def issue_token(
    session: Session, login: str, *, actor: Actor, now: datetime, label: str = "", days: int = TOKEN_DAYS
) -> str:
    """A personal token, shown this once: for oneself, or for another as security administrator."""
    if login != actor.login:
        actor.require(Permission.MANAGE_USERS)
    secret = _insert_token(session, get_user(session, login), now, label, days)
    _log(session, Tag.TOKEN_ISSUE, f"user {login}", actor.login, now, {"label": label, "days": days})
    return secret


def _insert_token(session: Session, user: UserAccount, now: datetime, label: str, days: int) -> str:
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = PersonalToken(
        user_id=user.user_id,
        secret_hash=secret_hash(secret),
        label=label,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return secret


def revoke_tokens(session: Session, login: str, *, actor: Actor, now: datetime) -> int:
    """Revoke all tokens of a person; returns how many."""
    if login != actor.login:
        actor.require(Permission.MANAGE_USERS)
    user = get_user(session, login)
    statement = select(PersonalToken).where(
        col(PersonalToken.user_id) == user.user_id, col(PersonalToken.revoked_at).is_(None)
    )
    tokens = list(session.execute(statement).scalars())
    for token in tokens:
        token.revoked_at = now
    _log(session, Tag.TOKEN_REVOKE, f"user {login}", actor.login, now, {"tokens": len(tokens)})
    return len(tokens)


def authenticate_token(session: Session, secret: str, *, now: datetime) -> Actor:
    """The person a token belongs to. Raises BadCredentials; which part was wrong is not said."""
    statement = (
        select(col(UserAccount.login))
        .join(PersonalToken, col(PersonalToken.user_id) == col(UserAccount.user_id))
        .where(
            col(PersonalToken.secret_hash) == secret_hash(secret),
            col(PersonalToken.revoked_at).is_(None),
            col(PersonalToken.expires_at) > now,
        )
    )
    login = session.execute(statement).scalar_one_or_none()
    actor = find_actor(session, login) if login else None
    if actor is None:
        raise BadCredentials("the token is not valid, revoked or expired")
    return actor


def system_actor(session: Session, login: str, *, office_id: int, now: datetime) -> Actor:
    """The named system actor, made when it first acts. It holds no roles and no way to sign in."""
    found = find_actor(session, login)
    if found is None:
        office = session.get(Office, office_id)
        assert office is not None, "a system actor acts for an office"
        _insert_user(session, login, login, office, [], now, is_system=True)
        found = get_actor(session, login)
    return found


def bootstrap(
    session: Session, *, login: str, office_name: str, now: datetime, office_code: str = "root", area_prefix: str = ""
) -> str:
    """The first office and security administrator of an empty installation; returns a token, shown this once."""
    if session.execute(select(UserAccount).limit(1)).first():
        raise Conflict("this installation has people already", code="already_bootstrapped")
    office = _insert_office(session, office_code, office_name, "municipal", "", area_prefix)
    user = _insert_user(session, login, login, office, [str(Role.SEC_ADMIN)], now)
    _log(session, Tag.USER_CREATE, f"user {login}", "operator", now, {"roles": [str(Role.SEC_ADMIN)]})
    return _insert_token(session, user, now, "bootstrap", 1)


def create_client(session: Session, *, name: str, contact: str, actor: Actor, now: datetime) -> ApiClient:
    actor.require(Permission.MANAGE_KEYS)
    found: ApiClient | None = session.execute(select(ApiClient).where(col(ApiClient.name) == name)).scalar_one_or_none()
    if found is None:
        found = ApiClient(name=name, contact=contact, created_at=now)
        session.add(found)
        session.flush()
    return found


def issue_key(
    session: Session,
    *,
    client: str,
    actor: Actor,
    now: datetime,
    scopes: str = "check",
    per_minute: int = 600_000,
    days: int = KEY_DAYS,
    contact: str = "",
) -> str:
    """A key for a client (made when it is new), shown this once."""
    owner = create_client(session, name=client, contact=contact, actor=actor, now=now)
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        client_id=owner.client_id,
        secret_hash=secret_hash(secret),
        scopes=scopes,
        per_minute=per_minute,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    payload = {"client": client, "scopes": scopes, "per_minute": per_minute, "days": days}
    _log(session, Tag.KEY_ISSUE, f"client {client}", actor.login, now, payload)
    return secret


def revoke_key(session: Session, key_id: int, *, actor: Actor, now: datetime) -> None:
    actor.require(Permission.MANAGE_KEYS)
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound(f"there is no key {key_id}", code="key_not_found")
    key.revoked_at = now
    _log(session, Tag.KEY_REVOKE, f"key {key_id}", actor.login, now, {})


def list_keys(session: Session) -> list[dict[str, Any]]:
    statement = select(ApiKey, col(ApiClient.name)).join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
    return [
        {
            "key_id": key.key_id,
            "client": client,
            "scopes": key.scopes,
            "per_minute": key.per_minute,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
        }
        for key, client in session.execute(statement.order_by(col(ApiKey.key_id)))
    ]


def authenticate_key(session: Session, secret: str, *, now: datetime) -> Client:
    """The client a key belongs to. Raises BadCredentials."""
    statement = (
        select(ApiKey, col(ApiClient.name))
        .join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
        .where(
            col(ApiKey.secret_hash) == secret_hash(secret),
            col(ApiKey.revoked_at).is_(None),
            col(ApiKey.expires_at) > now,
        )
    )
    found = session.execute(statement).first()
    if found is None:
        raise BadCredentials("the key is not valid, revoked or expired")
    key, name = found
    return Client(key.client_id, key.key_id, name, frozenset(key.scopes.split()), key.per_minute)


def _log(session: Session, tag: Tag, subject: str, by: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=by, at=now, subject=subject, payload=payload)
