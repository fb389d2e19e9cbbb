"""Workbooks as records of text, read by content (an `.xls` may be called `.xlsx`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from importers.limits import Limits
from importers.readers.marks import check_name, check_wide
from importers.readers.packed import Looked, cut_off, look_into
from importers.readers.part import Part, Record
from importers.refusal import FileProblem, beyond

_EXACT = 10**15
"""Whole numbers below this are exact in a cell; an 18-digit code is not (source-layouts.md §5, no. 7)."""
_BLOCK, _OVERLAP = 1 << 20, 16
_DAYS_FROM_1904 = b"\x22\x00\x02\x00\x01\x00\x0e\x00\x02\x00"
"""In an old workbook the record that says so, with the head of the one that always follows it."""


def parts(file: BinaryIO, *, zipped: bool, limits: Limits) -> Iterator[Part]:
    """The sheets of a workbook, its cells read as each one's turn comes. Raises FileProblem: cut off, locked, too large."""
    looked = look_into(file, limits) if zipped else _look_at_old(file)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
    except CalamineError as wrong:
        raise cut_off(wrong) from wrong
    if not book.sheet_names:
        raise FileProblem("no_such_sheet", "工作簿里没有工作表", "the workbook has no sheet")
    for name in book.sheet_names:
        check_name(name)
    for told in book.sheets_metadata:
        yield Part(
            told.name,
            "xlsx" if zipped else "xls",
            _records(book, told.name, limits),
            hidden=told.visible != SheetVisibleEnum.Visible,
            hidden_rows=looked.hidden_rows(told.name),
            hidden_columns=looked.hidden_columns(told.name),
            epoch_1904=looked.epoch_1904,
        )


def _look_at_old(file: BinaryIO) -> Looked:
    """An old workbook, looked through for marks and for the system of its days. What it hides is not seen."""
    looked, tail = Looked(), b""
    file.seek(0)
    while block := file.read(_BLOCK):
        check_wide(tail + block)
        looked.epoch_1904 |= _DAYS_FROM_1904 in tail + block
        tail = block[-_OVERLAP:]
    return looked


def _records(book: CalamineWorkbook, name: str, limits: Limits) -> Iterator[Record]:
    try:
        sheet = book.get_sheet_by_name(name)
    except CalamineError as wrong:
        raise cut_off(wrong) from wrong
    _check_extent(sheet, limits)
    return (yield from _rows(sheet))


def _check_extent(sheet: CalamineSheet, limits: Limits) -> None:
    """One cell that strayed to the last corner makes a table of all that lies before it."""
    last_row, last_column = sheet.end or (0, 0)
    if last_column >= limits.columns:
        raise beyond("columns", limits.columns)
    if last_row >= limits.rows:
        raise beyond("rows", limits.rows)
    if (last_row + 1) * (last_column + 1) > limits.workbook_cells:
        raise beyond("workbook_cells", limits.workbook_cells)


def _rows(sheet: CalamineSheet) -> Iterator[Record]:
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
