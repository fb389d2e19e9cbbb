"""When two spellings of a name are the same name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Brackets, blanks, dots between syllables and other marks: people type them or leave them out.
_MARKS = re.compile(r"[\W_]+")
_SEPARATORS = re.compile(r"[;；|\n]+")


def name_key(name: str) -> str:
    """The name without what typing adds: width, case, brackets, blanks, marks. Empty when nothing is left."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def listed_names(former_names: str) -> list[str]:
    """The names held in one field of former names."""
    return [name for name in _SEPARATORS.split(former_names) if name]


def is_one_of(key: str, names: Iterable[str]) -> bool:
    return any(name_key(name) == key for name in names)
