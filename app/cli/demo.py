"""`minglu demo`: a ready district in an embedded database, built by the same road that everybody takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.cli.clock import moment_told
from app.cli.common import log_operator, refusals, say
from app.core.clock import Clock
from app.core.db import Database
from app.core.settings import Settings
from app.demo import build, folder, people


@refusals
def demo(
    port: Annotated[int, typer.Option(help="port on this machine", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="folder of the demo's database")] = Path("var/demo"),
    samples: Annotated[Path, typer.Option(help="folder of the sample files")] = folder.SAMPLES,
    database: Annotated[str, typer.Option(help="a database of its own on a server; else one in the folder")] = "",
    clock: Annotated[
        str, typer.Option(help="moment at which its clock starts; forward, where it is built", callback=moment_told)
    ] = "",
    reset: Annotated[bool, typer.Option(help="throw away what was done and begin anew")] = False,
    serve: Annotated[bool, typer.Option(help="serve the API afterwards")] = True,
) -> None:
    """A ready district: census as the opening base list, other sources in the queues, served at 127.0.0.1."""
    settings = Settings(data_dir=data, database_url=database, clock="", token="")
    _tell(folder.ready(settings, _builder(samples), reset=reset, moment=clock, say=say), data)
    if serve:
        _serve(settings, port)


def _builder(samples: Path) -> folder.Build:
    """Raises SamplesMissing before anything is begun."""
    if not (samples / "expected.json").exists():
        raise folder.SamplesMissing(folder=samples)

    def do(database: Database, clock: Clock, settings: Settings) -> dict[str, Any]:
        say("building the demo district …")
        return build.build(database, clock, samples, keep_in=settings.files_dir, say=say)

    return do


def _serve(settings: Settings, port: int) -> None:
    import uvicorn  # here: other commands need not wait for the web framework

    from app.http.heads import bounded_heads
    from app.main import create_app

    with folder.opened(settings) as database:
        clock = settings.make_clock()
        log_operator(database, clock, "demo")
        say(f"open http://127.0.0.1:{port}/ and sign in; the API is described at /docs")
        app = create_app(None, clock, settings, work=True)
        uvicorn.run(app, host="127.0.0.1", port=port, **bounded_heads(settings))


def _tell(result: dict[str, Any], data: Path) -> None:
    """What was read, matched, queued and awaits approval."""
    print(orjson.dumps(result["counts"], option=orjson.OPT_INDENT_2).decode(), flush=True)
    say(f"people (password {people.PASSWORD}) and their tokens, kept in {data / 'demo.json'}:")
    for login, token in result["tokens"].items():
        say(f"  {login:12} {token}")
    say(f"  key of the collection system: {result['api_key']}")
