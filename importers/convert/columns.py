"""Whole columns of raw text into canonical columns, with what is odd about which row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from importers.convert import days, industries, phones, values
from importers.convert.values import MISSING, Converted

Converter = Callable[[str], Converted]
Spreading = Callable[[str], tuple[Mapping[str, str], str]]

CONVERTERS: dict[str, Converter] = {
    "text": values.text,
    "name": values.name,
    "person": values.text,
    "org_code": values.org_code,
    "reg_no": values.reg_no,
    "day": days.day,
    "year": days.year,
    "number": values.number,
    "industry": industries.industry,
    "area": values.area,
    "flag": values.flag,
    "code": values.code,
    "digits": values.code,
    "postcode": values.postcode,
    "area_number": values.area_number,
}
SPREADING: dict[str, Spreading] = {"uscc": values.uscc, "tax_no": values.tax_no, "phone": phones.phones}
"""Kinds of which one cell may say several fields."""
MONEY = "money"
KINDS = frozenset({*CONVERTERS, *SPREADING, MONEY})

_LONGEST_MISSING = 16
_ZERO_IS_MISSING = frozenset({"text", "name", "person", "day", "industry", "area", "phone"})
_SPREAD_FIELDS = {
    "uscc": ("uscc", "org_code", "reg_no"),
    "tax_no": ("tax_no", "uscc"),
    "phone": ("tel_area", "tel", "tel_ext", "mobile"),
    MONEY: ("reg_capital", "_cell_currency"),
}


@dataclass(frozen=True)
class Column:
    """One column as understood: its place and label, field and kind; the unit of money and whether that is only assumed; how
    days are counted and written; what this file writes for codes."""

    place: int
    label: str
    field: str
    kind: str
    unit: str = ""
    assumed: bool = False
    epoch_1904: bool = False
    day_first: bool | None = None
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass
class Oddity:
    """Something odd: the place of the row in the chunk, the problem's code, and where it was read."""

    place: int
    code: str
    label: str
    field: str
    value: str


def convert(column: Column, raw: Sequence[str]) -> tuple[dict[str, list[str]], list[Oddity]]:
    """The fields that a column says, canonical; every different text is converted once."""
    spreading = _spreading(column)
    if spreading:
        return _spread(column, raw, spreading)
    function, kind = _converter(column), column.kind
    found = {text: ("", "") if is_missing(text, kind) else function(text) for text in set(raw)}
    canonical = {text: value for text, (value, _) in found.items()}
    odd = {text: code for text, (_, code) in found.items() if code}
    return {column.field: list(map(canonical.__getitem__, raw))}, _oddities(column, raw, odd)


def _spread(column: Column, raw: Sequence[str], function: Spreading) -> tuple[dict[str, list[str]], list[Oddity]]:
    kind = column.kind
    found = {text: ({}, "") if is_missing(text, kind) else function(text) for text in set(raw)}
    converted = {}
    for name in _SPREAD_FIELDS[kind]:
        canonical = {text: fields.get(name, "") for text, (fields, _) in found.items()}
        if name == column.field or any(canonical.values()):
            converted[name] = list(map(canonical.__getitem__, raw))
    odd = {text: code for text, (_, code) in found.items() if code}
    return converted, _oddities(column, raw, odd)


def _oddities(column: Column, raw: Sequence[str], odd: Mapping[str, str]) -> list[Oddity]:
    if not odd:
        return []
    places = (place for place, text in enumerate(raw) if text in odd)
    return [Oddity(place, odd[raw[place]], column.label, column.field, raw[place]) for place in places]


def _spreading(column: Column) -> Spreading | None:
    if column.kind == MONEY and column.field == "reg_capital":
        return partial(values.capital, unit=column.unit, assumed=column.assumed)
    if column.kind == "uscc" and column.field != "uscc":
        return None  # of another unit: its codes of other kinds are not this one's
    return SPREADING.get(column.kind)


def _converter(column: Column) -> Converter:
    if column.kind == MONEY:
        return partial(values.money, unit=column.unit)
    if column.kind == "day":
        return partial(days.day, epoch_1904=column.epoch_1904, day_first=column.day_first)
    if column.kind == "code":
        return partial(values.code, field=column.field, own=column.codes)
    return values.unit_code if column.kind == "uscc" else CONVERTERS[column.kind]


def is_missing(raw: str, kind: str) -> bool:
    """Whether a cell says that nothing is known; a nought is a figure where figures are asked for."""
    if not raw:
        return True
    if len(raw) > _LONGEST_MISSING:
        return raw.isspace()
    cleaned = raw if raw.isascii() and raw.isdigit() else values.half_width(raw).strip("'").upper()
    return cleaned in MISSING or (cleaned == "0" and kind in _ZERO_IS_MISSING)
