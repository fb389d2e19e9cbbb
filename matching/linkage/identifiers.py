"""Identifiers of records: credit code, organisation code and registration number, each in its own scheme; kind and parent."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from matching.linkage.columns import Array
from matching.standardise.bulk import plain_all
from matching.standardise.codes import ALPHABET, check_org_code, check_reg_no, is_head_office_code, normalise_code

Columns = dict[str, Sequence[str]]
"""Clean columns by name, made of the different values of a source column."""

CREDIT_CODE, ORGANISATION_CODE, OTHER_NUMBER = 1, 2, 3
"""What kind of number stands in `code`: only numbers of one kind can differ."""

LEGAL_UNIT, ESTABLISHMENT, HOUSEHOLD = 1, 2, 3
"""Unit types (units.md); 0 is unknown."""

_SURE = re.compile("[0-9A-Z]{18}")
_NUMBER = re.compile("[0-9A-Z]{8,20}")


def codes(values: list[str]) -> Columns:
    """code as typed in normal form; valid: the same where its check character is right; and the numbers that it holds.

    `org`: places 9–17, or an organisation code typed in its place; `_sure` where nothing is wrong with what it was taken from.
    """
    found = [code(value) for value in values]
    right = valid_codes(found).tolist()
    org = [organisation(one) for one in found]
    return {
        "code": found,
        "valid": [one if ok else "" for one, ok in zip(found, right, strict=True)],
        "org": org,
        "reg": [registration(one) for one in found],
        "_sure": [
            "yes" if ok or (len(one) == 9 and part) else "" for one, ok, part in zip(found, right, org, strict=True)
        ],
        **_head_offices(org),
    }


def organisation_codes(values: list[str]) -> Columns:
    found = [code(value) for value in values]
    own = [organisation(one) if len(one) == 9 else "" for one in found]
    return {"_org_code": found, "_org": own} | {f"_{name}": column for name, column in _head_offices(own).items()}


def registration_numbers(values: list[str]) -> Columns:
    found = [code(value) for value in values]
    return {"_reg_no": found, "_reg": [registration(one) for one in found]}


def parents(values: list[str]) -> Columns:
    """The parent's code, and the organisation code in it."""
    found = [code(value) for value in values]
    return {"parent": found, "parent_org": [organisation(one) for one in found]}


def _head_offices(org: Sequence[str]) -> Columns:
    """The first eight characters, which a 本部 has of its legal unit, and whose code is that of a 本部 (identifiers.md §6)."""
    return {
        "org_body": [one[:8] for one in org],
        "head_office": [one if is_head_office_code(one) else "" for one in org],
    }


def code(value: str) -> str:
    """In normal form; empty for what is no code: 无, 9.15E+17, zeros, one character typed again and again."""
    found = value if _SURE.fullmatch(value) else normalise_code(value)
    return found if _NUMBER.fullmatch(found) and len(set(found)) > 2 else ""


def organisation(code: str) -> str:
    if len(code) == 18:
        return code[8:17]
    return code if len(code) == 9 and check_org_code(code).ok else ""


def registration(code: str) -> str:
    return code if len(code) in (13, 15) and check_reg_no(code).ok else ""


def code_kind(code: str) -> int:
    """By its length; a character lost or doubled leaves a credit code one. 15 and 13 digits are registration numbers."""
    if not code:
        return 0
    return {16: CREDIT_CODE, 17: CREDIT_CODE, 18: CREDIT_CODE, 19: CREDIT_CODE, 9: ORGANISATION_CODE}.get(
        len(code), OTHER_NUMBER
    )


_VALUES = np.full(128, 99, dtype=np.int64)
_VALUES[[ord(character) for character in ALPHABET]] = range(31)
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])


def valid_codes(codes: Sequence[str]) -> Array:
    """Which normalised codes pass GB 32100 (length, characters, check character): `codes.check_uscc` on columns."""
    right = np.fromiter((len(code) == 18 and code.isascii() for code in codes), bool, len(codes))
    if not right.any():
        return right
    chosen = [code for code, ok in zip(codes, right.tolist(), strict=True) if ok]
    numbers = _VALUES[np.array(chosen, dtype="S18").view(np.uint8).reshape(-1, 18)]
    sound = (numbers < 99).all(axis=1) & (numbers[:, 2:8] < 10).all(axis=1) & (numbers != 0).any(axis=1)
    sound &= (31 - (numbers[:, :17] * _WEIGHTS).sum(axis=1) % 31) % 31 == numbers[:, 17]
    right[right] = sound
    return right


_TYPED = re.compile(r"0?([123])(?!\d)")
_TYPES = ((re.compile("产业活动|分支"), "2"), (re.compile("个体"), "3"), (re.compile("法人"), "1"))


def unit_types(values: list[str]) -> Columns:
    """1 legal unit, 2 establishment, 3 household business, by their numbers or in words."""
    return {"_unit_type": [_unit_type(value) for value in plain_all(values)]}


def _unit_type(value: str) -> str:
    if found := _TYPED.match(value):
        return found.group(1)
    return next((number for words, number in _TYPES if words.search(value)), "")


def part_kinds(values: list[str]) -> Columns:
    return {"part_kind": plain_all(values)}
