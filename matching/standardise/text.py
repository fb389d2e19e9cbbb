"""Text in one form: NFKC, simplified characters, no blanks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

BETWEEN = ";"
"""Stands between several former names."""

_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00a0]+")
_QUOTES = str.maketrans({"【": "(", "】": ")", "[": "(", "]": ")", "〔": "(", "〕": ")", "“": "", "”": "", '"': ""})
_NUMERALS = str.maketrans("〇零一二三四五六七八九", "00123456789")


@lru_cache
def _simplifier() -> Any:
    import opencc  # here and below: a third of a second that only names cost

    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """NFKC (full-width to half-width), simplified characters, one kind of bracket, no blanks, upper case."""
    folded = _BLANKS.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    return str(_simplifier().convert(folded)).upper()


def ordinals(text: str) -> str:
    """第一 and 第1 alike; numerals elsewhere are left, since they are often part of a trade name."""
    return _ORDINAL.sub(lambda found: _number(found.group()), text)


_ORDINAL = re.compile(r"(?<=第)[〇零一二三四五六七八九十]+")


def numbered(text: str) -> str:
    """第二门店, 二门店 and 2门店 alike: a numeral that begins the text, or stands between 第 and what is counted."""
    text = _COUNTED.sub(lambda found: _number(found.group(1)), text)
    return _BEGINS.sub(lambda found: _number(found.group()), text)


_COUNTED = re.compile(r"第([\d〇零一二三四五六七八九十]+)")
_BEGINS = re.compile(r"^[〇零一二三四五六七八九十]+(?=号?(?:[分门支店部营校厂]|$))")


def _number(numeral: str) -> str:
    """十二 is 12, 二十 is 20, 一二 is 12."""
    tens, ten, ones = numeral.partition("十")
    if not ten or "十" in ones:
        return numeral.translate(_NUMERALS)
    return (tens.translate(_NUMERALS) or "1") + (ones.translate(_NUMERALS) or "0")
