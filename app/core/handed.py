"""Files that are handed over: filled whole, and gone again where that fails."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def new_file(suffix: str) -> Iterator[IO[bytes]]:
    """A file to be filled and handed over; it is gone again where that fails."""
    file = tempfile.NamedTemporaryFile(suffix=suffix, delete=False)  # noqa: SIM115 - handed over, then removed
    try:
        with file:
            yield file
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise
