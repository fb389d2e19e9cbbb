"""How much of a file is read at most, as data. Whoever reads more says so beforehand."""

from __future__ import annotations

from dataclasses import dataclass

_MB, _GB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one file may take; an operator raises a figure where a machine has room for more.

    A million rows of 25 columns are some 350 MB as CSV. A cell of a workbook takes about 110 bytes of memory while it is
    read, so `workbook_cells` and `memory_bytes` belong together; larger files come as CSV, whose memory does not grow.
    """

    file_bytes: int = 2 * _GB
    unpacked_bytes: int = _GB
    ratio: int = 200
    entries: int = 2000
    rows: int = 10_000_000
    columns: int = 512
    workbook_cells: int = 16_000_000
    cell_chars: int = 32_767
    record_chars: int = _MB
    cpu_seconds: int = 120
    silent_seconds: int = 30
    memory_bytes: int = 2 * _GB


RATIO_COUNTS_FROM = 10 * _MB
"""A small file may well be packed a thousandfold: what it unpacks to is small too."""
