"""`minglu backup …`: everything an installation is, in a folder, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.audit.proof import prove
from app.cli.common import as_operator, refusals, say
from app.core import backup as copies

app = typer.Typer(name="backup", help="Copy an installation and bring it back.", no_args_is_help=True)


Keys = Annotated[Path | None, typer.Option(help="the file of its keys; else beside the folder, DIR.keys.json")]


@app.command()
@refusals
def create(folder: Annotated[Path, typer.Argument(help="an empty or new folder")], keys: Keys = None) -> None:
    """Copy database and stored files, all of one moment, signed; the keys go to a file apart."""
    keys_to = keys or copies.keys_beside(folder)
    with as_operator(f"backup create {folder}") as opened:
        manifest = copies.create(opened.database, opened.settings, folder, keys_to, now=opened.clock.now())
        say(f"{folder}: {len(manifest['files'])} files, schema {manifest['revision']}")
        with opened.database.read() as session:
            if not prove(session, files=opened.settings.files_dir).intact:
                say("what was copied is not as the log says, and restore will refuse it: minglu audit verify --all")
        say(
            f"{keys_to}: its keys. Keep them elsewhere: who has both reads everything, without them nothing is had back"
        )


@app.command()
@refusals
def restore(
    folder: Annotated[Path, typer.Argument(help="a folder written by backup create")],
    keys: Keys = None,
    anyway: Annotated[bool, typer.Option(help="although the log does not bear out all it holds")] = False,
) -> None:
    """Bring a copy back into an empty installation: verified whole before anything is written, then at once."""
    keys_from = keys or copies.keys_beside(folder)
    copy = copies.Copy(folder, keys_from, copies.verify(folder, keys_from))
    with as_operator("backup restore", log=False) as opened:
        copies.restore(
            opened.database,
            opened.settings,
            copy,
            lambda session: anyway or prove(session, files=folder / copies.FILES).intact,
        )
    with as_operator(f"backup restore {folder}"):  # opened anew, with the keys that came
        say(f"restored what was there at {copy.manifest['at']}")
