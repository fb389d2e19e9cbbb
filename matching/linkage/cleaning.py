"""Record files' columns in one form, whole columns at a time, each different value worked on once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.linkage.columns import Array, Texts, keys_of, mapped, mixed
from matching.linkage.identifiers import (
    ESTABLISHMENT,
    Columns,
    code_kind,
    codes,
    organisation_codes,
    parents,
    part_kinds,
    registration_numbers,
    unit_types,
)
from matching.standardise.addresses import parse_plain_address
from matching.standardise.bulk import plain_all, shape_keys, sound_keys
from matching.standardise.contacts import phone_numbers
from matching.standardise.names import parse_plain_name
from matching.standardise.text import BETWEEN

_APART = re.compile("[;,、|/]+")
_TITLES = re.compile("(先生|女士|小姐)$")
_BEHIND_NAME = re.compile("[;,、|/(]+")
_MASKED = re.compile(r"[*?×]|某|^[无\-]$")
_CLOSED = re.compile("注销|吊销|关闭|停业|撤销|CLOSED|DEREGISTERED|REVOKED|CANCELLED")
_SECTION = re.compile("^[A-T](?=[0-9]{2})")
_DAY = re.compile(
    r"((?:1[89]|20)\d\d)(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?(?!\d)|(\d\d)(\d\d)?(?!\d)|(?!\d))|([1-6]\d{4})(?:\.0+)?$"
)
_FIRST_SERIAL = np.datetime64("1899-12-30")
"""Day 0 of the serial numbers that a spreadsheet leaves for dates."""

COLUMNS = (
    "record_id", "source", "uscc", "org_code", "reg_no", "name", "former_name", "address", "area_code", "legal_rep", "phone",
    "industry_code", "established_on", "status", "unit_type", "part_kind", "parent_code",
)  # fmt: skip
"""Columns of text that tell a record apart, empty for missing; whatever else a file holds is passed over."""

KEPT_TEXTS = (
    "source", "code", "whole", "former", "core", "stem", "tail", "person", "phone", "road", "door", "room", "founded", "area",
)  # fmt: skip
"""Columns whose text is needed again after cleaning: for distances, and to show the values compared."""

NUMBERS = ("code_kind", "org_sure", "unit_type", "phone_number", "day", "year", "industry", "closed", "is_branch")


@dataclass
class Records:
    """Clean columns of records.

    Attributes:
        ids: record ids.
        keys: column name to a 64-bit key for each record, 0 for missing.
        texts: the text of a few of these columns.
        numbers: `code_kind` (0 none, `CREDIT_CODE`, …), `org_sure` (1: from a code that passes its check), `unit_type` (0 unknown),
            `phone_number` (0 none), `day` (days since 1970, -1 unknown), `year`, `industry` (see `_industry_number`), `closed`
            (1 yes, 0 no, -1 unknown), `is_branch` (1: the tail is that of a branch, not of a shop).
        formers: rows and the key of each former name that they give.
    """

    ids: Texts
    keys: dict[str, Array]
    texts: dict[str, Texts]
    numbers: dict[str, Array]
    formers: tuple[Array, Array]

    def __len__(self) -> int:
        return len(self.ids)

    def joined(self, *others: Records) -> Records:
        """These records and others behind them."""
        parts = (self, *others)
        starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
        rows = [part.formers[0] + start for part, start in zip(parts, starts, strict=False)]
        return Records(
            pa.concat_arrays([part.ids for part in parts]),
            {name: np.concatenate([part.keys[name] for part in parts]) for name in self.keys},
            {name: pa.concat_arrays([part.texts[name] for part in parts]) for name in self.texts},
            {name: np.concatenate([part.numbers[name] for part in parts]) for name in self.numbers},
            (np.concatenate(rows), np.concatenate([part.formers[1] for part in parts])),
        )


def clean(table: pa.Table, texts: Sequence[str] = KEPT_TEXTS) -> Records:
    """Standardise a table with all of `COLUMNS`; rows are put in the order of their ids.

    `texts`: columns whose text is kept beside the key.
    """
    table = table.take(pc.sort_indices(table["record_id"]))
    records = Records(_column(table, "record_id"), {}, {}, {}, (np.zeros(0, np.int64), np.zeros(0, np.uint64)))
    for name, function in _STEPS:
        _add(records, mapped(_column(table, name), function), texts)
    _add(records, {"source": _column(table, "source")}, texts)
    _fill_up_codes(records)
    _numbers(records)
    records.texts["former"] = _former(records)
    records.keys["former"] = keys_of(records.texts["former"])
    records.formers = former_keys(records.texts["former"])
    return records


def former_keys(former: Texts) -> tuple[Array, Array]:
    """Rows and the key of each former name that they give."""
    rows = np.flatnonzero(pc.not_equal(former, "").to_numpy(zero_copy_only=False))
    lists = pc.split_pattern(former.take(rows), BETWEEN)
    return rows[pc.list_parent_indices(lists).to_numpy()], keys_of(pc.list_flatten(lists))


def row_keys(table: pa.Table) -> Array:
    """A key of each record's values as they were given, in the order of `clean`."""
    table = table.take(pc.sort_indices(table["record_id"]))
    key = np.zeros(len(table), np.uint64)
    for name in sorted(table.column_names):
        key = mixed(key ^ keys_of(_column(table, name)))
    return key


