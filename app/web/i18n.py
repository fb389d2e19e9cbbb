"""Texts in two languages. Templates and labels are written in Chinese; `locale/en.po` holds the English.

The Chinese text is the key, so that a screen without a catalogue still reads right (docs/decisions/0009).
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
CATALOGUE = Path(__file__).parent / "locale" / "en.po"

_language: ContextVar[str] = ContextVar("language", default="zh")


def speak(language: str) -> None:
    """Which language texts come in from here on, in this thread or task."""
    _language.set(language if language in LANGUAGES else "zh")


def language() -> str:
    return _language.get()


@lru_cache
def english() -> dict[str, str]:
    """Chinese text to English."""
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def _(text: str, **values: Any) -> str:
    """The text in the language spoken, `%(name)s` filled in."""
    said = english().get(text, text) if language() == "en" else text
    return said % values if values else said


def sentence(text: str) -> str:
    """A refusal or a finding as a sentence of its own: what is said in English within others begins small."""
    if language() != "en" or not text:
        return text
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def N_(text: str) -> str:  # noqa: N802 - the name by which catalogues know marked texts
    """Marks a text that is translated where it is shown."""
    return text
