"""An export package: a zip with the data, `datapackage.json` and a readable cover sheet.

The bytes depend on the facts and the rows alone, never on the day or the machine.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import chain, islice
from typing import IO, Any

from app.core.clock import iso_moment
from app.core.personal import Personal
from app.domain.fields import BY_NAME, Kind
from app.domain.labels import label
from app.frames.cover import cover_sheet
from app.frames.definition import STANDING, Definition
from app.frames.rows import csv_bytes, safe_rows
from app.frames.xlsx import member, write_sheet

XLSX_ROWS = 500_000
"""Data rows in one workbook (DESIGN.md §2): below the limit of the format, and still opened by office machines."""


class Form(StrEnum):
    CSV = "csv"
    CSV_GB18030 = "csv-gb18030"
    XLSX = "xlsx"


ENCODING = {Form.CSV: "utf-8-sig", Form.CSV_GB18030: "gb18030"}


@dataclass(frozen=True)
class Facts:
    """What a package says of itself."""

    export_id: int
    frame_id: int
    name: str
    survey: str
    period_from: date
    period_until: date
    reference_date: date
    known_at: datetime
    row_count: int
    rows_sha256: str
    definition: Definition
    columns: tuple[str, ...]
    code_lists: Sequence[Any]
    confirmations: Sequence[tuple[str, str, datetime]]
    purpose: str
    recipient: str
    form: Form
    office: str
    exported_by: str
    at: datetime
    reason_for_personal: str = ""


@dataclass(frozen=True)
class DataFile:
    """One data file of the package with its size, rows and SHA-256."""

    path: str
    size: int
    rows: int
    sha256: str


def write_package(out: IO[bytes], facts: Facts, parts: Iterable[Sequence[Any]]) -> list[DataFile]:
    """Write the zip; `parts` are the frame's rows in order, in parts. Returns what the data files are."""
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        rows = safe_rows(_clear(row) for part in parts for row in part)
        files = write_data(archive, facts.form, facts.columns, rows)
        archive.writestr(member("datapackage.json"), json.dumps(descriptor(facts, files), ensure_ascii=False, indent=2))
        archive.writestr(member("cover.html"), cover_sheet(facts, files))
    return files


def write_data(
    archive: zipfile.ZipFile, form: Form, columns: Sequence[str], rows: Iterator[Sequence[Any]]
) -> list[DataFile]:
    """The data files of a package, in the form asked for."""
    write = _write_xlsx if form is Form.XLSX else _write_csv
    return write(archive, form, columns, rows)


def _clear(row: Sequence[Any]) -> Sequence[Any]:
    """Personal values in clear: a package holds them only where they were asked for with a reason."""
    return [cell.reveal() if isinstance(cell, Personal) else cell for cell in row]


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


def descriptor(facts: Facts, files: Sequence[DataFile]) -> dict[str, Any]:
    """The Frictionless Data Package: fields with titles and code lists, hashes, who gets it, what for."""
    return {
        "profile": "tabular-data-package",
        "name": f"minglu-frame-{facts.frame_id}-export-{facts.export_id}",
        "id": f"minglu:export:{facts.export_id}",
        "title": facts.name,
        "created": iso_moment(facts.at),
        "exportId": facts.export_id,
        "purpose": facts.purpose,
        "recipient": facts.recipient,
        "exportedBy": facts.exported_by,
        "office": facts.office,
        "personalFields": {
            "included": [name for name in facts.columns if _is_personal(name)],
            "reason": facts.reason_for_personal,
        },
        "frame": _frame_json(facts),
        "codeLists": list(facts.code_lists),
        "resources": [_resource(facts, file) for file in files],
    }


def _frame_json(facts: Facts) -> dict[str, Any]:
    return {
        "frameId": facts.frame_id,
        "survey": facts.survey,
        "periodFrom": facts.period_from.isoformat(),
        "periodUntil": facts.period_until.isoformat(),
        "referenceDate": facts.reference_date.isoformat(),
        "knownAt": iso_moment(facts.known_at),
        "rowCount": facts.row_count,
        "canonicalRowsHash": f"sha256:{facts.rows_sha256}",
        "definition": facts.definition.as_json(),
        "confirmations": [{"side": s, "by": who, "at": iso_moment(at)} for s, who, at in facts.confirmations],
    }


def _resource(facts: Facts, file: DataFile) -> dict[str, Any]:
    is_csv = facts.form is not Form.XLSX
    said: dict[str, Any] = {
        "name": file.path.partition(".")[0],
        "path": file.path,
        "profile": "tabular-data-resource",
        "format": "csv" if is_csv else "xlsx",
        "bytes": file.size,
        "rows": file.rows,
        "hash": f"sha256:{file.sha256}",
        "schema": {
            "fields": [field_description(name, facts.code_lists) for name in facts.columns],
            "primaryKey": ["unit_id"],
            "missingValues": [""],
        },
    }
    if is_csv:
        said |= {"encoding": "utf-8" if facts.form is Form.CSV else "gb18030", "dialect": {"lineTerminator": "\r\n"}}
    return said


def field_description(name: str, code_lists: Sequence[Any]) -> dict[str, Any]:
    known = BY_NAME.get(name)
    number = name == "unit_id" or (known is not None and known.kind is Kind.NUMBER)
    """A column in the words of the Frictionless table schema."""
    said: dict[str, Any] = {"name": name, "type": "integer" if number else "string", "title": label("field", name)}
    said["description"] = label("field", name, "en")
    if known is not None and known.kind is Kind.PARTIAL_DATE:
        said["description"] += " (YYYY, YYYY-MM or YYYY-MM-DD)"
    if known is not None and known.codelist:
        said["codeList"] = {"name": known.codelist, "editions": _editions(known.codelist, code_lists)}
    if name == STANDING:
        said["codeList"] = {"name": "standing", "editions": []}
    return said


def _editions(name: str, code_lists: Sequence[Any]) -> list[str]:
    return [item["edition"] for item in code_lists if item["name"] == name]


def _is_personal(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].personal
