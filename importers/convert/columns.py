"""Whole columns of raw text into canonical columns, with what is odd about which row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importers.convert import values
from importers.convert.values import MISSING, Converted

Converter = Callable[[str], Converted]

CONVERTERS: dict[str, Converter] = {
    "text": values.text,
    "name": values.name,
    "person": values.text,
    "uscc": values.uscc,
    "org_code": values.org_code,
    "reg_no": values.reg_no,
    "day": values.day,
    "number": values.number,
    "industry": values.industry,
    "area": values.area,
    "flag": values.flag,
    "code": values.code,
    "digits": values.code,
}

_ZERO_IS_MISSING = frozenset({"text", "name", "person", "day", "industry", "area", "phone"})


@dataclass
class Column:
    """One column as read: its label, field, kind, the unit of money, and the raw texts."""

    label: str
    field: str
    kind: str
    unit: str
    raw: list[str]


@dataclass
class Oddity:
    """Something odd: the place of the row in the chunk, the problem's code, and where it was read."""

    place: int
    code: str
    label: str
    field: str
    value: str


def convert(column: Column) -> tuple[list[str], list[Oddity]]:
    """Canonical texts of a column; every different text is converted once."""
    function = _converter(column)
    known: dict[str, Converted] = {}
    converted: list[str] = []
    odd: list[Oddity] = []
    for place, raw in enumerate(column.raw):
        found = known.get(raw)
        if found is None:
            found = known[raw] = ("", "") if is_missing(raw, column.kind) else function(raw)
        converted.append(found[0])
        if found[1]:
            odd.append(Oddity(place, found[1], column.label, column.field, raw))
    return converted, odd


def _converter(column: Column) -> Converter:
    if column.kind == "money":
        return lambda raw: values.money(raw, column.unit)
    return CONVERTERS[column.kind]


def is_missing(raw: str, kind: str) -> bool:
    cleaned = values.half_width(raw).strip("'").upper()
    return cleaned in MISSING or (cleaned == "0" and kind in _ZERO_IS_MISSING)


def convert_phones(column: Column) -> tuple[list[str], list[str], list[Oddity]]:
    """Landlines, mobiles, and oddities of a column of telephone numbers."""
    known: dict[str, tuple[str, str, str]] = {}
    landlines, mobiles, odd = [], [], []
    for place, raw in enumerate(column.raw):
        found = known.get(raw)
        if found is None:
            found = known[raw] = ("", "", "") if is_missing(raw, "phone") else values.phones(raw)
        landlines.append(found[0])
        mobiles.append(found[1])
        if found[2]:
            odd.append(Oddity(place, found[2], column.label, column.field, raw))
    return landlines, mobiles, odd
