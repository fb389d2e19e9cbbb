"""Amounts: a number, its unit and its currency, of which the nearest that is said counts and never two."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import NamedTuple

from importers.words import currency_of

RMB = "人民币"
_LARGEST = Decimal(10) ** 15
_LONGEST = 64
_PLAIN = 10
"""Digits by themselves that are surely no more than there may be in any unit."""
_TIMES = {"百万": 10**6, "千万": 10**7, "亿": 10**8, "万": 10**4, "千": 10**3, "": 1}
_UNITS = {
    "元": Decimal(1), "千元": Decimal(10**3), "万元": Decimal(10**4), "百万元": Decimal(10**6), "亿元": Decimal(10**8),
    "万": Decimal(10**4), "亿": Decimal(10**8), "万美元": Decimal(10**4), "美元": Decimal(1), "": Decimal(10**3),
}  # fmt: skip
"""Yuan in a unit; figures whose unit nothing says are in thousands (attributes.md §1.7)."""
_AMOUNT = re.compile(
    r"(?P<before>[^\d.+\-()]{0,12})(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d{1,3})?)"
    r"\(?(?P<times>百万|千万|亿|万|千)?(?P<behind>[^\d.()]{0,12})\)?(?:\((?P<currency>[^\d()]{1,12})\))?整?"
)


class Amount(NamedTuple):
    """Thousands of a currency; `said` when the cell itself says the unit."""

    thousands: Decimal
    currency: str
    said: bool


def amount(text: str, unit: str) -> Amount | None:
    """What an amount in a column of this unit is; None for what is no amount."""
    if len(text) <= _PLAIN and text.isascii() and text.isdigit():
        return Amount(Decimal(text) * _UNITS[unit] / 1000, "美元" if "美元" in unit else "", said=False)
    cleaned = _cleaned(text)
    bracketed = re.fullmatch(r"\(([\d.]+)\)", cleaned)
    found = _AMOUNT.fullmatch(f"-{bracketed.group(1)}" if bracketed else cleaned)
    if not found:
        return None
    currency = _currency(found)
    number = _decimal(found["number"])
    if currency is None or number is None:
        return None
    said = bool(found["times"]) or found["behind"].removesuffix("整").endswith(("元", "圆"))
    yuan = number * (_TIMES[found["times"] or ""] if said else _UNITS[unit])
    return Amount(yuan / 1000, currency or ("美元" if "美元" in unit else ""), said) if abs(yuan) < _LARGEST else None


def _currency(found: re.Match[str]) -> str | None:
    """The currency that is named, "" when none is, None when what stands there is none."""
    behind = found["behind"].removesuffix("整").replace("圆", "元")
    for word in (found["currency"] or "", behind, found["before"]):
        bare = word if currency_of(word) else word.removeprefix("元")
        if not bare.strip(":"):
            continue
        name = currency_of(bare)
        if name is None or bare != "元" or name != RMB:
            return name
    return ""


def _cleaned(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[: _LONGEST + 1]).replace("，", ",").replace("—", "-").upper()
    return re.sub(r"[\s,]", "", folded)


def _decimal(digits: str) -> Decimal | None:
    try:
        return Decimal(digits)
    except DecimalException:  # pragma: no cover - the pattern leaves none
        return None


def number(text: str) -> Decimal | None:
    """A plain number: with thousands apart, in brackets where it is negative, with 万, with what is counted behind it."""
    if len(text) <= _PLAIN and text.isascii() and text.isdigit():
        return Decimal(text)
    cleaned = _cleaned(text)
    if len(cleaned) > _LONGEST:
        return None
    bracketed = re.fullmatch(r"\(([\d.]+)\)", cleaned)
    found = re.fullmatch(
        r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d{1,3})?)(百万|千万|亿|万|千)?[人个户家名位]?",
        f"-{bracketed.group(1)}" if bracketed else cleaned,
    )
    parsed = _decimal(found[1]) if found else None
    if parsed is None or not found:
        return None
    parsed *= _TIMES[found[2] or ""]
    return parsed if abs(parsed) < _LARGEST else None


def whole(value: Decimal) -> str:
    """A figure as a whole one, half up."""
    return str(value.quantize(Decimal(1), ROUND_HALF_UP))
