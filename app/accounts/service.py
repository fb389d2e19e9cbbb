"""People and tokens. Rights are given in `app.accounts.grants`, keys of collection systems in `app.accounts.keys`."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts import grants
from app.accounts.actor import find_actor, get_actor
from app.accounts.entering import Closed, close, close_tokens, give_secret
from app.accounts.errors import (
    AdministratorsAccess,
    AdministratorsPassword,
    BadCredentials,
    LoginTaken,
    OwnPassword,
    TokensMakeNoTokens,
    UserNotFound,
    WrongPassword,
)
from app.accounts.offices import get_office
from app.accounts.passwords import NO_PASSWORD, Hashed
from app.accounts.people import active_user, get_user, held_user, roles_of
from app.accounts.second_factor import by_token
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.crypto import secret_hash
from app.core.dialect import insert_or_skip
from app.core.errors import SecondPersonNeeded
from app.domain.lives import KeyStatus
from app.domain.roles import ACTING, ADMIN_ROLES, Permission
from app.models import (
    Office,
    PersonalToken,
    SecondFactor,
    Section,
    UserAccount,
    UserRole,
    table_of,
)

PREFIX = "mlp_"
TOKEN_DAYS = 90


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    office: str,
    password: Hashed,
    actor: Actor,
    now: datetime,
) -> UserAccount:
    """A person of an office, who may nothing yet, with a password for one sign-in. Raises LoginTaken, OfficeNotFound."""
    actor.require(Permission.MANAGE_ACCOUNTS)
    user = insert_user(session, login, name, get_office(session, office), now, password, by=actor.login)
    _log(session, Tag.USER_CREATE, f"user {login}", actor.login, now, {"login": login, "office": office})
    return user


def insert_user(
    session: Session,
    login: str,
    name: str,
    office: Office,
    now: datetime,
    password: Hashed = NO_PASSWORD,
    *,
    by: str = "",
    is_system: bool = False,
) -> UserAccount:
    """An account; a person's password is for one sign-in and of `by`. Raises LoginTaken."""
    made = UserAccount(
        login=login,
        name=name,
        office_id=office.office_id,
        password_hash=password,
        must_change_password=not is_system,
        password_set_by=by,
        password_set_at=now if by else None,
        is_system=is_system,
        created_at=now,
    )
    if not insert_or_skip(session, table_of(UserAccount), [made.model_dump(exclude={"user_id"})]):
        raise LoginTaken(login=login)
    return get_user(session, login)


def may_reset(session: Session, login: str, actor: Actor) -> UserAccount:
    """Whose password an administrator may set, be it with another's confirmation (`takes_two`): everybody's but his own
    and that of the three administrators.

    Raises PermissionMissing, OwnPassword, AdministratorsPassword, UserInactive.
    """
    actor.require_any(Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
    if login == actor.login:
        raise OwnPassword
    user = active_user(session, login)
    if ADMIN_ROLES & roles_of(session, user.user_id):
        raise AdministratorsPassword(login=login)
    return user


def takes_two(session: Session, user: UserAccount) -> bool:
    """Whether whoever set this person's password alone could act or look in the name of somebody whose role is of `ACTING`, or
    will once his role is confirmed."""
    return bool(ACTING & (roles_of(session, user.user_id) | grants.waiting_roles(session, user).keys()))


def set_password(session: Session, login: str, password: Hashed, *, actor: Actor, now: datetime) -> None:
    """Set the password of who neither proposes nor decides, for one sign-in, at which he sets his own.

    Raises what `may_reset` raises, and SecondPersonNeeded.
    """
    user = may_reset(session, login, actor)
    if takes_two(session, user):
        raise SecondPersonNeeded(login=actor.login)
    give_secret(session, user, password, by=actor.login, now=now)
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"password": "one_time"})


