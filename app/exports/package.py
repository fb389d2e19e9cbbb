"""An export package: a zip with the data, `datapackage.json` and a readable cover sheet, and its row in the books.

The bytes depend on what the package says and on its rows alone, never on the day or the machine.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import IO, Any

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import ACCESS, Entry, append
from app.audit.tags import Tag
from app.audit.units import Units
from app.core.actor import Actor
from app.core.turns import Turns
from app.domain.fields import BY_NAME, Kind
from app.domain.ground import names_somebody, says_something
from app.domain.labels import label
from app.exports.rows import csv_bytes, safe_rows
from app.exports.xlsx import member, write_sheet
from app.models import ExportPackage
from app.register.present import ReasonMissing

XLSX_ROWS = 500_000
"""Data rows in one workbook (DESIGN.md §2): below the limit of the format, and still opened by office machines."""


class Form(StrEnum):
    CSV = "csv"
    CSV_GB18030 = "csv-gb18030"
    XLSX = "xlsx"


ENCODING = {Form.CSV: "utf-8-sig", Form.CSV_GB18030: "gb18030"}


@dataclass(frozen=True)
class DataFile:
    """One data file of the package with its size, rows and SHA-256."""

    path: str
    size: int
    rows: int
    sha256: str


@dataclass(frozen=True)
class Laid:
    """What lies in a package: its data files, what the books say of it, and which units went out."""

    files: list[DataFile]
    facts: Any
    units: Units | None


@dataclass(frozen=True)
class Contents:
    """What goes in: columns and rows, and what the package says of itself once its data files are known."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    describe: Callable[[Sequence[DataFile]], Mapping[str, Any]]
    cover: Callable[[Sequence[DataFile]], str]


def enter(
    session: Session,
    purpose: str,
    recipient: str,
    form: Form,
    *,
    actor: Actor,
    now: datetime,
    frame_id: int | None = None,
) -> ExportPackage:
    """Begin a package in the books, which gives it the number that its files carry. Raises ReasonMissing.

    It counts, and is told of, only once it is `closed`: a number that was given and never used says nothing.
    """
    if not says_something(purpose) or not names_somebody(recipient):
        raise ReasonMissing
    package = ExportPackage(
        frame_id=frame_id,
        purpose=purpose,
        recipient=recipient,
        form=str(form),
        rows=0,
        data_sha256="",
        actor_id=actor.user_id,
        at=now,
    )
    session.add(package)
    session.flush()
    return package


def take_out(
    turns: Turns,
    begin: Callable[[Session], ExportPackage],
    lay_down: Callable[[Session, ExportPackage], Laid],
    note: Callable[[Session, ExportPackage, Laid], None],
) -> ExportPackage:
    """A package from its number to the books: the file is laid down from a snapshot, which no writer waits for, between
    two short entries. Where that fails its number is struck out again."""
    package = turns.write(begin)

    def close(session: Session) -> ExportPackage:
        closed = session.get_one(ExportPackage, package.export_id)
        closed.rows, closed.data_sha256 = sum(file.rows for file in laid.files), _joint_hash(laid.files)
        session.flush()
        note(session, closed, laid)
        return closed

    try:
        laid = turns.read(lambda session: lay_down(session, package))
        return turns.write(close)
    except BaseException:
        turns.write(lambda session: _strike(session, package.export_id))
        raise


def _strike(session: Session, export_id: int) -> None:
    session.execute(delete(ExportPackage).where(col(ExportPackage.export_id) == export_id))


def note_export(
    session: Session, who: str, at: datetime, subject: str, payload: Mapping[str, Any], units: Units | None
) -> None:
    """Let the access log tell that unit records went out, and of which units."""
    append(session, ACCESS, [Entry(Tag.LIST_EXPORT, who, at, subject, payload=payload, units=units)])


