"""Telephone numbers in one form."""

from __future__ import annotations

import re
import unicodedata

_SPLIT = re.compile(r"[/、,;，；|]|\s{2,}|或")
_EXTENSION = re.compile(r"(?:转|分机|EXT\.?|#)\D*\d{1,6}$", re.IGNORECASE)
_BEHIND = re.compile(r"(?<=\d{7})-\d{1,5}$")
"""`67001234-801`: an extension behind a whole number; `023-67001234` is none."""
_SPACED = re.compile(r"\s")


def phone_numbers(text: str) -> tuple[str, ...]:
    """Every number in a cell, each once: digits alone, without area code and extension; below seven digits is none."""
    parts = _SPLIT.split(unicodedata.normalize("NFKC", text))
    numbers = [number for part in parts for number in _numbers_in(part.strip())]
    return tuple(dict.fromkeys(filter(None, numbers)))


def _numbers_in(part: str) -> list[str]:
    """One number, or several with a blank between; a blank within a number stays one number."""
    whole = _digits(part)
    if len(whole) <= 13 or not _SPACED.search(part):
        return [_number(whole)]
    return [_number(_digits(piece)) for piece in part.split()]


def _digits(part: str) -> str:
    return re.sub(r"\D", "", _BEHIND.sub("", _EXTENSION.sub("", part)))


def _number(digits: str) -> str:
    """Without country and area code: 010 and 02x have three digits, all others four."""
    digits = re.sub(r"^(?:00)?86(?=1\d{10}$)", "", digits)
    digits = re.sub(r"^(?:00)?860?(?=[1-9]\d{8,10}$)", "0", digits)
    if digits.startswith("0") and len(digits) in {10, 11, 12}:
        digits = digits[3:] if digits.startswith(("01", "02")) else digits[4:]
    return digits if 7 <= len(digits) <= 11 and len(set(digits)) > 1 else ""
