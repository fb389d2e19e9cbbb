"""The HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import __version__
from app.api import changes, check, codelists, errors, frames, imports, jobs, people, review, units
from app.checks.access import AccessLog
from app.checks.service import LastKnown
from app.core.clock import Clock
from app.core.db import Database, connect
from app.core.settings import Settings, get_settings
from app.http.limits import KnownKeys, RateLimits

DESCRIPTION = "Minglu (名录): a statistical business register. First in the register, then report (先进库、后报数)."


def create_app(
    database: Database | None = None, clock: Clock | None = None, settings: Settings | None = None
) -> FastAPI:
    """The application over a database; without arguments, what the environment names."""
    settings = settings or get_settings()
    app = FastAPI(title="Minglu", version=__version__, description=DESCRIPTION, lifespan=_lifespan)
    app.state.settings = settings
    app.state.database = database or connect(settings)
    app.state.clock = clock or Clock(settings.clock)
    app.state.limits = RateLimits()
    app.state.known_keys = KnownKeys()
    app.state.access = AccessLog(app.state.database)
    app.state.last_known = LastKnown()
    errors.install(app)
    for module in (check, units, imports, review, changes, frames, people, codelists, jobs):
        app.include_router(module.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    with app.state.access:
        yield
