"""`minglu db …`: the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from app.accounts import admins as administrators
from app.accounts.passwords import Hashed, hash_password
from app.audit import upgrade as upgrading
from app.audit.upkeep import Upkeep
from app.cli.common import Format, FormatOption, as_operator, log_operator, operator, refusals, say, show
from app.codelists.service import Renewed, load_shipped, load_standard_policies, renew_standard_policies
from app.core import schema
from app.core.dialect import database_size
from app.core.private import keep_private
from app.domain.roles import Role
from app.domain.words import OfficeLevel
from app.models import metadata
from app.rules.service import load_standard_rules

app = typer.Typer(name="db", help="The database.", no_args_is_help=True)


@app.command()
@refusals
def upgrade(
    admins: Annotated[
        str, typer.Option(help="SYS,SEC,AUD: logins of the three administrators of a new installation")
    ] = "",
    office: Annotated[str, typer.Option(help="name of the first office")] = "统计局",
    level: Annotated[OfficeLevel, typer.Option(help="its level")] = OfficeLevel.MUNICIPAL,
    area: Annotated[
        str, typer.Option(help="leading digits of its area codes, 000000 the country; none: it sees nothing yet")
    ] = "",
) -> None:
    """Bring the database to the newest schema; load shipped code lists and policies that are missing.

    With --admins also the first office and its administrators, each with a secret for one sign-in, printed this once.
    """
    wanted = _secrets(administrators.three_logins(admins)) if admins else {}
    with as_operator("db upgrade", log=False) as opened:
        keep_private(opened.settings.data_dir)
        work = upgrading.upgrade(opened.database, opened.settings.files_dir, actor=operator(), now=opened.clock.now())
        log_operator(opened.database, opened.clock, "db upgrade")
        _tell_what_differed(work)
        with opened.database.write() as session:
            lists = load_shipped(session, actor="operator", now=opened.clock.now())
            load_standard_policies(session, actor="operator", now=opened.clock.now())
            renewed = renew_standard_policies(session, actor="operator", now=opened.clock.now())
            load_standard_rules(session, actor="operator", now=opened.clock.now())
            _tell_policies(renewed)
            say(f"schema {schema.head_revision()}, {lists} code lists loaded")
            if wanted:
                administrators.install(
                    session,
                    {login: hashed for login, (_secret, hashed) in wanted.items()},
                    office_code="root",
                    office_name=office,
                    level=level,
                    area_prefix=area,
                    by=operator(),
                    now=opened.clock.now(),
                )
        _hand_out(wanted)
        if wanted and not area:
            say("the first office has no area and sees nothing: minglu office give-area, then minglu right confirm")


def _tell_policies(found: Renewed) -> None:
    for name in found.renewed:
        say(f"the policy {name} was as an earlier version shipped it; from today it is as this one does")
    for name in found.own:
        say(f"the policy {name} is not as this version ships it, and stays as it is")


def _secrets(logins: Iterable[str]) -> dict[str, tuple[str, Hashed]]:
    """Login to a secret for one sign-in and what is stored of it."""
    made = {login: administrators.new_secret() for login in logins}
    return {login: (secret, hash_password(secret)) for login, secret in made.items()}


def _hand_out(secrets: Mapping[str, tuple[str, Hashed]]) -> None:
    for login, (secret, _hashed) in secrets.items():
        print(f"{login}\t{secret}")
    if secrets:
        say("each secret is good for one sign-in, at which its owner sets his own password")


@app.command()
@refusals
def administrator(
    role: Annotated[Role, typer.Argument(help="sys_admin, sec_admin or aud_admin")],
    login: Annotated[str, typer.Argument(help="who has the place from now on, new or known")],
    name: Annotated[str, typer.Option(help="the name of somebody new")] = "",
    in_place_of: Annotated[str, typer.Option(help="login of who leaves; that access ends")] = "",
) -> None:
    """Fill the vacant place of an administrator, or hand who has it a new secret for one sign-in, printed this once."""
    administrators.check_place(role, login)
    made = _secrets([login])
    with as_operator(f"db administrator {role} {login}") as opened, opened.database.write() as session:
        administrators.fill(
            session,
            role,
            login,
            made[login][1],
            name=name,
            in_place_of=in_place_of,
            by=operator(),
            now=opened.clock.now(),
        )
    _hand_out(made)


@app.command(name="rotate-keys")
@refusals
def rotate_keys() -> None:
    """Seal with a new key from now on and everything anew; earlier keys stay, for what the log holds under them."""
    with as_operator("db rotate-keys") as opened:
        now = opened.clock.now()
        _tell_what_differed(upgrading.rotate_keys(opened.database, opened.settings, actor=operator(), now=now))
        say(f"sealed with key {opened.database.keys.current}")


def _tell_what_differed(work: Upkeep | None) -> None:
    for name in work.damaged if work else ():
        say(f"the kept file {name} was altered, and stays so: minglu audit verify --all")
    for seq in work.unread if work else ():
        say(f"entry {seq} of the log was altered, and counts as work that broke off: minglu audit verify --all")
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
