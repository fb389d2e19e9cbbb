"""A file that somebody hands up, on disk for as long as it is looked at."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile


@contextmanager
def laid_down(file: UploadFile) -> Iterator[Path]:
    """The file under its own name, in a folder of its own that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        path = Path(folder) / (Path(file.filename or "upload").name or "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        yield path
