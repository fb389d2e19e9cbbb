"""Tokens for the people of the tests' world."""

from __future__ import annotations

from app.accounts.actor import get_actor
from app.accounts.service import issue_key, issue_token
from app.core.db import Database
from tests.factories.world import NOW


def token_of(database: Database, login: str) -> str:
    with database.write() as session:
        return issue_token(session, login, actor=get_actor(session, login), now=NOW)


def key_of_client(database: Database, *, per_minute: int = 60_000, scopes: str = "check") -> str:
    with database.write() as session:
        admin = get_actor(session, "secadmin")
        return issue_key(session, client="collector", actor=admin, now=NOW, per_minute=per_minute, scopes=scopes)
