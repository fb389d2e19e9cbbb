"""Finding who acts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.errors import UserNotFound
from app.core.actor import Actor
from app.core.rights import Stretch
from app.domain.roles import Role
from app.models import Office, OfficeArea, UserAccount, UserRole


def find_actor(session: Session, login: str) -> Actor | None:
    row = session.execute(
        select(UserAccount, Office)
        .join(Office, col(Office.office_id) == col(UserAccount.office_id))
        .where(col(UserAccount.login) == login, col(UserAccount.is_active))
    ).first()
    return _actor(session, row[0], row[1]) if row else None


def get_actor(session: Session, login: str) -> Actor:
    """The active person with this login. Raises UserNotFound."""
    actor = find_actor(session, login)
    if actor is None:
        raise UserNotFound(login=login)
    return actor


def whoever_was(session: Session, user_id: int) -> Actor:
    """The person of this number, active or not: what somebody began is brought to its end in that name."""
    own = select(UserAccount, Office).join(Office, col(Office.office_id) == col(UserAccount.office_id))
    user, office = session.execute(own.where(col(UserAccount.user_id) == user_id)).one()
    return _actor(session, user, office)


def areas_of(session: Session, office_id: int) -> tuple[Stretch, ...]:
    """What an office keeps, each area with its days."""
    areas = session.execute(select(OfficeArea).where(col(OfficeArea.office_id) == office_id)).scalars()
    return tuple(Stretch(one.area_prefix, one.park_code, one.valid_from, one.valid_until) for one in areas)


def _actor(session: Session, user: UserAccount, office: Office) -> Actor:
    roles = session.execute(select(col(UserRole.role)).where(col(UserRole.user_id) == user.user_id))
    return Actor(
        user_id=user.user_id,
        login=user.login,
        name=user.name,
        office_id=user.office_id,
        office_path=office.path,
        areas=areas_of(session, office.office_id),
        roles=frozenset(Role(role) for role in roles.scalars()),
        section_id=user.section_id,
        is_system=user.is_system,
        language=user.language,
        must_change_password=user.must_change_password,
        password_set_by=user.password_set_by,
        password_set_at=user.password_set_at,
    )
