"""CSV files as records of text, in whatever of the usual encodings they come."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from importers.limits import Limits
from importers.refusal import FileProblem, beyond

_BLOCK = 1 << 20


def encoding_of(path: Path) -> str:
    """`utf-8-sig`, `utf-8` or `gb18030`, by strict decoding of the whole file; never by guessing away errors.

    Raises FileProblem: UTF-16, binary, or no encoding fits (with the byte where it ends to fit).
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileProblem(
            "wrong_encoding", "文件是UTF-16编码；请另存为CSV UTF-8", "the file is UTF-16; save it as CSV UTF-8"
        )
    if start.startswith(codecs.BOM_UTF8):
        return _require(path, "utf-8-sig")
    return "utf-8" if _decodes(path, "utf-8") is None else _require(path, "gb18030")


def _require(path: Path, encoding: str) -> str:
    place = _decodes(path, encoding)
    if place is not None:
        raise FileProblem(
            "wrong_encoding",
            f"文件既不是UTF-8也不是GB18030编码（第{place}字节附近）；请另存为CSV UTF-8",
            f"the file is neither UTF-8 nor GB18030 (near byte {place}); save it as CSV UTF-8",
        )
    return encoding


def _decodes(path: Path, encoding: str) -> int | None:
    """None when the whole file decodes, else about where it does not."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    place = 0
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if b"\0" in block:
                    return place + block.index(b"\0")
                decoder.decode(block)
                place += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as wrong:
            return place + wrong.start
    return None


class _Lines:
    """Lines of the file, none longer than a record may be, nor any number of them that makes one longer record."""

    def __init__(self, file: TextIO, most: int) -> None:
        self._file, self._most = file, most
        self.chars = 0
        """Characters since a record was last whole."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._most + 1)
        if not line:
            raise StopIteration
        self.chars += len(line)
        if self.chars > self._most:
            raise beyond("record_chars", self._most)
        return line


def records(path: Path, encoding: str, limits: Limits) -> Iterator[list[str]]:
    """Records of the file (RFC 4180; a cell may hold line breaks). Raises FileProblem on a quote never closed."""
    csv.field_size_limit(limits.record_chars)
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file, limits.record_chars)
        reader = csv.reader(lines, strict=True)
        try:
            for record in reader:
                lines.chars = 0
                yield record
        except csv.Error as wrong:
            raise FileProblem(
                "truncated",
                f"第{reader.line_num}行附近引号没有闭合，文件可能不完整；请重新导出",
                f"a quote near line {reader.line_num} is never closed ({wrong}): the file may be cut off; export it again",
            ) from wrong
