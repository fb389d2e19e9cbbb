"""`minglu codelist …`: code lists with editions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.codelists import queries, service
from app.core.clock import day_of

app = typer.Typer(name="codelist", help="Code lists with editions.", no_args_is_help=True)


@app.command(name="list")
@refusals
def list_(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Every edition with its validity and origin."""
    with as_person(token) as opened, opened.database.read() as session:
        found = [
            {
                "name": e.name,
                "edition": e.edition,
                "title": e.title,
                "valid_from": e.valid_from.isoformat(),
                "valid_until": e.valid_until.isoformat(),
                "origin": e.origin,
            }
            for e in queries.editions(session)
        ]
        show(found, form)


@app.command(name="show")
@refusals
def show_(
    name: str,
    on: Annotated[datetime | None, typer.Option(help="as in force on this day", formats=["%Y-%m-%d"])] = None,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """The codes of a list."""
    with as_person(token) as opened, opened.database.read() as session:
        day = on.date() if on else day_of(opened.clock.now())
        found = [
            {"code": item.code, "name": item.name, "parent": item.parent_code}
            for item in queries.codes(session, name, day).values()
        ]
        show(found, form)


@app.command()
@refusals
def load(
    file: Annotated[Path, typer.Argument(help="UTF-8 CSV with columns code and name")],
    name: Annotated[str, typer.Option()],
    edition: Annotated[str, typer.Option()],
    valid_from: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    title: str = "",
    token: TokenOption = "",
) -> None:
    """Load an operator's list, such as one whose licence forbids shipping it."""
    with as_person(token) as opened, opened.database.write() as session:
        count = service.import_list(
            session,
            file,
            name=name,
            edition=edition,
            title=title or name,
            valid_from=valid_from.date(),
            actor=opened.person,
            now=opened.clock.now(),
        )
        print(count)
