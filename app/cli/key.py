"""`minglu key …`: keys of collection systems that ask the check."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts import service
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.domain.roles import Permission

app = typer.Typer(name="key", help="Keys of collection systems.", no_args_is_help=True)


@app.command()
@refusals
def issue(
    client: Annotated[str, typer.Argument(help="name of the collection system")],
    scopes: str = "check",
    per_minute: Annotated[int, typer.Option(help="requests a minute")] = 600_000,
    days: int = 365,
    contact: str = "",
    token: TokenOption = "",
) -> None:
    """A new key, shown this once."""
    with as_person(token) as opened, opened.database.write() as session:
        key = service.issue_key(
            session,
            client=client,
            scopes=scopes,
            per_minute=per_minute,
            days=days,
            contact=contact,
            actor=opened.person,
            now=opened.clock.now(),
        )
        print(key)


@app.command(name="list")
@refusals
def list_(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Keys with client, limits and expiry; never the keys themselves."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.MANAGE_KEYS)
        show(service.list_keys(session), form)


@app.command()
@refusals
def revoke(key: int, token: TokenOption = "") -> None:
    """End a key."""
    with as_person(token) as opened, opened.database.write() as session:
        service.revoke_key(session, key, actor=opened.person, now=opened.clock.now())
