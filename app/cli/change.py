"""`minglu change …`: change requests, the one door to the register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.changes import queries, service, view, written
from app.changes.rules import ItemDraft
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.core.clock import day_of
from app.core.errors import Invalid
from app.domain.period import FOREVER
from app.domain.words import Reason, RequestStatus
from app.intake.run import facts_of
from app.register import sources

app = typer.Typer(name="change", help="Propose, submit and decide change requests.", no_args_is_help=True)

Comment = Annotated[str, typer.Option(help="what the others shall know")]
Day = Annotated[datetime, typer.Option("--from", help="the day from which it holds", formats=["%Y-%m-%d"])]


@app.command()
@refusals
def propose(
    reason: Reason,
    valid_from: Day,
    values: Annotated[list[str], typer.Option("--set", help="field=value; may be given again")],
    unit: Annotated[int, typer.Option(help="our id of the unit; none for a new one")] = 0,
    until: Annotated[datetime | None, typer.Option(help="end of a correction, excluded", formats=["%Y-%m-%d"])] = None,
    successor: Annotated[int, typer.Option(help="the unit that follows a merged or converted one")] = 0,
    title: str = "",
    evidence: Comment = "",
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Propose a change to one unit, or a new unit, and submit it."""
    with as_person(token) as opened, opened.database.write() as session:
        now = opened.clock.now()
        item = ItemDraft(
            reason=reason,
            valid_from=valid_from.date(),
            valid_until=until.date() if until else FOREVER,
            changes=_values(values),
            origin=sources.pack(sources.Origin("hand", 0, day_of(now).isoformat())),
            unit_id=unit or None,
            successor_id=successor or None,
        )
        request = service.draft(session, [item], actor=opened.person, now=now, title=title or f"{reason} #{unit}")
        service.submit(session, request.request_id, actor=opened.person, now=now, comment=evidence)
        show(view.summary(request), form)


def _values(pairs: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Invalid(f"write field=value, not {pair!r}", code="bad_value")
        result[name] = orjson.loads(value) if value.isdigit() and name in {"employees", "revenue"} else value
    return result


@app.command(name="list")
@refusals
def list_(
    status: Annotated[list[RequestStatus] | None, typer.Option(help="only requests in these states")] = None,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Requests of one's office and those below it."""
    with as_person(token) as opened, opened.database.read() as session:
        found = queries.list_requests(session, opened.person, status=[str(s) for s in status or []])
        columns = ("request_id", "status", "need", "items", "title", "policy")
        show([view.summary(request) for request in found], form, columns=columns)


@app.command(name="show")
@refusals
def show_(request: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """A request: counts, a sample with old and new values, what was said."""
    with as_person(token) as opened, opened.database.read() as session:
        found = queries.get_visible_request(session, request, opened.person)
        show(view.detail(session, found, language=opened.person.language), form)


def _do(verb: Callable[..., Any], request: int, token: str, form: Format, **rest: Any) -> None:
    with as_person(token) as opened, opened.database.write() as session:
        queries.get_visible_request(session, request, opened.person)
        show(view.summary(verb(session, request, actor=opened.person, now=opened.clock.now(), **rest)), form)


@app.command()
@refusals
def submit(request: int, comment: Comment = "", form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Hand a draft or returned request to those who decide."""
    _do(service.submit, request, token, form, comment=comment)


@app.command()
@refusals
def approve(request: int, comment: Comment = "", form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Approve; a batch is then applied by the worker."""
    _do(service.approve, request, token, form, comment=comment)


@app.command(name="return")
@refusals
def return_(request: int, comment: Comment, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Send a request back to its author."""
    _do(service.return_, request, token, form, comment=comment)


@app.command()
@refusals
def reject(request: int, comment: Comment, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Refuse a request for good."""
    _do(service.reject, request, token, form, comment=comment)


@app.command()
@refusals
def withdraw(request: int, comment: Comment = "", form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Take one's own request back."""
    _do(service.withdraw, request, token, form, comment=comment)


@app.command()
@refusals
def refresh(request: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Base a stale request on the unit as it is now."""
    _do(service.refresh, request, token, form)


@app.command()
@refusals
def written_approval(
    request: int,
    number: Annotated[str, typer.Option(help="number of the document")],
    office: Annotated[str, typer.Option(help="the office that approved")],
    on: Annotated[datetime, typer.Option(help="day of the document", formats=["%Y-%m-%d"])],
    document: Annotated[Path, typer.Option(help="the scanned document")],
    token: TokenOption = "",
) -> None:
    """Record the written approval of an upper office that does not use the system."""
    with as_person(token) as opened, opened.database.write() as session:
        paper = written.Document(number, on.date(), office, facts_of(document).sha256)
        written.record(session, request, paper, actor=opened.person, now=opened.clock.now())


@app.command()
@refusals
def countersign(request: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Confirm a recorded document as a second person; this approves the request."""
    _do(written.countersign, request, token, form)
