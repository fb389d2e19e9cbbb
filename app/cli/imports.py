"""`minglu import …`: files in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.command import command, noun, silent
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, say, show
from app.core.clock import day_of
from app.domain.words import Source
from app.intake import verbs
from app.intake.schemas import BatchShown, FileGiven, Preview
from app.verbs import perform

app = noun("import", "Take files of the register's sources in.", verbs)
_BATCH = {"batch_id": "batch"}
_WHOLE = {"after": 0, "limit": 5000}


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
        day = as_of.date() if as_of else day_of(opened.clock.now())
        for path in files:
            about = {"path": path, "source": source, "as_of": day, "sheet": sheet, "mapping": mapping}
            if dry_run:
                seen = perform(opened.house, verbs.preview, opened.person, Preview(**about))
                show(seen.model_dump(mode="json"), form)
            else:
                _tell(perform(opened.house, verbs.run, opened.person, FileGiven(**about)), form)


def _tell(batch: BatchShown, form: Format) -> None:
    if batch.repeat_of:
        say(f"{batch.file}: taken in before as batch {batch.repeat_of}; nothing was added")
    if batch.held:
        say(f"{batch.file}: {batch.held.en}; say `minglu import confirm {batch.batch_id}` or `import discard`")
    show(batch.model_dump(mode="json"), form)


command(
    app,
    verbs.list_,
    columns=("batch_id", "source", "file", "status", "rows", "outcomes"),
)
command(
    app,
    verbs.problems,
    arguments=_BATCH,
    columns=("sheet", "row_no", "level", "code", "column", "read", "message"),
    told=_WHOLE,
    whole=True,
)
command(app, verbs.rows, arguments=_BATCH, columns=("row_no", "outcome", "reason", "unit_id"), told=_WHOLE, whole=True)
command(app, verbs.confirm, arguments=_BATCH, shows=silent)
command(app, verbs.discard, arguments=_BATCH, shows=silent)
