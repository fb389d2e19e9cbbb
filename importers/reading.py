"""`read(path, spec)`: a file as chunks of rows, problems and skipped lines. Nothing is lost on the way.

A file has parts: sheets, tables of a page, files of a package. Each is recognised by itself, and accounted for by name:
every record of it (a CSV record or a row of the sheet) is either in `rows` or in `skipped` of some chunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from importers.header import SEARCHED, Header, find_any_header, find_header, unique_labels
from importers.limits import Limits
from importers.parts import Account, refusal_of
from importers.problems import FileProblem
from importers.readers.apart import Apart, PartTold
from importers.recognise import recognise
from importers.rows import Line, Sheet, understand
from importers.skipping import Skipping
from importers.spec import Spec, with_mapping
from importers.titles import title_of

CHUNK_CHARS = 32 << 20
_TOP = SEARCHED + 5
UNREAD = "unread_sheet"


class Chunk(NamedTuple):
    """`rows`, `problems` and `skipped` of some ten thousand lines of one part; columns are named in `importers/README.md`."""

    rows: pd.DataFrame
    problems: pd.DataFrame
    skipped: pd.DataFrame


class _Open(NamedTuple):
    """A part that is being read: what it is, how its rows are understood, what is skipped, its records from the top."""

    account: Account
    sheet: Sheet
    skipping: Skipping
    records: Iterator[list[str]]
    told: PartTold


class Reader:
    """A file opened and understood as far as its first part that is read.

    `parts` accounts for every part met so far, for all once the file is read to its end. `layout`, `encoding`, `sheet`,
    `columns` (label to field) and `labels` are those of the parts read.
    """

    def __init__(
        self,
        path: Path,
        spec: Spec,
        *,
        sheet: str | None,
        mapping: Path | None,
        as_of: date,
        chunk_rows: int,
        limits: Limits,
    ) -> None:
        self._spec = with_mapping(spec, mapping)
        self._headings = self._spec.headings
        self._as_of, self._chunk_rows, self._name = as_of, chunk_rows, path.name
        self.parts: list[Account] = []
        self._apart = Apart(path, sheet, limits)
        try:
            self._parts = self._apart.parts()
            self._open = self._next_part()
            if self._open is None:
                raise refusal_of(self.parts, self._spec.source)
        except BaseException:
            self._apart.close()
            raise

    @property
    def mapping_version(self) -> str:
        return self._spec.mapping_version

    @property
    def layout(self) -> str:
        """The layouts by which parts were read, each once."""
        return "+".join(dict.fromkeys(part.layout for part in self._read()))

    @property
    def encoding(self) -> str:
        return self._read()[0].encoding

    @property
    def sheet(self) -> str:
        return self._read()[0].name

    @property
    def columns(self) -> dict[str, str]:
        return {label: field for part in self._read() for label, field in part.columns.items()}

    @property
    def labels(self) -> list[str]:
        return list(dict.fromkeys(label for part in self._read() for label in part.labels))

    def _read(self) -> list[Account]:
        return [part for part in self.parts if not part.unread]

    def __iter__(self) -> Iterator[Chunk]:
        """Chunks in the order of the file. Raises FileProblem on a header without rows or a file cut off."""
        try:
            while self._open is not None:
                yield from self._chunks(self._open)
                self._open = self._next_part()
        finally:
            self._apart.close()
        if not sum(part.rows for part in self.parts):
            raise FileProblem("no_rows", "文件只有表头，没有数据行", "the file has a header and no rows")

    def look_through(self) -> None:
        """Have the rest of a package looked through that nobody reads: one of its files may bear a mark. Raises FileProblem."""
        for told, _records in self._parts if self._packed else ():
            self.parts.append(Account.of(told))

    @property
    def _packed(self) -> bool:
        return any("/" in part.name or part.encoding == "zip" for part in self.parts)

    def _next_part(self) -> _Open | None:
        """The next part that is to be read; those before it that are not are accounted for."""
        for told, records in self._parts:
            account = Account.of(told)
            self.parts.append(account)
            if account.unread:
                continue
            top = list(islice(records, _TOP))
            opened = self._recognised(account, told, top, chain(top, records))
            if opened:
                return opened
            if not account.name:
                return None  # there is but this one
            account.skip(UNREAD, sum(1 for _record in chain(top, records)))
        return None

    def _recognised(
        self, account: Account, told: PartTold, top: list[list[str]], records: Iterator[list[str]]
    ) -> _Open | None:
        """A part with its header, layout and title; nothing where it is not to be read, and the account says why."""
        header = find_header(top, self._headings)
        if header is None:
            account.not_read("no_header" if any(map(any, top)) else "empty", _labels(find_any_header(top)), self._spec)
            return None
        labels = unique_labels(header.labels)
        found = recognise(labels, self._spec)
        account.recognised(labels, found, self._spec)
        if found.fit is None:
            return None
        title = title_of(top[: header.first], account.name, self._name)
        sheet = Sheet.of(account.name, labels, found.fit, title, self._as_of, epoch_1904=told.epoch_1904)
        return _Open(account, sheet, Skipping(header, sheet.width), records, told)

    def _chunks(self, part: _Open) -> Iterator[Chunk]:
        seen = 0
        for records in self._in_chunks(part.records):
            lines, skipped = _sort_out(records, part)
            seen += len(records)
            rows, problems = understand(lines, part.sheet)
            part.account.took(len(lines), Counter(reason for _, _, reason in skipped))
            yield Chunk(rows, problems, pd.DataFrame(skipped, columns=["row_no", "sheet", "reason"]))
        assert seen == part.account.rows + sum(part.account.skipped.values()), "every line is a row or skipped"

    def _in_chunks(self, records: Iterator[list[str]]) -> Iterator[list[tuple[int, list[str]]]]:
        """Numbered records, so many together as a chunk may have, fewer where they hold very much text."""
        part: list[tuple[int, list[str]]] = []
        chars = 0
        for number, cells in enumerate(records, 1):
            part.append((number, cells))
            chars += sum(map(len, cells))
            if len(part) >= self._chunk_rows or chars >= CHUNK_CHARS:
                yield part
                part, chars = [], 0
        if part:
            yield part


def _labels(header: Header | None) -> list[str]:
    return unique_labels(header.labels) if header else []


def _sort_out(records: list[tuple[int, list[str]]], part: _Open) -> tuple[list[Line], list[tuple[int, str, str]]]:
    """Records that hold a row, and those that do not, with why."""
    lines, skipped = [], []
    name, why, broken = part.account.name, part.skipping.why, part.told.broken
    for number, cells in records:
        reason = why(number, cells)
        if reason:
            skipped.append((number, name, reason))
        else:
            lines.append(Line(number, cells, broken=number in broken))
    return lines, skipped


def read(
    path: Path,
    spec: Spec,
    *,
    sheet: str | None = None,
    mapping: Path | None = None,
    as_of: date,
    chunk_rows: int = 10_000,
    limits: Limits | None = None,
) -> Reader:
    """Open a file, read apart within limits, and understand its parts. Raises FileProblem."""
    given = limits or Limits()
    return Reader(path, spec, sheet=sheet, mapping=mapping, as_of=as_of, chunk_rows=chunk_rows, limits=given)
