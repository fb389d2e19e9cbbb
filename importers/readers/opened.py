"""A file as records of text within its limits, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importers.limits import Limits
from importers.readers import csv_file, xlsx_file
from importers.refusal import FileProblem, beyond

Records = Iterator[list[str]]
BATCH_ROWS, BATCH_CHARS = 2000, 8 << 20


@dataclass(frozen=True)
class Opened:
    """What was found before the first record: `xlsx` or the encoding, the sheet of a workbook, its records."""

    encoding: str
    sheet: str
    records: Records


def opened(path: Path, sheet: str | None, limits: Limits) -> Opened:
    """Look at a file and open it. Raises FileProblem."""
    size = path.stat().st_size
    if size == 0:
        raise FileProblem("empty", "文件是空的；请重新导出", "the file is empty; export it again")
    if size > limits.file_bytes:
        raise beyond("file_bytes", limits.file_bytes)
    if xlsx_file.is_workbook(path):
        name, records = xlsx_file.records(path, sheet, limits)
        return Opened("xlsx", name, records)
    encoding = csv_file.encoding_of(path)
    return Opened(encoding, "", csv_file.records(path, encoding, limits))


def batches(records: Records, limits: Limits) -> Iterator[list[list[str]]]:
    """Records in lists that are short in rows and in text, each record held against the limits."""
    batch: list[list[str]] = []
    chars = 0
    for number, record in enumerate(records, 1):
        if number > limits.rows:
            raise beyond("rows", limits.rows)
        chars += _checked(record, limits)
        batch.append(record)
        if len(batch) >= BATCH_ROWS or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _checked(record: list[str], limits: Limits) -> int:
    """The characters of a record. Raises FileProblem where it is too wide or too long."""
    if len(record) > limits.columns and any(record[limits.columns :]):
        raise beyond("columns", limits.columns)
    chars = sum(map(len, record))
    if chars > limits.cell_chars and max(map(len, record)) > limits.cell_chars:
        raise beyond("cell_chars", limits.cell_chars)
    if chars > limits.record_chars:
        raise beyond("record_chars", limits.record_chars)
    return chars
