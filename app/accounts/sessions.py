"""People signed in at a browser: sign in and out, waits of who fails, limits in time, ending other sessions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import find_actor
from app.accounts.errors import SessionNotFound, WrongSignIn, WrongSignInOrCode
from app.accounts.limits import Held, RateLimits, Waits
from app.accounts.passwords import password_fits
from app.accounts.people import get_user
from app.accounts.second_factor import Factor, by_session, find_factor, take_step
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.address import address
from app.core.crypto import secret_hash
from app.core.dialect import locked, storable
from app.core.errors import TooMany
from app.core.moves import move, move_where
from app.domain.lives import SessionStatus
from app.models import UserAccount, WebSession
from app.verbs import House

ABSOLUTE = timedelta(hours=10)
"""A session ends after a working day, however busy."""

IDLE = timedelta(minutes=30)
"""And after half an hour in which nothing was asked (GB/T 22239-2019 level 3 asks for both kinds of limit)."""

FAILURES_HERE, FAILURES_OF_ADDRESS, FAILURES_OF_LOGIN = 5, 20, 50
"""Free failures of one login from one place, of an address whatever the login, of a login from places not known."""

SIGN_INS_A_MINUTE = 120
"""Tries of one address, right or wrong: an office behind one address comes to work at nine."""


@dataclass(frozen=True)
class Attempt:
    """A try to sign in. `device`: the mark of a browser that this very person has signed in at before, if it is one.
    `code`: the one-time code of who has a second factor; of nobody else it is looked at."""

    login: str
    password: str
    agent: str = ""
    device: str = ""
    code: str = ""

    @property
    def held_against(self) -> list[Held]:
        """What a failure is held against. A browser known to be his is judged by itself, so that nobody who fails
        elsewhere, or beside him at the same address, keeps a person from his work."""
        if self.device:
            return [Held(("device", self.device, self.login), FAILURES_HERE)]
        return [
            Held(("here", address(), self.login), FAILURES_HERE),
            Held(("address", address()), FAILURES_OF_ADDRESS),
            Held(("login", self.login), FAILURES_OF_LOGIN),
        ]


@dataclass(frozen=True)
class Signed:
    """Who is signed in, and by which session."""

    actor: Actor
    session_id: int


def sign_in(house: House, attempt: Attempt) -> str:
    """The secret of a new session. Raises WrongSignIn, and TooMany before anything is looked at.

    The password is tried outside any transaction, and for as long where nobody has the login; what is said does not
    tell the two apart, nor a wrong password from a wrong code. Who fails is in the access log, whatever road he came.
    """
    attempt = replace(attempt, login=storable(attempt.login), agent=storable(attempt.agent))
    try:
        return _tried(house, attempt)
    except (WrongSignIn, TooMany) as refusal:
        house.access.refused("anybody", f"sign-in {attempt.login}", refusal.code, at=house.clock.now())
        raise


def _tried(house: House, attempt: Attempt) -> str:
    house.one(sign_in_rate).take(address(), SIGN_INS_A_MINUTE)
    with house.one(Waits).trying(attempt.held_against, WrongSignIn):
        known = house.turns.read(partial(_known, login=attempt.login, asks_codes=house.asks_codes))
        fits, step = password_fits(known.password, attempt.password), known.step(attempt.code, house.clock.of_devices())
        if not fits or step is None:
            raise wrong_sign_in(house)
        secret = house.writing(partial(_open, attempt=attempt, known=known, step=step, now=house.clock.now()))
        if secret is None:
            raise wrong_sign_in(house)
        return secret


def wrong_sign_in(house: House) -> WrongSignIn:
    """What everybody hears alike whose sign-in failed."""
    return WrongSignInOrCode() if house.asks_codes else WrongSignIn()


def sign_in_rate() -> RateLimits:
    """Tries to sign in by address: apart from the checks of keys, whose room no stranger may push out."""
    return RateLimits()


@dataclass(frozen=True)
class Known:
    """What a sign-in is held against: the hash of the password, nothing where nobody can sign in so, and the second
    factor where one is asked for and he has one."""

    password: str = ""
    factor: Factor | None = None

    def step(self, code: str, now: datetime) -> int | None:
        """The step whose code was shown; 0 where none is asked for, None where it is wrong."""
        return self.factor.step(code, now) if self.factor else 0


def _known(session: Session, login: str, *, asks_codes: bool) -> Known:
    user = session.execute(select(UserAccount).where(*_may_enter(login))).scalar_one_or_none()
    if user is None:
        return Known()
    return Known(user.password_hash, find_factor(session, user.user_id) if asks_codes else None)


def _may_enter(login: str) -> tuple[ColumnElement[bool], ...]:
    return col(UserAccount.login) == login, col(UserAccount.is_active).is_(True), col(UserAccount.is_system).is_(False)


def _open(session: Session, *, attempt: Attempt, known: Known, step: int, now: datetime) -> str | None:
    """A session; None where the person's access ended, the password became another or the code was used meanwhile."""
    still = select(UserAccount).where(*_may_enter(attempt.login), col(UserAccount.password_hash) == known.password)
    user = session.execute(locked(still)).scalar_one_or_none()
    if user is None or not (known.factor is None or take_step(session, known.factor, step)):
        return None
    secret = f"{user.user_id}.{secrets.token_urlsafe(32)}"  # whose it is cannot be made another's in the database
    session.add(
        WebSession(
            user_id=user.user_id,
            secret_hash=secret_hash(secret),
            agent=attempt.agent[:255],
            created_at=now,
            expires_at=now + ABSOLUTE,
            two_factors=known.factor is not None,
        )
    )
    record_event(session, Tag.SESSION_OPEN, actor=user.login, at=now, subject=f"user {user.login}")
    return secret


def find_signed(session: Session, secret: str, *, now: datetime, asks_codes: bool) -> Signed | None:
    """Who holds the session of this secret; None when it ended, expired, never was, or lacks a code that is asked for."""
    statement = (
        select(col(WebSession.session_id), col(UserAccount.login), col(WebSession.two_factors))
        .join(UserAccount, col(UserAccount.user_id) == col(WebSession.user_id))
        .where(
            col(WebSession.secret_hash) == secret_hash(secret),
            cast(col(WebSession.user_id), String) == secret.partition(".")[0],
            col(WebSession.status) == SessionStatus.OPEN,
            col(WebSession.expires_at) > now,
        )
    )
    found = session.execute(statement).first()
    actor = find_actor(session, found[1]) if found else None
    if actor and found and asks_codes:
        actor = by_session(session, actor, shown=found[2])
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
