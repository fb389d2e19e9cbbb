"""Industry codes of GB/T 4754."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from importers.data import data


def industry(text: str) -> tuple[str, str]:
    """Up to four digits, and what is odd about them; a section's letter and names go.

    Three digits are a 中类, or a 小类 that lost its zero, as the list tells; where it tells both, a person decides.
    """
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    found = re.match(r"[A-T]?(\d{2,4})(?!\d)(\.0+$)?", folded)
    if not found:
        return "", "industry_unreadable"
    digits = found[1]
    if len(digits) != 3 or folded[found.end() :].strip(" /-.") or folded[0].isalpha():
        return digits, "" if len(digits) == 4 else "industry_incomplete"
    return _of_three(digits)


def _of_three(digits: str) -> tuple[str, str]:
    group, lost = digits in _listed("groups"), f"0{digits}" in _listed("classes_with_zero")
    if group and lost:
        return "", "industry_doubtful"
    return (f"0{digits}", "industry_zero") if lost else (digits, "industry_incomplete")


@lru_cache
def _listed(name: str) -> frozenset[str]:
    return frozenset(data("industries")[name].split())
