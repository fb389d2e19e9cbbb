"""Several files as one: packed in their order into a package that is read as one batch."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

_DATED = (1980, 1, 1, 0, 0, 0)
"""One day for all, so that the same files make the same package, which is then taken in once."""


def together(paths: Sequence[Path], folder: Path) -> Path:
    """Pack files into one, named after the first; those that bear one name get a number."""
    package = folder / f"{paths[0].stem}-{len(paths)}.zip"
    names: dict[str, int] = {}
    with zipfile.ZipFile(package, "w") as packed:
        for path in paths:
            names[path.name] = names.get(path.name, 0) + 1
            number = names[path.name]
            name = path.name if number == 1 else f"{path.stem}({number}){path.suffix}"
            entry = zipfile.ZipInfo(name, _DATED)
            with path.open("rb") as file, packed.open(entry, "w") as inner:
                while block := file.read(1 << 20):
                    inner.write(block)
    return package
