"""Word lists, read once from data files; `#` begins a comment that names the source."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources


@lru_cache
def word_list(name: str) -> tuple[str, ...]:
    """Words of `data/<name>.txt`, longest first so that a longer word wins over its own beginning."""
    return tuple(sorted(set(_lines(name)), key=lambda word: (-len(word), word)))


def _lines(name: str) -> list[str]:
    text = resources.files("matching.standardise").joinpath(f"data/{name}.txt").read_text("utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


@lru_cache
def table_of(name: str) -> dict[str, str]:
    """`data/<name>.txt` with two words a line: what is met, and what it stands for."""
    return dict(line.split() for line in _lines(name))


@lru_cache
def either(name: str) -> str:
    """A pattern that matches any word of a list."""
    return "|".join(re.escape(word) for word in word_list(name))


def by_length(words: tuple[str, ...]) -> tuple[tuple[int, frozenset[str]], ...]:
    """Words in groups of equal length, the longest first: a look into a few sets instead of a try of every word."""
    lengths = sorted({len(word) for word in words}, reverse=True)
    return tuple((length, frozenset(word for word in words if len(word) == length)) for length in lengths)
