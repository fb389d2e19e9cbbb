"""Codes of units: normal form, verdict, and what a mistyped one may have been.

The one place of code checks in the product. Sources: GB 32100-2015 (unified social credit code), GB 11714
(organisation code), GS 15-2006 with ISO 7064 MOD 11,10 (registration number); dossier identifiers.md §2–§6.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100; I, O, S, V, Z are not used."""

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_VALUE = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}

_REMOVED = re.compile(r"[\s\-\u2010-\u2015\uFE63\uFF0D'\u2019\u2018`\"\u201C\u201D=\u200b-\u200f\u2060\ufeff\u00a0]")
_SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?E\+?\d+")
LOOK_ALIKES = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
"""Letters that no code holds, and what they are usually meant to be (source-layouts.md §5, no. 9)."""


@dataclass(frozen=True)
class CodeVerdict:
    """What is to be said of a code.

    Attributes:
        code: the normalised code.
        level: "" (nothing), "warning" (it stands, something is odd) or "error".
        rule: "" or empty (nothing, or zeros typed in place of a code), length, character, check, org_check, prefix,
            scientific.
        position: 1-based place of the first bad character, 0 when the rule has none.
    """

    code: str
    level: str = ""
    rule: str = ""
    position: int = 0

    @property
    def ok(self) -> bool:
        return self.level != "error"


def normalise_code(text: str) -> str:
    """Full-width to half-width, upper case, without blanks, hyphens, text marks and zero-width characters.

    Letters are never turned into digits here: that is a proposal (`propose_repair`), not a reading.
    """
    return _REMOVED.sub("", unicodedata.normalize("NFKC", text)).upper()


def _is_blank(code: str) -> bool:
    """Zeros pass every check sum, yet are what people type when there is no code (data-lessons.md §1)."""
    return not code.strip("0")


def check_uscc(text: str) -> CodeVerdict:
    """Verdict on a unified social credit code (identifiers.md §2.4).

    The check over positions 9–17 failing alone is a warning: 189 of three million published codes have it.
    """
    code = normalise_code(text)
    if _is_blank(code):
        return CodeVerdict(code, "error", "empty")
    if _SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", text).strip().upper()):
        return CodeVerdict(code, "error", "scientific")
    bad = _bad_character(code)
    if len(code) != 18:
        return CodeVerdict(code, "error", "length", bad)
    if bad:
        return CodeVerdict(code, "error", "character", bad)
    if uscc_check_character(code) != code[17]:
        return CodeVerdict(code, "error", "check", 18)
    if org_check_character(code[8:16]) != code[16]:
        return CodeVerdict(code, "warning", "org_check", 17)
    if code[:2] not in known_prefixes():
        return CodeVerdict(code, "warning", "prefix", 1)
    return CodeVerdict(code)


def _bad_character(code: str) -> int:
    """1-based place of the first character that may not stand where it stands; 0 when all may."""
    for place, character in enumerate(code[:18], 1):
        if character not in _VALUE or (3 <= place <= 8 and not character.isdigit()):
            return place
    return 0


def uscc_check_character(code: str) -> str:
    """Character 18 from the first 17 (GB 32100-2015, weights 3^(i-1) mod 31)."""
    total = sum(_VALUE[character] * weight for character, weight in zip(code, _USCC_WEIGHTS, strict=False))
    return ALPHABET[(31 - total % 31) % 31]


