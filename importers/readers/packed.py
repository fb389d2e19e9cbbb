"""What a packed workbook unpacks to, looked at before anything is made of it."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from importers.limits import RATIO_COUNTS_FROM, Limits
from importers.refusal import UNSAFE, FileProblem, beyond

_BLOCK = 1 << 20
_CELLS = (b"<c ", b"<si")
"""Where a cell begins, and a text that cells share."""
_END_OF_DIRECTORY, _TAIL, _AN_ENTRY = b"PK\x05\x06", 65_557, 1024
_PARTS = ("xl/workbook.xml", "xl/workbook.bin")


def look_into(path: Path, limits: Limits) -> None:
    """Hold a zip's directory, then what is really in it, against the limits. Raises FileProblem."""
    try:
        _check_length(path, limits)
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            _check_directory(entries, path.stat().st_size, limits)
            _unpack(packed, entries, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as wrong:
        raise cut_off(wrong) from wrong


def cut_off(why: object) -> FileProblem:
    return FileProblem(
        "truncated",
        f"工作簿无法打开，可能不完整或有密码：{why}",
        f"the workbook cannot be opened, it may be cut off or locked: {why}",
    )


def _check_length(path: Path, limits: Limits) -> None:
    """Hold the length of the directory against the limit: reading one of a million entries takes too long already."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
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
    if not any(entry.filename in _PARTS for entry in entries):
        raise FileProblem(
            "not_a_workbook",
            "压缩包里没有工作簿；请另存为 .xlsx 或 CSV UTF-8",
            "there is no workbook in the package; save it as .xlsx or CSV UTF-8",
        )


def _unpack(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Unpack into nothing: a directory may lie. The library behind this stops at what an entry says it holds."""
    cells = 0
    for entry in entries:
        with packed.open(entry) as part:
            while block := part.read(_BLOCK):
                cells += sum(map(block.count, _CELLS))
                if cells > limits.workbook_cells:
                    raise beyond("workbook_cells", limits.workbook_cells)
