"""`minglu db …`: the schema."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts.service import bootstrap
from app.audit import upgrade as upgrading
from app.audit.upkeep import Upkeep
from app.cli.common import Format, FormatOption, as_operator, log_operator, operator, refusals, say, show
from app.codelists.service import load_shipped, load_standard_policies
from app.core import schema
from app.core.dialect import database_size
from app.core.private import keep_private
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
        keep_private(opened.settings.data_dir)
        work = upgrading.upgrade(opened.database, actor=operator(), now=opened.clock.now())
        log_operator(opened.database, opened.clock, "db upgrade")
        _tell_what_differed(work)
        with opened.database.write() as session:
            lists = load_shipped(session, actor="operator", now=opened.clock.now())
            load_standard_policies(session, actor="operator", now=opened.clock.now())
            say(f"schema {schema.head_revision()}, {lists} code lists loaded")
            if admin:
                now = opened.clock.now()
                print(bootstrap(session, login=admin, office_name=office, area_prefix=area, now=now))


@app.command(name="rotate-keys")
@refusals
def rotate_keys() -> None:
    """Seal with a new key from now on and everything anew; earlier keys stay, for what the log holds under them."""
    with as_operator("db rotate-keys") as opened:
        now = opened.clock.now()
        _tell_what_differed(upgrading.rotate_keys(opened.database, opened.settings, actor=operator(), now=now))
        say(f"sealed with key {opened.database.keys.current}")


def _tell_what_differed(work: Upkeep | None) -> None:
    if work and work.left_out:
        say(f"{len(work.left_out)} rows are not what the log says, and stay so: minglu audit verify --all")


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
