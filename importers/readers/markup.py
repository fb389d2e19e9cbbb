"""Pages and XML that call themselves workbooks: what many systems of offices export as `.xls`."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, BinaryIO
from xml.parsers import expat

from importers.limits import Limits
from importers.readers import encodings
from importers.readers.part import Part, Record
from importers.refusal import FileProblem, beyond

_BLOCK = 1 << 16
_BEGINNINGS = (
    b"<html",
    b"<table",
    b"<!doctype html",
    b"<meta",
    b"<head",
    b"<div",
    b"<style",
    b"<?xml",
    b"<workbook",
    b"<ss:workbook",
)
_SHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"


def is_markup(start: bytes) -> bool:
    """Whether a file begins as a page or as XML."""
    head = _plain(start).lstrip().lower()
    return head.startswith(_BEGINNINGS)


def _plain(start: bytes) -> bytes:
    return start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")


def parts(file: BinaryIO, start: bytes, limits: Limits) -> Iterator[Part]:
    """The tables of a page, or the sheets of a workbook in XML of 2003. Raises FileProblem."""
    encoding = encodings.encoding_of(file)
    head = _plain(start)
    if b"<html" not in head[:2000].lower() and (_SHEET_XML in head or b"<Workbook" in head):
        yield from _Sheets(limits).read(file, encoding)
    elif head.lstrip().startswith(b"<?xml") and b"<html" not in head.lower():
        raise FileProblem(
            "not_a_workbook",
            "XML 里没有工作表；请另存为 .xlsx 或 CSV UTF-8",
            "the XML holds no sheet; save it as .xlsx",
        )
    else:
        yield from _tables(file, encoding, limits)


class _Cells:
    """Rows of cells, none more than a file may have."""

    def __init__(self, limits: Limits) -> None:
        self._left, self._most = limits.workbook_cells, limits.workbook_cells
        self._columns = limits.columns

    def put(self, row: Record, place: int, text: str) -> None:
        if place >= self._columns:
            raise beyond("columns", self._columns)
        self._left -= 1
        if self._left < 0:
            raise beyond("workbook_cells", self._most)
        row.extend([""] * (place + 1 - len(row)))
        row[place] = text


class _Page(HTMLParser):
    """The outermost tables of a page; text of a cell that spans several stands in the first of them."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self._cells = _Cells(limits)
        self.tables: list[list[Record]] = []
        self._depth = 0
        self._row: Record | None = None
        self._text: list[str] | None = None
        self._place = self._across = 0
        self._down: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self._down = {}
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self._row, self._place = [], 0
        elif self._depth == 1 and tag in {"td", "th"}:
            self._begin_cell(dict(attrs))
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def _begin_cell(self, told: dict[str, str | None]) -> None:
        self._end_cell()
        if self._row is None:
            self._row, self._place = [], 0
        while self._down.get(self._place, 0) > 0:
            self._down[self._place] -= 1
            self._place += 1
        self._across = _span(told.get("colspan"))
        for place in range(self._place, self._place + self._across):
            self._down[place] = _span(told.get("rowspan")) - 1
        self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            if self._depth == 1:
                self._end_row()
            self._depth = max(0, self._depth - 1)
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
        elif self._depth == 1 and tag == "tr":
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        self._cells.put(self._row, self._place, "".join(self._text).strip())
        self._place += self._across
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None and self.tables:
            for place in [one for one, left in self._down.items() if one >= self._place and left > 0]:
                self._down[place] -= 1
            self.tables[-1].append(self._row)
        self._row = None


def _span(told: str | None) -> int:
    return min(max(int(told), 1), 1000) if told and told.strip().isdecimal() and len(told) < 6 else 1


def _tables(file: BinaryIO, encoding: str, limits: Limits) -> Iterator[Part]:
    page = _Page(limits)
    file.seek(0)
    text = file.read().decode(encodings.codec_of(encoding))
    for begin in range(0, len(text), _BLOCK):
        page.feed(text[begin : begin + _BLOCK])
    page.close()
    tables = [table for table in page.tables if table]
    if not tables:
        raise FileProblem(
            "not_a_workbook",
            "网页里没有表格；请另存为 .xlsx 或 CSV UTF-8",
            "there is no table in the page; save it as .xlsx",
        )
    for number, table in enumerate(tables, 1):
        yield Part(f"表{number}" if len(tables) > 1 else "", "html", table)


class _Sheets:
    """The sheets of a workbook in XML of 2003 (SpreadsheetML). Entities and outer references are refused."""

    def __init__(self, limits: Limits) -> None:
        self._cells = _Cells(limits)
        self._most_rows = limits.rows
        self._parts: list[Part] = []
        self._rows: list[Record] = []
        self._row: Record = []
        self._place, self._across = 0, 0
        self._kind = self._text = ""
        self._open = False

    def read(self, file: BinaryIO, encoding: str) -> list[Part]:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _no_doctype
        file.seek(0)
        text = file.read().decode(encodings.codec_of(encoding))
        try:
            parser.Parse(text.lstrip("\ufeff \r\n\t").encode("utf-8"), True)
        except expat.ExpatError as wrong:
            raise FileProblem(
                "truncated", f"XML 工作簿不完整：{wrong}", f"the workbook in XML is not whole: {wrong}"
            ) from wrong
        return self._parts

    def _start(self, tag: str, told: dict[str, str]) -> None:
        name, facts = _local(tag), {_local(key): value for key, value in told.items()}
        if name == "Worksheet":
            self._rows = []
            self._parts.append(Part(facts.get("Name", ""), "xml", self._rows, hidden_rows=[], hidden_columns=[]))
        elif name == "Column" and self._parts and facts.get("Hidden") == "1":
            self._parts[-1].hidden_columns = [*self._parts[-1].hidden_columns, _number(facts.get("Index"), 1)]
        elif name == "Row":
            self._begin_row(facts)
        elif name == "Cell":
            self._place = _number(facts.get("Index"), self._place + 1) - 1
            self._across = _number(facts.get("MergeAcross"), 0)
        elif name == "Data":
            self._kind, self._text, self._open = facts.get("Type", "String"), "", True

    def _begin_row(self, facts: dict[str, str]) -> None:
        wanted = _number(facts.get("Index"), len(self._rows) + 1)
        if wanted > self._most_rows:
            raise beyond("rows", self._most_rows)
        self._rows.extend([] for _ in range(wanted - 1 - len(self._rows)))
        self._row, self._place = [], 0
        if facts.get("Hidden") == "1" and self._parts:
            self._parts[-1].hidden_rows = [*self._parts[-1].hidden_rows, wanted]

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == "Row":
            self._rows.append(self._row)
        elif name == "Cell":
            self._place += 1 + self._across
        elif name == "Data":
            self._cells.put(self._row, self._place, self._said())
            self._open = False

    def _data(self, text: str) -> None:
        if self._open:
            self._text += text

    def _said(self) -> str:
        if self._kind == "DateTime":
            return self._text.removesuffix(".000").removesuffix("T00:00:00").replace("T", " ")
        if self._kind == "Boolean":
            return "是" if self._text.strip() == "1" else "否"
        return self._text.strip()


def _no_doctype(*_told: Any) -> None:
    raise FileProblem(
        "not_a_workbook", "XML 带有文档类型声明，不予读取", "the XML declares a document type, which is not read"
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _number(told: str | None, otherwise: int) -> int:
    return int(told) if told and told.isdecimal() and len(told) < 9 else otherwise
