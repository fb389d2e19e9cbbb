"""`minglu import …`: files in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.command import command, noun, silent
from app.cli.common import Format, FormatOption, Open, TokenOption, as_person, refusals, say, show, terminal_language
from app.core.clock import day_of
from app.core.said import word, words_of
from app.domain.lives import BatchStatus
from app.domain.words import Source
from app.intake import verbs
from app.intake.reading import refusal_of
from app.intake.schemas import BatchShown, BatchWanted, FileHanded, Preview
from app.intake.together import together
from app.verbs import perform
from app.verbs.faults import wish_from
from app.worker import run_this

app = noun("import", "Take files of the register's sources in.", verbs)
_BATCH = {"batch_id": "batch"}
_WHOLE = {"after": 0, "limit": 5000}
TAKEN_BEFORE = word(
    "taken_before",
    "{file}：已作为批次 {batch} 导入过，没有新增内容。",
    "{file}: taken in before as batch {batch}; nothing was added",
)
WAITS = word(
    "waits_for_word",
    "{file}：{why}；请执行 `minglu import confirm {batch}` 或 `minglu import discard {batch}`。",
    "{file}: {why}; say `minglu import confirm {batch}` or `minglu import discard {batch}`",
)


@app.command()
@refusals
def run(
    source: Annotated[Source, typer.Argument(help="what the files are")],
    files: Annotated[list[Path], typer.Argument(help="CSV or workbook files")],
    as_of: Annotated[datetime | None, typer.Option(help="the day the files speak of", formats=["%Y-%m-%d"])] = None,
    sheet: Annotated[str, typer.Option(help="sheet of a workbook; the first one when not given")] = "",
    mapping: Annotated[Path | None, typer.Option(help="an operator's own labels (JSON)")] = None,
    dry_run: Annotated[bool, typer.Option(help="say what the files would bring and keep nothing")] = False,
    one_batch: Annotated[bool, typer.Option("--one-batch", help="take the files in as one batch")] = False,
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """Take one or more files of a source in, each whole or not at all; with `--one-batch` all of them or none."""
    with as_person(token, "import run") as opened, _as_one(files, one_batch=one_batch) as given:
        day = as_of.date() if as_of else day_of(opened.clock.now())
        for path in given:
            about = {"path": path, "source": source, "as_of": day, "sheet": sheet, "mapping": mapping}
            if dry_run:
                seen = perform(opened.house, verbs.preview, opened.person, wish_from(Preview, about))
                show(seen.model_dump(mode="json"), form)
            else:
                _tell(_taken_in(opened, about), form)


@contextmanager
def _as_one(files: list[Path], *, one_batch: bool) -> Iterator[list[Path]]:
    """The files, or one package of them for as long as it is read."""
    if not one_batch or len(files) < 2 or not all(path.is_file() for path in files):
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        yield [together(files, Path(folder))]


def _taken_in(opened: Open, about: dict[str, Any]) -> BatchShown:
    """The batch once its file is read: by this process, or by the worker that was quicker. Raises what ended it."""
    started = perform(opened.house, verbs.start, opened.person, wish_from(FileHanded, about))
    why = run_this(opened.database, opened.clock, started.job_id).message if started.job_id else None
    wanted = BatchWanted(batch_id=started.batch_id)
    batch = perform(opened.house, verbs.show, opened.person, wanted)
    if batch.status in (BatchStatus.READING, BatchStatus.REFUSED):
        raise refusal_of(batch.batch_id, why)
    return batch


def _tell(batch: BatchShown, form: Format) -> None:
    language = terminal_language()
    if batch.repeat_of:
        say(words_of(TAKEN_BEFORE, {"file": batch.file, "batch": batch.repeat_of}, language))
    if batch.held:
        why = batch.held.en if language == "en" else batch.held.zh
        say(words_of(WAITS, {"file": batch.file, "why": why, "batch": batch.batch_id}, language))
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
