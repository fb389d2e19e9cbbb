"""One file from disk into staging: chunk by chunk, each its own short transaction, whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

import importers
from app.core import kept
from app.core.persons import without_persons
from app.core.settings import get_settings
from app.core.turns import Turns
from app.domain.fields import NAMES
from app.intake import service
from app.intake.errors import BadFile, refused_file
from app.intake.queries import get_batch
from app.intake.service import FileFacts
from app.models import ImportBatch
from app.register.present import plain
from importers.spec import with_taught
from importers.taught import Taught

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Given:
    """What else was said of a file: the sheet to read, the operator's own labels."""

    sheet: str = ""
    mapping: Path | None = None
    taught: tuple[Taught, ...] = ()


def facts_of(path: Path) -> FileFacts:
    """Raises BadFile where there is no such file."""
    if not path.is_file():
        raise BadFile(file=str(path), problem="missing", message_zh="没有这个文件", message_en="there is no such file")
    return FileFacts(path.name, kept.sha256_of(path), path.stat().st_size, path)


def stage(turns: Turns, batch: ImportBatch, path: Path, given: Given, progress: Progress) -> None:
    """Read a file to its end into its batch, in short parts. Raises BadFile, UnsafeFile, FileTooLarge."""
    try:
        _stage(turns, batch, path, given, progress)
    except importers.FileProblem as problem:
        raise refused_file(batch.file_name, problem) from problem


def _stage(turns: Turns, batch: ImportBatch, path: Path, given: Given, progress: Progress) -> None:
    reader = _reader(path, batch.source, batch.as_of, given)
    rows = 0
    for chunk in reader:
        rows += service.stage_chunk(turns, batch, chunk.rows, chunk.problems)
        progress(rows)
    turns.write(lambda session: _describe(session, batch.batch_id, reader, rows))


def _describe(session: Session, batch_id: int, reader: importers.Reader, rows: int) -> None:
    """What is known of a file once it was read to its end."""
    held = get_batch(session, batch_id)
    held.rows, held.skipped_lines = rows, _skipped(reader)
    held.encoding, held.layout = reader.encoding[:32], reader.layout[:64]
    held.mapping_version, held.sheet = reader.mapping_version[:32], reader.sheet or ""
    held.columns = {label: reader.columns.get(label, "") for label in reader.labels}
    held.parts = accounts(reader)


def _skipped(reader: importers.Reader) -> dict[str, int]:
    """Lines that hold no row, by reason, of all parts."""
    return dict(sorted(sum((part.skipped for part in reader.parts), Counter[str]()).items()))


MOST_NAMED = 100
"""Hidden rows and columns that are named one by one; the others are counted."""


def accounts(reader: importers.Reader) -> list[dict[str, Any]]:
    """The account of each part of a file, as it is kept with the batch and shown."""
    return [_account(part) for part in reader.parts]


def _account(part: importers.Account) -> dict[str, Any]:
    return {
        "name": part.name,
        "encoding": part.encoding,
        "layout": part.layout,
        "certainty": str(part.certainty),
        "share": int(part.share * 100),
        "looks_like": part.looks_like,
        "unread": part.unread,
        "columns": part.columns,
        "unread_columns": part.unread_columns,
        "guesses": part.guesses,
        "rows": part.rows,
        "skipped": dict(sorted(part.skipped.items())),
        "hidden": part.hidden,
        "hidden_rows": list(part.hidden_rows[:MOST_NAMED]),
        "hidden_row_count": len(part.hidden_rows),
        "hidden_columns": [_letters(number) for number in part.hidden_columns[:MOST_NAMED]],
    }


def _letters(number: int) -> str:
    """The name of a column as spreadsheets show it: 1 is A, 27 is AA."""
    rest, letter = divmod(number - 1, 26)
    return (_letters(rest) if rest else "") + chr(ord("A") + letter)


def _reader(path: Path, source: str, as_of: date, given: Given) -> importers.Reader:
    """The file, read in a process apart and within the limits of this installation."""
    spec, limits = with_taught(importers.get_spec(source), given.taught), get_settings().file
    return importers.read(path, spec, sheet=given.sheet or None, mapping=given.mapping, as_of=as_of, limits=limits)


SHOWN_ROWS = 8


@dataclass(frozen=True)
class Understood:
    """What a file would bring. `whole` says whether it was read to its end; `sample` are its first rows, masked."""

    file: str
    encoding: str
    layout: str
    columns: dict[str, str]
    unread: list[str]
    rows: int
    stopped: int
    skipped_lines: dict[str, int]
    problems: dict[str, int]
    sample: list[dict[str, str]]
    parts: list[dict[str, Any]]
    whole: bool


def preview(path: Path, source: str, given: Given, *, as_of: date, most: int | None = None) -> Understood:
    """A file as understood, nothing kept; with `most`, reading stops behind that many rows. Raises BadFile."""
    try:
        return _understood(_reader(path, source, as_of, given), path, most)
    except importers.FileProblem as problem:
        raise refused_file(path.name, problem) from problem


def _understood(reader: importers.Reader, path: Path, most: int | None) -> Understood:
    rows, stopped, whole = 0, 0, True
    sample: list[dict[str, str]] = []
    problems: Counter[str] = Counter()
    for chunk in reader:
        rows, stopped = rows + len(chunk.rows), stopped + int((~chunk.rows["ok"].astype(bool)).sum())
        problems.update(chunk.problems["code"].tolist())
        sample += _sample(chunk.rows, SHOWN_ROWS - len(sample))
        if most is not None and rows >= most:
            whole = False
            break
    if not whole:
        reader.look_through()
    return Understood(
        file=path.name,
        encoding=reader.encoding,
        layout=reader.layout,
        columns=reader.columns,
        unread=[label for label in reader.labels if label not in reader.columns],
        rows=rows,
        stopped=stopped,
        skipped_lines=_skipped(reader),
        problems=dict(sorted(problems.items())),
        sample=sample,
        parts=accounts(reader),
        whole=whole,
    )


def _sample(rows: pd.DataFrame, size: int) -> list[dict[str, str]]:
    """The first rows as understood: filled fields alone, personal ones masked."""
    names = [name for name in NAMES if name in rows.columns]
    return [
        {
            name: plain(name, value)
            for name, value in without_persons({name: row[name] for name in names}).items()
            if value
        }
        for row in rows.head(max(0, size))[names].to_dict("records")
    ]
