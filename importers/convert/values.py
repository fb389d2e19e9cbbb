"""One value at a time: text to the canonical value and the code of what is odd about it.

A converter takes the text without missing marks and gives (value, problem code or ""). Columns call each converter
once per different text (`columns.convert`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from importers.convert import money as amounts
from importers.words import code_of
from matching.standardise.codes import CodeVerdict, check_org_code, check_reg_no, check_uscc, is_citizen_number

Converted = tuple[str, str]

MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "－",
        "/",
        "\\",
        "无",
        "暂无",
        "NULL",
        "N/A",
        "NA",
        "NONE",
        "不详",
        "未知",
        "***",
        "空",
        "(空)",
        "没有",
        "未填",
        "NAN",
        "#N/A",
        "00000000",
    }
)

_CODE_IN_TEXT = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")


def half_width(text: str) -> str:
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).strip()


def text(value: str) -> Converted:
    """Text keeps its form; only blanks and zero-width marks at its ends go."""
    return value.strip().strip("\u200b\ufeff\u3000'").strip(), ""


def name(value: str) -> Converted:
    cleaned = text(value)[0]
    if re.search(r"[\ue000-\uf8ff\ufffd□?？]", cleaned):
        return cleaned, "name_lost_character"
    return cleaned, "name_test" if re.search(r"^测试(数据|单位|公司)?\d*$|^\d+$", cleaned) else ""


def uscc(value: str) -> tuple[dict[str, str], str]:
    """The code in its normal form, kept though its check fails; lost when a spreadsheet made a number of it.

    Of a cell with something around it the one valid code is taken; a code of another kind goes to its own field.
    """
    if is_citizen_number(value):
        return {}, "code_citizen_number"
    verdict = check_uscc(value)
    if verdict.rule in {"", "empty"}:
        return {"uscc": verdict.code}, ""
    if verdict.rule == "scientific":
        return {}, "code_scientific"
    if verdict.ok:
        return {"uscc": verdict.code}, f"code_{verdict.rule}"
    return _within(value, verdict)


def _within(value: str, verdict: CodeVerdict) -> tuple[dict[str, str], str]:
    """A code with something around it, or one of another kind; else what was read, with the rule that it breaks."""
    if len(verdict.code) == 18 and verdict.code == value:
        return {"uscc": verdict.code}, f"code_{verdict.rule}"
    folded = half_width(value).upper()
    inside = {code for code in _CODE_IN_TEXT.findall(folded) if check_uscc(code).ok and not is_citizen_number(code)}
    if len(inside) == 1:
        return {"uscc": inside.pop()}, "code_in_text"
    if len(verdict.code) == 9 and check_org_code(verdict.code).ok:
        return {"org_code": verdict.code}, "code_is_org_code"
    if len(verdict.code) == 15 and check_reg_no(verdict.code).rule == "":
        return {"reg_no": verdict.code}, "code_is_reg_no"
    return {"uscc": verdict.code[:32]}, f"code_{verdict.rule}"


def unit_code(value: str) -> Converted:
    """The credit code of another unit (a parent, a superior)."""
    fields, odd = uscc(value)
    return fields.get("uscc", ""), odd


def tax_no(value: str) -> tuple[dict[str, str], str]:
    """A taxpayer's number, which mostly is the credit code."""
    fields, odd = uscc(value)
    if odd in {"code_citizen_number", "code_scientific"}:
        return {}, odd
    number = fields.get("uscc") or check_uscc(value).code[:32]
    own = (
        {"uscc": number} if fields.get("uscc") and odd in {"", "code_org_check", "code_in_text", "code_prefix"} else {}
    )
    return {"tax_no": number, **own}, odd if odd == "code_in_text" else ""


def org_code(value: str) -> Converted:
    verdict = check_org_code(value)
    return verdict.code[:16], "" if verdict.ok else "org_code_check"


def reg_no(value: str) -> Converted:
    if is_citizen_number(value):
        return "", "code_citizen_number"
    verdict = check_reg_no(value)
    return verdict.code[:32], "" if verdict.ok else "reg_no_check"


def number(value: str) -> Converted:
    """A whole number; decimals are rounded half up."""
    parsed = amounts.number(value)
    if parsed is None:
        return "", "number_unreadable"
    return amounts.whole(parsed), "number_rounded" if parsed % 1 else ""


def money(value: str, unit: str) -> Converted:
    """Money of a column in `unit` to whole thousand yuan (千元), half up (attributes.md §1.7); other money is left out."""
    found = amounts.amount(value, unit)
    if found is None:
        return "", "number_unreadable"
    foreign = found.currency not in {"", amounts.RMB}
    return ("", "money_foreign") if foreign else (amounts.whole(found.thousands), "")


def capital(value: str, unit: str, *, assumed: bool) -> tuple[dict[str, str], str]:
    """Registered capital in thousands with its currency; `assumed` when nothing but habit says the column's unit."""
    found = amounts.amount(value, unit)
    if found is None:
        return {}, "number_unreadable"
    foreign = found.currency if found.currency != amounts.RMB else ""
    odd = "money_foreign" if foreign else "money_unit_assumed" if assumed and not found.said else ""
    return {"reg_capital": amounts.whole(found.thousands), "_cell_currency": foreign}, odd


def area(value: str) -> Converted:
    """A twelve-digit area code; short ones are filled with zeros, what says town or country behind it goes."""
    found = re.match(r"(\d+)(?:\.0+)?(?!\d)", half_width(value))
    digits = found.group(1) if found else ""
    if len(digits) in {6, 9}:
        return digits.ljust(12, "0"), "area_short"
    return (digits[:12], "") if len(digits) in {12, 17} else ("", "area_unreadable")


def flag(value: str) -> Converted:
    cleaned = half_width(value).upper()
    if cleaned in {"1", "是", "Y", "YES", "√", "有", "TRUE"} or re.fullmatch(r"1[.\-、 ]?是", cleaned):
        return "1", ""
    no = cleaned in {"2", "0", "否", "N", "NO", "没有", "×", "FALSE"} or re.fullmatch(r"[02][.\-、 ]?否", cleaned)
    return ("2", "") if no else ("", "code_value_unknown")


def code(value: str, field: str = "", own: Mapping[str, str] | None = None) -> Converted:
    """A code before its name (`1 正常运营` is `1`), or the one that a word stands for; `own` are words of one layout."""
    if own and value.strip() in own:
        return own[value.strip()], ""
    folded = half_width(value).upper()
    found = re.match(r"[0-9A-Z]+(?=$|[^0-9A-Z])", folded)
    if found:
        return re.sub(r"^(\d+)\.0+$", r"\1", found.group()), ""
    known = code_of(field, value)
    return (known, "") if known else ("", "code_value_unknown")


def area_number(value: str) -> Converted:
    """The area part of a telephone number, which spreadsheets take the zero from."""
    digits = re.sub(r"\D", "", half_width(value))
    return (digits if digits.startswith("0") else f"0{digits}" if digits else ""), ""


def postcode(value: str) -> Converted:
    found = re.fullmatch(r"(\d{1,8})(?:\.0+)?", half_width(value))
    if not found:
        return "", "postcode_odd"
    return found[1][:6], "" if len(found[1]) == 6 else "postcode_odd"
