"""A plain XLSX sheet as a stream: equal rows give equal bytes.

Written by hand because the libraries stamp the time of day into the file and hold or re-read what they write. Text
goes in as inline strings in text format: codes keep their zeros, nothing is read as a formula.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import IO, Any
from xml.sax.saxutils import escape

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of our archives: the first one that ZIP can say."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Style 0 is general, style 1 is text (number format 49, "@").
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
_SHEET = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


def member(name: str) -> zipfile.ZipInfo:
    """An archive member without anything of the day or the machine in it."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def write_sheet(out: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """One sheet with a frozen header line."""
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        for name, body in _PARTS.items():
            archive.writestr(member(name), _HEAD + body)
        with archive.open(member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as raw:
            sheet = TextIOWrapper(raw, "utf-8", newline="")
            sheet.write(_SHEET)
            for number, row in enumerate(_with_header(header, rows), start=1):
                sheet.write(_row_xml(number, row))
            sheet.write("</sheetData></worksheet>")
            sheet.flush()
            sheet.detach()


def _with_header(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    yield header
    yield from rows


def _row_xml(number: int, row: Sequence[Any]) -> str:
    cells = (_cell_xml(f"{_letters(place)}{number}", value) for place, value in enumerate(row))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell_xml(at: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return f'<c r="{at}"><v>{value}</v></c>'
    text = escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", str(value)))
    text = text.replace("\r", "&#13;")  # a bare CR would be read as LF
    return f'<c r="{at}" s="1" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(place: int) -> str:
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)
