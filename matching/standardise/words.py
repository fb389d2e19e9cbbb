"""Word lists, read once from data files; `#` begins a comment that names the source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources


@lru_cache
def word_list(name: str) -> tuple[str, ...]:
    """Words of `data/<name>.txt`, longest first so that a longer word wins over its own beginning."""
    return _longest_first(line[0] for line in _lines(name))


@lru_cache
def marked(name: str, mark: str) -> tuple[str, ...]:
    """Words of a list that carry a mark behind them (`分公司 branch part`), longest first."""
    return _longest_first(word for word, *marks in _lines(name) if mark in marks)


@lru_cache
def table_of(name: str) -> dict[str, str]:
    """`data/<name>.txt` with two words a line: what is met, and what it stands for."""
    return dict(_lines(name))


@lru_cache
def either(name: str, mark: str = "") -> str:
    """A pattern that matches any word of a list, or any that carries a mark."""
    return "|".join(re.escape(word) for word in (marked(name, mark) if mark else word_list(name)))


def by_length(words: tuple[str, ...]) -> tuple[tuple[int, frozenset[str]], ...]:
    """Words in groups of equal length, the longest first: a look into a few sets instead of a try of every word."""
    lengths = sorted({len(word) for word in words}, reverse=True)
    return tuple((length, frozenset(word for word in words if len(word) == length)) for length in lengths)


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words), key=lambda word: (-len(word), word)))


def _lines(name: str) -> list[list[str]]:
    text = resources.files("matching.standardise").joinpath(f"data/{name}.txt").read_text("utf-8")
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
