"""`minglu match …`: staged records against the register and each other."""

from __future__ import annotations

from dataclasses import asdict

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.review import matching_run

app = typer.Typer(name="match", help="Match records.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Match records."""


@app.command()
@refusals
def run(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Match every staged record that waits; the clear ones become change requests, the others questions."""
    with as_person(token) as opened:
        report = matching_run.run(opened.database, actor=opened.person, clock=opened.clock)
        show(asdict(report), form)
