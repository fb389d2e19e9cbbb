"""`minglu serve` and `minglu worker`."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Engine

from app.cli.common import as_operator, refusals, say
from app.core import schema
from app.worker import run_all, run_forever


@refusals
def serve(
    port: Annotated[int, typer.Option(help="port on this machine", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    worker: Annotated[bool, typer.Option(help="do the jobs of the queue in this process too")] = True,
) -> None:
    """Serve the screens and the API."""
    import uvicorn  # here: other commands need not wait for the web framework

    from app.http.heads import bounded_heads
    from app.main import create_app

    with as_operator("serve") as opened:
        _require_schema(opened.database.engine)
        app = create_app(None, opened.clock, opened.settings, work=worker)
        uvicorn.run(app, host=host, port=port, **bounded_heads(opened.settings))


@refusals
def worker(once: Annotated[bool, typer.Option(help="do what is in the queue and leave")] = False) -> None:
    """Do the work in the queue."""
    with as_operator("worker") as opened:
        _require_schema(opened.database.engine)
        if once:
            say(f"{run_all(opened.database, opened.clock)} jobs done")
        else:
            run_forever(opened.database, opened.clock)


def _require_schema(engine: Engine) -> None:
    if schema.current_revision(engine) != schema.head_revision():
        raise schema.SchemaOld