def _column(table: pa.Table, name: str) -> Texts:
    parts = table[name].chunks
    return pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())


def _add(records: Records, columns: Mapping[str, Texts], kept: Sequence[str]) -> None:
    for name, texts in columns.items():
        records.keys[name] = keys_of(texts)
        if name in kept or name.startswith("_"):
            records.texts[name] = texts


def _fill_up_codes(records: Records) -> None:
    """An organisation code or registration number fills the place of a missing code; each is a key in its own scheme, too."""
    texts, keys = records.texts, records.keys
    for name in ("_org_code", "_reg_no"):
        given = texts.pop(name)
        if keys.pop(name).any():
            texts["code"] = pc.if_else(pc.equal(texts["code"], ""), given, texts["code"])
            keys["code"] = keys_of(texts["code"])
    own, sure = keys.pop("_org"), keys["_sure"] != 0
    keys["_sure"] = np.where(sure, keys["_sure"], own)
    for name in ("org", "org_body", "head_office"):
        stated = own if name == "org" else keys.pop(f"_{name}")
        keys[name] = np.where(sure | (own == 0), keys[name], stated)
    stated = keys.pop("_reg")
    keys["reg"] = np.where(stated != 0, stated, keys["reg"])
    for name in ("_sure", "_org", "_org_body", "_head_office", "_reg"):
        texts.pop(name)


# --- one function a source column: its different values to clean columns ----------------------------------------------


def _names(values: list[str]) -> Columns:
    parts = [parse_plain_name(text) for text in plain_all(values)]
    core, stem = [part.core for part in parts], [part.stem for part in parts]
    return {
        "whole": [part.whole for part in parts], "core": core, "stem": stem, "tail": [part.tail for part in parts],
        "activity": [part.activity for part in parts], "branch": [part.branch for part in parts],
        "core_sound": sound_keys(core), "stem_sound": sound_keys(stem), "stem_shape": shape_keys(stem),
        "core_sound_start": [text[:2] for text in sound_keys(core)], "core_start": [text[:1] for text in core],
        "long_core": [text if len(text) > 1 else "" for text in core],
        "_aliases": [BETWEEN.join(part.aliases) for part in parts],
    }  # fmt: skip


def _former_names(values: list[str]) -> Columns:
    return {"_former": [_APART.sub(BETWEEN, value) for value in plain_all(values)]}


def _addresses(values: list[str]) -> Columns:
    parts = [parse_plain_address(text) for text in plain_all(values)]
    return {
        "road": [part.road for part in parts],
        "road_sound": sound_keys([part.road for part in parts]),
        "door": [f"{part.road} {part.number}" if part.road and part.number else "" for part in parts],
        "number": [part.number for part in parts],
        "room": [part.rest for part in parts],
    }


def _people(values: list[str]) -> Columns:
    people = [_person(value) for value in plain_all(values)]
    return {"person": people, "person_sound": sound_keys(people)}


def _person(value: str) -> str:
    """The first of several, without title and remarks; a masked name (张**, 张某) is missing."""
    name = _TITLES.sub("", _BEHIND_NAME.split(value, maxsplit=1)[0]).replace("·", "")
    return "" if _MASKED.search(name) else name


def _phones(values: list[str]) -> Columns:
    numbers = [_two_numbers(value) for value in values]
    return {"phone": [first for first, _ in numbers], "second_phone": [second for _, second in numbers]}


def _two_numbers(value: str) -> tuple[str, str]:
    if len(value) == 11 and value[0] == "1" and value.isascii() and value.isdigit():
        return value, ""
    first, second, *_ = (*phone_numbers(value), "", "")
    return first, second


def _industries(values: list[str]) -> Columns:
    return {"_industry": [_SECTION.sub("", value)[:4] for value in plain_all(values)]}


