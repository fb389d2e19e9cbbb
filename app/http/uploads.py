"""A file on its way in: laid down in a folder of its own for as long as it is worked on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile


@contextmanager
def laid_down(file: UploadFile) -> Iterator[Path]:
    """The file under the name it was sent with, folders left out; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        named = Path((file.filename or "").replace("\x00", "")).name.encode()[-200:].decode(errors="ignore")
        path = Path(folder) / (named if named.strip(". ") else "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        yield path