def org_check_character(body: str) -> str:
    """Character 9 of an organisation code from the first 8 (GB 11714, mod 11)."""
    total = sum(_ORG_VALUE[character] * weight for character, weight in zip(body, _ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


_CITIZEN = re.compile(r"[1-9][0-9]{5}((?:19|20)[0-9]{6})[0-9]{3}[0-9X]")
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_citizen_number(text: str) -> bool:
    """Whether a text is the number of a citizen's identity card (GB 11643-1999): area, day of birth, check character.

    The taxpayer number of a household may be one with two digits behind it. One that stands as a credit code in all of its
    checks is a code: one citizen's number in hundreds does by chance, and a code seldom holds a day of birth.
    """
    code = normalise_code(text)
    found = _CITIZEN.fullmatch(code[:18]) if len(code) == 18 or re.fullmatch(r".{18}[0-9]{2}", code) else None
    if found is None or not _is_day(found.group(1)):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _CITIZEN_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == code[17] and bool(check_uscc(code).rule)


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def check_org_code(text: str) -> CodeVerdict:
    """Verdict on an organisation code; a 本部 code (`…B`) stands without a check (identifiers.md §6)."""
    code = normalise_code(text)
    if _is_blank(code):
        return CodeVerdict(code, "error", "empty")
    if len(code) != 9:
        return CodeVerdict(code, "error", "length")
    for place, character in enumerate(code, 1):
        if character not in _ORG_VALUE:
            return CodeVerdict(code, "error", "character", place)
    if is_head_office_code(code):
        return CodeVerdict(code)
    return CodeVerdict(code) if org_check_character(code[:8]) == code[8] else CodeVerdict(code, "error", "check", 9)


def is_head_office_code(code: str) -> bool:
    """Whether it is the code of a 本部: `B` in place 9 is never a check character."""
    return bool(re.fullmatch(r"[0-9A-Z]{8}B", code))


def check_reg_no(text: str) -> CodeVerdict:
    """Verdict on a registration number: 15 digits with MOD 11,10, a cooperative's `NA`/`NB … X`, or 13 old digits."""
    code = normalise_code(text)
    if _is_blank(code):
        return CodeVerdict(code, "error", "empty")
    if re.fullmatch(r"\d{6}N[AB]\d{6}X", code):
        return CodeVerdict(code)
    if re.fullmatch(r"\d{13}", code):
        return CodeVerdict(code, "warning", "check")  # before 2007 there was no check digit to hold it to
    if len(code) != 15:
        return CodeVerdict(code, "error", "length")
    if not code.isdigit():
        return CodeVerdict(code, "error", "character", next(i for i, c in enumerate(code, 1) if not c.isdigit()))
    return CodeVerdict(code) if reg_no_check_digit(code) == code[14] else CodeVerdict(code, "error", "check", 15)


def reg_no_check_digit(code: str) -> str:
    """Digit 15 from the first 14 (ISO 7064 MOD 11,10)."""
    return _mod_11_10(code[:14])


def _mod_11_10(digits: str) -> str:
    p = 10
    for digit in digits:
        s = (p + int(digit)) % 10 or 10
        p = 2 * s % 11
    return str((11 - p) % 10)


_TEMPORARY = re.compile(r"Z\d{17}")


def temp_code_of(area: str, number: int) -> str:
    """The temporary code (identifiers.md §7) of an area of six digits with a number of up to ten: `Z`, which no credit code
    holds, both, and a check digit (ISO 7064 MOD 11,10)."""
    digits = f"{area}{number:010}"
    return f"Z{digits}{_mod_11_10(digits)}"


def is_temp_code(code: str) -> bool:
    """Whether a code has the form of a temporary one of ours, whatever its check digit."""
    return _TEMPORARY.fullmatch(code) is not None


def check_temp_code(text: str) -> CodeVerdict:
    """Verdict on a temporary code of our form; one of another form is not known to be right or wrong: a warning."""
    code = normalise_code(text)
    if _is_blank(code):
        return CodeVerdict(code, "error", "empty")
    if not is_temp_code(code):
        return CodeVerdict(code, "warning")
    return CodeVerdict(code) if _mod_11_10(code[1:17]) == code[17] else CodeVerdict(code, "error", "check", 18)


@lru_cache
def known_prefixes() -> frozenset[str]:
    """First two characters met in practice (GB 32100 annex and real registers), from data."""
    text = resources.files("matching.standardise").joinpath("data/uscc_prefixes.csv").read_text("utf-8")
    return frozenset(line.split(",")[0] for line in text.splitlines()[1:] if line)


def check_uscc_column(codes: pd.Series[str]) -> pd.DataFrame:
    """Verdicts on a column of codes: code, ok, level, rule, position; each different text is looked at once."""
    import pandas as pd

    texts = codes.fillna("").astype(str)
    unique = texts.unique()
    verdicts = [check_uscc(text) for text in unique]
    table = pd.DataFrame(
        {
            "code": [verdict.code for verdict in verdicts],
            "ok": [verdict.ok for verdict in verdicts],
            "level": [verdict.level for verdict in verdicts],
            "rule": [verdict.rule for verdict in verdicts],
            "position": [verdict.position for verdict in verdicts],
        },
        index=unique,
    )
    return table.loc[texts.tolist()].set_index(codes.index)


def propose_repair(text: str) -> str | None:
    """The code that look-alike letters were meant to be, when that makes both checks right; a person confirms it."""
    code = normalise_code(text)
    repaired = "".join(LOOK_ALIKES.get(character, character) for character in code)
    if repaired == code or len(repaired) != 18:
        return None
    verdict = check_uscc(repaired)
    return repaired if verdict.ok and verdict.rule != "org_check" else None
