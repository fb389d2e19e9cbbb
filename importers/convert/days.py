"""Days of every dress, with their precision: `2019`, `2019-03` or `2019-03-05`."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

_SHANGHAI = timezone(timedelta(hours=8))
_LONGEST = 100
"""What is longer is no date, and its blanks would be tried one by one."""
_NOTHING = frozenset(
    {"长期", "永久", "永久有效", "长期有效", "无固定期限", "无期限", "9999-12-31", "1900-01-00", "1900-01-01", "1900-1-0", "0000-00-00",
     "00000000", "99991231", "9999/12/31", "1900/1/0", "1899-12-30"}
)  # fmt: skip
_CLOCK = re.compile(
    r"\s*(?:上午|下午|中午|凌晨|晚上|AM|PM)?\s*\d{1,2}[:时]\d{2}(?:[:分]\d{2}(?:\.\d+)?秒?)?\s*(?:AM|PM)?$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"(\d{4})[年/.\-](\d{1,2})(?:[月/.\-](?:(\d{1,2})日?号?)?)?[.。]?")
_YEAR = re.compile(r"(\d{4})(?:年度?|\.0)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ENGLISH = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]{3})[a-z]*[-/. ,]+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_FROM_1900, _FROM_1904 = date(1899, 12, 30), date(1904, 1, 1)


def day(text: str, *, epoch_1904: bool = False, day_first: bool | None = None) -> tuple[str, str]:
    """The day and what is odd about it. A number counts the days of a workbook, from 1900 or 1904.

    Where only the order of day and month is in doubt (`05/03/2024`) nothing is chosen, unless `day_first` says; a year of two
    digits is in doubt too.
    """
    if len(text) > _LONGEST:
        return "", "date_unreadable"
    folded = unicodedata.normalize("NFKC", text).strip()
    moment = _moment(folded)
    cleaned = moment or _CLOCK.sub("", folded).strip()
    if cleaned in _NOTHING:
        return "", ""
    found = _written(cleaned) or _compact(cleaned, epoch_1904) or _year_last(cleaned, day_first) or _in_chinese(cleaned)
    if not found:
        return "", "date_unreadable"
    return found, "date_old" if found < "1900" else ""


def _moment(text: str) -> str:
    """The day in Shanghai of a moment with its zone; nothing for what is none."""
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:", text):
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (moment.astimezone(_SHANGHAI) if moment.tzinfo else moment).date().isoformat()


def _written(text: str) -> str:
    found = _WRITTEN.fullmatch(text)
    if found:
        return iso(found[1], found[2], found[3] or "")
    found = _YEAR.fullmatch(text)
    return iso(found[1], "", "") if found and "1800" <= found[1] <= "2100" else ""


def _compact(text: str, epoch_1904: bool) -> str:
    if found := re.fullmatch(r"((?:18|19|20)\d{2})(\d{2})(\d{2})(?:[0-2]\d[0-5]\d[0-5]\d)?(?:\.0)?", text):
        return iso(found[1], found[2], found[3])
    if found := re.fullmatch(r"((?:18|19|20)\d{2})(\d{2})", text):
        return iso(found[1], found[2], "")
    if re.fullmatch(r"[1-6]\d{4}(?:\.\d+)?", text):
        return ((_FROM_1904 if epoch_1904 else _FROM_1900) + timedelta(days=int(float(text)))).isoformat()
    return ""


def _year_last(text: str, day_first: bool | None) -> str:
    if found := _ENGLISH.fullmatch(text):
        month = found[2].lower()
        return iso(found[3], str(_MONTHS.index(month) + 1), found[1]) if month in _MONTHS else ""
    found = _YEAR_LAST.fullmatch(text)
    if not found:
        return ""
    first, second, year = found.groups()
    readings = {True: iso(year, second, first), False: iso(year, first, second)}
    if day_first is not None:
        return readings[day_first]
    sure = {reading for reading in readings.values() if reading}
    return sure.pop() if len(sure) == 1 else ""


def _in_chinese(text: str) -> str:
    """二〇一九年三月五日."""
    found = re.fullmatch(
        r"([〇零○一二三四五六七八九]{4})年(?:([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})日)?)?",
        text,
    )
    if not found:
        return ""
    return iso(found[1].translate(_DIGITS), _counted(found[2] or ""), _counted(found[3] or ""))


def _counted(numeral: str) -> str:
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return numeral.translate(_DIGITS)
    return f"{(tens or '一').translate(_DIGITS)}{ones.translate(_DIGITS) or '0'}"


def iso(year: str, month: str, day_: str) -> str:
    """A day of the calendar, as precise as it is said; nothing for one that there is not."""
    try:
        date(int(year), int(month or 1), int(day_ or 1))
    except ValueError:
        return ""
    return "-".join([year, *(part.zfill(2) for part in (month, day_) if part)])


def year(text: str) -> tuple[str, str]:
    """A year by itself."""
    found = re.fullmatch(r"((?:19|20)\d{2})(?:年度?|\.0|年报)?", unicodedata.normalize("NFKC", text).strip())
    return (found[1], "") if found else ("", "number_unreadable")
