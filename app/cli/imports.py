"""`minglu import …`: files in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Format, FormatOption, Open, TokenOption, as_person, refusals, say, show
from app.core.clock import day_of
from app.domain.roles import Permission
from app.domain.words import Source
from app.intake import queries, service
from app.intake.run import import_file, preview

app = typer.Typer(name="import", help="Take files of the register's sources in.", no_args_is_help=True)


@app.command()
@refusals
def run(
    source: Annotated[Source, typer.Argument(help="what the files are")],
    files: Annotated[list[Path], typer.Argument(help="CSV or workbook files")],
    as_of: Annotated[datetime | None, typer.Option(help="the day the files speak of", formats=["%Y-%m-%d"])] = None,
    sheet: Annotated[str, typer.Option(help="sheet of a workbook; the first one when not given")] = "",
    mapping: Annotated[Path | None, typer.Option(help="an operator's own labels (JSON)")] = None,
    dry_run: Annotated[bool, typer.Option(help="say what the files would bring and keep nothing")] = False,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Take one or more files of a source in, each whole or not at all."""
    with as_person(token) as opened:
        opened.person.require(Permission.IMPORT)
        day = as_of.date() if as_of else day_of(opened.clock.now())
        for path in files:
            if dry_run:
                show(preview(path, source, as_of=day, sheet=sheet or None, mapping=mapping), form)
                continue
            batch = import_file(
                opened.database,
                path,
                source,
                actor=opened.person,
                clock=opened.clock,
                as_of=day,
                sheet=sheet or None,
                mapping=mapping,
                keep_in=opened.settings.files_dir,
            )
            _show_batch(opened, batch.batch_id, form)


def _show_batch(opened: Open, batch_id: int, form: Format) -> None:
    with opened.database.read() as session:
        found = queries.describe(session, queries.get_batch(session, batch_id))
    if found["repeat_of"]:
        say(f"{found['file']}: taken in before as batch {found['repeat_of']}; nothing was added")
    if found["held_reason"]:
        say(f"{found['file']}: {found['held_reason']}; say `minglu import confirm {batch_id}` or `import discard`")
    show(found, form)


@app.command(name="list")
@refusals
def list_(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """The newest batches with their rows by outcome."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.IMPORT)
        found = [queries.describe(session, batch) for batch in queries.list_batches(session)]
        show(found, form, columns=("batch_id", "source", "file", "status", "rows", "outcomes"))


@app.command()
@refusals
def problems(batch: int, form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Problems of a batch by row: what was read (personal values masked), what is wrong, what to do."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.IMPORT)
        rows = [
            {
                "sheet": p.sheet,
                "row_no": p.row_no,
                "level": p.level,
                "code": p.code,
                "column": p.column,
                "value": str(p.value or ""),
                "message": p.message_en if opened.person.language == "en" else p.message_zh,
            }
            for p in queries.list_problems(session, batch, limit=1_000_000)
        ]
        show(rows, form)


@app.command()
@refusals
def rows(
    batch: int,
    outcome: Annotated[str, typer.Option(help="only rows with this outcome")] = "",
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Where each row of a batch ended."""
    with as_person(token) as opened, opened.database.read() as session:
        opened.person.require(Permission.IMPORT)
        found = [
            {
                "row_no": row.row_no,
                "outcome": row.outcome,
                "reason": row.outcome_reason,
                "unit_id": row.unit_id or "",
            }
            for row in queries.list_rows(session, batch, outcome=outcome, limit=1_000_000)
        ]
        show(found, form)


@app.command()
@refusals
def confirm(batch: int, token: TokenOption = "") -> None:
    """Let a batch that asks go on."""
    with as_person(token) as opened, opened.database.write() as session:
        service.confirm(session, batch, actor=opened.person, now=opened.clock.now())


@app.command()
@refusals
def discard(batch: int, token: TokenOption = "") -> None:
    """Drop a batch that asks."""
    with as_person(token) as opened, opened.database.write() as session:
        service.discard(session, batch, actor=opened.person, now=opened.clock.now())
