"""Offices, people, roles, tokens; clients of the check and their keys. Who gave whom what is in the trail."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select
from sqlmodel import col

from app.accounts.actor import find_actor, get_actor
from app.accounts.errors import (
    AlreadyBootstrapped,
    BadCredentials,
    KeyNotFound,
    LoginTaken,
    OfficeExists,
    OfficeNotFound,
    OwnRoles,
    RoleConflict,
    UserInactive,
    UserNotFound,
    WrongPassword,
)
from app.accounts.passwords import NO_PASSWORD, Hashed
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor, Client
from app.core.crypto import secret_hash
from app.core.dialect import insert_or_skip, locked
from app.core.moves import move, move_where
from app.core.rights import Territory
from app.domain.lives import KeyStatus
from app.domain.period import FOREVER
from app.domain.roles import Permission, Role, conflict
from app.domain.words import OfficeKind, OfficeLevel
from app.models import ApiClient, ApiKey, Office, OfficeArea, PersonalToken, UserAccount, UserRole, table_of

TOKEN_PREFIX, KEY_PREFIX = "mlp_", "mlk_"
TOKEN_DAYS, KEY_DAYS = 90, 365


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
    kind: str = OfficeKind.ADMINISTRATIVE,
) -> Office:
    """An office under its parent (by code; empty for the root of a new installation). Raises OfficeExists."""
    actor.require(Permission.MANAGE_OFFICES)
    office = _insert_office(session, code, name, level, parent, area_prefix, kind)
    payload = {"code": code, "name": name, "level": level, "parent": parent, "area": area_prefix}
    _log(session, Tag.OFFICE_CREATE, f"office {code}", actor.login, now, payload)
    return office


def _insert_office(
    session: Session,
    code: str,
    name: str,
    level: str,
    parent: str,
    area_prefix: str,
    kind: str = OfficeKind.ADMINISTRATIVE,
) -> Office:
    above = get_office(session, parent) if parent else None
    parent_id = above.office_id if above else None
    made = Office(code=code, name=name, level=OfficeLevel(level), kind=OfficeKind(kind), path="", parent_id=parent_id)
    if not insert_or_skip(session, table_of(Office), [made.model_dump(exclude={"office_id"})]):
        raise OfficeExists(office=code)
    office = get_office(session, code)
    office.path = f"{above.path if above else '/'}{office.office_id}/"
    if area_prefix:
        own = OfficeArea(office_id=office.office_id, area_prefix=area_prefix, valid_from=date.min, valid_until=FOREVER)
        session.add(own)
    session.flush()
    return office


def get_office(session: Session, code: str) -> Office:
    office: Office | None = session.execute(select(Office).where(col(Office.code) == code)).scalar_one_or_none()
    if office is None:
        raise OfficeNotFound(office=code)
    return office


def list_offices(session: Session) -> list[Office]:
    return list(session.execute(select(Office).order_by(col(Office.path))).scalars())


def areas_of(session: Session, on: date) -> dict[int, Territory]:
    """Office to what it keeps on a day."""
    kept: dict[int, list[tuple[str, str]]] = {}
    statement = select(OfficeArea).where(col(OfficeArea.valid_from) <= on, col(OfficeArea.valid_until) > on)
    for one in session.execute(statement.order_by(col(OfficeArea.area_prefix))).scalars():
        kept.setdefault(one.office_id, []).append((one.area_prefix, one.park_code))
    return {office_id: Territory(tuple(parts)) for office_id, parts in kept.items()}


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    office: str,
    roles: Iterable[str],
    actor: Actor,
    now: datetime,
    password: Hashed = NO_PASSWORD,
) -> UserAccount:
    """A person of an office with roles. Raises RoleConflict, LoginTaken."""
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
    password: Hashed = NO_PASSWORD,
    *,
    is_system: bool = False,
) -> UserAccount:
    checked = _checked_roles(roles)
    made = UserAccount(
        login=login,
        name=name,
        office_id=office.office_id,
        password_hash=password,
        is_system=is_system,
        created_at=now,
    )
    if not insert_or_skip(session, table_of(UserAccount), [made.model_dump(exclude={"user_id"})]):
        raise LoginTaken(login=login)
    user = get_user(session, login)
    session.add_all(UserRole(user_id=user.user_id, role=str(role)) for role in sorted(checked))
    session.flush()
    return user


def _checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    checked = frozenset(Role(role) for role in roles)
    if conflict(checked):
        raise RoleConflict
    return checked


def roles_of(session: Session, user_id: int) -> set[str]:
    return set(session.execute(select(col(UserRole.role)).where(col(UserRole.user_id) == user_id)).scalars())


def set_roles(session: Session, login: str, roles: Iterable[str], *, actor: Actor, now: datetime) -> None:
    """Replace a person's roles. Raises OwnRoles, RoleConflict; of two at once the second replaces the first's."""
    actor.require(Permission.MANAGE_USERS)
    if login == actor.login:
        raise OwnRoles
    user = _held(session, login)
    checked = _checked_roles(roles)
    before = sorted(roles_of(session, user.user_id))
    session.execute(delete(UserRole).where(col(UserRole.user_id) == user.user_id))
    session.add_all(UserRole(user_id=user.user_id, role=str(role)) for role in sorted(checked))
    session.flush()
    payload = {"before": before, "after": sorted(checked)}
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, payload)


def set_password(session: Session, login: str, password: Hashed, *, actor: Actor, now: datetime) -> None:
    """Set one's own password, or another's as security administrator."""
    if login != actor.login:
        actor.require(Permission.MANAGE_USERS)
    get_user(session, login).password_hash = password
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"password": "set"})


def deactivate(session: Session, login: str, *, actor: Actor, now: datetime) -> None:
    """End a person's access: tokens are revoked with it. Raises UserInactive when it has ended before."""
    actor.require(Permission.MANAGE_USERS)
    user = _active(session, login)
    user.is_active = False
    _revoke_tokens(session, user, now)
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"active": False})


