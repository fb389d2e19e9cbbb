"""Telephone numbers as they are kept: area code, number, extension, mobile. Comparing them is another thing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SPLIT = re.compile(r"[/、,;，；|]|\s{2,}|\n|或|和")
_SPACED = re.compile(r"(?<=\d{7}) (?=\d{7})")
_WORDS = re.compile(r"^(?:电话|手机|固话|座机|办公|办|宅|联系电话|TEL|移动电话)[:.]?", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:转|分机|EXT\.?|#|X|-)(?:分机)?[:.]?(\d{1,6})$", re.IGNORECASE)
_NONE = re.compile(r"(?:0\d{2,3})?0{7,8}")
"""What is typed where there is none."""
_MOBILE = re.compile(r"1[3-9]\d{9}")
_PLAIN = re.compile(r"[1-9]\d{6,7}")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$|0?[1-9]\d{8,10}$)")
_THREE_DIGITS = ("010", "020", "021", "022", "023", "024", "025", "027", "028", "029")


@dataclass(frozen=True)
class Number:
    """One number of a cell. `odd` when its area code had lost its zero."""

    area: str = ""
    local: str = ""
    extension: str = ""
    mobile: str = ""
    odd: bool = False


def phones(text: str) -> tuple[dict[str, str], str]:
    """The fields that a cell says, and what is odd about it.

    The first landline and the first mobile are kept as such; further numbers stay in the row as it came, and are said.
    """
    if text.isascii() and text.isdigit():
        if _MOBILE.fullmatch(text):
            return {"mobile": text}, ""
        if _PLAIN.fullmatch(text) and len(set(text)) > 1:
            return {"tel": text}, ""
    folded = unicodedata.normalize("NFKC", text)
    pieces = [piece for part in _SPLIT.split(folded) for piece in _SPACED.split(part) if piece.strip()]
    pieces = [piece for piece in pieces if not _NONE.fullmatch(re.sub(r"\D", "", piece))]
    numbers = [number for piece in pieces if (number := _number(piece))]
    if not numbers or len(numbers) < len(pieces):
        return _fields(numbers), "phone_unreadable"
    if len({(one.local, one.mobile) for one in numbers}) > 1:
        return _fields(numbers), "phone_several"
    return _fields(numbers), "phone_zero" if any(one.odd for one in numbers) else ""


def _fields(numbers: list[Number]) -> dict[str, str]:
    landline = next((one for one in numbers if one.local), Number())
    mobile = next((one.mobile for one in numbers if one.mobile), "")
    return {"tel_area": landline.area, "tel": landline.local, "tel_ext": landline.extension, "mobile": mobile}


def _number(piece: str) -> Number | None:
    """A number that is one; letters among digits, too few or too many of them, are none."""
    bare = re.sub(r"(?<=\d)\.0+$", "", _WORDS.sub("", piece.strip()))
    whole = _COUNTRY.sub("", re.sub(r"[\s()\-—–.·]", "", bare))
    if _MOBILE.fullmatch(whole.removeprefix("0")):
        return Number(mobile=whole.removeprefix("0"))
    if whole.isdecimal() and (found := _landline(whole, "")):
        return found
    extension = _EXTENSION.search(bare)
    if not extension:
        return None
    front = _COUNTRY.sub("", re.sub(r"[\s()\-—–.·]", "", bare[: extension.start()]))
    return _landline(front, extension[1]) if front.isdecimal() else None


def _landline(digits: str, extension: str) -> Number | None:
    area = next(
        (code for code in _THREE_DIGITS if digits.startswith(code)), digits[:4] if "03" <= digits[:2] <= "09" else ""
    )
    lost = next((code for code in _THREE_DIGITS if digits.startswith(code[1:]) and len(digits) == 10), "")
    if digits.startswith(("400", "800")) and len(digits) == 10:
        return Number(local=digits, extension=extension)
    if lost and not area:
        return _local(lost, digits[2:], extension, odd=True)
    return _local(area, digits[len(area) :], extension)


def _local(area: str, local: str, extension: str, *, odd: bool = False) -> Number | None:
    if not 7 <= len(local) <= 8 or len(set(local)) == 1 or local.startswith("0"):
        return None
    return Number(area, local, extension, odd=odd)
