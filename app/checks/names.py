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


def is_name(key: str, name: str) -> bool:
    """Whether a name that somebody gave is this one. Where a person's is masked in it, any that is masked so: nobody learns
    whose it is by asking."""
    return name_key(name) == key or ("*" in name and bool(re.fullmatch(".".join(map(name_key, name.split("*"))), key)))


def is_one_of(key: str, names: Iterable[str]) -> bool:
    return any(is_name(key, name) for name in names)
