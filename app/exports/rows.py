"""The canonical rows of a frame: the bytes its hash is taken of.

CSV as in RFC 4180, UTF-8 without a mark, a header, ordered by unit id. Lines end with CR LF: then every version of
Python quotes a lone CR or LF inside a value alike.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fingerprint:
    """How many rows and the SHA-256 of their canonical bytes."""

    row_count: int
    sha256: str


def fingerprint(columns: Sequence[str], parts: Iterable[Sequence[Any]]) -> Fingerprint:
    """Count and hash rows that come in parts, without holding them."""
    digest, rows = hashlib.sha256(csv_bytes([columns])), 0
    for part in parts:
        digest.update(csv_bytes(part))
        rows += len(part)
    return Fingerprint(rows, digest.hexdigest())


def csv_bytes(rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
"""A cell that begins so can be run as a formula by a spreadsheet (CSV injection), full-width forms included."""


def safe_rows(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """The rows with text cells made safe for spreadsheets by a leading quote; numbers stay numbers."""
    for row in rows:
        yield [f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell for cell in row]
