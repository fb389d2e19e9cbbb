"""Workbooks as records of text, read by content (an `.xls` may be called `.xlsx`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from importers.problems import FileProblem

_EXACT = 10**15
"""Whole numbers below this are exact in a cell; an 18-digit code is not (source-layouts.md §5, no. 7)."""


def is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(8)
    return start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def records(path: Path, sheet: str | None) -> tuple[str, Iterator[list[str]]]:
    """The sheet's name and its records. Raises FileProblem: not a workbook, cut off, locked, no such sheet."""
    try:
        book = CalamineWorkbook.from_path(path)
        name = sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            known = "、".join(book.sheet_names)
            raise FileProblem(
                "no_such_sheet", f"没有工作表“{name}”；有：{known}", f"no sheet {name!r}; there are: {known}"
            )
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError as wrong:
        raise FileProblem(
            "truncated",
            f"工作簿无法打开，可能不完整或有密码：{wrong}",
            f"the workbook cannot be opened, it may be cut off or locked: {wrong}",
        ) from wrong
    return name, ([text_of(cell) for cell in row] for row in rows)


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
