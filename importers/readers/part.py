"""A part of a file: one sheet of a workbook, one table of a page, one file of a package, or all of a CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Record = list[str]
MOST_NAMED = 1000
"""Hidden rows and columns that are named one by one."""


@dataclass
class Part:
    """What is known of a part before its first record.

    Attributes:
        name: the sheet's, with the file's before it where there are several; empty for a file that is one table.
        encoding: `xlsx`, `xls`, `html`, `xml`, or the encoding of a CSV.
        unread: why its records are not even looked at (`not_asked`, `unsupported`, `locked`, `empty`), else nothing.
        hidden: whether the sheet is hidden; `hidden_rows` and `hidden_columns` count from 1.
        epoch_1904: whether its days are counted from 1904.
        broken: numbers of records with a quote that was never closed; grows while the records are read.
    """

    name: str
    encoding: str
    records: Iterable[Record] = ()
    unread: str = ""
    hidden: bool = False
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    epoch_1904: bool = False
    broken: list[int] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """What another process is told of it."""
        return {
            "name": self.name,
            "encoding": self.encoding,
            "unread": self.unread,
            "hidden": self.hidden,
            "hidden_rows": list(self.hidden_rows)[:MOST_NAMED],
            "hidden_columns": list(self.hidden_columns)[:MOST_NAMED],
            "epoch_1904": self.epoch_1904,
        }
