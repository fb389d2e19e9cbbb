"""The HTTP application."""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app import __version__
from app.api import changes, check, codelists, imports, layouts, problems, routes
from app.api.openapi import describe
from app.audit.access import AccessLog
from app.core.clock import Clock
from app.core.db import Database, connect
from app.core.settings import Settings, get_settings
from app.core.waits import at_the_edge
from app.http.address import Addressed
from app.http.headers import Dressed
from app.verbs import House
from app.web.site import create_web
from app.worker import run_forever

DESCRIPTION = "Minglu (名录): a statistical business register. First in the register, then report (先进库、后报数)."


def create_app(
    database: Database | None = None,
    clock: Clock | None = None,
    settings: Settings | None = None,
    *,
    work: bool = False,
) -> FastAPI:
    """The application over a database; without arguments, what the environment names.

    With `work` the jobs of the queue are done in this process too: no second server on one machine.
    """
    settings = settings or get_settings()
    app = FastAPI(
        title="Minglu",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,  # `describe` serves it
        docs_url=None,
        redoc_url=None,
    )
    furnish(app, database or connect(settings, at_the_edge(settings)), clock or settings.make_clock(), settings)
    app.state.work = work
    app.add_middleware(Dressed, hsts=settings.hsts)
    app.add_middleware(Addressed, proxies=frozenset(settings.proxies))
    problems.install(app)
    for router in (check.router, imports.router, layouts.router, codelists.router, changes.router, *routes.routers()):
        app.include_router(router)
    describe(app)
    _add_pages(app)
    return app


def furnish(app: FastAPI, database: Database, clock: Clock, settings: Settings) -> None:
    """What routes and pages find of the world, all of it: with another, the same application is over another database."""
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.access = AccessLog(database)
    app.state.house = House(database, clock, app.state.access, settings.files_dir, asks_codes=settings.asks_codes)


def _add_pages(app: FastAPI) -> None:
    """Whatever no route of the API takes is a page; unknown addresses below /api stay problem documents."""
    pages, unknown = create_web(app.state), app.router.default

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        api = scope["type"] != "http" or scope["path"].startswith("/api/")
        await (unknown if api else pages)(scope, receive, send)

    app.router.default = choose


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # What is loaded by now stays for good: let no collection walk through it while somebody waits for a page.
    gc.collect()
    gc.freeze()
    with app.state.access, _working(app):
        yield


@contextmanager
def _working(app: FastAPI) -> Iterator[None]:
    """A worker in a thread of its own for as long as the block runs, where it was asked for."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run_forever,
        args=(app.state.database.patient(), app.state.clock),
        kwargs={"until": stop.is_set},
        name="worker",
    )
    if app.state.work:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if app.state.work:
            thread.join()
