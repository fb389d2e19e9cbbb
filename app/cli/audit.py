"""`minglu audit …`: the trail."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.audit import proof, queries
from app.audit.service import ACCESS, AUDIT
from app.cli.common import Format, FormatOption, as_operator, refusals, show, terminal_language
from app.trail.schemas import Verified

app = typer.Typer(name="audit", help="The chained log, and what it proves.", no_args_is_help=True)


class ChainName(StrEnum):
    AUDIT = AUDIT
    ACCESS = ACCESS


Chain = Annotated[ChainName, typer.Option(help="audit (what was changed) or access (what was seen)")]


@app.command()
@refusals
def verify(
    every: Annotated[bool, typer.Option("--all", help="name every row that differs, not the first alone")] = False,
    head: Annotated[str, typer.Option(help="a head kept elsewhere that must still occur")] = "",
    form: FormatOption = Format.TEXT,
) -> None:
    """Prove both logs and the register, or name the entry and the rows that were changed."""
    with as_operator("audit verify", log=False) as opened, opened.database.read() as session:
        folder = opened.settings.files_dir
        found = Verified.of(proof.prove(session, known_head=head, every=every, files=folder), terminal_language())
    show(found.model_dump(mode="json"), form)
    found.raise_if_broken()


@app.command()
@refusals
def head(chain: Chain = ChainName.AUDIT) -> None:
    """The chain's head, to be kept elsewhere: only that shows a cut tail or a log re-chained as a whole."""
    with as_operator("audit head", log=False) as opened, opened.database.read() as session:
        print(queries.head_of(session, chain)[1])


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
