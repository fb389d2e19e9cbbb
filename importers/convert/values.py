"""One value at a time: text to the canonical value and the code of what is odd about it.

A converter takes the text without missing marks and gives (value, problem code or ""). Columns call each converter
once per different text (`columns.convert`).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, DecimalException

from matching.standardise.codes import check_org_code, check_reg_no, check_uscc, is_citizen_number
from matching.standardise.contacts import phone_numbers

Converted = tuple[str, str]

MISSING = frozenset(
    {"", "-", "--", "—", "——", "－", "/", "\\", "无", "暂无", "NULL", "N/A", "NA", "NONE", "不详", "未知", "***"}
)
_LONGEST_DAY = 100
"""What is longer is no date, and its blanks would be tried one by one."""
_SENTINEL_DATES = frozenset({"长期", "永久", "无固定期限", "9999-12-31", "1900-01-00", "1900-01-01", "0000-00-00"})


def half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def text(value: str) -> Converted:
    """Text keeps its form; only blanks and zero-width marks at its ends go."""
    return value.strip().strip("\u200b\ufeff\u3000'").strip(), ""


def name(value: str) -> Converted:
    cleaned = text(value)[0]
    if re.search(r"[\ue000-\uf8ff\ufffd□?？]", cleaned):
        return cleaned, "name_lost_character"
    return cleaned, "name_test" if re.search(r"^测试(数据|单位|公司)?\d*$|^\d+$", cleaned) else ""


def uscc(value: str) -> Converted:
    """The normal form, kept though its check fails; lost when a spreadsheet made a number of it."""
    if is_citizen_number(value):
        return "", "code_citizen_number"
    verdict = check_uscc(value)
    if verdict.rule in {"", "empty"}:
        return verdict.code, ""
    if verdict.rule == "scientific":
        return "", "code_scientific"
    return verdict.code[:32], f"code_{verdict.rule}"


def org_code(value: str) -> Converted:
    verdict = check_org_code(value)
    return verdict.code[:16], "" if verdict.ok else "org_code_check"


def reg_no(value: str) -> Converted:
    if is_citizen_number(value):
        return "", "code_citizen_number"
    verdict = check_reg_no(value)
    return verdict.code[:32], "" if verdict.ok else "reg_no_check"


def day(value: str) -> Converted:
    """A date with its precision: `2019`, `2019-03` or `2019-03-05`; Excel serials of the 1900 system."""
    if len(value) > _LONGEST_DAY:
        return "", "date_unreadable"
    cleaned = re.sub(r"\s+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", half_width(value))
    if cleaned in _SENTINEL_DATES:
        return "", ""
    found = _written_day(cleaned) or _compact_day(cleaned)
    if found is None:
        return "", "date_unreadable"
    return found, "date_old" if found < "1900" else ""


def _written_day(cleaned: str) -> str | None:
    found = re.fullmatch(r"(\d{4})[年/.\-](\d{1,2})(?:[月/.\-](?:(\d{1,2})日?)?)?", cleaned) or re.fullmatch(
        r"(\d{4})年?()()", cleaned
    )
    if not found:
        return None
    return _iso(found.group(1), found.group(2) or "", found.group(3) or "")


def _compact_day(cleaned: str) -> str | None:
    if re.fullmatch(r"(18|19|20)\d{6}", cleaned):
        return _iso(cleaned[:4], cleaned[4:6], cleaned[6:])
    if re.fullmatch(r"(18|19|20)\d{4}", cleaned):
        return _iso(cleaned[:4], cleaned[4:], "")
    if re.fullmatch(r"[1-6]\d{4}(\.0+)?", cleaned):
        return (date(1899, 12, 30) + timedelta(days=int(float(cleaned)))).isoformat()
    return None


def _iso(year: str, month: str, day_: str) -> str | None:
    try:
        date(int(year), int(month or 1), int(day_ or 1))
    except ValueError:
        return None
    return "-".join([year, *(part.zfill(2) for part in (month, day_) if part)])


def number(value: str) -> Converted:
    """A whole number; decimals are rounded half up."""
    parsed = _decimal(value)
    if parsed is None:
        return "", "number_unreadable"
    whole = parsed.quantize(Decimal(1), ROUND_HALF_UP)
    return str(whole), "number_rounded" if whole != parsed else ""


_PER_THOUSAND = {"元": Decimal("0.001"), "千元": Decimal(1), "万元": Decimal(10), "": Decimal(1)}


def money(value: str, unit: str) -> Converted:
    """Money of a column in `unit` to whole thousand yuan (千元), half up (attributes.md §1.7)."""
    parsed = _decimal(value)
    if parsed is None:
        return "", "number_unreadable"
    return str((parsed * _PER_THOUSAND[unit]).quantize(Decimal(1), ROUND_HALF_UP)), ""


def _decimal(value: str) -> Decimal | None:
    cleaned = half_width(value).replace(",", "").replace("，", "").replace("—", "-")
    factor = Decimal(1)
    if cleaned.endswith(("万", "万元")):
        cleaned, factor = cleaned.rstrip("元").rstrip("万"), Decimal(10000)
    bracketed = re.fullmatch(r"\(([\d.]+)\)", cleaned)
    cleaned = f"-{bracketed.group(1)}" if bracketed else re.sub(r"[()]", "", cleaned)
    try:
        parsed = Decimal(cleaned) * factor
    except DecimalException:  # no number, or one of a million digits
        return None
    return parsed if parsed.is_finite() and abs(parsed) < Decimal(10) ** 15 else None


def industry(value: str) -> Converted:
    """Four digits of GB/T 4754; a section letter and names go, a lost leading zero comes back."""
    found = re.match(r"[A-T]?(\d{2,4})(?!\d)", half_width(value).upper())
    if not found:
        return "", "industry_unreadable"
    digits = found.group(1)
    if len(digits) == 3 and re.fullmatch(r"\d{3}", half_width(value)) and "11" <= digits[:2] <= "59":
        # 小类 of divisions 01-05 that lost their zero begin with 1…5 (0111 -> 111); longer 中类 start at 06x upwards
        return (
            (f"0{digits}", "industry_zero")
            if digits[0] in "12345" and digits < "600"
            else (digits, "industry_incomplete")
        )
    return digits, "" if len(digits) == 4 else "industry_incomplete"


def area(value: str) -> Converted:
    """A twelve-digit area code; short ones are filled with zeros."""
    found = re.match(r"\d+", half_width(value))
    digits = found.group() if found else ""
    if len(digits) in {6, 9}:
        return digits.ljust(12, "0"), "area_short"
    return (digits, "") if len(digits) == 12 else ("", "area_unreadable")


def flag(value: str) -> Converted:
    cleaned = half_width(value)
    if cleaned in {"1", "是", "Y", "√", "有"}:
        return "1", ""
    return ("2", "") if cleaned in {"2", "0", "否", "N", "没有"} else ("", "code_value_unknown")


def code(value: str) -> Converted:
    """A code before its name: `1 正常运营` is `1`."""
    found = re.match(r"[0-9A-Z]+", half_width(value).upper())
    return (found.group(), "") if found else ("", "code_value_unknown")


def phones(value: str) -> tuple[str, str, str]:
    """Landline, mobile, and what is odd. A number in scientific notation is lost."""
    numbers = phone_numbers(value)
    mobile = next((n for n in numbers if len(n) == 11 and n.startswith("1")), "")
    landline = next((n for n in numbers if n != mobile), "")
    if not numbers:
        return "", "", "phone_unreadable"
    return landline, mobile, "phone_several" if len(numbers) > 1 else ""
