"""A personal value: masked wherever it is shown, in clear only when asked for by name."""

from __future__ import annotations


class Personal:
    """Holds a personal datum in clear; `str()`, `repr()` and JSON give the mask.

    The clear text is had by `reveal()` alone, whose callers are few and log why (DESIGN.md, promise 10).
    """

    __slots__ = ("_clear",)

    def __init__(self, clear: str) -> None:
        self._clear = clear

    def reveal(self) -> str:
        return self._clear

    def __str__(self) -> str:
        return mask(self._clear)

    def __repr__(self) -> str:
        return f"Personal({mask(self._clear)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and other._clear == self._clear

    def __hash__(self) -> int:
        return hash(self._clear)

    def __bool__(self) -> bool:
        return bool(self._clear)


def mask(text: str) -> str:
    """`张*`, `138****1234`, `z***@…` (confidentiality.md §2)."""
    if not text:
        return ""
    if "@" in text:
        return f"{text[0]}***@{text.rpartition('@')[2]}"
    if sum(c.isdigit() for c in text) >= 7:
        return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else f"{text[:2]}****{text[-2:]}"
    return masked(text)


def masked(name: str) -> str:
    """A person's name: the first character, and how many are behind it."""
    return name[0] + "*" * max(1, len(name) - 1)


def clear(value: object) -> str:
    """A value as text, a personal one in clear: for comparing in memory and for digests, never to be kept or shown."""
    return value.reveal() if isinstance(value, Personal) else str(value or "")
