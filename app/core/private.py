"""Files of an installation are their owner's alone, also those that earlier versions left open to others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

OWN = ("minglu.db*", "keys.json", "demo.json", "files", "files/*", "passing")


def keep_private(folder: Path) -> None:
    """Close what lies in a data folder; the folder itself too, unless the command was started in it."""
    for path in _own(folder):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _own(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and folder.resolve() != Path.cwd():
        yield folder
    for name in OWN:
        yield from folder.glob(name)