def change_own_password(session: Session, old: str, new: Hashed, *, actor: Actor, now: datetime) -> None:
    """Set one's own password, where `old` is still what is stored. Raises WrongPassword."""
    if _held(session, actor.login).password_hash != old:
        raise WrongPassword
    set_password(session, actor.login, new, actor=actor, now=now)


def list_tokens(session: Session, actor: Actor, *, now: datetime) -> list[PersonalToken]:
    """A person's valid tokens, the newest first; never their secrets."""
    statement = select(PersonalToken).where(
        col(PersonalToken.user_id) == actor.user_id,
        col(PersonalToken.status) == KeyStatus.ISSUED,
        col(PersonalToken.expires_at) > now,
    )
    return list(session.execute(statement.order_by(col(PersonalToken.token_id).desc())).scalars())


def get_user(session: Session, login: str) -> UserAccount:
    return _the(session, select(UserAccount).where(col(UserAccount.login) == login), login)


def _held(session: Session, login: str) -> UserAccount:
    """The person, held until the transaction ends, so that of two who change him the second waits for the first."""
    return _the(session, locked(select(UserAccount).where(col(UserAccount.login) == login)), login)


def _active(session: Session, login: str) -> UserAccount:
    """The person, held, whose access has not ended."""
    user = _held(session, login)
    if not user.is_active:
        raise UserInactive(login=login)
    return user


def _the(session: Session, statement: Select[UserAccount], login: str) -> UserAccount:
    fresh = {"populate_existing": True}
    user: UserAccount | None = session.execute(statement, execution_options=fresh).scalar_one_or_none()
    if user is None:
        raise UserNotFound(login=login)
    return user


@dataclass(frozen=True)
class Person:
    """An account with its office's code and its roles."""

    user: UserAccount
    office: str
    roles: list[str]


def list_people(session: Session, login: str = "") -> list[Person]:
    """Everybody, or the one with this login."""
    people = select(UserAccount, col(Office.code)).join(Office, col(Office.office_id) == col(UserAccount.office_id))
    people = people.where(col(UserAccount.login) == login) if login else people
    roles: dict[int, list[str]] = {}
    for user_id, role in session.execute(
        select(col(UserRole.user_id), col(UserRole.role)).order_by(col(UserRole.role))
    ):
        roles.setdefault(user_id, []).append(role)
    found = session.execute(people.order_by(col(UserAccount.login)))
    return [Person(user, office, roles.get(user.user_id, [])) for user, office in found]


def get_person(session: Session, login: str) -> Person:
    """Raises UserNotFound."""
    for person in list_people(session, login):
        return person
    raise UserNotFound(login=login)


