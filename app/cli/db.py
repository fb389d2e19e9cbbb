"""`minglu db …`: the schema."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts.service import bootstrap
from app.audit import upkeep
from app.cli.common import Format, FormatOption, as_operator, log_operator, operator, refusals, say, show
from app.codelists.service import load_shipped, load_standard_policies
from app.core import schema
from app.core.dialect import database_size
from app.models import metadata

app = typer.Typer(name="db", help="The database.", no_args_is_help=True)


@app.command()
@refusals
def upgrade(
    admin: Annotated[str, typer.Option(help="login of the first security administrator of a new installation")] = "",
    office: Annotated[str, typer.Option(help="name of the first office")] = "统计局",
    area: Annotated[str, typer.Option(help="leading digits of its area codes")] = "",
) -> None:
    """Bring the database to the newest schema; load shipped code lists and policies that are missing."""
    with as_operator("db upgrade", log=False) as opened:
        work = upkeep.upgrade(opened.database, actor=operator(), now=opened.clock.now())
        log_operator(opened.database, opened.clock, "db upgrade")
        if work and work.left_out:
            say(f"{len(work.left_out)} rows are not what the log says, and stay so: minglu audit verify --all")
        with opened.database.write() as session:
            lists = load_shipped(session, actor="operator", now=opened.clock.now())
            load_standard_policies(session, actor="operator", now=opened.clock.now())
            say(f"schema {schema.head_revision()}, {lists} code lists loaded")
            if admin:
                now = opened.clock.now()
                print(bootstrap(session, login=admin, office_name=office, area_prefix=area, now=now))


@app.command()
@refusals
def check(form: FormatOption = Format.TEXT) -> None:
    """Say whether the database has the newest schema and agrees with the models."""
    with as_operator("db check", log=False) as opened:
        current, head = schema.current_revision(opened.database.engine), schema.head_revision()
        found = schema.differences(opened.database.engine, metadata) if current == head else []
        with opened.database.read() as session:
            size = database_size(session)
        show({"revision": current, "newest": head, "differences": found, "bytes": size}, form)
        if current != head or found:
            raise schema.SchemaOld
