"""Tokens and cookies for the people of the tests' world."""

from __future__ import annotations

from functools import lru_cache

from app.accounts.actor import get_actor
from app.accounts.passwords import Hashed, hash_password
from app.accounts.service import issue_key, issue_token
from app.accounts.sessions import ABSOLUTE
from app.core.crypto import secret_hash
from app.core.db import Database
from app.models import WebSession
from app.web.visitor import COOKIE, cookie_for
from tests.factories.world import NOW


@lru_cache
def hashed(password: str) -> Hashed:
    """What is stored of a password; made once, for it takes a while."""
    return hash_password(password)


def token_of(database: Database, login: str) -> str:
    with database.write() as session:
        return issue_token(session, login, actor=get_actor(session, login), now=NOW)


def key_of_client(database: Database, *, per_minute: int = 60_000, scopes: str = "check feed") -> str:
    with database.write() as session:
        admin = get_actor(session, "secadmin")
        return issue_key(session, client="collector", actor=admin, now=NOW, per_minute=per_minute, scopes=scopes)


def signed_in(database: Database, login: str) -> str:
    """The cookie of a person who signed in this morning."""
    secret = f"secret of {login}"
    with database.write() as session:
        user = get_actor(session, login).user_id
        until = NOW + ABSOLUTE
        session.add(
            WebSession(user_id=user, secret_hash=secret_hash(secret), agent="", created_at=NOW, expires_at=until)
        )
    return f"{COOKIE}={cookie_for(database.keys, secret, NOW)}"
