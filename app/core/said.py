"""What the program says: a code with facts, worded in both languages.

Refusals (`app.core.errors`), reasons that rows, batches and jobs carry, titles that the program gives: all are codes.
The database keeps code and facts, never a sentence; whoever shows them asks for the words in the language spoken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.labels import label

LANGUAGES = ("zh", "en")


class Wording(NamedTuple):
    """A sentence in both languages. `{n}` takes a fact as it is, `{status:request}` a word as it is called."""

    zh: str
    en: str


CATALOGUE: dict[str, Wording] = {}
"""Every code that can be said, with its words."""


def word(code: str, zh: str, en: str) -> str:
    """Enter a code with its words; returns the code. Raises ValueError where it is there with other words."""
    wording = Wording(zh, en)
    if CATALOGUE.setdefault(code, wording) != wording:
        raise ValueError(f"the code {code!r} has other words already")
    return code


def words_of(code: str, facts: Mapping[str, Any], language: str = "zh") -> str:
    """The sentence of a code with its facts filled in. Raises KeyError where a fact is missing.

    A code that nobody entered (written by a later version, say) is shown as it is.
    """
    wording = CATALOGUE.get(code)
    if wording is None:
        return code
    template = wording.en if language == "en" else wording.zh
    return template.format_map({name: _Fact(value, language) for name, value in facts.items()})


@dataclass(frozen=True)
class Said:
    """A code and the facts of the case."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "zh") -> str:
        return words_of(self.code, self.facts, language)

    def __str__(self) -> str:
        return self.text()

    def as_json(self) -> dict[str, Any]:
        """As answers carry it: the code for programs, both sentences for people, the facts."""
        return {
            "code": self.code,
            "zh": self.text("zh"),
            "en": self.text("en"),
            "facts": {name: _plain(value) for name, value in self.facts.items()},
        }


def said(code: str, **facts: Any) -> Said:
    return Said(code, facts)


def worded(value: Said | str | None, language: str = "zh") -> str:
    """What was noted or typed, as people read it: a code by its words, a person's text as it is, nothing as empty."""
    return value.text(language) if isinstance(value, Said) else value or ""


class _Fact:
    """A fact inside a sentence: several are joined, what was said before is worded, a word is called by its name."""

    def __init__(self, value: Any, language: str) -> None:
        self._value, self._language = value, language

    def __format__(self, kind: str) -> str:
        if isinstance(self._value, list | tuple | set | frozenset):
            parts = [format(_Fact(one, self._language), kind) for one in self._value]
            return ("; " if self._language == "en" else "；").join(parts)
        if isinstance(self._value, Said):
            return self._value.text(self._language)
        return label(kind, str(self._value), self._language) if kind else str(self._value)


def _plain(value: Any) -> Any:
    """A fact as JSON knows it."""
    if isinstance(value, Said):
        return value.as_json()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


word("noted", "{text}", "{text}")
