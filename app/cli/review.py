"""`minglu review …`: pairs that need a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.domain.roles import Permission
from app.domain.words import Verdict
from app.review import queries, service
from app.review.view import pair_view

app = typer.Typer(name="review", help="Decide pairs that the match run asks about.", no_args_is_help=True)


@app.command(name="list")
@refusals
def list_(
    status: Annotated[str, typer.Option(help="open, decided or settled")] = "open",
    limit: int = 50,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """The queue."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.REVIEW)
        found = [
            {
                "pair_id": pair.pair_id,
                "weight": pair.match_weight,
                "probability": round(pair.match_probability, 4),
                "rule": pair.rule,
                "record_id": pair.record_id,
                "other": f"{pair.other_kind} {pair.other_id}",
            }
            for pair in queries.list_pairs(session, status=status, limit=limit)
        ]
        show(found, form)


@app.command(name="show")
@refusals
def show_(pair: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Both sides, their differences, and the score by comparison."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.REVIEW)
        show(asdict(pair_view(session, pair, language=opened.person.language)), form)


@app.command()
@refusals
def decide(
    pair: int,
    verdict: Verdict,
    comment: Annotated[str, typer.Option(help="why")] = "",
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Say same, different or unsure; a clear answer becomes a change request."""
    with as_person(token) as opened, opened.database.write() as session:
        decided = service.decide(session, pair, verdict, actor=opened.person, now=opened.clock.now(), comment=comment)
        show(asdict(decided), form)


@app.command()
@refusals
def undo(pair: int, token: TokenOption = "") -> None:
    """Take a decision back while what followed from it is not in the register."""
    with as_person(token) as opened, opened.database.write() as session:
        service.undo(session, pair, actor=opened.person, now=opened.clock.now())
