"""The three administrators: made at the first installation, and a vacant place filled later, by the operator alone.

Each begins with a secret for one sign-in. While one of the three has not signed in nobody is given a right, so no
moment comes in which one of them alone could make the others (DESIGN.md §5.17).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts import offices, service
from app.accounts.entering import give_secret
from app.accounts.errors import AlreadyBootstrapped, PlaceTaken, ThreePeople, UserNotFound
from app.accounts.grants import checked_roles
from app.accounts.passwords import Hashed
from app.accounts.people import active_user, held_user, roles_of
from app.accounts.second_factor import forget
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.clock import day_of
from app.core.rights import Stretch
from app.domain.roles import Role
from app.domain.words import OfficeLevel
from app.models import Office, UserAccount, UserRole

PLACES = (Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUD_ADMIN)
"""In the order in which `--admins` names them."""

_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for others when they are copied from paper."""


def new_secret() -> str:
    """A password for one sign-in, of 79 bits."""
    parts = ["".join(secrets.choice(_CHARACTERS) for _ in range(4)) for _ in range(4)]
    return "-".join([secrets.choice(string.ascii_uppercase) + secrets.choice("23456789"), *parts])


def three_logins(text: str) -> tuple[str, ...]:
    """The logins of `SYS,SEC,AUD`. Raises ThreePeople."""
    logins = tuple(part.strip() for part in text.split(","))
    if len(logins) != len(PLACES) or len(set(logins)) != len(PLACES) or not all(map(_is_login, logins)):
        raise ThreePeople
    return logins


def check_place(role: Role, login: str) -> None:
    """Raises ThreePeople where this is no place of an administrator, or no login."""
    if role not in PLACES or not _is_login(login):
        raise ThreePeople


def _is_login(text: str) -> bool:
    return bool(text) and len(text) <= 64 and text.isprintable() and not set(text) & set("/?#\\")


def install(
    session: Session,
    secrets_of: Mapping[str, Hashed],
    *,
    office_code: str,
    office_name: str,
    level: OfficeLevel,
    area_prefix: str,
    by: str,
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> None:
    """The first office and the three of an empty installation: login to secret, in the order of their places.

    Raises AlreadyBootstrapped.
    """
    if session.execute(select(UserAccount).limit(1)).first():
        raise AlreadyBootstrapped
    office = offices.insert_office(session, office_code, office_name, level)
    if area_prefix:
        offices.keep_area(session, office, Stretch(area_prefix), day_of(now))
    told = {"code": office_code, "name": office_name, "level": str(level), "area": area_prefix}
    record_event(session, Tag.OFFICE_CREATE, actor=by, at=now, subject=f"office {office_code}", payload=told)
    for role, (login, secret) in zip(PLACES, secrets_of.items(), strict=True):
        user = service.insert_user(session, login, (names or {}).get(login, login), office, now, secret, by=by)
        _settle_in(session, user, role, by, now)


def fill(
    session: Session, role: Role, login: str, secret: Hashed, *, name: str, in_place_of: str, by: str, now: datetime
) -> None:
    """Fill the vacant place of an administrator, or hand who has it a new secret; a second factor ends with the old one.

    Raises PlaceTaken, RoleConflict, UserInactive, UserNotFound.
    """
    for holder in _holders(session, role):
        if holder.login == in_place_of:
            service.end_access(session, held_user(session, holder.login), None, now)
        elif holder.login != login:
            raise PlaceTaken(role=str(role), login=holder.login)
    try:
        user = active_user(session, login)
    except UserNotFound:
        root = session.execute(select(Office).order_by(col(Office.path)).limit(1)).scalar_one()
        user = service.insert_user(session, login, name or login, root, now, secret)
    give_secret(session, user, secret, by=by, now=now)
    if forget(session, user, now=now):
        record_event(session, Tag.SECOND_FACTOR_RESET, actor=by, at=now, subject=f"user {login}", payload={})
    _settle_in(session, user, role, by, now)


def _holders(session: Session, role: Role) -> Sequence[UserAccount]:
    of_role = select(col(UserRole.user_id)).where(col(UserRole.role) == role)
    statement = select(UserAccount).where(col(UserAccount.user_id).in_(of_role), col(UserAccount.is_active))
    return session.execute(statement.order_by(col(UserAccount.login))).scalars().all()


def _settle_in(session: Session, user: UserAccount, role: Role, by: str, now: datetime) -> None:
    held = roles_of(session, user.user_id)
    checked_roles({*held, role})
    if role not in held:
        session.add(UserRole(user_id=user.user_id, role=str(role)))
    session.flush()
    payload = {"role": str(role), "secret": "one_time"}
    record_event(session, Tag.USER_CREATE, actor=by, at=now, subject=f"user {user.login}", payload=payload)
