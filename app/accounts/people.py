"""Looking people up, to read or to hold."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select
from sqlmodel import col

from app.accounts.errors import UserInactive, UserNotFound
from app.core.dialect import locked
from app.models import UserAccount, UserRole


def get_user(session: Session, login: str) -> UserAccount:
    """Raises UserNotFound."""
    return _the(session, select(UserAccount).where(col(UserAccount.login) == login), login)


def held_user(session: Session, login: str) -> UserAccount:
    """The person, held until the transaction ends, so that of two who change him the second waits for the first."""
    return _the(session, locked(select(UserAccount).where(col(UserAccount.login) == login)), login)


def active_user(session: Session, login: str) -> UserAccount:
    """The person, held, whose access has not ended. Raises UserInactive."""
    user = held_user(session, login)
    if not user.is_active:
        raise UserInactive(login=login)
    return user


def _the(session: Session, statement: Select[UserAccount], login: str) -> UserAccount:
    fresh = {"populate_existing": True}
    user: UserAccount | None = session.execute(statement, execution_options=fresh).scalar_one_or_none()
    if user is None:
        raise UserNotFound(login=login)
    return user


def roles_of(session: Session, user_id: int) -> set[str]:
    """The roles of a person that are in force."""
    return set(session.execute(select(col(UserRole.role)).where(col(UserRole.user_id) == user_id)).scalars())
