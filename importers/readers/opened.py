"""A file as parts of records of text within its limits, whatever kind of file it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from importers.limits import Limits
from importers.readers import csv_file, encodings, markup, packed, xlsx_file
from importers.readers.marks import check_name
from importers.readers.part import Part, Record
from importers.refusal import FileProblem, beyond

BATCH_ROWS, BATCH_CHARS = 2000, 8 << 20
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TABLES = {".csv", ".txt", ".tsv", ".xls", ".xlsx", ".xlsm", ".xlsb", ".htm", ".html", ".xml", ".et", ".dat", ""}
"""Files of a package that may be tables, by the end of their names."""
_LONGEST_NAME = 128


@contextmanager
def opened(path: Path, sheet: str | None, limits: Limits) -> Iterator[Iterator[Part]]:
    """The parts of a file; with `sheet` the others are named and not read. Raises FileProblem."""
    size = path.stat().st_size
    if size == 0:
        raise FileProblem("empty", "文件是空的；请重新导出", "the file is empty; export it again")
    if size > limits.file_bytes:
        raise beyond("file_bytes", limits.file_bytes)
    check_name(path.name)
    with path.open("rb") as file:
        yield _only(_parts(file, limits), sheet)


def _parts(file: BinaryIO, limits: Limits) -> Iterator[Part]:
    file.seek(0)
    start = file.read(1 << 16)
    if not start.startswith(_ZIP):
        return _unpacked(file, start, limits)
    if packed.is_workbook(file, limits):
        return xlsx_file.parts(file, zipped=True, limits=limits)
    return _package(file, limits)


def _unpacked(file: BinaryIO, start: bytes, limits: Limits) -> Iterator[Part]:
    if start.startswith(_OLE):
        yield from xlsx_file.parts(file, zipped=False, limits=limits)
    elif markup.is_markup(start):
        yield from markup.parts(file, start, limits)
    else:
        encoding = encodings.encoding_of(file)
        records = csv_file.Records(file, encoding, limits)
        yield Part("", encoding, records, broken=records.broken)


def _package(file: BinaryIO, limits: Limits) -> Iterator[Part]:
    """The files of a package one after the other, each laid down without a name while it is read."""
    some = False
    for name, inner in packed.entries_of(file, limits):
        check_name(name)
        some = True
        if inner is None:
            yield Part(name, "zip", unread="locked")
        elif Path(name).suffix.lower() not in _TABLES:
            yield Part(name, "zip", unread="unsupported")
        else:
            yield from _packed_file(name, inner, limits)
    if not some:
        raise FileProblem(
            "not_a_workbook",
            "压缩包里没有工作簿，也没有文件；请另存为 .xlsx 或 CSV UTF-8",
            "there is neither a workbook nor a file in the package; save it as .xlsx or CSV UTF-8",
        )


def _packed_file(name: str, inner: BinaryIO, limits: Limits) -> Iterator[Part]:
    with tempfile.TemporaryFile() as laid:
        with packed.Failing():
            shutil.copyfileobj(inner, laid)
        file = cast(BinaryIO, laid)
        if file.tell() == 0:
            yield Part(name, "zip", unread="empty")
            return
        file.seek(0)
        if file.read(4).startswith(_ZIP) and not packed.is_workbook(file, limits):
            yield Part(name, "zip", unread="unsupported")
            return
        for part in _parts(file, limits):
            part.name = f"{name}/{part.name}"[-_LONGEST_NAME:] if part.name else name[-_LONGEST_NAME:]
            yield part


def _only(parts: Iterator[Part], sheet: str | None) -> Iterator[Part]:
    """All parts, or one by its name. Raises FileProblem where there is none of that name."""
    names, found = [], False
    for part in parts:
        names.append(part.name)
        if sheet and part.name != sheet and part.name.rpartition("/")[2] != sheet:
            part.unread = part.unread or "not_asked"
        found = found or not part.unread
        yield part
    if sheet and not found:
        known = "、".join(name for name in names if name)[:1000]
        raise FileProblem(
            "no_such_sheet", f"没有工作表“{sheet}”；有：{known}", f"no sheet {sheet!r}; there are: {known}"
        )


def batches(part: Part, limits: Limits) -> Iterator[list[Record]]:
    """Records of a part in lists that are short in rows and in text, each record held against the limits."""
    batch: list[Record] = []
    chars = 0
    for number, record in enumerate(part.records, 1):
        if number > limits.rows:
            raise beyond("rows", limits.rows)
        chars += _checked(record, limits)
        batch.append(record)
        if len(batch) >= BATCH_ROWS or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _checked(record: Record, limits: Limits) -> int:
    """The characters of a record. Raises FileProblem where it is too wide or too long."""
    if len(record) > limits.columns and any(record[limits.columns :]):
        raise beyond("columns", limits.columns)
    chars = sum(map(len, record))
    if chars > limits.cell_chars and max(map(len, record)) > limits.cell_chars:
        raise beyond("cell_chars", limits.cell_chars)
    if chars > limits.record_chars:
        raise beyond("record_chars", limits.record_chars)
    return chars
