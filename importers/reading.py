"""`read(path, spec)`: a file as chunks of rows, problems and skipped lines. Nothing is lost on the way.

Every record of the file (a CSV record or a row of the sheet) is either in `rows` or in `skipped` of some chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path

import pandas as pd

from importers.header import SEARCHED, Header, find_header, normal_label, unique_labels
from importers.limits import Limits
from importers.problems import FileProblem
from importers.readers.apart import Apart
from importers.rows import Line, understand
from importers.spec import Layout, Spec, with_mapping

_END_MARKS = ("制表人", "填报说明", "填表说明", "审核人", "注:", "注：", "说明:", "说明：")
_TOTALS = ("合计", "小计", "总计")
CHUNK_CHARS = 32 << 20


@dataclass(frozen=True)
class Chunk:
    """`rows`, `problems` and `skipped` of some ten thousand lines; columns are named in `importers/README.md`."""

    rows: pd.DataFrame
    problems: pd.DataFrame
    skipped: pd.DataFrame


class Reader:
    """A file opened and understood: encoding, layout, mapping version, sheet, and label to field."""

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
        self._as_of, self._chunk_rows = as_of, chunk_rows
        self._apart = Apart(path, sheet, limits)
        try:
            self._begin()
        except BaseException:
            self._apart.close()
            raise

    def _begin(self) -> None:
        records = self._apart.records()
        top = list(islice(records, SEARCHED + 2))
        self.encoding, self.sheet = self._apart.encoding, self._apart.sheet
        self._header = self._find_header(top)
        self._records = chain(top, records)
        self.labels = unique_labels(self._header.labels)
        self._layout = self._find_layout()
        self.layout, self.mapping_version = self._layout.name, self._spec.mapping_version
        self.columns = {
            label: self._spec.labels[normal_label(label.partition("#")[0])][0]
            for label in self.labels
            if normal_label(label.partition("#")[0]) in self._spec.labels
        }

    def _find_header(self, top: list[list[str]]) -> Header:
        header = find_header(top, self._spec.labels.keys())
        if header is None:
            raise FileProblem(
                "no_header",
                "前15行没有找到表头；请确认文件来源，或提供列名对照文件（--mapping）",
                "no header in the first 15 rows; is this the right source? Else give a mapping (--mapping)",
            )
        return header

    def _find_layout(self) -> Layout:
        known = {normal_label(label) for label in self._header.labels}
        known |= {f"@{self._spec.labels[label][0]}" for label in known if label in self._spec.labels}
        layout = self._spec.layout_for(known)
        if layout is None:
            raise FileProblem(
                "wrong_source",
                f"表头不是“{self._spec.source}”来源的任何一种格式；请确认来源",
                f"the header fits no layout of the source {self._spec.source}; is this the right source?",
            )
        return layout

    def __iter__(self) -> Iterator[Chunk]:
        """Chunks in the order of the file. Raises FileProblem on a header without rows or a file cut off."""
        seen = 0
        try:
            for part in self._parts():
                lines, skipped = self._sort_out(part)
                seen += len(lines)
                rows, problems = understand(lines, self.labels, self._layout, self._spec, self.sheet, self._as_of)
                yield Chunk(rows, problems, skipped)
        finally:
            self._apart.close()
        if seen == 0:
            raise FileProblem("no_rows", "文件只有表头，没有数据行", "the file has a header and no rows")

    def _parts(self) -> Iterator[list[tuple[int, list[str]]]]:
        """Numbered records, so many together as a chunk may have, fewer where they hold very much text."""
        part: list[tuple[int, list[str]]] = []
        chars = 0
        for number, cells in enumerate(self._records, 1):
            part.append((number, cells))
            chars += sum(map(len, cells))
            if len(part) >= self._chunk_rows or chars >= CHUNK_CHARS:
                yield part
                part, chars = [], 0
        if part:
            yield part

    def _sort_out(self, part: list[tuple[int, list[str]]]) -> tuple[list[Line], pd.DataFrame]:
        lines, skipped = [], []
        for number, cells in part:
            reason = self._why_skipped(number, cells)
            if reason:
                skipped.append((number, self.sheet, reason))
            else:
                lines.append(Line(number, cells))
        return lines, pd.DataFrame(skipped, columns=["row_no", "sheet", "reason"])

    def _why_skipped(self, number: int, cells: list[str]) -> str:
        """Why a record holds no unit: title, header, blank, total, note, a header that comes again; empty if it does."""
        first, behind = self._header.first + 1, self._header.first + self._header.rows
        filled = [cell.strip() for cell in cells if cell.strip()]
        if first <= number <= behind:
            return "header"
        if not filled:
            return "blank"
        if number < first:
            return "title"
        start = filled[0]
        if start in _TOTALS or (len(filled) <= 3 and start.startswith(_TOTALS)):
            return "total"
        if start.startswith(_END_MARKS) and len(filled) <= 3:
            return "note"
        again = tuple(cell.strip() for cell in cells[: len(self._header.labels)])
        return "repeated_header" if again == self._header.labels else ""


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
    """Open a file, read apart within limits, and understand its header. Raises FileProblem."""
    given = limits or Limits()
    return Reader(path, spec, sheet=sheet, mapping=mapping, as_of=as_of, chunk_rows=chunk_rows, limits=given)
