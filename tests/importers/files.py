"""Files of offices as they come, small and invented; and what the reader makes of one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd

import importers
from importers import get_spec

AS_OF = date(2024, 12, 31)
UNITS = (
    ("91500105MA7T1001XN", "重庆试样甲商贸有限公司", "2024-03-05", "重庆市江北区某街1号"),
    ("91500105MA7T10028N", "重庆试样乙商贸有限公司", "2024-03-06", "重庆市江北区某街2号"),
)
NEW = ("统一社会信用代码", "企业(机构)名称", "成立日期", "住所")


class Taken(NamedTuple):
    """What was read of a file: the reader at its end, all rows, problems and skipped lines."""

    reader: importers.Reader
    rows: pd.DataFrame
    problems: pd.DataFrame
    skipped: pd.DataFrame

    def codes(self) -> list[tuple[int, str]]:
        return [(int(row), code) for row, code in zip(self.problems["row_no"], self.problems["code"], strict=True)]

    def column(self, name: str) -> list[str]:
        return list(self.rows[name]) if name in self.rows else [""] * len(self.rows)


def taken(path: Path, source: str, **rest: Any) -> Taken:
    """Read a file to its end."""
    reader = importers.read(path, get_spec(source), as_of=rest.pop("as_of", AS_OF), **rest)
    chunks = list(reader)
    tables = [
        pd.concat([getattr(chunk, name) for chunk in chunks], ignore_index=True)
        for name in ("rows", "problems", "skipped")
    ]
    return Taken(reader, tables[0].fillna(""), tables[1], tables[2])


def laid(folder: Path, content: str | bytes, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def lines(*rows: Sequence[str], separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


def workbook(
    sheets: dict[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = (), epoch_1904: bool = False
) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def package(files: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return kept.getvalue()
