"""Lines that hold no unit: titles, the header, totals, notes; each is skipped by the name of what it is."""

from __future__ import annotations

import re
import unicodedata

from importers.header import Header

_TOTAL = re.compile(
    r"(?:本页|本表|本月|本年|本期|全区|全县|全市|全镇|全省|各类|以上|总体)?(?:合计|小计|总计|共计|总数|累计|汇总)"
    r"(?:数|户数|家数)?[:：]?\(?[\d,.]*(?:户|家|个|条|人|件|户次)?\)?(?:市场主体|企业|单位)?"
)
_COUNTED = re.compile(r"共[\d,]+(?:户|家|个|条|件)(?:企业|单位)?")
_END = re.compile(
    r"(?:[*\-—=]*\(?(?:本页|以下|下页|以下内容)?(?:空白|无正文|无内容)\)?[*\-—=]*|(?:本表|本页)?(?:结束|完)|[*\-—=]{3,}|END)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:制表人?|填表人?|填报人|填表说明|填报说明|编制人?|审核人?|复核人?|单位负责人|统计负责人|负责人|联系人|联系电话|经办人|报出日期|报送日期"
    r"|打印时间|打印日期|导出时间|制表日期|制表时间|填表日期|数据来源|资料来源|备注|附注|说明|注)\d?(?:[:：]|$).*",
    re.DOTALL,
)
_MAY_BEGIN = frozenset("合小总共本全各以累汇制填编审复单统负联经报打导数资备附说注下空无完结END(（*-—=其")
_FEW = 4


class Skipping:
    """Why a record of a part holds no row: by its header, and by what it begins with."""

    def __init__(self, header: Header, width: int) -> None:
        self._first, self._numbers = header.first + 1, header.first + 1 + header.rows
        self._end = header.end + 1
        self._counted = header.counted
        self._again = tuple(cell for cell in header.labels if cell)
        self._width = width

    def why(self, number: int, cells: list[str]) -> str:
        """`title`, `header`, `column_numbers`, `blank`, `total`, `note`, `repeated_header`; empty for a row."""
        if number < self._end:
            return self._above(number, cells)
        filled = len(cells) - cells.count("")
        begin = next(filter(None, cells), "")
        if filled > _FEW and begin[:1] not in _MAY_BEGIN and begin != self._again[0]:
            return ""
        return self._below(cells)

    def _above(self, number: int, cells: list[str]) -> str:
        if number >= self._first:
            return "column_numbers" if self._counted and number >= self._numbers else "header"
        return "title" if any(cell.strip() for cell in cells) else "blank"

    def _below(self, cells: list[str]) -> str:
        filled = [text for cell in cells if (text := unicodedata.normalize("NFKC", cell).strip())]
        if not filled:
            return "blank"
        begin = re.sub(r"\s+", "", filled[0])
        others = all(re.fullmatch(r"[-\d,.%/]+", text) for text in filled[1:])
        if _TOTAL.fullmatch(begin) and (others or len(filled) <= _FEW):
            return "total"
        if len(filled) <= 2 and (_COUNTED.fullmatch(begin) or _TOTAL.fullmatch("".join(filled).replace(" ", ""))):
            return "total"
        if _END.fullmatch(begin) and (others or len(filled) == 1):
            return "note"
        if len(filled) <= _FEW and _NOTE.fullmatch(begin):
            return "note"
        again = tuple(cell.strip() for cell in cells if cell.strip())
        return "repeated_header" if again == self._again else ""
