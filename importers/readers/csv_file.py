"""CSV files as records of text, in whatever of the usual encodings and with whatever of the usual separators they come."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from importers.limits import Limits
from importers.readers import encodings
from importers.refusal import FileProblem, beyond

SEPARATORS = ",\t;|，；"
_SAMPLE_LINES, _SAMPLE_CHARS = 100, 1 << 16
_AT_ONCE = 2000
_LONGEST_CELL = 500
"""Lines that one cell may run over before its quote is taken for one that was never closed."""
_CODED = re.compile(r"[\dA-Z/.:-]{4,}")


def encoding_of(path: Path) -> str:
    """The encoding of a file (`importers/readers/encodings.py`). Raises FileProblem."""
    with path.open("rb") as file:
        return encodings.codec_of(encodings.encoding_of(file))


def separator_of(text: str) -> str:
    """What stands between the cells: said in the first line (`sep=;`), else what cuts most lines into as many cells."""
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    said = re.fullmatch(r'"?sep=(.)"?', lines[0].strip(" \ufeff")) if lines else None
    if said:
        return said.group(1)
    return max(SEPARATORS, key=lambda separator: _evenness(lines, separator))


def _evenness(lines: list[str], separator: str) -> int:
    counts = Counter(_cells(line, separator) for line in lines)
    counts.pop(1, None)
    return max((times * times * (width - 1) for width, times in counts.items()), default=0)


def _cells(line: str, separator: str) -> int:
    if '"' not in line:
        return line.count(separator) + 1
    return len(next(csv.reader([line], delimiter=separator), []))


class Records:
    """The records of a file (RFC 4180; a cell may hold line breaks). `broken` are the numbers of those with a quote that
    was never closed: each is one line, and what follows it is read."""

    def __init__(self, file: BinaryIO, encoding: str, limits: Limits) -> None:
        csv.field_size_limit(limits.record_chars)
        file.seek(0)
        self._text = io.TextIOWrapper(file, encodings.codec_of(encoding), newline="")
        self.separator = separator_of(self._text.read(_SAMPLE_CHARS))
        self._text.seek(0)
        self._limits = limits
        self.broken: list[int] = []
        self._number = 0
        self._usual: list[str] = []

    def __iter__(self) -> Iterator[list[str]]:
        waiting = _lines(self._text, self._limits.record_chars)
        plain: list[str] = []
        for line in waiting:
            if line.count('"') % 2 == 0:
                plain.append(line)
                if len(plain) >= _AT_ONCE:
                    yield from self._read(plain)
                    plain = []
                continue
            yield from self._read(plain)
            plain = []
            yield from self._over_lines(line, waiting)
        yield from self._read(plain)

    def _read(self, lines: list[str]) -> Iterator[list[str]]:
        for record in csv.reader(lines, delimiter=self.separator):
            self._number += 1
            self._usual = record
            yield record

    def _over_lines(self, first: str, waiting: Iterator[str]) -> Iterator[list[str]]:
        """A record whose quote is open at the end of its line: on to where it is closed, unless whole rows come before."""
        lines, chars = [first], len(first)
        while self._is_open(lines):
            following = next(waiting, None)
            if following is None and not any(map(self._is_a_row, lines[1:])):
                raise _truncated()
            if following is None or self._is_a_row(following) or len(lines) > _LONGEST_CELL:
                yield from self._one_by_one(lines if following is None else [*lines, following])
                return
            lines.append(following)
            chars += len(following)
            if chars > self._limits.record_chars:
                raise beyond("record_chars", self._limits.record_chars)
        yield from self._read(["".join(lines)] if len(lines) == 1 else lines)

    def _is_open(self, lines: list[str]) -> bool:
        if lines[-1].count('"') % 2 == 0:
            return True  # as it was before
        records = list(csv.reader(lines, delimiter=self.separator))
        return (bool(records) and bool(records[-1]) and records[-1][-1].endswith(("\n", "\r"))) or self._ends_open(
            lines
        )

    def _ends_open(self, lines: list[str]) -> bool:
        """Whether the last line of a file, which has no line break to tell by, leaves a quote open."""
        try:
            list(csv.reader(lines, delimiter=self.separator, strict=True))
        except csv.Error as wrong:
            return "unexpected end" in str(wrong)
        return False

    def _is_a_row(self, line: str) -> bool:
        """Whether a line has as many cells as the record before, and codes, days or figures where that one has them."""
        cells = line.rstrip("\r\n").split(self.separator)
        if len(cells) < 3 or len(cells) != len(self._usual):
            return False
        usual = {place for place, cell in enumerate(self._usual) if _CODED.fullmatch(cell)}
        own = {place for place, cell in enumerate(cells) if _CODED.fullmatch(cell.strip('"'))}
        return bool(own) and (len(own & usual) * 2 >= len(usual) if usual else True)

    def _one_by_one(self, lines: list[str]) -> Iterator[list[str]]:
        """The first line as a broken record, its quotes left as they are, the others by themselves."""
        for place, line in enumerate(lines):
            self._number += 1
            if place == 0 or line.count('"') % 2:
                self.broken.append(self._number)
                yield line.rstrip("\r\n").split(self.separator)
            else:
                yield from csv.reader([line], delimiter=self.separator)


def _truncated() -> FileProblem:
    return FileProblem(
        "truncated",
        "文件末尾的引号没有闭合，文件可能不完整；请重新导出",
        "a quote at the end of the file is never closed: the file may be cut off; export it again",
    )


def _lines(file: TextIO, most: int) -> Iterator[str]:
    """Lines of the file, none longer than a record may be. Raises FileProblem."""
    while line := file.readline(most + 1):
        if len(line) > most:
            raise beyond("record_chars", most)
        yield line
