"""Files that are broken, or made to bring down who reads them. Seeded: the same number, the same file."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl

Maker = Callable[[random.Random], bytes]
HEADER = ("单位详细名称", "统一社会信用代码", "单位所在地区划代码")
ROW = ("重庆某某商贸有限公司", "91500105MA60X0016Y", "500105006001")
_CONTENT = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
_RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
_BOOK = '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
_BOOK_RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
_SHEET = '<?xml version="1.0"?>{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
_MB = 1 << 20


def cell(at: str, text: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def rows_of(*rows: tuple[str, ...], stray: str = "") -> str:
    """Rows of a sheet as its XML, and a cell that strayed behind them."""
    said = [
        f'<row r="{n}">' + "".join(cell(f"{chr(64 + c)}{n}", text) for c, text in enumerate(row, 1)) + "</row>"
        for n, row in enumerate(rows, 1)
    ]
    return "".join(said) + (f"<row>{cell(stray, 'x')}</row>" if stray else "")


def workbook(
    rows: str, *, before: str = "", strings: bytes | None = None, more: dict[str, bytes] | None = None
) -> bytes:
    """A workbook made by hand, so that it may hold what no honest library writes."""
    parts: dict[str, bytes] = {
        "[Content_Types].xml": _CONTENT.encode(),
        "_rels/.rels": _RELS.encode(),
        "xl/workbook.xml": _BOOK.encode(),
        "xl/_rels/workbook.xml.rels": _BOOK_RELS.encode(),
        "xl/worksheets/sheet1.xml": _SHEET.format(before=before, rows=rows).encode(),
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    return packed({**parts, **(more or {})})


def packed(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return held.getvalue()


def honest(size: int = 3) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, *[ROW] * size):
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def far_cell(chance: random.Random) -> bytes:
    """One cell in a far corner: all before it is made, 512 GB of it in the last."""
    corners = [
        "XFD1048576",
        "XFD1",
        "AAA1048576",
        "XFD100000",
        "ZZ500000",
        "SZ32000",
        "XFE1",
        "A4294967296",
        "AAAAAAA9",
    ]
    return workbook(rows_of(HEADER, ROW, stray=chance.choice(corners)))


def last_corner(_chance: random.Random) -> bytes:
    return workbook(rows_of(HEADER, ROW, stray="XFD1048576"))


def bomb_of_strings(chance: random.Random) -> bytes:
    """A gigabyte of shared strings in a megabyte."""
    return workbook(rows_of(HEADER, ROW), strings=b"<sst>" + b"<si><t>" + b"a" * (chance.randint(300, 1100) * _MB))


def bomb_of_cells(chance: random.Random) -> bytes:
    """Cells without end in one row."""
    return workbook("<row>" + '<c r="A1"><v>1</v></c>' * chance.randint(17_000_000, 20_000_000) + "</row>")


def bomb_of_one_string(chance: random.Random) -> bytes:
    """A cell of many megabytes, below what the directory is refused for."""
    return workbook(rows_of(HEADER, ("甲" * chance.randint(40_000, 900_000), "", "")))


def nested(chance: random.Random) -> bytes:
    """Zips in zips: nobody opens the inner ones."""
    inner = honest()
    for _ in range(chance.randint(1, 6)):
        inner = packed({"xl/inner.zip": inner})
    return inner if chance.random() < 0.5 else workbook(rows_of(HEADER, ROW), more={"xl/embeddings/more.zip": inner})


def many_entries(chance: random.Random) -> bytes:
    return workbook(rows_of(HEADER, ROW), more={f"xl/media/{n}": b"" for n in range(chance.randint(2001, 60_000))})


def lying_directory(chance: random.Random) -> bytes:
    """The directory says that a part holds little; unpacked it does not end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = _SHEET.partition("{before}")[0] + "<worksheet><sheetData><row>"
    body = packer.compress(start.encode())
    for _ in range(chance.randint(40, 90)):
        body += packer.compress(b'<c r="A1"><v>1</v></c>' * 100_000)
    body += packer.flush()
    whole = bytearray(workbook(rows_of(HEADER, ROW)))
    name = b"xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(bytes(whole))) as book:
        parts = {entry.filename: book.read(entry) for entry in book.infolist() if entry.filename.encode() != name}
    held = io.BytesIO(packed(parts))
    return _with_raw_part(held.getvalue(), name, body, told=chance.choice([0, 100, 5000]))


