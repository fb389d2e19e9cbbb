"""People signed in at a browser: sign in and out, lock-out, limits in time, ending other sessions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import find_actor
from app.accounts.errors import SessionNotFound
from app.accounts.passwords import hash_password, password_fits
from app.accounts.service import get_user
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.crypto import secret_hash
from app.core.moves import move, move_where
from app.domain.lives import SessionStatus
from app.models import UserAccount, WebSession

ABSOLUTE = timedelta(hours=10)
"""A session ends after a working day, however busy."""

IDLE = timedelta(minutes=30)
"""And after half an hour in which nothing was asked (GB/T 22239-2019 level 3 asks for both kinds of limit)."""

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)


@lru_cache
def _nobodys_hash() -> str:
    return hash_password("Nobody-has-this-1")


@dataclass(frozen=True)
class SignIn:
    """How an attempt ended: `secret` is the cookie's, empty when refused; `refusal` is bad_credentials or locked."""

    secret: str = ""
    refusal: str = ""
    locked_until: datetime | None = None


@dataclass(frozen=True)
class Signed:
    """Who is signed in, and by which session."""

    actor: Actor
    session_id: int


def sign_in(session: Session, login: str, password: str, *, agent: str, now: datetime) -> SignIn:
    """Try a login and password. The count of failures is kept either way, so the caller commits in both cases."""
    user: UserAccount | None = session.execute(
        select(UserAccount).where(col(UserAccount.login) == login, col(UserAccount.is_active))
    ).scalar_one_or_none()
    if user is None:
        password_fits(_nobodys_hash(), password)  # as long as for a login that exists
        return SignIn(refusal="bad_credentials")
    if user.locked_until and user.locked_until > now:
        return SignIn(refusal="locked", locked_until=user.locked_until)
    if not password_fits(user.password_hash, password):
        return _failed(session, user, now)
    user.failed_sign_ins, user.locked_until = 0, None
    secret = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            user_id=user.user_id,
            secret_hash=secret_hash(secret),
            agent=agent[:255],
            created_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    record_event(session, Tag.SESSION_OPEN, actor=login, at=now, subject=f"user {login}")
    return SignIn(secret)


def _failed(session: Session, user: UserAccount, now: datetime) -> SignIn:
    user.failed_sign_ins += 1
    if user.failed_sign_ins < MAX_FAILURES:
        return SignIn(refusal="bad_credentials")
    user.failed_sign_ins, user.locked_until = 0, now + LOCKED_FOR
    payload = {"failures": MAX_FAILURES, "until": str(user.locked_until)}
    record_event(session, Tag.USER_LOCK, actor=user.login, at=now, subject=f"user {user.login}", payload=payload)
    return SignIn(refusal="locked", locked_until=user.locked_until)


def find_signed(session: Session, secret: str, *, now: datetime) -> Signed | None:
    """Who holds the session of this secret; None when it ended, expired or never was."""
    statement = (
        select(col(WebSession.session_id), col(UserAccount.login))
        .join(UserAccount, col(UserAccount.user_id) == col(WebSession.user_id))
        .where(
            col(WebSession.secret_hash) == secret_hash(secret),
            col(WebSession.status) == SessionStatus.OPEN,
            col(WebSession.expires_at) > now,
        )
    )
    found = session.execute(statement).first()
    actor = find_actor(session, found[1]) if found else None
    return Signed(actor, found[0]) if found and actor else None


def sign_out(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """End the session one leaves by; nothing happens when it ended meanwhile."""
    if move_where(session, WebSession, SessionStatus.ENDED, *_own(actor, session_id), ended_at=now):
        _log(session, actor, session_id, now)


def end_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """End one of one's own sessions. Raises SessionNotFound, and WrongState where it ended before."""
    found = session.execute(select(WebSession).where(*_own(actor, session_id))).scalar_one_or_none()
    if found is None:
        raise SessionNotFound(session_id=session_id)
    move(session, found, SessionStatus.ENDED, ended_at=now)
    _log(session, actor, session_id, now)


def end_others(session: Session, actor: Actor, *, keep: int | None, now: datetime) -> int:
    """End all of one's sessions but the one to keep; returns how many."""
    others = [one for one in list_sessions(session, actor, now=now) if one.session_id != keep]
    for one in others:
        sign_out(session, actor, one.session_id, now=now)
    return len(others)


def list_sessions(session: Session, actor: Actor, *, now: datetime) -> list[WebSession]:
    """A person's open sessions, the newest first."""
    statement = select(WebSession).where(
        col(WebSession.user_id) == actor.user_id,
        col(WebSession.status) == SessionStatus.OPEN,
        col(WebSession.expires_at) > now,
    )
    return list(session.execute(statement.order_by(col(WebSession.session_id).desc())).scalars())


def _own(actor: Actor, session_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(WebSession.session_id) == session_id, col(WebSession.user_id) == actor.user_id


def set_language(session: Session, actor: Actor, language: str) -> None:
    """Which language a person's screens speak."""
    get_user(session, actor.login).language = language


def _log(session: Session, actor: Actor, session_id: int, now: datetime) -> None:
    payload = {"session": session_id}
    record_event(session, Tag.SESSION_END, actor=actor.login, at=now, subject=f"user {actor.login}", payload=payload)