def issue_token(
    session: Session, login: str, *, actor: Actor, now: datetime, label: str = "", days: int = TOKEN_DAYS
) -> str:
    """A personal token, shown this once: for oneself, or for another as security administrator. Raises UserInactive."""
    if login != actor.login:
        actor.require(Permission.MANAGE_USERS)
    secret = _insert_token(session, _active(session, login), now, label, days)
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
    revoked = _revoke_tokens(session, get_user(session, login), now)
    _log(session, Tag.TOKEN_REVOKE, f"user {login}", actor.login, now, {"tokens": revoked})
    return revoked


def _revoke_tokens(session: Session, user: UserAccount, now: datetime) -> int:
    its_own = col(PersonalToken.user_id) == user.user_id
    return move_where(session, PersonalToken, KeyStatus.REVOKED, its_own, revoked_at=now)


def authenticate_token(session: Session, secret: str, *, now: datetime) -> Actor:
    """The person a token belongs to. Raises BadCredentials; which part was wrong is not said."""
    statement = (
        select(col(UserAccount.login))
        .join(PersonalToken, col(PersonalToken.user_id) == col(UserAccount.user_id))
        .where(
            col(PersonalToken.secret_hash) == secret_hash(secret),
            col(PersonalToken.status) == KeyStatus.ISSUED,
            col(PersonalToken.expires_at) > now,
        )
    )
    login = session.execute(statement).scalar_one_or_none()
    actor = find_actor(session, login) if login else None
    if actor is None:
        raise BadCredentials
    return actor


def system_actor(session: Session, login: str, *, office_id: int, now: datetime) -> Actor:
    """The named system actor, made when it first acts. It holds no roles and no way to sign in."""
    found = find_actor(session, login)
    if found is None:
        office = session.get(Office, office_id)
        assert office is not None, "a system actor acts for an office"
        with suppress(LoginTaken):  # another made it meanwhile
            _insert_user(session, login, login, office, [], now, is_system=True)
        found = get_actor(session, login)
    return found


def bootstrap(
    session: Session, *, login: str, office_name: str, now: datetime, office_code: str = "root", area_prefix: str = ""
) -> str:
    """The first office and security administrator of an empty installation; returns a token, shown this once."""
    if session.execute(select(UserAccount).limit(1)).first():
        raise AlreadyBootstrapped
    office = _insert_office(session, office_code, office_name, "municipal", "", area_prefix)
    user = _insert_user(session, login, login, office, [str(Role.SEC_ADMIN)], now)
    _log(session, Tag.USER_CREATE, f"user {login}", "operator", now, {"roles": [str(Role.SEC_ADMIN)]})
    return _insert_token(session, user, now, "bootstrap", 1)


def create_client(session: Session, *, name: str, contact: str, actor: Actor, now: datetime) -> ApiClient:
    """The client of this name, made when it is new."""
    actor.require(Permission.MANAGE_KEYS)
    made = ApiClient(name=name, contact=contact, created_at=now)
    insert_or_skip(session, table_of(ApiClient), [made.model_dump(exclude={"client_id"})])
    found: ApiClient = session.execute(select(ApiClient).where(col(ApiClient.name) == name)).scalar_one()
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
    """End a key. Raises KeyNotFound, and WrongState where it was ended before."""
    actor.require(Permission.MANAGE_KEYS)
    key = session.get(ApiKey, key_id)
    if key is None:
        raise KeyNotFound(key_id=key_id)
    move(session, key, KeyStatus.REVOKED, revoked_at=now)
    _log(session, Tag.KEY_REVOKE, f"key {key_id}", actor.login, now, {})


def list_keys(session: Session, key_id: int = 0) -> list[tuple[ApiKey, str]]:
    """Every key, or the one of this number, with its client's name."""
    statement = select(ApiKey, col(ApiClient.name)).join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
    statement = statement.where(col(ApiKey.key_id) == key_id) if key_id else statement
    return [(key, client) for key, client in session.execute(statement.order_by(col(ApiKey.key_id)))]


def authenticate_key(session: Session, secret: str, *, now: datetime) -> Client:
    """The client a key belongs to. Raises BadCredentials."""
    statement = (
        select(ApiKey, col(ApiClient.name))
        .join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
        .where(
            col(ApiKey.secret_hash) == secret_hash(secret),
            col(ApiKey.status) == KeyStatus.ISSUED,
            col(ApiKey.expires_at) > now,
        )
    )
    found = session.execute(statement).first()
    if found is None:
        raise BadCredentials
    key, name = found
    return Client(key.client_id, key.key_id, name, frozenset(key.scopes.split()), key.per_minute)


def _log(session: Session, tag: Tag, subject: str, by: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=by, at=now, subject=subject, payload=payload)