def _with_raw_part(base: bytes, name: bytes, body: bytes, *, told: int) -> bytes:
    """A zip with one more part, whose length is told as one likes."""
    with zipfile.ZipFile(io.BytesIO(base)) as zipped:
        at, count = zipped.start_dir, len(zipped.infolist())
    end = base.rindex(b"PK\x05\x06")
    directory = base[at:end]
    crc = zlib.crc32(b"")
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(body), told, len(name), 0) + name + body
    )
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, crc, len(body), told, len(name), 0, 0, 0, 0, 0, at
    )
    directory += entry + name
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), at + len(local), 0)
    return base[:at] + local + directory + tail


def laughs(chance: random.Random) -> bytes:
    """A billion laughs: entities of entities."""
    depth = chance.randint(5, 12)
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, depth))
    before = f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]>'
    return workbook(rows_of(HEADER, (f"&l{depth - 1};", "", "")), before=before)


def outside_entity(_chance: random.Random) -> bytes:
    """An entity that would read a file of the server."""
    before = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return workbook(rows_of(HEADER, ("&e;", "", "")), before=before)


def deep_xml(chance: random.Random) -> bytes:
    depth = chance.randint(10_000, 200_000)
    return workbook("<row>" * depth + rows_of(HEADER) + "</row>" * depth)


def cut_workbook(chance: random.Random) -> bytes:
    whole = honest(50)
    return whole[: chance.randint(4, len(whole) - 1)]


def spoilt_workbook(chance: random.Random) -> bytes:
    whole = bytearray(honest(50))
    for _ in range(chance.randint(1, 200)):
        whole[chance.randrange(4, len(whole))] = chance.randrange(256)
    return bytes(whole)


def spoilt_sheet(chance: random.Random) -> bytes:
    """A sound package around XML that is none."""
    rows = bytearray(rows_of(HEADER, ROW, ROW).encode())
    for _ in range(chance.randint(1, 40)):
        rows[chance.randrange(len(rows))] = chance.choice(b"<>&\"'/x ")
    return workbook(rows.decode("utf-8", "replace"))


def false_xls(chance: random.Random) -> bytes:
    """The head of an old workbook with anything behind it."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return head + chance.randbytes(chance.choice([0, 100, 504, 4096, 100_000]))


def looping_xls(chance: random.Random) -> bytes:
    """An old workbook whose sectors follow each other in a circle."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00")
    head += bytes(512 - len(head))
    head[44:48] = struct.pack("<I", chance.choice([1, 2, 0xFFFFFFF0]))
    head[48:52] = struct.pack("<I", 1)
    head[60:64], head[68:72] = struct.pack("<I", 0xFFFFFFFE), struct.pack("<I", chance.choice([0, 1, 0xFFFFFFFE]))
    head[72:76] = struct.pack("<I", chance.choice([0, 1, 0x7FFFFFFF]))
    head[76:80] = struct.pack("<I", 0)
    sector = struct.pack("<128I", *[chance.choice([0, 1, 2, 3]) for _ in range(128)])
    return bytes(head) + sector * 4


def open_document(chance: random.Random) -> bytes:
    """A table of another office program that repeats an empty row without end."""
    times = chance.choice([1_048_576, 2**31, 2**63])
    content = f'<table:table-row table:number-rows-repeated="{times}"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    return packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def wide_line(chance: random.Random) -> bytes:
    """Commas without end."""
    return ",".join(HEADER).encode() + b"\n" + b"," * chance.choice([600, 100_000, 1_500_000, 20_000_000]) + b"x\n"


def wide_header(chance: random.Random) -> bytes:
    return ",".join([*HEADER, *(f"c{n}" for n in range(chance.choice([510, 600, 100_000])))]).encode() + b"\n1,2,3\n"


def long_line(chance: random.Random) -> bytes:
    return ",".join(HEADER).encode() + b"\n" + b"x" * chance.choice([40_000, _MB + 1, 30 * _MB])


def record_over_lines(chance: random.Random) -> bytes:
    """A record that never ends, over lines that are short."""
    return ",".join(HEADER).encode() + b'\n"' + b'\n","' * chance.randint(300_000, 3_000_000)


