"""The one reading of a value: what was typed, or came as JSON, as a field of a unit holds it (`app.domain.fields`)."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.domain.fields import BY_NAME, Field, Group, Kind
from app.domain.partial_date import is_partial_date
from matching.standardise.codes import is_citizen_number, normalise_code

Value = str | int | None
"""What a field holds; empty text or None where it holds nothing."""

MOST = 10**12
"""The largest figure, either way: sums of them stay within what both databases keep."""

_WHOLE = re.compile(r"[+-]?\d{1,19}")

FAULTS: dict[str, tuple[str, str]] = {
    "field_unknown": ("没有“{field}”这个栏目", "unknown field {field}"),
    "not_whole_number": ("“{field:field}”须为整数", "{field:field} is no whole number"),
    "number_out_of_range": (
        "“{field:field}”须在 −{most} 与 {most} 之间",
        "{field:field} lies between −{most} and {most}",
    ),
    "number_too_small": ("“{field:field}”不得小于 {least}", "{field:field} is less than {least}"),
    "not_text": ("“{field:field}”须为文字", "{field:field} is no text"),
    "text_unreadable": ("“{field:field}”含有无法保存的字符", "{field:field} holds characters that no database keeps"),
    "text_too_long": ("“{field:field}”不得超过 {length} 个字", "{field:field} is longer than {length} characters"),
    "citizen_number": (
        "“{field:field}”填的是居民身份证号，属于个人信息，不能作为代码；请填单位自己的代码，没有的留空",
        "{field:field} is the number of a citizen's identity card: personal, and no code; give the unit's own, or none",
    ),
    "not_partial_date": (
        "“{field:field}”须写成日期：YYYY、YYYY-MM 或 YYYY-MM-DD",
        "{field:field} is no date (YYYY, YYYY-MM or YYYY-MM-DD)",
    ),
}
"""What can be wrong with a value, in both languages. The value itself is not repeated: it may be personal."""


class ValueFault(ValueError):
    """A field cannot hold this. `code` is a key of `FAULTS`, `facts` what its words take."""

    def __init__(self, code: str, field: str, **facts: int) -> None:
        super().__init__(f"{field}: {code}")
        self.code, self.field = code, field
        self.facts: dict[str, str | int] = {"field": field, **facts}


def read_value(name: str, given: object) -> Value:
    """The value of a field from what was typed or read; blanks around it fall away. Raises ValueFault."""
    field = BY_NAME.get(name)
    if field is None:
        raise ValueFault("field_unknown", name)
    plain = given.strip() if isinstance(given, str) else given
    if plain is None or plain == "":
        return ""
    return _READERS.get(field.kind, _text)(field, plain)


def read_or_leave(name: str, given: object) -> Value | object:
    """The value where it can be read, else what was given: for whoever tells all faults at once later on."""
    try:
        return read_value(name, given)
    except ValueFault:
        return given


def _number(field: Field, given: object) -> int:
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole and not (isinstance(given, str) and _WHOLE.fullmatch(given)):
        raise ValueFault("not_whole_number", field.name)
    number = int(str(given))
    if abs(number) > MOST:
        raise ValueFault("number_out_of_range", field.name, most=MOST)
    if field.least is not None and number < field.least:
        raise ValueFault("number_too_small", field.name, least=field.least)
    return number


def _text(field: Field, given: object) -> str:
    if not isinstance(given, str):
        raise ValueFault("not_text", field.name)
    if "\x00" in given or any(0xD800 <= ord(letter) <= 0xDFFF for letter in given):
        raise ValueFault("text_unreadable", field.name)
    if len(given) > field.length:
        raise ValueFault("text_too_long", field.name, length=field.length)
    return given


def _partial_date(field: Field, given: object) -> str:
    text = _text(field, given)
    if not is_partial_date(text):
        raise ValueFault("not_partial_date", field.name)
    return text


def _code(field: Field, given: object) -> str:
    """A code of a body in the one form in which codes are stored and asked for; of a list's code the text as it is."""
    text = _text(field, given)
    if not (field.identifier or field.group is Group.RELATION):
        return text
    if is_citizen_number(text):
        raise ValueFault("citizen_number", field.name)
    return normalise_code(text)


_READERS: dict[Kind, Callable[[Field, object], Value]] = {
    Kind.NUMBER: _number,
    Kind.PARTIAL_DATE: _partial_date,
    Kind.CODE: _code,
}
