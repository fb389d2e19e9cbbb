"""`minglu office …`: offices in a tree."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts import service
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show

app = typer.Typer(name="office", help="Offices in a tree.", no_args_is_help=True)


@app.command()
@refusals
def create(
    code: str,
    name: Annotated[str, typer.Option()],
    level: Annotated[str, typer.Option(help="national, municipal, district or post")],
    parent: Annotated[str, typer.Option(help="code of the office above")] = "",
    area: Annotated[str, typer.Option(help="leading digits of the area codes it keeps")] = "",
    token: TokenOption = "",
) -> None:
    """A new office under its parent."""
    with as_person(token) as opened, opened.database.write() as session:
        service.create_office(
            session,
            code=code,
            name=name,
            level=level,
            parent=parent,
            area_prefix=area,
            actor=opened.person,
            now=opened.clock.now(),
        )


@app.command(name="list")
@refusals
def list_(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """All offices from the top down."""
    with as_person(token) as opened, opened.database.read() as session:
        found = [
            {"code": o.code, "level": o.level, "name": o.name, "area": o.area_prefix, "path": o.path}
            for o in service.list_offices(session)
        ]
        show(found, form)
