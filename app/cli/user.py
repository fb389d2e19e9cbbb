"""`minglu user …`: people."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts import service
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.domain.roles import Permission, Role

app = typer.Typer(name="user", help="People, their roles and tokens.", no_args_is_help=True)


@app.command()
@refusals
def create(
    login: str,
    name: Annotated[str, typer.Option(help="the person's name")],
    office: Annotated[str, typer.Option(help="code of the office")],
    role: Annotated[list[Role], typer.Option(help="may be given again")],
    password: Annotated[str, typer.Option(help="for signing in; may be set later")] = "",
    token: TokenOption = "",
) -> None:
    """A new person of an office with roles."""
    with as_person(token) as opened, opened.database.write() as session:
        service.create_user(
            session,
            login=login,
            name=name,
            office=office,
            roles=[str(r) for r in role],
            actor=opened.person,
            now=opened.clock.now(),
            password=password,
        )


@app.command(name="list")
@refusals
def list_(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Everybody with roles and office."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.MANAGE_USERS)
        show(service.list_users(session), form)


@app.command()
@refusals
def roles(login: str, role: Annotated[list[Role], typer.Option()], token: TokenOption = "") -> None:
    """Replace a person's roles."""
    with as_person(token) as opened, opened.database.write() as session:
        service.set_roles(session, login, [str(r) for r in role], actor=opened.person, now=opened.clock.now())


@app.command(name="token")
@refusals
def token_(
    login: Annotated[str, typer.Argument(help="whose; oneself, or another as security administrator")],
    label: str = "",
    days: int = 90,
    token: TokenOption = "",
) -> None:
    """A new personal token, shown this once."""
    with as_person(token) as opened, opened.database.write() as session:
        now = opened.clock.now()
        print(service.issue_token(session, login, actor=opened.person, now=now, label=label, days=days))


@app.command()
@refusals
def password(
    login: str,
    new: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    token: TokenOption = "",
) -> None:
    """Set a password."""
    with as_person(token) as opened, opened.database.write() as session:
        service.set_password(session, login, new, actor=opened.person, now=opened.clock.now())


@app.command()
@refusals
def deactivate(login: str, token: TokenOption = "") -> None:
    """End a person's access."""
    with as_person(token) as opened, opened.database.write() as session:
        service.deactivate(session, login, actor=opened.person, now=opened.clock.now())
