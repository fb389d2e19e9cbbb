"""The words of codes and of states: where they stand, and what can be wrong with them."""

from __future__ import annotations

import string

from app.core.said import Wording
from app.domain.labels import WORDS

LIFE_WORDS = {"row": "outcome"}
"""Where the words of a life's states do not stand under its own name in `WORDS`."""


def fault_of(code: str, wording: Wording) -> str:
    """What is wrong, with the code; empty when nothing is."""
    if not wording.zh.strip() or not wording.en.strip():
        return f"{code}: a language is missing"
    if any("\u4e00" <= letter <= "\u9fff" for letter in wording.en):
        return f"{code}: Chinese in the English words"
    if not any("\u4e00" <= letter <= "\u9fff" for letter in wording.zh) and code != "noted":
        return f"{code}: no Chinese in the Chinese words"
    for text in wording:
        for _before, name, kind, _conversion in string.Formatter().parse(text):
            if name == "" or (kind and kind[0] != "{" and kind not in WORDS and kind != "field"):
                return f"{code}: {{{name}:{kind}}} names no fact or no kind of word"
    return ""
