"""Telephone numbers and person names in one form."""

from __future__ import annotations

import re
import unicodedata

from matching.standardise.text import plain

_SPLIT = re.compile(r"[/、,;，；]|\s{2,}")


def phone_numbers(text: str) -> tuple[str, ...]:
    """Every number in a cell, digits alone, area code of a landline dropped; shorter than seven digits is none."""
    found = []
    for part in _SPLIT.split(unicodedata.normalize("NFKC", text)):
        digits = re.sub(r"\D", "", part)
        digits = re.sub(r"^86(?=1\d{10}$)", "", digits)
        if digits.startswith("0") and len(digits) in {10, 11, 12}:
            digits = digits[3:] if len(digits) == 11 or digits.startswith(("02", "010")) else digits[4:]
        if 7 <= len(digits) <= 11 and len(set(digits)) > 1:
            found.append(digits)
    return tuple(found)


def person(text: str) -> str:
    """A person's name without titles and blanks."""
    return re.sub(r"(先生|女士|小姐)$", "", plain(text)).replace("·", "")
