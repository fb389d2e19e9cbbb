"""The application over a test database, and people and systems who call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.accounts.actor import get_actor
from app.accounts.service import issue_token
from app.core.clock import Clock
from app.core.db import Database
from app.core.settings import Settings, get_settings
from app.main import create_app, furnish
from tests.factories.people import confirmed_key
from tests.factories.world import NOW

MORNING = "2024-12-31T10:00:00+08:00"


_IDLE: list[FastAPI] = []
"""Applications that nobody uses just now: making one takes longer than most of the tests that call it."""


@contextmanager
def serving(database: Database, clock: Clock | None = None, settings: Settings | None = None) -> Iterator[TestClient]:
    """The application started, its clock at the morning of the test world."""
    if settings:
        app = create_app(database, clock or Clock(MORNING), settings)
    else:
        app = _IDLE.pop() if _IDLE else create_app(database)
        furnish(app, database, clock or Clock(MORNING), get_settings())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
    if not settings:
        _IDLE.append(app)


def as_person(database: Database, login: str) -> dict[str, str]:
    """Headers of a person."""
    with database.write() as session:
        token = issue_token(session, get_actor(session, login), now=NOW)
    return {"Authorization": f"Bearer {token}"}


def as_system(database: Database, **key: object) -> dict[str, str]:
    """Headers of a collection system with a key for the check."""
    with database.write() as session:
        told = {"scopes": "check feed", **key}
        secret = confirmed_key(session, client="直报平台", **told)
    return {"X-API-Key": secret}
