"""`minglu clock …`: the clock of a demo."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import as_operator, refusals
from app.core.clock import iso_moment, parse_moment
from app.demo import folder

FIRST, LAST = parse_moment("2000-01-01"), parse_moment("2100-01-01")


def moment_told(told: str) -> str:
    """A moment as somebody typed it, or nothing. Raises BadParameter."""
    try:
        if told and not FIRST <= parse_moment(told) < LAST:
            raise typer.BadParameter("a moment between 2000 and 2100")
    except ValueError as wrong:
        raise typer.BadParameter("an ISO moment, such as 2025-01-02T09:00") from wrong
    return told


app = typer.Typer(help="The clock of a demo.", no_args_is_help=True)


@app.callback()
def clock() -> None:
    """The clock of a demo."""


@app.command("set")
@refusals
def set_(
    moment: Annotated[
        str, typer.Argument(help="ISO moment, Asia/Shanghai unless it says otherwise", callback=moment_told)
    ],
) -> None:
    """Set the clock of a demo forward; servers and commands on its data follow."""
    from app.core.settings import get_settings

    now = folder.set_clock(get_settings(), moment)
    with as_operator("clock set"):
        print(iso_moment(now))
