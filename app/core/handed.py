"""Files that are written: whole or not at all, and whatever stands in the way names the file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4


@contextmanager
def new_file(suffix: str) -> Iterator[IO[bytes]]:
    """A file to be filled and handed over; it is gone again where that fails."""
    file = tempfile.NamedTemporaryFile(suffix=suffix, delete=False)  # noqa: SIM115 - handed over, then removed
    try:
        with naming(Path(file.name)), file:
            yield file
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


@contextmanager
def whole(path: Path, beside: Path | None = None) -> Iterator[Path]:
    """Where a file is written beside its place, which it takes when the block ends; gone again where that fails."""
    fresh = beside or path.with_name(f".{path.name[:60]}.{uuid4().hex}")  # its own: two may write one file at once
    try:
        with naming(path):
            yield fresh
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """A fault of writing names this file: a full disk names none, and a copy the file that was read."""
    try:
        yield
    except OSError as fault:
        if fault.filename is None or fault.filename2 is not None:
            fault.filename, fault.filename2 = str(path), None
        raise