def deactivate(session: Session, login: str, *, actor: Actor, now: datetime) -> None:
    """End a person's access: tokens and what waits for him end with it; not an administrator's.

    Raises UserInactive when it has ended before, AdministratorsAccess.
    """
    actor.require_any(Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
    user = active_user(session, login)
    if ADMIN_ROLES & roles_of(session, user.user_id):
        raise AdministratorsAccess(login=login)
    end_access(session, user, actor.user_id, now)
    _log(session, Tag.USER_CHANGE, f"user {login}", actor.login, now, {"active": False})


def end_access(session: Session, user: UserAccount, by: int | None, now: datetime) -> None:
    user.is_active = False
    close(session, user, now=now)
    grants.end_all(session, user, by=by, now=now)


def change_own_password(
    session: Session, old: str, new: Hashed, *, keep: int | None, actor: Actor, now: datetime
) -> Closed:
    """Set one's own password, where `old` is still what is stored; all tokens and sessions end but the one to keep.

    Raises WrongPassword.
    """
    user = held_user(session, actor.login)
    if user.password_hash != old:
        raise WrongPassword
    user.password_hash, user.must_change_password, user.settled_at = new, False, user.settled_at or now
    closed = close(session, user, keep=keep, now=now)
    _log(session, Tag.USER_CHANGE, f"user {actor.login}", actor.login, now, {"password": "set", **asdict(closed)})
    return closed


def list_tokens(session: Session, actor: Actor, *, now: datetime) -> list[PersonalToken]:
    """A person's valid tokens, the newest first; never their secrets."""
    statement = select(PersonalToken).where(
        col(PersonalToken.user_id) == actor.user_id,
        col(PersonalToken.status) == KeyStatus.ISSUED,
        col(PersonalToken.expires_at) > now,
    )
    return list(session.execute(statement.order_by(col(PersonalToken.token_id).desc())).scalars())


@dataclass(frozen=True)
class Person:
    """An account with the codes of its office and section, its roles, and whether it has a second factor."""

    user: UserAccount
    office: str
    section: str
    roles: list[str]
    second_factor: bool


def list_people(session: Session, login: str = "") -> list[Person]:
    """Everybody, or the one with this login."""
    people = (
        select(UserAccount, col(Office.code), col(Section.code), col(SecondFactor.confirmed_at))
        .join(Office, col(Office.office_id) == col(UserAccount.office_id))
        .outerjoin(Section, col(Section.section_id) == col(UserAccount.section_id))
        .outerjoin(SecondFactor, col(SecondFactor.user_id) == col(UserAccount.user_id))
    )
    people = people.where(col(UserAccount.login) == login) if login else people
    roles: dict[int, list[str]] = {}
    for user_id, role in session.execute(
        select(col(UserRole.user_id), col(UserRole.role)).order_by(col(UserRole.role))
    ):
        roles.setdefault(user_id, []).append(role)
    found = session.execute(people.order_by(col(UserAccount.login)))
    return [
        Person(user, office, section or "", roles.get(user.user_id, []), since is not None)
        for user, office, section, since in found
    ]


def get_person(session: Session, login: str) -> Person:
    """Raises UserNotFound."""
    for person in list_people(session, login):
        return person
    raise UserNotFound(login=login)


def issue_token(session: Session, actor: Actor, *, now: datetime, label: str = "", days: int = TOKEN_DAYS) -> str:
    """A personal token of one's own, shown this once. Raises TokensMakeNoTokens, UserInactive."""
    if actor.by_token:
        raise TokensMakeNoTokens
    user = active_user(session, actor.login)
    secret = _insert_token(session, user, now, label, days, two_factors=actor.two_factors)
    _log(session, Tag.TOKEN_ISSUE, f"user {actor.login}", actor.login, now, {"label": label, "days": days})
    return secret


def _insert_token(
    session: Session, user: UserAccount, now: datetime, label: str, days: int, *, two_factors: bool
) -> str:
    secret = PREFIX + secrets.token_urlsafe(32)
    row = PersonalToken(
        user_id=user.user_id,
        secret_hash=secret_hash(secret),
        label=label,
        created_at=now,
        expires_at=now + timedelta(days=days),
        two_factors=two_factors,
    )
    session.add(row)
    session.flush()
    return secret


def revoke_tokens(session: Session, actor: Actor, *, now: datetime) -> int:
    """Revoke all of one's own tokens; returns how many."""
    revoked = close_tokens(session, get_user(session, actor.login), now=now)
    _log(session, Tag.TOKEN_REVOKE, f"user {actor.login}", actor.login, now, {"tokens": revoked})
    return revoked


def authenticate_token(session: Session, secret: str, *, now: datetime, asks_codes: bool) -> Actor:
    """The person a token belongs to. Raises BadCredentials; which part was wrong is not said. And TokenWithoutSecondFactor."""
    statement = (
        select(col(UserAccount.login), col(PersonalToken.two_factors))
        .join(PersonalToken, col(PersonalToken.user_id) == col(UserAccount.user_id))
        .where(
            col(PersonalToken.secret_hash) == secret_hash(secret),
            col(PersonalToken.status) == KeyStatus.ISSUED,
            col(PersonalToken.expires_at) > now,
        )
    )
    found = session.execute(statement).first()
    actor = find_actor(session, found[0]) if found else None
    if found is None or actor is None:
        raise BadCredentials
    actor = replace(actor, by_token=True)
    return by_token(session, actor, shown=found[1]) if asks_codes else actor


def system_actor(session: Session, login: str, *, office_id: int, now: datetime) -> Actor:
    """The named system actor, made when it first acts. It holds no roles and no way to sign in."""
    found = find_actor(session, login)
    if found is None:
        office = session.get(Office, office_id)
        assert office is not None, "a system actor acts for an office"
        with suppress(LoginTaken):  # another made it meanwhile
            insert_user(session, login, login, office, now, is_system=True)
        found = get_actor(session, login)
    return found


def _log(session: Session, tag: Tag, subject: str, by: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=by, at=now, subject=subject, payload=payload)
