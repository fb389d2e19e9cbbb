"""Who acts: a person with an office and roles, or a system actor, as every verb receives it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.errors import Forbidden, NotFound
from app.domain.roles import Permission, Role, permissions_of
from app.models import Office, UserAccount, UserRole


@dataclass(frozen=True)
class Actor:
    """`office_path` is the chain of office ids from the root: an office above has a shorter, leading path."""

    user_id: int
    login: str
    name: str
    office_id: int
    office_path: str
    area_prefix: str
    roles: frozenset[Role]
    is_system: bool = False
    language: str = "zh"

    def may(self, permission: Permission) -> bool:
        return self.is_system or permission in permissions_of(self.roles)

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless this actor may."""
        if not self.may(permission):
            raise Forbidden(f"{self.login} may not {permission}", code="permission_missing", permission=permission)


def is_above(path: str, other: str) -> bool:
    """Whether the office with `path` stands above the one with path `other`."""
    return path != other and other.startswith(path)


def find_actor(session: Session, login: str) -> Actor | None:
    row = session.execute(
        select(UserAccount, Office)
        .join(Office, col(Office.office_id) == col(UserAccount.office_id))
        .where(col(UserAccount.login) == login, col(UserAccount.is_active))
    ).first()
    return _actor(session, row[0], row[1]) if row else None


def get_actor(session: Session, login: str) -> Actor:
    actor = find_actor(session, login)
    if actor is None:
        raise NotFound(f"no active person has the login {login!r}", code="user_not_found")
    return actor


def _actor(session: Session, user: UserAccount, office: Office) -> Actor:
    roles = session.execute(select(col(UserRole.role)).where(col(UserRole.user_id) == user.user_id))
    return Actor(
        user_id=user.user_id,
        login=user.login,
        name=user.name,
        office_id=user.office_id,
        office_path=office.path,
        area_prefix=office.area_prefix,
        roles=frozenset(Role(role) for role in roles.scalars()),
        is_system=user.is_system,
        language=user.language,
    )
