"""What is wrong with a code, in the words of the check. The arithmetic is that of `matching.standardise`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.checks.reasons import Reason
from matching.standardise.codes import (
    CodeVerdict,
    check_org_code,
    check_reg_no,
    check_uscc,
    normalise_code,
)
from matching.standardise.slips import one_keystroke_codes

_BY_LENGTH: dict[int, Callable[[str], CodeVerdict]] = {
    9: check_org_code,
    13: check_reg_no,
    15: check_reg_no,
    18: check_uscc,
}
_LOCAL_TEMPORARY = "Z"
"""Local temporary codes begin with a letter no credit code holds (identifiers.md §7)."""

_REASONS = {
    "empty": Reason.CODE_EMPTY,
    "length": Reason.CODE_LENGTH,
    "scientific": Reason.CODE_SCIENTIFIC,
    "character": Reason.CODE_CHARACTER,
    "check": Reason.CODE_CHECK,
}


@dataclass(frozen=True)
class Flaw:
    """The rule a code fails, with what its text needs to say where."""

    reason: Reason
    facts: dict[str, Any]


def normalised(code: str) -> str:
    """The code as the register holds codes."""
    return normalise_code(code)


def org_part(code: str) -> str:
    """The organisation code inside a unified social credit code, `` for other codes."""
    return code[8:17] if len(code) == 18 else ""


def flaw_of(code: str) -> Flaw | None:
    """What makes a code impossible, or None. A code is judged by its length, since that tells its kind."""
    if code.startswith(_LOCAL_TEMPORARY) and len(code) in (9, 18):
        return None
    verdict = _BY_LENGTH.get(len(code), check_uscc)(code)
    if verdict.ok:
        return None
    character = code[verdict.position - 1 : verdict.position] if verdict.position else ""
    facts = {"length": len(code), "position": verdict.position, "character": character}
    return Flaw(_REASONS[verdict.rule], facts)


def org_part_fails(code: str) -> bool:
    """Whether only the check inside (positions 9–17) fails: real codes have it, so it is no more than a warning."""
    return len(code) == 18 and check_uscc(code).rule == "org_check"


def one_slip_away(code: str) -> list[str]:
    """Valid unified social credit codes one keystroke from this one."""
    return one_keystroke_codes(code)
