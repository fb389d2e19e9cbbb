"""Workbooks as records of text, read by content (an `.xls` may be called `.xlsx`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from importers.limits import Limits
from importers.readers.packed import cut_off, look_into
from importers.refusal import FileProblem, beyond

_EXACT = 10**15
"""Whole numbers below this are exact in a cell; an 18-digit code is not (source-layouts.md §5, no. 7)."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_workbook(path: Path) -> bool:
    return _start(path).startswith((_ZIP, _OLE))


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def records(path: Path, sheet: str | None, limits: Limits) -> tuple[str, Iterator[list[str]]]:
    """The sheet's name and its records. Raises FileProblem: not a workbook, cut off, locked, no such sheet, too large."""
    if _start(path).startswith(_ZIP):
        look_into(path, limits)
    try:
        book = CalamineWorkbook.from_path(path)
        if not book.sheet_names:
            raise FileProblem("no_such_sheet", "工作簿里没有工作表", "the workbook has no sheet")
        name = sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            known = "、".join(book.sheet_names)[:1000]
            raise FileProblem(
                "no_such_sheet", f"没有工作表“{name}”；有：{known}", f"no sheet {name!r}; there are: {known}"
            )
        found = book.get_sheet_by_name(name)
    except CalamineError as wrong:
        raise cut_off(wrong) from wrong
    _check_extent(found, limits)
    return name, _rows(found)


def _check_extent(sheet: CalamineSheet, limits: Limits) -> None:
    """One cell that strayed to the last corner makes a table of all that lies before it."""
    last_row, last_column = sheet.end or (0, 0)
    if last_column >= limits.columns:
        raise beyond("columns", limits.columns)
    if last_row >= limits.rows:
        raise beyond("rows", limits.rows)
    if (last_row + 1) * (last_column + 1) > limits.workbook_cells:
        raise beyond("workbook_cells", limits.workbook_cells)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Rows from the top left corner on, whatever lies empty before the first cell, so that numbers are those people see."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    return ([*left, *map(text_of, row)] for row in sheet.iter_rows())


def text_of(cell: Any) -> str:
    """A cell as a person would read it; long numbers show that they lost digits."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return f"{value:.14E}".replace("E+0", "E+") if abs(value) >= _EXACT else repr(value)
