"""Word lists, read once from data files; `#` begins a comment that names the source."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources


@lru_cache
def word_list(name: str) -> tuple[str, ...]:
    """Words of `data/<name>.txt`, longest first so that a longer word wins over its own beginning."""
    text = resources.files("matching.standardise").joinpath(f"data/{name}.txt").read_text("utf-8")
    words = {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@lru_cache
def either(name: str) -> str:
    """A pattern that matches any word of a list."""
    return "|".join(re.escape(word) for word in word_list(name))


def by_length(words: tuple[str, ...]) -> tuple[tuple[int, frozenset[str]], ...]:
    """Words in groups of equal length, the longest first: a look into a few sets instead of a try of every word."""
    lengths = sorted({len(word) for word in words}, reverse=True)
    return tuple((length, frozenset(word for word in words if len(word) == length)) for length in lengths)
