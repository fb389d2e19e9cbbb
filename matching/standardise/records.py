"""Whole tables of records into the columns that are compared."""

from __future__ import annotations

import re

import pandas as pd

from matching.standardise.addresses import parse_address
from matching.standardise.codes import check_org_code, check_reg_no, check_uscc, normalise_code
from matching.standardise.contacts import person, phone_numbers
from matching.standardise.names import NameParts, parse_name
from matching.standardise.text import BETWEEN, per_value, plain, sound

_NAMES_APART = re.compile("[;,、|/]+")

INPUT = (
    "record_id",
    "source",
    "uscc",
    "org_code",
    "reg_no",
    "name",
    "former_name",
    "address",
    "area_code",
    "legal_rep",
    "phone",
    "industry_code",
    "established_on",
    "status",
    "unit_type",
    "part_kind",
    "parent_uscc",
)
"""Columns a caller may give; `record_id` and `name` are required, any other may be missing or empty."""


def with_all_columns(records: pd.DataFrame) -> pd.DataFrame:
    """The table with every input column as text, missing ones empty. Raises ValueError without id or name."""
    missing = [name for name in ("record_id", "name") if name not in records]
    if missing:
        raise ValueError(f"the table needs the columns {', '.join(missing)}")
    blank = pd.Series("", index=records.index, dtype="object")
    columns = {name: records[name].fillna("").astype(str) if name in records else blank for name in INPUT}
    return pd.DataFrame(columns)


def standardise_records(records: pd.DataFrame) -> pd.DataFrame:
    """Clean columns beside the record id; the given columns are not changed.

    code, code_valid, org, reg: identifiers; whole, division, core, activity, form, branch, core_sound, stem_sound,
    same, former: names; road, number, rest; person, person_sound; phone; industry; founded; unit_type, parent.
    """
    table = with_all_columns(records).reset_index(drop=True)
    parts: list[NameParts] = per_value(table["name"], parse_name)
    places = per_value(table["address"], parse_address)
    result = pd.DataFrame({"record_id": table["record_id"], "source": table["source"]})
    result["code"] = per_value(table["uscc"], normalise_code)
    result["code_valid"] = per_value(table["uscc"], lambda text: check_uscc(text).ok)
    result["org"] = _organisation(table, result)
    result["reg"] = per_value(table["reg_no"], lambda text: normalise_code(text) if check_reg_no(text).ok else "")
    for name in ("whole", "division", "core", "activity", "form", "branch", "stem", "same"):
        result[name] = [getattr(part, name) for part in parts]
    result["core_sound"] = per_value(result["core"], sound)
    result["stem_sound"] = per_value(result["stem"], sound)
    result["former"] = _former(table, parts)
    for name in ("road", "number", "rest"):
        result[name] = [getattr(place, name) for place in places]
    result["person"] = per_value(table["legal_rep"], person)
    result["person_sound"] = per_value(result["person"], sound)
    result["phone"] = per_value(table["phone"], lambda text: (phone_numbers(text) or ("",))[0])
    result["industry"] = per_value(table["industry_code"], lambda text: plain(text)[:4])
    result["founded"] = table["established_on"]
    result["unit_type"] = table["unit_type"]
    result["part_kind"] = table["part_kind"]
    result["parent"] = per_value(table["parent_uscc"], normalise_code)
    return result.astype("object")  # an empty column has no type of its own


def _organisation(table: pd.DataFrame, result: pd.DataFrame) -> list[str]:
    """The nine-character organisation code: places 9–17 of a valid code, else the one given."""
    given = per_value(table["org_code"], lambda text: normalise_code(text) if check_org_code(text).ok else "")
    pairs = zip(result["code"], result["code_valid"], given, strict=True)
    return [code[8:17] if valid else own for code, valid, own in pairs]


def _former(table: pd.DataFrame, parts: list[NameParts]) -> list[str]:
    """Former names and aliases, plain, joined by `BETWEEN`."""
    given = per_value(table["former_name"], lambda text: _NAMES_APART.sub(BETWEEN, plain(text)))
    return [BETWEEN.join(filter(None, [own, *part.aliases])) for own, part in zip(given, parts, strict=True)]
