"""What a package holds, looked at before anything is made of it: its size, its marks, what a workbook hides."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import BinaryIO

from importers.limits import RATIO_COUNTS_FROM, Limits
from importers.readers.marks import check_xml
from importers.refusal import UNSAFE, FileProblem, beyond

_BLOCK = 1 << 20
_LONGEST_TAIL = 1 << 16
_CELLS = (b"<c ", b"<si")
"""Where a cell begins, and a text that cells share."""
_END_OF_DIRECTORY, _TAIL, _AN_ENTRY = b"PK\x05\x06", 65_557, 1024
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")
_OTHERS = ("content.xml", "word/document.xml", "ppt/presentation.xml")
"""What is packed too, and no workbook."""
_HIDDEN_ROW = re.compile(rb"<row\b(?=[^>]*\shidden=\"(?:1|true)\")[^>]*\sr=\"(\d{1,8})\"")
_COLUMN = re.compile(rb"<col\b(?=[^>]*\shidden=\"(?:1|true)\")[^>]*>")
_LOCKED = 0x1


@dataclass
class Looked:
    """What was seen of a workbook: by entry the rows and columns that are hidden; entries by sheet; the system of days."""

    rows: dict[str, list[int]] = field(default_factory=dict)
    columns: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    epoch_1904: bool = False

    def hidden_rows(self, sheet: str) -> list[int]:
        return self.rows.get(self.entries.get(sheet, ""), [])

    def hidden_columns(self, sheet: str) -> list[int]:
        return self.columns.get(self.entries.get(sheet, ""), [])


def is_workbook(file: BinaryIO, limits: Limits) -> bool:
    """Whether a zip is a workbook, or else a package of files. Raises FileProblem where it is another document, or its
    directory breaks a limit."""
    with _Opened(file, limits) as packed:
        names = set(packed.namelist())
    if names.isdisjoint(_BOOKS) and any(name in _OTHERS or name.startswith("xl/") for name in names):
        raise FileProblem(
            "not_a_workbook",
            "压缩包里没有工作簿；请另存为 .xlsx 或 CSV UTF-8",
            "there is no workbook in the package; save it as .xlsx or CSV UTF-8",
        )
    return not names.isdisjoint(_BOOKS)


def entries_of(file: BinaryIO, limits: Limits) -> Iterator[tuple[str, BinaryIO | None]]:
    """The files of a package by their names, each open to be read; None for one that is locked."""
    with _Opened(file, limits) as packed:
        for entry in packed.infolist():
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            name = posixpath.basename(_name_of(entry))
            if entry.flag_bits & _LOCKED:
                yield name, None
                continue
            with Failing(), packed.open(entry) as inner:
                yield name, inner  # type: ignore[misc]  # an open entry reads as a file does


def _name_of(entry: zipfile.ZipInfo) -> str:
    """A name as it was given: without the flag for UTF-8 it is in the packer's own encoding, here GBK."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def look_into(file: BinaryIO, limits: Limits) -> Looked:
    """Hold what is really in a workbook against the limits, and see what it hides. Raises FileProblem."""
    with _Opened(file, limits) as packed:
        looked = Looked()
        _unpack(packed, looked, limits)
        _read_book(packed, looked)
        return looked


class Failing:
    """What a broken zip raises, told as what it means."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, wrong: BaseException | None, _trace: object) -> None:
        if isinstance(wrong, zipfile.BadZipFile | zlib.error | EOFError | NotImplementedError | RuntimeError | OSError):
            raise cut_off(wrong) from wrong


class _Opened(Failing):
    """A zip whose directory keeps the limits."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file, self._limits = file, limits

    def __enter__(self) -> zipfile.ZipFile:  # type: ignore[override]
        _check_length(self._file, self._limits)
        try:
            packed = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as wrong:
            raise cut_off(wrong) from wrong
        _check_directory(packed.infolist(), self._file.seek(0, 2), self._limits)
        return packed


def cut_off(why: object) -> FileProblem:
    return FileProblem(
        "truncated",
        f"工作簿或压缩包无法打开，可能不完整或有密码：{why}",
        f"the workbook or package cannot be opened, it may be cut off or locked: {why}",
    )


def _check_length(file: BinaryIO, limits: Limits) -> None:
    """Hold the length of the directory against the limit: reading one of a million entries takes too long already."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    _, found, end = file.read().rpartition(_END_OF_DIRECTORY)
    if found and int.from_bytes(end[8:12], "little") > limits.entries * _AN_ENTRY:
        raise beyond("entries", limits.entries)


def _check_directory(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise beyond("entries", limits.entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        raise beyond("unpacked_bytes", limits.unpacked_bytes)
    if unpacked > RATIO_COUNTS_FROM and unpacked > limits.ratio * size:
        raise beyond("ratio", limits.ratio, code=UNSAFE)


def _unpack(packed: zipfile.ZipFile, looked: Looked, limits: Limits) -> None:
    """Unpack into nothing: a directory may lie. The library behind this stops at what an entry says it holds."""
    cells = 0
    for entry in packed.infolist():
        with packed.open(entry) as part:
            for block in _tags(part):
                cells += sum(map(block.count, _CELLS))
                if cells > limits.workbook_cells:
                    raise beyond("workbook_cells", limits.workbook_cells)
                if entry.filename.endswith(".xml"):
                    check_xml(block)
                if b"hidden=" in block:
                    _note_hidden(entry.filename, block, looked)


def _tags(part: object) -> Iterator[bytes]:
    """An entry in blocks that end between tags, as far as it has tags."""
    tail = b""
    while block := part.read(_BLOCK):  # type: ignore[attr-defined]
        whole = tail + block
        cut = whole.rfind(b"<")
        tail = whole[cut:] if cut > 0 and len(whole) - cut <= _LONGEST_TAIL else b""
        yield whole[: len(whole) - len(tail)]
    yield tail


def _note_hidden(entry: str, block: bytes, looked: Looked) -> None:
    looked.rows.setdefault(entry, []).extend(int(found) for found in _HIDDEN_ROW.findall(block))
    for tag in _COLUMN.findall(block):
        bounds = [re.search(rb"\s" + name + rb"=\"(\d{1,5})\"", tag) for name in (b"min", b"max")]
        if all(bounds):
            first, last = (int(found.group(1)) for found in bounds if found)
            looked.columns.setdefault(entry, []).extend(range(first, min(last, first + 16_384) + 1))


def _read_book(packed: zipfile.ZipFile, looked: Looked) -> None:
    """Which entry is which sheet, and from when its days are counted."""
    names = set(packed.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return
    book, links = (
        packed.read(name)[: 4 << 20].decode("utf-8", "replace") for name in (_BOOKS[0], "xl/_rels/workbook.xml.rels")
    )
    looked.epoch_1904 = bool(re.search(r'<workbookPr\b[^>]*date1904="(?:1|true)"', book))
    targets = {_said(tag, "Id"): _said(tag, "Target") for tag in re.findall(r"<Relationship\b[^>]*>", links)}
    for tag in re.findall(r"<sheet\b[^>]*>", book):
        target = targets.get(_said(tag, "r:id"), "")
        looked.entries[_said(tag, "name")] = (
            target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
        )


def _said(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""
