"""What lets a person in: the password, and the sessions and tokens that were opened by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.passwords import Hashed
from app.core.moves import move_where
from app.domain.lives import KeyStatus, SessionStatus
from app.models import PersonalToken, UserAccount, WebSession


@dataclass(frozen=True)
class Closed:
    """How many sessions and tokens were ended."""

    sessions: int
    tokens: int


def close(session: Session, user: UserAccount, *, now: datetime, keep: int | None = None) -> Closed:
    """End what a person is in by: all tokens, and all sessions but the one to keep."""
    others = [col(WebSession.session_id) != keep] if keep is not None else []
    own = col(WebSession.user_id) == user.user_id
    return Closed(
        sessions=move_where(session, WebSession, SessionStatus.ENDED, own, *others, ended_at=now),
        tokens=close_tokens(session, user, now=now),
    )


def close_tokens(session: Session, user: UserAccount, *, now: datetime) -> int:
    own = col(PersonalToken.user_id) == user.user_id
    return move_where(session, PersonalToken, KeyStatus.REVOKED, own, revoked_at=now)


def give_secret(session: Session, user: UserAccount, password: Hashed, *, by: str, now: datetime) -> None:
    """A password that another knows opens nothing but its own change, and what was open before is closed.

    `by`: whom the person is told of.
    """
    user.password_hash, user.must_change_password = password, True
    user.password_set_by, user.password_set_at = by, now
    close(session, user, now=now)
