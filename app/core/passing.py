"""Where files pass in clear on their way in or out: a folder of this process alone, beside the data.

Whatever lies there is gone when the process ends. What a killed one left is cleared by the next that starts, because
nobody holds its folder any more; a living one's is never touched, however old it is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSING = "passing"


@contextmanager
def own_folder(data_dir: Path) -> Iterator[Path]:
    """Have every temporary file of this process lie in a folder of its own below the data, for as long as the block runs."""
    place, before = data_dir / PASSING, tempfile.tempdir
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(place):  # so that nobody clears what is being made
        clear(place)
        folder = Path(tempfile.mkdtemp(dir=place))
        hold = _hold(folder)
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
        os.close(hold)


def clear(place: Path) -> None:
    """Remove what processes left that live no more."""
    for left in place.iterdir():
        if not _lives(left):
            shutil.rmtree(left, ignore_errors=True)


def _lives(folder: Path) -> bool:
    """Whether a process holds a folder; the hold of a killed one ended with it and with what it had started."""
    try:
        os.close(_hold(folder))
    except BlockingIOError:
        return True
    return False


def _hold(folder: Path) -> int:
    """Hold a folder without waiting. Raises BlockingIOError where somebody does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _held(place: Path) -> Iterator[None]:
    """Hold a folder for the block; waits for whoever does."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
