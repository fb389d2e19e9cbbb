"""Tokens and cookies for the people of the tests' world."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from app.accounts import given, grants, keys
from app.accounts.actor import get_actor
from app.accounts.passwords import Hashed, hash_password
from app.accounts.people import get_user
from app.accounts.service import issue_token
from app.accounts.sessions import ABSOLUTE
from app.core.crypto import secret_hash
from app.core.db import Database
from app.models import WebSession
from app.web.visitor import COOKIE, cookie_for
from tests.factories.world import NOW, PASSWORD


@lru_cache
def hashed(password: str) -> Hashed:
    """What is stored of a password; made once, for it takes a while."""
    return hash_password(password)


def token_of(database: Database, login: str) -> str:
    with database.write() as session:
        return issue_token(session, get_actor(session, login), now=NOW)


def key_of_client(database: Database, *, per_minute: int = 60_000, scopes: str = "check feed") -> str:
    with database.write() as session:
        return confirmed_key(session, client="collector", per_minute=per_minute, scopes=scopes)


def confirmed_key(session: Session, **told: Any) -> str:
    """A key that one administrator issued and another confirmed."""
    client, wanted = told.pop("client"), keys.Wanted(**{"areas": ["50"], **told})
    first, given = keys.issue(session, wanted, client=client, actor=get_actor(session, "secadmin"), now=NOW)
    return first + grants.confirm(session, given.right_id, actor=get_actor(session, "sysadmin"), now=NOW)


def set_own_password(session: Session, login: str, password: Hashed) -> None:
    """As if the person had set it: it opens everything that he may."""
    user = get_user(session, login)
    user.password_hash, user.must_change_password = password, False


def knows(database: Database, login: str, password: str = PASSWORD) -> None:
    """Somebody has a password of his own."""
    stored = hashed(password)
    with database.write() as session:
        set_own_password(session, login, stored)


def hold_roles(session: Session, login: str, roles: list[str]) -> None:
    """Give a person roles and have them confirmed, by two administrators."""
    grants.set_roles(session, login, roles, actor=get_actor(session, "secadmin"), now=NOW)
    for right in given.waiting(session).get(login, []):
        grants.confirm(session, right.grant.right_id, actor=get_actor(session, "sysadmin"), now=NOW)


def own_secret(database: Database, login: str) -> str:
    """A secret for another session of a person."""
    with database.read() as session:
        return f"{get_actor(session, login).user_id}.{uuid4().hex}"


def signed_in(database: Database, login: str, *, secret: str = "") -> str:
    """The cookie of a person who signed in this morning; a second time with a secret of its own."""
    with database.write() as session:
        user = get_actor(session, login).user_id
        secret = secret or f"{user}.secret of {login}"
        until = NOW + ABSOLUTE
        session.add(
            WebSession(user_id=user, secret_hash=secret_hash(secret), agent="", created_at=NOW, expires_at=until)
        )
    return f"{COOKIE}={cookie_for(database.keys, secret, NOW)}"
