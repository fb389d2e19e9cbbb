"""Divisions and towns that names and addresses begin with (`重庆市江北区`, `观音桥街道`), and places in brackets."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.standardise.words import either, word_list

_BRACKETS = re.compile(r"\(([^()]*)\)")
_TOWN = re.compile(r"[^\d()省市区县公司]{1,8}?(?:街道(?:办事处)?|镇|乡(?![村味土情里下]))(?=.{3})")
_TOWN_FIRST = re.compile(r"[^\d()省市区县公司]{2,5}?(?:街道(?:办事处)?|镇)(?=.{3})")
_PUBLIC = re.compile(rf"(?:{either('public_bodies')})$")


def split_place(name: str) -> tuple[str, str]:
    """Divisions and towns at the beginning, and what follows."""
    if (found := _TOWN_FIRST.match(name)) and not _PUBLIC.search(name):
        return found.group(), name[found.end() :]
    division, rest = split_division(name)
    end = _split_town(name, len(division)) if division else 0
    return (name[:end], name[end:]) if end else (division, rest)


def _split_town(name: str, start: int = 0) -> int:
    """Where a town at `start` ends (`观音桥街道`), `start` when there is none to take off.

    Bodies named after their town (村民委员会, 卫生院) keep it in their name.
    """
    found = _TOWN.match(name, start)
    return found.end() if found and not _PUBLIC.search(name) else start


def without_brackets(name: str) -> str:
    """Brackets lose their marks, places in brackets go with them."""
    return _BRACKETS.sub(r"\1", without_place(name)) if "(" in name else name


def without_place(name: str) -> str:
    """`(重庆)` within a name is a place like the one before it."""
    return _place_in_brackets().sub("", name) if "(" in name else name


@lru_cache
def _place_in_brackets() -> re.Pattern[str]:
    return re.compile(rf"\({_division_pattern().pattern}+\)")


@lru_cache
def _division_words() -> tuple[str, ...]:
    """Names of divisions with and without their last character (市, 区, …), longest first."""
    short = {word[:-1] for word in word_list("divisions") if len(word) > 2 and word[-1] in "省市区县"}
    return tuple(sorted({*word_list("divisions"), *short}, key=lambda word: (-len(word), word)))


@lru_cache
def _division_pattern() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(re.escape(word) for word in _division_words()) + ")")


@lru_cache
def _divisions_by_start() -> dict[str, tuple[str, ...]]:
    """Names of divisions by their first two characters, the longest first: most places in a text begin none."""
    found: dict[str, list[str]] = {}
    for word in sorted({*_division_words(), *word_list("counties")}, key=lambda word: (-len(word), word)):
        found.setdefault(word[:2], []).append(word)
    return {start: tuple(words) for start, words in found.items()}


def split_division(name: str) -> tuple[str, str]:
    """Names of divisions at the beginning, and what follows; two characters at least are left."""
    start = 0
    while size := leading(name, start):
        start += size
    return name[:start], name[start:]


def leading(name: str, start: int) -> int:
    """Length of the division whose name begins at `start`, 0 when none does."""
    for word in _divisions_by_start().get(name[start : start + 2], ()):
        if name.startswith(word, start):
            # as the longest word decides, a shorter one is not tried when too little would be left
            return len(word) if len(name) - start - len(word) >= 2 else 0
    return 0
