"""A layout asks for fields: sheets are found, headers told whatever their wording, and all of a file is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from importers import SOURCES, FileProblem, get_spec
from importers.header import find_header
from importers.labels import split_unit
from importers.recognise import Certainty, recognise
from importers.spec import shared_vocabulary
from tests.importers.files import NEW, UNITS, laid, lines, package, taken, workbook

CHANGE = ("统一社会信用代码", "企业名称", "变更事项", "变更前内容", "变更后内容", "变更日期")
CANCELLED = ("统一社会信用代码", "企业名称", "注销日期", "注销原因")


def test_f1_every_sheet_is_read_by_its_own_layout_and_one_that_is_not_is_named(tmp_path: Path) -> None:
    """The monthly workbook of the dossier: only its first sheet was read, and the others were not mentioned."""
    sheets = {
        "封面": [["江北区市场主体登记情况"], ["2024年3月"]],
        "设立": [NEW, *UNITS],
        "变更": [CHANGE, [UNITS[0][0], UNITS[0][1], "名称变更", UNITS[0][1], "重庆试样新商贸有限公司", "2024-03-07"]],
        "注销": [CANCELLED, [UNITS[1][0], UNITS[1][1], "2024-03-08", "决议解散"]],
        "字典": [["代码", "含义"], ["1", "正常"]],
        "空表": [],
    }
    read = taken(laid(tmp_path, workbook(sheets, hidden=["字典"]), "月报.xlsx"), "market")
    assert read.column("event") == ["new", "new", "change", "deregistered"]
    assert read.rows["sheet"].tolist() == ["设立", "设立", "变更", "注销"]
    accounts = {part.name: (part.layout, part.rows, part.unread, part.hidden) for part in read.reader.parts}
    assert accounts == {
        "封面": ("", 0, "no_header", False),
        "设立": ("market_new", 2, "", False),
        "变更": ("market_change", 1, "", False),
        "注销": ("market_cancelled", 1, "", False),
        "字典": ("", 0, "no_header", True),
        "空表": ("", 0, "empty", False),
    }
    assert [sum(part.skipped.values()) + part.rows for part in read.reader.parts] == [2, 3, 2, 2, 2, 0]
    assert read.reader.layout == "market_new+market_change+market_cancelled"


def test_f1_a_sheet_is_asked_for_by_its_name_and_one_that_there_is_not_is_said(tmp_path: Path) -> None:
    path = laid(tmp_path, workbook({"甲": [NEW, UNITS[0]], "乙": [NEW, UNITS[1]]}), "a.xlsx")
    read = taken(path, "market", sheet="乙")
    assert read.column("name") == [UNITS[1][1]]
    assert [part.unread for part in read.reader.parts] == ["not_asked", ""]
    with pytest.raises(FileProblem) as refused:
        taken(path, "market", sheet="丙")
    assert (refused.value.code, "甲、乙" in refused.value.message_zh) == ("no_such_sheet", True)


def test_f2_hidden_rows_and_columns_are_read_and_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (NEW, *UNITS):
        sheet.append(list(row))
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    book.save(tmp_path / "filtered.xlsx")
    read = taken(tmp_path / "filtered.xlsx", "market")
    assert (len(read.rows), read.column("reg_address")[1]) == (2, UNITS[1][3])
    assert (read.reader.parts[0].hidden_rows, read.reader.parts[0].hidden_columns) == ([3], [4])


@pytest.mark.parametrize(
    ("label", "normal", "unit"),
    [
        ("[201-1] 行业代码", "行业代码", ""),
        ("201-1-单位规模", "单位规模", ""),
        ("103 行业代码", "行业代码", ""),
        ("（1）单位名称：", "单位名称", ""),
        ("一、单位名称*", "单位名称", ""),
        ("注册资本（万）", "注册资本", "万"),
        ("注册资本(亿元)", "注册资本", "亿元"),
        ("营业收入;千元", "营业收入", "千元"),
        ("资产总计（单位：万元）", "资产总计", "万元"),
        ("从业人员期末人数;本年", "从业人员期末人数", ""),
        ("統一社會信用代碼", "统一社会信用代码", ""),
        ("2024年末从业人员", "2024年末从业人员", ""),
    ],
)
def test_f8_numbers_of_items_units_and_notes_are_no_part_of_a_label(label: str, normal: str, unit: str) -> None:
    assert split_unit(label) == (normal, unit)


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("业务类型(设立/变更/注销)", "_business"),
        ("成立日期(YYYY-MM-DD)", "established_on"),
        ("单位名称（必填）", "name"),
        ("基本情况-单位详细名称", "name"),
        ("上级法人-单位详细名称", None),
        ("从业人员期末人数(男性)", None),
        ("营业收入;上年", None),
        ("Uscc", "uscc"),
        ("NAME", "legal_rep"),
        ("name", "name"),
    ],
)
def test_f3_a_label_is_known_with_its_notes_and_never_by_a_part_of_it(label: str, field: str | None) -> None:
    """A column that says who is cancelled was not read for the list of words behind its label."""
    known = shared_vocabulary().find(label)
    assert (known.field if known else None) == field


def test_f8_item_numbers_in_front_of_labels_are_read(tmp_path: Path) -> None:
    text = lines(
        ("102 单位详细名称", "101 统一社会信用代码", "103 行业代码", "105 区划代码", "201 从业人员期末人数"),
        (UNITS[0][1], UNITS[0][0], "5163", "500105003001", "12"),
    )
    read = taken(laid(tmp_path, text), "census")
    assert read.rows[["name", "uscc", "industry_code", "area_code", "employees"]].to_numpy().tolist() == [
        [UNITS[0][1], UNITS[0][0], "5163", "500105003001", "12"]
    ]


def test_f9_the_monthly_list_of_the_platform_loses_no_column(tmp_path: Path) -> None:
    text = lines(
        ("组织机构代码", "数据处理地", "单位详细名称", "期别(年)", "期别(月)", "统一社会信用代码", "主要业务活动(或主要产品)1",
         "行业代码(GB/T4754-2017)", "报表类别", "行政区划代码", "单位注册地址所在行政区划代码", "单位规模", "从业人员期末人数;人", "女性;人",
         "营业收入;千元", "资产;千元", "开业(成立)时间(年)", "开业(成立)时间(月)", "登记注册类型", "运营状态", "产业活动单位数(总计)"),
        ("MA7T1001X", "500105003000", UNITS[0][1], "2020", "02", UNITS[0][0], "批发建材", "5165", "E", "500105003001",
         "500105003001", "3", "12", "5", "3400", "900", "2019", "3", "159", "1", "1"),
    )  # fmt: skip
    for source in ("census", "survey"):
        read = taken(laid(tmp_path, text), source)
        row = read.rows.iloc[0]
        assert read.reader.parts[0].unread_columns == []
        assert [row[name] for name in ("opened_on", "employees_female", "assets", "activity_1", "reg_area_code")] == [
            "2019-03", "5", "900", "批发建材", "500105003001"
        ]  # fmt: skip
        assert (row["establishment_count"], row["figures_year"]) == ("1", "2020")


def test_f10_the_exchange_view_is_a_list_of_the_registrar_and_says_who_is_cancelled(tmp_path: Path) -> None:
    head = ("社会信用代码", "组织机构代码", "注册号", "名称", "单位类型", "企业登记机关", "数据处理地代码", "开业日期", "经营期限自",
            "住所", "联系电话", "生产经营地址", "经营范围", "注册资本", "货币种类", "行政区划代码", "是否注销", "法定代表人")  # fmt: skip
    row = (UNITS[0][0], "", "--", UNITS[0][1], "1", "500105", "", "20190305", "20190305", "某街1号", "02367000001",
           "重庆市江北区某街9号", "建材", "800", "156", "500105", "0", "张甲")  # fmt: skip
    text = lines(head, row, (UNITS[1][0], "", "", UNITS[1][1], *row[4:16], "1", "张乙"))
    read = taken(laid(tmp_path, text), "market")
    assert read.column("event") == ["state", "deregistered"]
    first = read.rows.iloc[0]
    assert (first["address"], first["opened_on"], first["reg_capital"]) == ("重庆市江北区某街9号", "2019-03-05", "8000")
    assert (2, "money_unit_assumed") in read.codes()


def test_f7_another_wording_is_read_and_a_mapping_makes_a_layout(tmp_path: Path) -> None:
    """A layout asked for 经营者姓名 word for word, so that no mapping helped a list that says 经营者."""
    text = lines(
        ("名称", "统一社会信用代码", "经营者", "注册日期", "经营场所"),
        ("江北区试样小面馆", "", "张甲", "2024-03-05", "某街1号"),
    )
    read = taken(laid(tmp_path, text), "household")
    assert (read.reader.layout, read.column("operator")) == ("household_list", ["张甲"])
    strange = lines(("单位甲", "号码乙", "日子丙", "处所丁"), (UNITS[0][1], UNITS[0][0], "2024-03-05", "某街1号"))
    path = laid(tmp_path, strange, "strange.csv")
    with pytest.raises(FileProblem):
        taken(path, "market")
    own = {
        "单位甲": ["name", "name"],
        "号码乙": ["uscc", "uscc"],
        "日子丙": ["established_on", "day"],
        "处所丁": ["reg_address", "text"],
    }
    mapping = laid(tmp_path, json.dumps({"version": "op1", "labels": own}), "map.json")
    mapped = taken(path, "market", mapping=mapping)
    assert (mapped.reader.parts[0].certainty, mapped.column("reg_address")) == (Certainty.SURE, ["某街1号"])


def test_f7_a_refusal_says_which_source_a_file_looks_like_and_what_nobody_knows(tmp_path: Path) -> None:
    market = laid(tmp_path, lines((*NEW, "经营范围", "登记机关"), (*UNITS[0], "零售", "某局")), "market.csv")
    with pytest.raises(FileProblem) as refused:
        taken(market, "tax")
    assert (refused.value.code, "市场监管" in refused.value.message_zh) == ("wrong_source", True)
    with pytest.raises(FileProblem) as refused:
        taken(
            laid(
                tmp_path, lines(("名称", "代码", "甲", "乙", "丙", "丁", "联系人"), ("1", "2", "3", "4", "5", "6", "7"))
            ),
            "census",
        )
    assert "甲、乙、丙、丁" in refused.value.message_zh


def test_a_sheet_of_which_half_is_known_asks_and_guesses_are_shown_but_not_read(tmp_path: Path) -> None:
    text = lines(
        ("企业名称", "统一社会信用代码", "门头照片编号", "网格员", "营业执照张贴地址", "巡查情况"),
        (UNITS[0][1], UNITS[0][0], "1", "甲", "某街", "好"),
    )
    part = taken(laid(tmp_path, text), "market").reader.parts[0]
    assert (part.certainty, part.guesses) == (Certainty.ASK, {"营业执照张贴地址": "address"})
    assert part.unread_columns == ["门头照片编号", "网格员", "营业执照张贴地址", "巡查情况"]


def test_f16_a_header_stands_under_pages_of_notes(tmp_path: Path) -> None:
    notes = "".join(f"说明{n}：本表口径\n" for n in range(1, 60))
    read = taken(laid(tmp_path, notes + lines(NEW, *UNITS)), "market")
    assert (read.rows["row_no"].tolist(), read.skipped["reason"].tolist().count("title")) == ([61, 62], 59)


def test_f4_a_header_of_three_rows_and_the_numbers_of_columns_are_no_units(tmp_path: Path) -> None:
    rows = [
        ["单位基本情况", "", "单位所在地", "", ""],
        ["单位详细名称", "统一社会信用代码", "区划代码", "详细地址", ""],
        ["", "", "", "街(村)、门牌号", "社区(居委会)"],
        ["甲", "乙", "1", "2", "3"],
        ["重庆试样甲商贸有限公司", UNITS[0][0], "500105006001", "某街1号", "某社区"],
    ]
    read = taken(laid(tmp_path, workbook({"表": rows}), "a.xlsx"), "census")
    assert (read.column("name"), read.column("area_code")) == ([UNITS[0][1]], ["500105006001"])
    assert read.skipped["reason"].tolist() == ["header", "header", "header", "column_numbers"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("本页合计", "total"), ("共计 3 户", "total"), ("以下空白", "note"), ("全区合计,,,12", "total"), ("注：以上为初步数", "note"),
        ("填表人：张三,,审核人：李四", "note"), ("小计,3", "total"), ("****以下空白****", "note"), (",,,,", "blank"), ("统计负责人：王五", "note"),
    ],
)  # fmt: skip
def test_f4_totals_and_remarks_are_skipped_by_what_they_are(tmp_path: Path, line: str, why: str) -> None:
    read = taken(laid(tmp_path, lines(NEW, *UNITS) + line + "\n"), "market")
    assert (len(read.rows), read.skipped["reason"].tolist()) == (2, ["header", why])


@pytest.mark.parametrize(
    "name", ["合计信息科技有限公司", "共计三户农业有限公司", "说明书印刷有限公司", "注氏餐饮店", "全区汇总数据有限公司"]
)
def test_a_name_that_begins_as_a_total_does_is_a_unit(tmp_path: Path, name: str) -> None:
    read = taken(laid(tmp_path, lines(NEW, (UNITS[0][0], name, "2024-03-05", "某街"), (name, name, "", ""))), "market")
    assert read.column("name") == [name, name]


def test_parts_of_a_package_are_named_with_their_file(tmp_path: Path) -> None:
    files = {
        "设立.csv": lines(NEW, *UNITS).encode("gb18030"),
        "注销.xlsx": workbook({"三月": [CANCELLED, [UNITS[1][0], UNITS[1][1], "2024-03-08", "决议解散"]]}),
        "说明.pdf": b"%PDF",
        "空.csv": b"",
    }
    read = taken(laid(tmp_path, package(files), "三月.zip"), "market")
    assert [(part.name, part.encoding, part.rows, part.unread) for part in read.reader.parts] == [
        ("设立.csv", "gb18030", 2, ""),
        ("注销.xlsx/三月", "xlsx", 1, ""),
        ("说明.pdf", "zip", 0, "unsupported"),
        ("空.csv", "zip", 0, "empty"),
    ]
    assert read.column("event") == ["new", "new", "deregistered"]


@pytest.mark.parametrize("source", SOURCES)
def test_each_layout_is_sure_of_the_sheet_that_it_describes(source: str) -> None:
    """Of the labels of its own fields each layout makes a header, and is found by it; none is a layout that nothing reaches."""
    spec, vocabulary = get_spec(source), shared_vocabulary()
    label_of = {field: label for label, (field, _kind) in reversed(vocabulary.labels.items())}
    for layout in spec.layouts:
        own = {field: label for label, field in layout.labels.items()}
        wanted = [min(group, key=lambda field: sorted(group).index(field)) for group in layout.needs]
        labels = [own.get(field) or label_of[field] for field in dict.fromkeys(wanted)]
        found = recognise(labels, spec)
        assert found.certainty is Certainty.SURE, (layout.name, labels)


def test_the_header_of_the_least_rows_is_taken_of_those_that_say_as_much() -> None:
    rows = [["名单"], list(NEW), list(UNITS[0])]
    header = find_header(rows, shared_vocabulary())
    assert header is not None
    assert (header.first, header.rows, header.labels) == (1, 1, NEW)
