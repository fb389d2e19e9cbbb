"""What is a ground: the one rule for every reason, purpose and comment that somebody has to give."""

from __future__ import annotations

LETTERS = 2
"""Different letters of any script: 年报 says something, a full stop or 哈哈哈 does not."""


def says_something(text: str) -> bool:
    """Whether words stand in a text that is to say why."""
    return len({character for character in text if character.isalpha()}) >= LETTERS


def names_somebody(text: str) -> bool:
    """Whether a recipient is named: a letter or digit at least."""
    return any(character.isalnum() for character in text)
