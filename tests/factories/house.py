"""A house over a test database, for calling verbs as the edges do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.accounts.actor import get_actor
from app.audit.access import AccessLog
from app.core.clock import Clock
from app.core.db import Database
from app.verbs import House, Verb, perform
from tests.factories.http import MORNING


@contextmanager
def housing(database: Database) -> Iterator[House]:
    """The house at the morning of the test world; what was seen is in the access log when this ends."""
    access = AccessLog(database)
    with tempfile.TemporaryDirectory() as files:
        try:
            yield House(database, Clock(MORNING), access, Path(files))
        finally:
            access.close()


def do(house: House, verb: Verb[Any, Any], login: str, /, **told: Any) -> Any:
    """Perform a verb as a person of the test world."""
    with house.database.read() as session:
        actor = get_actor(session, login)
    return perform(house, verb, actor, verb.takes(**told))
