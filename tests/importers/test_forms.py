"""Files in every form in which offices send them: separators, encodings, workbooks of all kinds, packages."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from importers import FileProblem
from importers.readers.csv_file import separator_of
from tests.importers.files import NEW, UNITS, laid, lines, package, taken, workbook

TABLE = lines(NEW, *UNITS)


def names(path: Path, source: str = "market") -> list[str]:
    return taken(path, source).column("name")


def refusal(path: Path, source: str = "market") -> FileProblem:
    with pytest.raises(FileProblem) as refused:
        taken(path, source)
    return refused.value


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "，"])
def test_f13_any_usual_separator_is_found(tmp_path: Path, separator: str) -> None:
    assert names(laid(tmp_path, lines(("江北区名单",), NEW, *UNITS, separator=separator), "a.txt")) == [
        UNITS[0][1],
        UNITS[1][1],
    ]


def test_a_separator_is_taken_as_the_first_line_says_it() -> None:
    assert separator_of("sep=;\na,b;c,d\n") == ";"
    assert separator_of('名称,地址\n"甲;乙;丙;丁",某街\n') == ","
    assert separator_of("名称\t经营范围\n甲\t零售,批发,餐饮\n乙\t零售,批发,餐饮,住宿\n") == "\t"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_f13_any_usual_encoding_is_read_and_named(tmp_path: Path, encoding: str) -> None:
    read = taken(laid(tmp_path, TABLE, encoding=encoding), "market")
    assert read.column("name") == [UNITS[0][1], UNITS[1][1]]
    assert read.reader.encoding == encoding


def test_f14_big5_is_told_from_gb18030_which_accepts_nearly_any_bytes(tmp_path: Path) -> None:
    """It was taken in as mojibake, with one warning."""
    text = lines(
        ("統一社會信用代碼", "企業名稱", "成立日期", "住所"),
        ("91500105MA7T1001XN", "重慶試樣甲商貿有限公司", "20240301", "重慶市江北區某街1號"),
    )
    read = taken(laid(tmp_path, text, encoding="big5"), "market")
    assert (read.reader.encoding, read.column("name")) == ("big5", ["重慶試樣甲商貿有限公司"])


@pytest.mark.parametrize("cut", [1, 2])
def test_f14_a_file_of_utf_8_that_is_cut_within_a_character_is_no_other_encoding(tmp_path: Path, cut: int) -> None:
    assert refusal(laid(tmp_path, (TABLE + "91500105MA7T1001XN,重").encode()[:-cut])).code == "truncated"


def test_f14_what_does_not_read_as_chinese_is_refused(tmp_path: Path) -> None:
    rare = "".join(chr(code) for code in range(0x9F3C, 0x9F3C + 60))
    assert refusal(laid(tmp_path, f"name,uscc\n{rare},1\n".encode("gb18030"))).code == "wrong_encoding"


def test_f15_text_behind_a_quote_is_part_of_its_cell(tmp_path: Path) -> None:
    text = f'{",".join(NEW)}\n{UNITS[0][0]},重庆"试样"商贸有限公司,2024-03-05,某街1号\n{UNITS[1][0]},"重庆试样乙"商贸有限公司,2024-03-06,某街2号\n'
    assert names(laid(tmp_path, text)) == ['重庆"试样"商贸有限公司', "重庆试样乙商贸有限公司"]


def test_f5_f15_a_quote_that_is_never_closed_costs_its_row_and_no_other(tmp_path: Path) -> None:
    """It swallowed twenty rows into one name, without a word, or refused the whole file."""
    rows = [(f"9150010500000{n:04}X", f"重庆试样{n}有限公司", "2024-03-05", f"某街{n}号") for n in range(1, 9)]
    text = lines(NEW, *rows).replace("重庆试样3", '"重庆试样3')
    read = taken(laid(tmp_path, text), "market")
    assert [name.strip('"') for name in read.column("name")] == [row[1] for row in rows]
    assert [row for row, code in read.codes() if code == "row_quote"] == [4]
    assert read.rows["ok"].tolist() == [n != 3 for n in range(1, 9)]


@pytest.mark.parametrize("second", [2, 5, 7])
def test_f5_a_quote_that_opens_in_one_row_and_closes_rows_later_costs_these_two(tmp_path: Path, second: int) -> None:
    rows = [(f"9150010500000{n:04}X", f"重庆试样{n}有限公司", "2024-03-05", f"某街{n}号") for n in range(1, 9)]
    rows[0] = (rows[0][0], '"' + rows[0][1], *rows[0][2:])
    rows[second] = (rows[second][0], rows[second][1] + '"', *rows[second][2:])
    read = taken(laid(tmp_path, lines(NEW, *rows)), "market")
    assert len(read.rows) == 8
    assert not any("\n" in name for name in read.column("name"))


def test_a_cell_may_run_over_lines_and_hold_separators(tmp_path: Path) -> None:
    text = f'{",".join(NEW)}\n{UNITS[0][0]},{UNITS[0][1]},2024-03-05,"某街\n4号,二楼\n,三楼"\n{",".join(UNITS[1])}\n'
    assert taken(laid(tmp_path, text), "market").column("reg_address") == ["某街\n4号,二楼\n,三楼", UNITS[1][3]]


def test_days_of_a_workbook_are_counted_from_1900_or_1904(tmp_path: Path) -> None:
    """A serial number typed as a number: 45356 in one system is 43894 in the other."""
    old = workbook({"表": [NEW, [*UNITS[0][:2], 43894, "某街"]]}, epoch_1904=True)
    new = workbook({"表": [NEW, [*UNITS[0][:2], 45356, "某街"]]})
    assert taken(laid(tmp_path, old, "old.xlsx"), "market").column("established_on") == ["2024-03-05"]
    assert taken(laid(tmp_path, new, "new.xlsx"), "market").column("established_on") == ["2024-03-05"]


PAGE = """<html><head><meta charset="gb2312"><style>td{mso-number-format:'@'}</style></head><body>
<table border=1><tr><th colspan=4>江北区新设名单</th></tr>
<tr><th rowspan=2>统一社会信用代码</th><th rowspan=2>企业(机构)名称</th><th colspan=2>登记信息</th></tr><tr><th>成立日期</th><th>住所</th></tr>
<tr><td>91500105MA7T1001XN</td><td>重庆试样甲&amp;乙商贸有限公司<td>2024-03-05</td><td>某街<br>1号</td></tr>
</table></body></html>"""


def test_f13_a_page_that_calls_itself_a_workbook_is_read(tmp_path: Path) -> None:
    read = taken(laid(tmp_path, PAGE, "导出.xls", "gb18030"), "market")
    assert (read.reader.encoding, read.column("name")) == ("html", ["重庆试样甲&乙商贸有限公司"])
    assert (read.column("established_on"), read.column("reg_address")) == (["2024-03-05"], ["某街\n1号"])


SHEETS = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="说明"><Table><Row><Cell><Data ss:Type="String">说明</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="设立"><Table><Column ss:Index="2" ss:Hidden="1"/>
<Row ss:Index="2"><Cell><Data ss:Type="String">统一社会信用代码</Data></Cell><Cell><Data ss:Type="String">企业名称</Data></Cell><Cell ss:Index="4"><Data ss:Type="String">成立日期</Data></Cell></Row>
<Row ss:Hidden="1"><Cell><Data ss:Type="String">91500105MA7T1001XN</Data></Cell><Cell><Data ss:Type="String">重庆试样甲商贸有限公司</Data></Cell><Cell ss:Index="4"><Data ss:Type="DateTime">2024-03-05T00:00:00.000</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_f13_a_workbook_in_xml_of_2003_is_read_with_what_it_hides(tmp_path: Path) -> None:
    read = taken(laid(tmp_path, SHEETS, "导出.xls"), "market")
    assert (read.reader.encoding, read.reader.sheet) == ("xml", "设立")
    assert read.rows[["row_no", "name", "established_on"]].to_numpy().tolist() == [
        [3, "重庆试样甲商贸有限公司", "2024-03-05"]
    ]
    part = read.reader.parts[1]
    assert (list(part.hidden_rows), list(part.hidden_columns)) == ([3], [2])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<html><body>没有表格</body></html>", "not_a_workbook"),
        (SHEETS[:-200], "truncated"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Workbook></Workbook>', "not_a_workbook"),
        ("<?xml version='1.0'?><note>1</note>", "not_a_workbook"),
    ],
)
def test_pages_and_xml_that_hold_no_sheet_say_so(tmp_path: Path, content: str, code: str) -> None:
    assert refusal(laid(tmp_path, content, "a.xls")).code == code


def test_a_package_within_a_package_and_one_of_nothing_are_named(tmp_path: Path) -> None:
    inner = package({"a.csv": TABLE.encode()})
    read = taken(laid(tmp_path, package({"b.zip": inner, "设立.csv": TABLE.encode()}), "c.zip"), "market")
    assert [(part.name, part.unread) for part in read.reader.parts] == [("b.zip", "unsupported"), ("设立.csv", "")]
    assert refusal(laid(tmp_path, package({}), "empty.zip")).code in {"truncated", "not_a_workbook", "wrong_encoding"}


def test_names_in_a_package_of_a_chinese_system_are_read(tmp_path: Path) -> None:
    packed = package({"ABCD.csv": TABLE.encode()}).replace(b"ABCD", "设立".encode("gb18030"))
    assert taken(laid(tmp_path, packed, "c.zip"), "market").reader.parts[0].name == "设立.csv"


MARKED = ["秘密★1年", "机密", "绝密★长期", "密级：秘密", "机密级", "秘密★"]


@pytest.mark.parametrize("mark", MARKED)
def test_f23_a_file_with_a_mark_is_refused_in_every_form(tmp_path: Path, mark: str) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert refusal(laid(tmp_path, f"{mark}\n" + TABLE, encoding=encoding)).code == "marked_secret"
    assert refusal(laid(tmp_path, TABLE + f",,,{mark}\n")).code == "marked_secret"
    book = workbook({"表": [NEW, *UNITS], "附": [["表二"], [mark]]})
    assert refusal(laid(tmp_path, book, "a.xlsx")).code == "marked_secret"
    assert refusal(laid(tmp_path, package({"a.csv": TABLE.encode(), "b.xlsx": book}), "a.zip")).code == "marked_secret"
    assert refusal(laid(tmp_path, PAGE.replace("江北区新设名单", mark), "a.xls")).code == "marked_secret"


def test_f23_a_mark_in_a_name_or_in_the_head_of_a_page_counts(tmp_path: Path) -> None:
    assert refusal(laid(tmp_path, TABLE, "名录（秘密）.csv")).code == "marked_secret"
    assert refusal(laid(tmp_path, workbook({"机密": [NEW, *UNITS]}), "a.xlsx")).code == "marked_secret"
    assert refusal(laid(tmp_path, package({"绝密.csv": TABLE.encode()}), "a.zip")).code == "marked_secret"
    book = openpyxl.load_workbook(io.BytesIO(workbook({"表": [NEW, *UNITS]})))
    book.worksheets[0].oddHeader.right.text = "机密"
    book.save(tmp_path / "head.xlsx")
    assert refusal(tmp_path / "head.xlsx").code == "marked_secret"


@pytest.mark.parametrize(
    "scope",
    ["国家秘密载体印制；商业秘密保护咨询", "机密设备销售", "内部资料", "保守秘密,不涉及机密信息", "绝密武器网吧"],
)
def test_a_word_within_a_text_is_no_mark(tmp_path: Path, scope: str) -> None:
    text = lines((*NEW, "经营范围"), (*UNITS[0], f'"{scope}"'))
    assert taken(laid(tmp_path, text, "商业秘密保护协会名录.csv"), "market").column("business_scope") == [scope]
