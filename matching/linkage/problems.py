"""What may be wrong with what the caller gives."""

from __future__ import annotations


class FileProblem(Exception):
    """A file that cannot be used; the message says the file and, where known, row, column and value.

    Rows count from 1 after the header, as a spreadsheet does without its first line.
    """

    def __init__(self, file: object, what: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        where = [str(file)]
        where += [f"row {row}"] if row is not None else []
        where += [f"column {column}"] if column else []
        said = f"{', '.join(where)}: {what}"
        super().__init__(said + (f" ({_short(value)!r})" if value else ""))
        self.file, self.row, self.column, self.value = str(file), row, column, value


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:57] + "…"
