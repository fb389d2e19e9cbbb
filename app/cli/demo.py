"""`minglu demo`: a ready district in an embedded database, built by the same road that everybody takes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.cli.common import log_operator, refusals, say
from app.core.clock import Clock
from app.core.db import Database, connect
from app.core.settings import Settings
from app.demo import build, people

CLOCK = "2024-12-31T09:00:00+08:00"
"""Where the demo's clock stands: before the example district was dissolved (reference date of the sample files)."""


@refusals
def demo(
    port: Annotated[int, typer.Option(help="port on this machine", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="folder of the demo's database")] = Path("var/demo"),
    samples: Annotated[Path, typer.Option(help="folder of the sample files")] = Path("data/samples"),
    reset: Annotated[bool, typer.Option(help="throw away what was done and begin anew")] = False,
    serve: Annotated[bool, typer.Option(help="serve the API afterwards")] = True,
) -> None:
    """A ready district: census as the opening base list, other sources in the queues, served at 127.0.0.1."""
    if reset and data.exists():
        shutil.rmtree(data)
    settings = Settings(data_dir=data, database_url="", clock=CLOCK, token="")
    database, clock = connect(settings), Clock(CLOCK)
    try:
        _tell(_ready(database, clock, settings, samples), data)
        if serve:
            import uvicorn  # here: other commands need not wait for the web framework

            from app.main import create_app

            log_operator(database, clock, "demo")
            say(f"open http://127.0.0.1:{port}/ and sign in; the API is described at /docs")
            uvicorn.run(create_app(None, clock, settings, work=True), host="127.0.0.1", port=port, log_level="warning")
    finally:
        database.engine.dispose()


def _ready(database: Database, clock: Clock, settings: Settings, samples: Path) -> dict[str, Any]:
    """What the demo holds: built now, or as it was built before."""
    kept = settings.data_dir / "demo.json"
    if not kept.exists():
        say("building the demo district …")
        result = build.build(database, clock, samples, keep_in=settings.files_dir, say=say)
        kept.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    found: dict[str, Any] = orjson.loads(kept.read_bytes())
    return found


def _tell(result: dict[str, Any], data: Path) -> None:
    """What was read, matched, queued and awaits approval."""
    print(orjson.dumps(result["counts"], option=orjson.OPT_INDENT_2).decode(), flush=True)
    say(f"people (password {people.PASSWORD}) and their tokens, kept in {data / 'demo.json'}:")
    for login, token in result["tokens"].items():
        say(f"  {login:12} {token}")
    say(f"  key of the collection system: {result['api_key']}")
