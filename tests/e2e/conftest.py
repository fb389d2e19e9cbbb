"""A served application over a database of its own, and people who call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.db import Database
from app.core.settings import Settings
from app.main import create_app
from tests.factories.people import token_of

Caller = Callable[[str], TestClient]


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(database, Clock("2024-12-31T10:00:00+08:00"), Settings(data_dir=tmp_path))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def calling(served: TestClient, database: Database) -> Caller:
    """`calling("maintainer")` is a client that calls as that person."""

    def as_person(login: str) -> TestClient:
        client = TestClient(served.app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {token_of(database, login)}"
        return client

    return as_person
