"""Scanned documents: what counts as one, told by the bytes it begins with and not by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.changes.errors import NO_SCAN, SCAN_EMPTY, SCAN_TOO_LARGE, BadChange
from app.core.kept import sha256_of
from app.core.said import Said, said

MOST_BYTES = 20 << 20
HEAD = 1024
"""Within so many bytes a PDF begins."""


@dataclass(frozen=True)
class Scan:
    """A scanned document: its name, its kind, its size in bytes and the SHA-256 of what it holds."""

    name: str
    media_type: str
    size: int
    sha256: str


def _is_ofd(data: bytes) -> bool:
    """The archive of GB/T 33190, which names its root document."""
    return data.startswith(b"PK\x03\x04") and b"OFD.xml" in data


KINDS: dict[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda data: b"%PDF-" in data[:HEAD],
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/tiff": lambda data: data.startswith((b"II*\0", b"MM\0*")),
    "application/ofd": _is_ofd,
}
"""Media type to whether these bytes are of it; the kinds that offices scan to."""


def look_at(path: Path) -> Scan:
    """What is known of a scanned document. Raises BadChange where it is none that can be kept."""
    size = path.stat().st_size
    kind = _kind_of(path) if size <= MOST_BYTES else ""
    wrong = _fault_of(size, kind)
    if wrong:
        raise BadChange(faults=[wrong])
    return Scan(path.name, kind, size, sha256_of(path))


def _fault_of(size: int, kind: str) -> Said | None:
    if not size:
        return said(SCAN_EMPTY)
    if size > MOST_BYTES:
        return said(SCAN_TOO_LARGE, most=MOST_BYTES >> 20)
    return None if kind else said(NO_SCAN)


def _kind_of(path: Path) -> str:
    data = path.read_bytes()
    return next((kind for kind, is_one in KINDS.items() if is_one(data)), "")
