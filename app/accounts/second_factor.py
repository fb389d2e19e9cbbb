"""The second factor of who decides or administers, where the setting asks for it (docs/decisions/0033).

Whoever needs one and has none is let in by his password to set one up, and to nothing else. Whoever has one shows a code
at each sign-in, and what was opened without a code, a session or a token, opens nothing for him.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.entering import close
from app.accounts.errors import SecondFactorNotBegun, WrongCode
from app.accounts.people import held_user
from app.accounts.totp import new_secret, step_shown
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.domain.roles import decides
from app.models import SecondFactor, UserAccount, WebSession
from app.verbs.verb import TokenWithoutSecondFactor


@dataclass(frozen=True)
class Factor:
    """A second factor in force, as it was read; by `confirmed_at` it is known again."""

    user_id: int
    secret: str
    confirmed_at: datetime
    last_step: int

    def step(self, code: str, now: datetime) -> int | None:
        """The step that a code shows, if it is right and was not used."""
        return step_shown(self.secret, code, after=self.last_step, now=now)


def find_factor(session: Session, user_id: int) -> Factor | None:
    """The second factor of a person, once it was confirmed."""
    statement = select(SecondFactor).where(col(SecondFactor.user_id) == user_id)
    row = session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()
    if row is None or row.confirmed_at is None:
        return None
    return Factor(user_id, row.secret, row.confirmed_at, row.last_step)


def by_session(session: Session, actor: Actor, *, shown: bool) -> Actor | None:
    """Whom a session lets in. `shown`: it was opened with a code. None where he has a second factor and did not show it:
    the session is from before the setting, or from before he had one."""
    if find_factor(session, actor.user_id) is None:
        return replace(actor, must_enrol=decides(actor.roles))
    return replace(actor, two_factors=True) if shown else None


def by_token(session: Session, actor: Actor, *, shown: bool) -> Actor:
    """Whom a token lets act. `shown`: who made it had signed in with a code. Raises TokenWithoutSecondFactor."""
    has_one = find_factor(session, actor.user_id) is not None
    if (has_one or decides(actor.roles)) and not (has_one and shown):
        raise TokenWithoutSecondFactor
    return replace(actor, two_factors=has_one)


def take_step(session: Session, factor: Factor, step: int) -> bool:
    """Use a code up. Of two that come with one code the second finds it used, as it does where the factor is another."""
    same = (col(SecondFactor.user_id) == factor.user_id, col(SecondFactor.confirmed_at) == factor.confirmed_at)
    unused = update(SecondFactor).where(*same, col(SecondFactor.last_step) < step).values(last_step=step)
    taken: Any = session.execute(unused, execution_options={"synchronize_session": False})
    return int(taken.rowcount) == 1


def show_code(session: Session, actor: Actor, code: str, *, on_device: datetime) -> None:
    """Use up a code of the second factor that a person has; who has none shows none. Raises WrongCode."""
    factor = find_factor(session, actor.user_id)
    if factor is None:
        return
    step = factor.step(code, on_device)
    if step is None or not take_step(session, factor, step):
        raise WrongCode


def offer(session: Session, actor: Actor, *, now: datetime) -> str:
    """A new secret for a person's authenticator; what he has goes on until a code of the new one confirms it."""
    user = held_user(session, actor.login)
    row = session.get(SecondFactor, user.user_id) or SecondFactor(user_id=user.user_id)
    secret = row.offered = new_secret()
    session.add(row)
    _log(session, Tag.SECOND_FACTOR_BEGIN, actor.login, actor.login, now)
    return secret


def confirm(session: Session, actor: Actor, code: str, *, keep: int | None, now: datetime, on_device: datetime) -> None:
    """Have the secret that was offered hold from now on. `keep`: the session that showed it, which counts as opened by
    it. Raises SecondFactorNotBegun, WrongCode."""
    user = held_user(session, actor.login)
    row = session.get(SecondFactor, user.user_id, populate_existing=True)
    if row is None or row.offered is None:
        raise SecondFactorNotBegun
    step = step_shown(row.offered, code, after=-1, now=on_device)
    if step is None:
        raise WrongCode
    row.secret, row.offered, row.confirmed_at, row.last_step = row.offered, None, now, step
    own = (col(WebSession.session_id) == keep, col(WebSession.user_id) == user.user_id)
    for kept in session.execute(select(WebSession).where(*own)).scalars():
        kept.two_factors = True
    _log(session, Tag.SECOND_FACTOR_SET, actor.login, actor.login, now)


def forget(session: Session, user: UserAccount, *, now: datetime) -> bool:
    """End a person's second factor, and with it what was opened by it: sessions and tokens. Whether there was one."""
    ended: Any = session.execute(delete(SecondFactor).where(col(SecondFactor.user_id) == user.user_id))
    if not ended.rowcount:
        return False
    close(session, user, now=now)
    return True


def _log(session: Session, tag: Tag, login: str, by: str, now: datetime) -> None:
    record_event(session, tag, actor=by, at=now, subject=f"user {login}", payload={})
