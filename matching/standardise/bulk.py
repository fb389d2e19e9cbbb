"""Text of whole columns at once: one pass over all characters, tables instead of a call a value."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from matching.standardise.words import word_list

Array = np.ndarray[Any, np.dtype[Any]]

_APART = "\x00"
"""Stands between values while they are one text; no value may hold it."""

_CHARACTERS = range(0x3400, 0xA000)
_DROPPED = 0xFFFFFFFF
_BLANK_CODES = (*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0x00A0, *range(0x1C, 0x20))
_QUOTES = {"【": "(", "】": ")", "[": "(", "]": ")", "〔": "(", "〕": ")", "“": None, "”": None, '"': None}


def plain_all(values: Iterable[str]) -> list[str]:
    """`text.plain` of each value: NFKC, simplified, one kind of bracket, no blanks, upper case.

    Characters are simplified one by one (no phrases), so that a value means the same in every column.
    """
    folded = [value if value.isascii() else unicodedata.normalize("NFKC", value) for value in values]
    return _mapped(folded, _plain_table())


def sound_keys(values: Iterable[str]) -> list[str]:
    """For each value a text that homophones share: each character replaced by the first of the same sound (no tones)."""
    return _mapped(list(values), _sound_table())


def shape_keys(values: Iterable[str]) -> list[str]:
    """For each value a text that look-alikes share: each character replaced by the first of its group."""
    return _mapped(list(values), _shape_table())


def _mapped(values: Sequence[str], table: Array) -> list[str]:
    if not values:
        return []
    whole = _APART.join(values)
    if whole.count(_APART) != len(values) - 1:
        raise ValueError("a value holds the character U+0000")
    codes = table[np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype="<u4")]
    kept = codes[codes != _DROPPED]
    return str(kept.astype("<u4").tobytes(), "utf-32-le", "surrogatepass").split(_APART)


@lru_cache
def _plain_table() -> Array:
    import opencc

    table = np.arange(0x110000, dtype=np.uint32)
    for code in range(0x10000):
        upper = chr(code).upper()
        if len(upper) == 1:
            table[code] = ord(upper)
        if chr(code).isspace():
            table[code] = _DROPPED
    table[list(_BLANK_CODES)] = _DROPPED
    for old, new in _QUOTES.items():
        table[ord(old)] = _DROPPED if new is None else ord(new)
    simple = opencc.OpenCC("t2s").convert("\n".join(map(chr, _CHARACTERS))).split("\n")
    single = [ord(text) if len(text) == 1 else code for code, text in zip(_CHARACTERS, simple, strict=True)]
    table[_CHARACTERS.start : _CHARACTERS.stop] = single
    return table


@lru_cache
def _sound_table() -> Array:
    table = np.arange(0x110000, dtype=np.uint32)
    first: dict[str, int] = {}
    plain_sound: dict[str, str] = {}
    for code, sounds in _readings().items():
        toned = sounds.split(",")[0]
        if toned not in plain_sound:
            apart = unicodedata.normalize("NFD", toned)
            plain_sound[toned] = "".join(character for character in apart if not _is_tone(character))
        table[code] = first.setdefault(plain_sound[toned], code)
    return table


def _readings() -> dict[int, str]:
    """Readings of each common character, the first the most common: pypinyin's own file, without its book of phrases."""
    package = find_spec("pypinyin")
    assert package is not None
    held = orjson.loads((Path(str(package.origin)).parent / "pinyin_dict.json").read_bytes())
    return {code: held[str(code)] for code in range(0x4E00, 0x9FA6) if str(code) in held}


def _is_tone(mark: str) -> bool:
    return unicodedata.combining(mark) != 0 and mark != "\u0308"  # ü is another vowel than u


@lru_cache
def _shape_table() -> Array:
    """Groups that share a character are one."""
    of: dict[int, int] = {}
    for group in word_list("look_alikes"):
        members = {of.setdefault(ord(character), ord(character)) for character in group}
        of.update({code: min(members) for code, held in of.items() if held in members})
    table = np.arange(0x110000, dtype=np.uint32)
    table[list(of)] = list(of.values())
    return table
