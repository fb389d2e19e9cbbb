"""What a unit does and what kind of place it is, at the end of a name: `建材|有限公司`, `火锅|店`."""

from __future__ import annotations

from functools import lru_cache

from matching.standardise.words import by_length, word_list


@lru_cache
def forms_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length(tuple(form.strip("()") for form in word_list("legal_forms")))


def split_form(name: str) -> tuple[str, str]:
    """The legal form or kind of place; what a shop sells is no part of it: 火锅|店, so that 火锅店 and 火锅馆 share their trade."""
    size = ending(name, len(name), forms_by_length())
    if size > 2:
        size -= _trade(name[-size:])
    return (name[:-size], name[-size:]) if size else (name, "")


@lru_cache
def _trade(form: str) -> int:
    """Length of the activity that a kind of place begins with, 0 when it begins with none."""
    size = beginning(form, 0, len(form) - 1, activities_by_length())
    return 0 if form[:size] in word_list("ways_of_working") else size


@lru_cache
def activities_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length((*word_list("activities"), *word_list("industries")))


def split_activity(body: str) -> tuple[str, str]:
    end = len(body)
    while size := ending(body, end, activities_by_length()):
        end -= size
    return body[:end], body[end:]


def ending(name: str, end: int, words: tuple[tuple[int, frozenset[str]], ...]) -> int:
    """Length of the longest word at `end` that leaves two characters before it."""
    for size, known in words:
        if end - size >= 2 and name[end - size : end] in known:
            return size
    return 0


def beginning(name: str, start: int, stop: int, words: tuple[tuple[int, frozenset[str]], ...]) -> int:
    """Length of the longest word that begins at `start` and ends before `stop`."""
    return next((size for size, known in words if start + size <= stop and name[start : start + size] in known), 0)


def is_trade(inner: str) -> bool:
    """`赵祥珍(美发店)`: what the shop does, and not which one it is."""
    size = ending(f"  {inner}", len(inner) + 2, forms_by_length())
    return size >= len(inner) or beginning(inner, 0, len(inner), activities_by_length()) >= len(inner) - 1