def write_package(out: IO[bytes], form: Form, contents: Contents) -> list[DataFile]:
    """Write the zip; returns what its data files are."""
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        write = _write_xlsx if form is Form.XLSX else _write_csv
        files = write(archive, form, contents.columns, safe_rows(contents.rows))
        described = json.dumps(contents.describe(files), ensure_ascii=False, indent=2)
        archive.writestr(member("datapackage.json"), described)
        archive.writestr(member("cover.html"), contents.cover(files))
    return files


def _joint_hash(files: Sequence[DataFile]) -> str:
    """The hash of the one data file, or of the hashes of several in order."""
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _write_csv(
    archive: zipfile.ZipFile, form: Form, columns: Sequence[str], rows: Iterator[Sequence[Any]]
) -> list[DataFile]:
    encoding = ENCODING[form]
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(member("data.csv"), "w", force_zip64=True) as file:
        block: list[Sequence[Any]] = [list(columns)]
        while block:
            # A part encoded by itself would carry a mark of its own: only the first one has it.
            data = csv_bytes(block, encoding if size == 0 else encoding.removesuffix("-sig"))
            file.write(data)
            digest.update(data)
            size, count = size + len(data), count + len(block)
            block = list(islice(rows, 5000))
    return [DataFile("data.csv", size, count - 1, digest.hexdigest())]


def _write_xlsx(
    archive: zipfile.ZipFile, _form: Form, columns: Sequence[str], rows: Iterator[Sequence[Any]]
) -> list[DataFile]:
    files: list[DataFile] = []
    while (first := next(rows, None)) is not None or not files:
        path = f"data-{len(files) + 1}.xlsx"
        part = _Counted(chain([first] if first is not None else [], islice(rows, XLSX_ROWS - 1)))
        with tempfile.TemporaryFile() as sheet:
            write_sheet(sheet, columns, part)
            files.append(_add_file(archive, path, sheet, part.count))
    return files


class _Counted:
    """Rows that count themselves while they pass."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self._rows:
            self.count += 1
            yield row


def _add_file(archive: zipfile.ZipFile, path: str, source: IO[bytes], rows: int) -> DataFile:
    digest, size = hashlib.sha256(), source.tell()
    source.seek(0)
    info = member(path)
    info.compress_type = zipfile.ZIP_STORED  # a workbook is compressed already
    with archive.open(info, "w", force_zip64=True) as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
    return DataFile(path, size, rows, digest.hexdigest())


def resource(file: DataFile, columns: Sequence[str], code_lists: Sequence[Any], form: Form | None = None) -> Any:
    """A data file in the words of a Frictionless Data Package; with `form` it says how the file is to be read."""
    said: dict[str, Any] = {"name": file.path.partition(".")[0], "path": file.path}
    if form is not None:
        said |= {"profile": "tabular-data-resource", "format": "xlsx" if form is Form.XLSX else "csv"}
    said |= {
        "bytes": file.size,
        "rows": file.rows,
        "hash": f"sha256:{file.sha256}",
        "schema": {
            "fields": [_field(name, code_lists) for name in columns],
            "primaryKey": ["unit_id"],
            "missingValues": [""],
        },
    }
    if form in ENCODING:
        said |= {"encoding": "utf-8" if form is Form.CSV else "gb18030", "dialect": {"lineTerminator": "\r\n"}}
    return said


def _field(name: str, code_lists: Sequence[Any]) -> dict[str, Any]:
    """A column in the words of the Frictionless table schema."""
    known = BY_NAME.get(name)
    number = name == "unit_id" or (known is not None and known.kind is Kind.NUMBER)
    said: dict[str, Any] = {"name": name, "type": "integer" if number else "string", "title": label("field", name)}
    said["description"] = label("field", name, "en")
    if known is not None and known.kind is Kind.PARTIAL_DATE:
        said["description"] += " (YYYY, YYYY-MM or YYYY-MM-DD)"
    if known is not None and known.codelist:
        said["codeList"] = {"name": known.codelist, "editions": _editions(known.codelist, code_lists)}
    if name == "standing":
        said["codeList"] = {"name": "standing", "editions": []}
    return said


def _editions(name: str, code_lists: Sequence[Any]) -> list[str]:
    return [item["edition"] for item in code_lists if item["name"] == name]
