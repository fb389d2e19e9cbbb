"""`minglu frame …`: respondent lists."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, say, show
from app.core.clock import day_of, iso_moment, parse_moment
from app.core.errors import Conflict, Invalid
from app.frames import queries, service
from app.frames.export import Order
from app.frames.export import export as write_export
from app.frames.package import Form
from app.frames.rules import Side, period_of
from app.frames.view import counted
from app.models import Frame

app = typer.Typer(name="frame", help="Frames: respondent lists frozen at a date.", no_args_is_help=True)

Definition = Annotated[Path, typer.Option(help="JSON file with conditions, columns, scope (docs/frames.md)")]


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as wrong:
        raise Invalid(f"{path}: {wrong}", code="bad_definition_file") from wrong


def _line(frame: Frame) -> dict[str, Any]:
    return {
        "frame_id": frame.frame_id,
        "name": frame.name,
        "survey": frame.survey,
        "status": frame.status,
        "reference_date": frame.reference_date.isoformat(),
        "known_at": iso_moment(frame.known_at) if frame.known_at else "",
        "rows": frame.row_count,
        "sha256": frame.rows_sha256,
    }


@app.command()
@refusals
def preview(
    definition: Definition,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """How many units a definition would hold, in total and by condition."""
    with as_person(token) as opened, opened.database.read() as session:
        day = on.date() if on else day_of(opened.clock.now())
        counts = service.preview(session, _read(definition), on=day, actor=opened.person)
        show(
            {"total": counts.total, "in_area": counts.in_area, "conditions": [counted(c) for c in counts.conditions]},
            form,
        )


@app.command()
@refusals
def create(
    name: str,
    survey: Annotated[str, typer.Option(help="code of the survey")],
    period: Annotated[str, typer.Option(help="2025, 2025Q1, 2025-01 or FROM..UNTIL")],
    definition: Definition,
    reference_date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Write down what a frame shall hold."""
    with as_person(token) as opened, opened.database.write() as session:
        frame = service.draft(
            session,
            name,
            survey=survey,
            period=period_of(period),
            definition=_read(definition),
            reference_date=reference_date.date(),
            actor=opened.person,
            now=opened.clock.now(),
        )
        show(_line(frame), form)


@app.command()
@refusals
def build(
    frame: Annotated[str, typer.Argument(help="name or number")],
    known_at: Annotated[str, typer.Option(help="as known at this moment (ISO); now when not given")] = "",
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Draw the units as of the reference date."""
    with as_person(token) as opened, opened.database.write() as session:
        moment = parse_moment(known_at) if known_at else None
        built = service.build(session, frame, actor=opened.person, now=opened.clock.now(), known_at=moment)
        show(_line(built), form)


@app.command(name="list")
@refusals
def list_(survey: str = "", form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Frames of one's area."""
    with as_person(token) as opened, opened.database.read() as session:
        found = queries.list_frames(session, area_prefix=opened.person.area_prefix, survey=survey)
        show([_line(frame) for frame in found], form)


@app.command(name="show")
@refusals
def show_(frame: str, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """A frame with its definition."""
    with as_person(token) as opened, opened.database.read() as session:
        found = service.get_visible(session, frame, opened.person)
        show({**_line(found), "definition": found.definition, "code_lists": found.code_lists}, form)


@app.command()
@refusals
def confirm(
    frame: str, side: Side, comment: str = "", form: FormatOption = Format.TEXT, token: TokenOption = ""
) -> None:
    """Confirm for one side: register or section."""
    with as_person(token) as opened, opened.database.write() as session:
        now = opened.clock.now()
        show(_line(service.confirm(session, frame, side, actor=opened.person, now=now, comment=comment)), form)


@app.command()
@refusals
def freeze(frame: str, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Freeze after both sides have confirmed."""
    with as_person(token) as opened, opened.database.write() as session:
        show(_line(service.freeze(session, frame, actor=opened.person, now=opened.clock.now())), form)


@app.command()
@refusals
def verify(frame: str, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Draw a frame again and compare the hashes; leaves with 1 when they differ."""
    with as_person(token) as opened, opened.database.read() as session:
        found = service.verify(session, frame, actor=opened.person)
    show({"intact": found.intact, "rows": found.row_count, "sha256": found.sha256, "drawn": found.drawn_sha256}, form)
    if not found.intact:
        raise Conflict("the frame drawn again is not the frame that was built", code="frame_differs")


@app.command()
@refusals
def export(
    frame: str,
    out: Annotated[Path, typer.Option(help="zip to write")],
    purpose: Annotated[str, typer.Option(help="what for")],
    recipient: Annotated[str, typer.Option(help="for whom")],
    file_form: Annotated[Form, typer.Option("--as", help="form of the data")] = Form.CSV,
    personal: Annotated[list[str] | None, typer.Option(help="personal field to add in clear")] = None,
    reason: Annotated[str, typer.Option(help="why personal fields are needed")] = "",
    token: TokenOption = "",
) -> None:
    """Write the package of a frozen frame."""
    with as_person(token) as opened:
        order = Order(purpose, recipient, file_form, tuple(personal or ()), reason)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as file, opened.database.write() as session:
                package = write_export(session, frame, file, order, actor=opened.person, now=opened.clock.now())
                rows = package.rows
            part.rename(out)  # only after the commit: an export that is not in the log does not exist
        finally:
            part.unlink(missing_ok=True)
        say(f"{out}: {rows} rows, export {package.export_id}")