def _areas(values: list[str]) -> Columns:
    areas = plain_all(values)
    return {"area": [area[:6] for area in areas]}


def _days(values: list[str]) -> Columns:
    days = [_day(value.strip()) for value in values]
    return {"founded": days, "month": [day[:7] if len(day) >= 7 else "" for day in days], "_founded": days}


def _day(value: str) -> str:
    """ISO day, month or year, as far as it is known and can be; text that is no date is missing."""
    found = _DAY.match(value)
    if not found:
        return ""
    year, month, day, tight_month, tight_day, serial = found.groups()
    if serial:
        return str(_FIRST_SERIAL + np.timedelta64(int(serial), "D"))
    month, day = (month or tight_month or "").zfill(2), (day or tight_day or "").zfill(2)
    if not "01" <= month <= "12":
        return year
    return f"{year}-{month}-{day}" if "01" <= day <= "31" else f"{year}-{month}"


def _statuses(values: list[str]) -> Columns:
    return {"_closed": ["" if not value else "yes" if _CLOSED.search(value.upper()) else "no" for value in values]}


_STEPS: tuple[tuple[str, Callable[[list[str]], Columns]], ...] = (
    ("uscc", codes), ("org_code", organisation_codes), ("reg_no", registration_numbers), ("unit_type", unit_types),
    ("part_kind", part_kinds), ("parent_code", parents), ("name", _names), ("former_name", _former_names), ("address", _addresses),
    ("legal_rep", _people), ("phone", _phones), ("industry_code", _industries), ("area_code", _areas),
    ("established_on", _days), ("status", _statuses),
)  # fmt: skip


# --- what is compared as a number -------------------------------------------------------------------------------------


def _numbers(records: Records) -> None:
    take = records.texts.pop
    founded = take("_founded")
    records.numbers = {
        "code_kind": _numbered(records.texts["code"], code_kind, np.int8),
        "org_sure": (records.keys.pop("_sure") != 0).astype(np.int8),
        "unit_type": _numbered(take("_unit_type"), lambda text: int(text or 0), np.int8),
        "phone_number": _numbered(records.texts["phone"], lambda text: int(text or 0), np.int64),
        "day": _numbered(founded, _day_number, np.int32),
        "year": _numbered(founded, lambda text: int(text[:4]) if text else -1, np.int16),
        "industry": _numbered(take("_industry"), _industry_number, np.int16),
        "closed": _numbered(take("_closed"), lambda text: {"": -1, "no": 0, "yes": 1}[text], np.int8),
    }
    records.numbers["is_branch"] = _is_branch(records).astype(np.int8)
    for name in ("branch", "_founded", "_industry", "_closed", "_unit_type"):
        records.keys.pop(name)


def _is_branch(records: Records) -> Array:
    """By the name, or what a shop sign calls a shop of a company: its code is a company's (91), a household's is 92."""
    of_company = pc.starts_with(records.texts["code"], "91").to_numpy(zero_copy_only=False)
    of_company |= records.numbers["unit_type"] == ESTABLISHMENT
    return np.asarray((records.keys["branch"] != 0) | ((records.keys["tail"] != 0) & of_company))


def _industry_number(text: str) -> int:
    """A class as it is; a group or division counts from its first class and is marked by 10 000 a missing digit; -1: none."""
    if not (2 <= len(text) <= 4 and text.isascii() and text.isdigit()):
        return -1
    return int(text.ljust(4, "0")) + 10_000 * (4 - len(text))


def _numbered(texts: Texts, function: Callable[[str], int], kind: type[np.signedinteger]) -> Array:
    packed = pc.dictionary_encode(texts)
    values = np.array([function(text) for text in packed.dictionary.to_pylist()], dtype=kind)
    return np.asarray(values[packed.indices.to_numpy()]) if len(values) else np.zeros(0, kind)


def _day_number(text: str) -> int:
    """A month counts from its first day; -1 when less than the month is known."""
    if len(text) < 7:
        return -1
    try:
        return int(np.datetime64(text[:10], "D").astype(np.int64))
    except ValueError:
        return -1


def _former(records: Records) -> Texts:
    """Former names and aliases of each record, apart by `BETWEEN`."""
    former, aliases = records.texts.pop("_former"), records.texts.pop("_aliases")
    for name in ("_former", "_aliases"):
        records.keys.pop(name)
    both = pc.binary_join_element_wise(former, aliases, pa.scalar(BETWEEN, pa.large_string()))
    return pc.utf8_trim(both, BETWEEN)
