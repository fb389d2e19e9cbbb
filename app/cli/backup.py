"""`minglu backup …`: everything an installation is, in a folder, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import as_operator, log_operator, refusals, say
from app.core import backup as copies

app = typer.Typer(name="backup", help="Copy an installation and bring it back.", no_args_is_help=True)


@app.command()
@refusals
def create(folder: Annotated[Path, typer.Argument(help="an empty or new folder")]) -> None:
    """Copy database, keys and stored files, all of one moment, with the hash of each."""
    with as_operator(f"backup create {folder}") as opened:
        manifest = copies.create(opened.database, opened.settings, folder, now=opened.clock.now())
        say(f"{folder}: {len(manifest['files'])} files, schema {manifest['revision']}")


@app.command()
@refusals
def restore(folder: Annotated[Path, typer.Argument(help="a folder written by backup create")]) -> None:
    """Bring a copy back into an empty installation, after checking the hash of each file."""
    manifest = copies.verify(folder)
    with as_operator("backup restore", log=False) as opened:
        copies.restore(opened.database, opened.settings, folder, manifest)
        log_operator(opened.database, opened.clock, f"backup restore {folder}")
        say(f"restored what was there at {manifest['at']}")