def unclosed_quote(chance: random.Random) -> bytes:
    row = ",".join(ROW)
    return "\n".join([",".join(HEADER), *[row] * chance.randint(1, 500), '"' + row, *[row] * 50]).encode()


def slow_values(chance: random.Random) -> bytes:
    """Cells over which a pattern or a converter might take for ever."""
    size = 32_000
    nasty = [
        " " * size + "x",
        "x" + " " * size + "x",
        "(元" * (size // 2),
        "公司" * (size // 2) + "分",
        "1-" * (size // 2),
        "1E999999万",
        "9" * size,
        "1e" + "9" * 18,
        "\ufdfa" * size,
        "٢٠٢٤-٠٣-٠٥",
        "٥" * 12,
        "测试" * size,
        "13800000000/" * (size // 12),
        "²" * 20,
    ]
    header = ["单位类型", *HEADER, "移动电话", "成立日期", "从业人员期末人数", "行业代码", "营业收入", "开业时间"]
    rows = [[chance.choice(nasty)[:size] for _ in header] for _ in range(5)]
    if chance.random() < 0.3:
        header[-1] = "(元" * 10_000
    return "\n".join(",".join(row) for row in [header, *rows]).encode()


def nuls(chance: random.Random) -> bytes:
    text = bytearray("\n".join([",".join(HEADER), *[",".join(ROW)] * 20]).encode())
    text.insert(chance.randrange(len(text)), 0)
    return bytes(text)


def mixed_encodings(chance: random.Random) -> bytes:
    lines = [",".join(HEADER), *[",".join(ROW)] * 20]
    return b"\n".join(line.encode(chance.choice(["utf-8", "gb18030", "utf-16", "utf-7"])) for line in lines)


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(1, 5000))


def noise_of_text(chance: random.Random) -> bytes:
    signs = ",\"'\n\r\t;|=+-@ 单位名称\u202e\u200b\ufeff\U0001f600a1"
    return ",".join(HEADER).encode() + b"\n" + "".join(chance.choices(signs, k=chance.randint(1, 4000))).encode()


def formulas(chance: random.Random) -> bytes:
    cells = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", '=HYPERLINK("http://x")', "=" * 9000]
    rows = [(chance.choice(cells), ROW[1], chance.choice(cells)) for _ in range(5)]
    if chance.random() < 0.5:
        return workbook(
            rows_of(HEADER, *[tuple(c.replace('"', "&quot;").replace("&q", "&q") for c in row) for row in rows])
        )
    return "\n".join(",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in row) for row in [HEADER, *rows]).encode()


def empty_rows(chance: random.Random) -> bytes:
    return ",".join(HEADER).encode() + b"\n" * chance.choice([1, 1000, 200_000])


def hidden_kind(chance: random.Random) -> bytes:
    """Another kind of file under the name of a table."""
    heads = [
        b"%PDF-1.7\n",
        b"\x7fELF\x02\x01",
        b"MZ\x90\x00",
        b"\x1f\x8b\x08",
        b"SQLite format 3\x00",
        b"<html><table>",
    ]
    return chance.choice(heads) + chance.randbytes(400)


MAKERS: tuple[Maker, ...] = (
    far_cell,
    bomb_of_strings,
    bomb_of_cells,
    bomb_of_one_string,
    nested,
    many_entries,
    lying_directory,
    laughs,
    outside_entity,
    deep_xml,
    cut_workbook,
    spoilt_workbook,
    spoilt_sheet,
    false_xls,
    looping_xls,
    open_document,
    wide_line,
    wide_header,
    long_line,
    record_over_lines,
    unclosed_quote,
    slow_values,
    nuls,
    mixed_encodings,
    noise,
    noise_of_text,
    formulas,
    empty_rows,
    hidden_kind,
)
"""Each kind of file that has brought some reader down, or could."""

NAMES = ("a.csv", "a.xlsx", "a.xls", "a.ods", "a.xlsb", "a.txt", "a", "单位.CSV")


def hostile_file(number: int, folder: Path) -> Path:
    """The file of this number, of any kind, under a name that need not fit it."""
    chance = random.Random(number)
    maker = MAKERS[number % len(MAKERS)]
    path = folder / chance.choice(NAMES)
    path.write_bytes(maker(chance))
    return path
