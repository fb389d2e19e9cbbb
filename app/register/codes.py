"""What the register says of a code: whether it passes, whose it is and what is contained in it (identifiers.md §2–§7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matching.standardise.codes import (
    CodeVerdict,
    check_org_code,
    check_reg_no,
    check_temp_code,
    check_uscc,
    is_temp_code,
)

LEGAL_CODES = ("uscc", "reg_no", "org_code")
"""Codes that a registrar gives."""
PASSES, FAILS, UNKNOWN = "y", "n", ""

_CHECKS: dict[str, Callable[[str], CodeVerdict]] = {
    "uscc": check_uscc,
    "org_code": check_org_code,
    "reg_no": check_reg_no,
    "temp_code": check_temp_code,
}
_HEADQUARTERS = 9
"""Characters of the organisation code of a 本部: eight and a B, which is no check character. A credit code may end in B."""


def verdict_on(scheme: str, value: str) -> str:
    """`y` where the code passes its own check, `n` where it fails, empty where none is known."""
    check = _CHECKS.get(scheme)
    if check is None or (scheme == "temp_code" and not is_temp_code(value)):
        return UNKNOWN
    return PASSES if check(value).ok else FAILS


def passes(scheme: str, value: str) -> bool:
    return verdict_on(scheme, value) == PASSES


def organisation_code_in(credit_code: str) -> str:
    """Places 9 to 17 of a credit code that stands; empty otherwise."""
    return credit_code[8:17] if passes("uscc", credit_code) else ""


def is_of_another(value: str, row: Mapping[str, Any]) -> bool:
    """Whether a code that a version bears is its parent's, by what it says itself, or that of a 本部."""
    parent = str(row["parent_uscc"] or "")
    headquarters = len(value) == _HEADQUARTERS and value.endswith("B")
    return headquarters or value in {parent, parent[8:17], row["parent_org_code"]}
