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
def whole(path: Path, at: Path | None = None) -> Iterator[Path]:
    """Where a file is written beside its place, which it takes when the block ends; gone again where that fails."""
    with beside(path, at) as fresh:
        yield fresh
        fresh.replace(path)


@contextmanager
def beside(path: Path, at: Path | None = None) -> Iterator[Path]:
    """Where a file is written before it takes its place; nothing is there any more when the block ends."""
    fresh = at or path.with_name(f".{path.name[:60]}.{uuid4().hex}")  # its own: two may write one file at once
    try:
        with naming(path, fresh):
            yield fresh
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def naming(path: Path, fresh: Path | None = None) -> Iterator[None]:
    """A fault of writing names this file: a full disk names none, a copy the file that was read, `fresh` says nothing."""
    try:
        yield
    except OSError as fault:
        if fault.filename in (None, str(fresh)) or fault.filename2 is not None:
            fault.filename, fault.filename2 = str(path), None
        raise
