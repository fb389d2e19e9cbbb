"""`minglu audit …`: the trail."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.audit import queries
from app.audit.service import ACCESS, AUDIT
from app.cli.common import Format, FormatOption, as_operator, refusals, show

app = typer.Typer(name="audit", help="The chained log.", no_args_is_help=True)


class ChainName(StrEnum):
    AUDIT = AUDIT
    ACCESS = ACCESS


Chain = Annotated[ChainName, typer.Option(help="audit (what was changed) or access (what was seen)")]


@app.command()
@refusals
def verify(
    chain: Chain = ChainName.AUDIT,
    head: Annotated[str, typer.Option(help="a head kept elsewhere that must still occur")] = "",
    form: FormatOption = Format.TEXT,
) -> None:
    """Prove the log intact, or name the first entry that was changed."""
    with as_operator("audit verify", log=False) as opened, opened.database.read() as session:
        found = queries.verify(session, chain, known_head=head)
    broken = {"seq": found.broken.seq, "what": found.broken.what.text("en")} if found.broken else None
    show({"chain": chain, "entries": found.entries, "intact": found.intact, "head": found.head, "broken": broken}, form)
    if found.broken:
        raise queries.ChainBroken(seq=found.broken.seq, what=found.broken.what)


@app.command()
@refusals
def head(chain: Chain = ChainName.AUDIT) -> None:
    """The chain's head, to be kept elsewhere: only that shows a cut tail or a log re-chained as a whole."""
    with as_operator("audit head", log=False) as opened, opened.database.read() as session:
        print(queries.verify(session, chain).head)


@app.command(name="list")
@refusals
def list_(
    request: Annotated[int, typer.Option(help="only entries of this change request")] = 0,
    limit: int = 50,
    form: FormatOption = Format.TEXT,
) -> None:
    """The newest entries."""
    with as_operator("audit list") as opened, opened.database.read() as session:
        rows = [
            {"seq": e.seq, "at": e.at, "actor": e.actor, "event": e.event, "subject": e.subject}
            for e in queries.list_events(session, request_id=request or None, limit=limit)
        ]
        show(rows, form)
