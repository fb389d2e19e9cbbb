"""One file from disk into staging: chunk by chunk, each its own short transaction, whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

import importers
from app.core import kept
from app.core.settings import get_settings
from app.core.turns import Turns
from app.domain.fields import NAMES
from app.intake import service
from app.intake.errors import BadFile, refused_file
from app.intake.queries import get_batch
from app.intake.service import FileFacts
from app.models import ImportBatch
from app.register.present import plain

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Given:
    """What else was said of a file: the sheet to read, the operator's own labels."""

    sheet: str = ""
    mapping: Path | None = None


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
    reader = _reader(path, batch.source, batch.as_of, given.sheet or None, given.mapping)
    skipped: Counter[str] = Counter()
    rows = 0
    for chunk in reader:
        rows += service.stage_chunk(turns, batch, chunk.rows, chunk.problems)
        skipped.update(chunk.skipped["reason"].tolist())
        progress(rows)
    turns.write(lambda session: _describe(session, batch.batch_id, reader, rows, skipped))


def _describe(session: Session, batch_id: int, reader: importers.Reader, rows: int, skipped: Counter[str]) -> None:
    """What is known of a file once it was read to its end."""
    held = get_batch(session, batch_id)
    held.rows, held.skipped_lines = rows, dict(sorted(skipped.items()))
    held.encoding, held.layout = reader.encoding, reader.layout
    held.mapping_version, held.sheet = reader.mapping_version, reader.sheet or ""
    held.columns = {label: reader.columns.get(label, "") for label in reader.labels}


def _reader(path: Path, source: str, as_of: date, sheet: str | None, mapping: Path | None) -> importers.Reader:
    """The file, read in a process apart and within the limits of this installation."""
    spec, limits = importers.get_spec(source), get_settings().file
    return importers.read(path, spec, sheet=sheet, mapping=mapping, as_of=as_of, limits=limits)


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
    whole: bool


def preview(
    path: Path,
    source: str,
    *,
    as_of: date,
    sheet: str | None = None,
    mapping: Path | None = None,
    most: int | None = None,
) -> Understood:
    """A file as understood, nothing kept; with `most`, reading stops behind that many rows. Raises BadFile."""
    try:
        return _understood(_reader(path, source, as_of, sheet, mapping), path, most)
    except importers.FileProblem as problem:
        raise refused_file(path.name, problem) from problem


def _understood(reader: importers.Reader, path: Path, most: int | None) -> Understood:
    rows, stopped, whole = 0, 0, True
    sample: list[dict[str, str]] = []
    problems: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for chunk in reader:
        rows, stopped = rows + len(chunk.rows), stopped + int((~chunk.rows["ok"].astype(bool)).sum())
        problems.update(chunk.problems["code"].tolist())
        skipped.update(chunk.skipped["reason"].tolist())
        sample += _sample(chunk.rows, SHOWN_ROWS - len(sample))
        if most is not None and rows >= most:
            whole = False
            break
    return Understood(
        file=path.name,
        encoding=reader.encoding,
        layout=reader.layout,
        columns=reader.columns,
        unread=[label for label in reader.labels if label not in reader.columns],
        rows=rows,
        stopped=stopped,
        skipped_lines=dict(sorted(skipped.items())),
        problems=dict(sorted(problems.items())),
        sample=sample,
        whole=whole,
    )


def _sample(rows: pd.DataFrame, size: int) -> list[dict[str, str]]:
    """The first rows as understood: filled fields alone, personal ones masked."""
    names = [name for name in NAMES if name in rows.columns]
    return [
        {name: plain(name, row[name]) for name in names if row[name]}
        for row in rows.head(max(0, size))[names].to_dict("records")
    ]
