"""What a row reports: an end is never an addition, and what was not understood is never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from importers.words import changed_field, event_of
from tests.importers.files import UNITS, laid, lines, taken, workbook

(CODE, NAME, DAY, PLACE), (CODE2, NAME2, _, _) = UNITS
BODIES = ("统一社会信用代码", "单位名称", "宗旨和业务范围", "业务类型(设立/变更/注销)", "核准日期")


def test_f3_the_column_that_says_cancelled_is_read_with_the_words_behind_its_label(tmp_path: Path) -> None:
    """The label of the dossier was not known, and two bodies that had ended became additions."""
    text = lines(
        BODIES,
        (CODE, NAME, "服务", "设立", DAY),
        (CODE2, NAME2, "服务", "注销登记", DAY),
        ("", "某中心", "服务", "变更", DAY),
    )
    read = taken(laid(tmp_path, text), "institution")
    assert read.column("event") == ["new", "deregistered", "state"]
    assert read.column("closed_on") == ["", DAY, ""]


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("注销", "deregistered"),
        ("吊销，未注销", "revoked"),
        ("吊销，已注销", "deregistered"),
        ("存续（在营、开业、在册）", "state"),
        ("", "state"),
    ],
)
def test_f3_the_status_of_a_household_ends_it(tmp_path: Path, word: str, event: str) -> None:
    text = lines(
        ("统一社会信用代码", "字号名称", "经营者姓名", "经营场所", "登记状态"), (CODE, "小面馆", "赵甲", PLACE, word)
    )
    assert taken(laid(tmp_path, text), "household").column("event") == [event]


@pytest.mark.parametrize(
    ("word", "code"), [("已迁移至渝北", "event_unknown"), ("迁出", "event_by_hand"), ("ZX", "event_unknown")]
)
def test_f3_a_status_that_is_not_known_stops_its_row(tmp_path: Path, word: str, code: str) -> None:
    text = lines(
        ("统一社会信用代码", "字号名称", "经营者姓名", "经营场所", "登记状态"),
        (CODE, "小面馆", "赵甲", PLACE, word),
        (CODE2, "小吃店", "钱乙", PLACE, "存续"),
    )
    read = taken(laid(tmp_path, text), "household")
    assert (read.rows["ok"].tolist(), read.codes()) == ([False, True], [(2, code)])


def test_f3_the_kind_of_a_unit_in_words_that_are_not_known_stops_its_row(tmp_path: Path) -> None:
    text = lines(
        ("单位类型", "单位详细名称", "单位所在地区划代码"),
        ("产业活动单位", NAME, "500105006001"),
        ("不知道", NAME2, "500105006001"),
    )
    read = taken(laid(tmp_path, text), "census")
    assert (read.column("unit_type")[0], read.rows["ok"].tolist(), read.codes()) == (
        "2",
        [True, False],
        [(3, "kind_unknown")],
    )


@pytest.mark.parametrize("sheet", ["注销", "3月注销企业", "注销（个体）"])
def test_a_sheet_that_is_called_so_closes_its_units_whatever_its_columns(tmp_path: Path, sheet: str) -> None:
    rows = [["统一社会信用代码", "企业名称", "登记机关"], [CODE, NAME, "某局"]]
    read = taken(laid(tmp_path, workbook({sheet: rows}), "a.xlsx"), "market")
    assert read.column("event") == ["deregistered"]


@pytest.mark.parametrize("title", ["设立变更注销情况表", "注销吊销企业名单"])
def test_a_title_that_speaks_of_several_ends_stops_rows_that_do_not_tell_which_is_theirs(
    tmp_path: Path, title: str
) -> None:
    rows = [(title,), ("统一社会信用代码", "企业名称", "登记机关", "登记状态"), (CODE, NAME, "某局", "存续")]
    assert taken(laid(tmp_path, lines(*rows)), "market").rows["ok"].tolist() == [True]
    untold = taken(laid(tmp_path, lines(*[row[:3] for row in rows])), "market")
    assert (untold.rows["ok"].tolist(), untold.codes()) == ([False], [(3, "event_unknown")])


def test_a_title_that_speaks_of_new_ones_and_changes_decides_none(tmp_path: Path) -> None:
    text = lines(("设立变更情况表",), ("统一社会信用代码", "企业名称", "登记机关"), (CODE, NAME, "某局"))
    assert taken(laid(tmp_path, text), "market").column("event") == ["state"]


def test_a_list_with_a_day_of_closing_closes_whom_it_names_one_for(tmp_path: Path) -> None:
    head = ("统一社会信用代码", "企业名称", "成立日期", "注册资本(万元)", "吊销日期", "注销日期", "登记状态")
    rows = [
        (CODE, NAME, DAY, "1", "", "", "存续"),
        (CODE2, NAME2, DAY, "1", "2024-05-01", "", "吊销"),
        ("", "丙公司", DAY, "1", "2024-05-01", "2024-06-01", ""),
    ]
    read = taken(laid(tmp_path, lines(head, *rows, ("", "丁公司", DAY, "1", "", "2024-06-01", "存续"))), "market")
    assert read.column("event")[:3] == ["new", "revoked", "deregistered"]
    assert read.column("closed_on")[:3] == ["", "2024-05-01", "2024-06-01"]
    assert read.codes() == [(5, "event_conflict")]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ("名称变更", "name"), ("企业名称", "name"), ("名称（字号）变更", "name"), ("注册资本(金)变更", "reg_capital"), ("住所（经营场所）变更", "reg_address"),
        ("法定代表人(负责人)姓名变更", "legal_rep"), ("市场主体类型变更", "registrar_type"), ("经营范围变更", "business_scope"), ("经营者姓名变更", "operator"),
        ("开办资金", "reg_capital"), ("宗旨和业务范围", "business_scope"), ("章程备案", ""), ("股东变更", ""), ("高级管理人员备案", ""), ("股东名称变更", None),
        ("投资人变更", None), ("统一社会信用代码变更", None), ("名称变更;住所变更", None), ("管辖机关变更", None), ("", None),
    ],
)  # fmt: skip
def test_changed_items_are_known_by_normal_form_and_head_word(item: str, field: str | None) -> None:
    assert changed_field(item) == field


def test_a_change_that_is_not_understood_stops_its_row_and_one_of_no_field_of_ours_does_not(tmp_path: Path) -> None:
    """It went in as a row that changes nothing: `unchanged`."""
    head = ("统一社会信用代码", "企业名称", "变更事项", "变更前内容", "变更后内容", "变更日期")
    rows = [
        ("章程备案", "", "新章程"),
        ("业态变更", "", "零售"),
        ("名称变更", NAME, ""),
        ("注册资本变更", "", "面议"),
        ("住所变更", "", "某街9号"),
    ]
    read = taken(laid(tmp_path, lines(head, *((CODE, NAME, item, old, new, DAY) for item, old, new in rows))), "market")
    assert [code for _, code in read.codes()] == [
        "change_item_aside",
        "change_item_unknown",
        "change_empty",
        "change_unreadable",
    ]
    assert read.rows["ok"].tolist() == [True, False, False, False, True]


def test_f34_a_change_file_without_what_was_before_is_read(tmp_path: Path) -> None:
    text = lines(
        ("统一社会信用代码", "企业名称", "变更事项", "变更后内容", "变更日期"),
        (CODE, NAME, "名称变更", "新名公司", DAY),
    )
    assert taken(laid(tmp_path, text), "market").column("name") == ["新名公司"]


def test_f6_a_change_of_the_capital_keeps_its_currency(tmp_path: Path) -> None:
    head = ("统一社会信用代码", "企业名称", "变更事项", "变更前内容", "变更后内容", "变更日期")
    rows = [
        (CODE, NAME, "注册资本变更", "100万元人民币", after, DAY)
        for after in ("50万美元", '"1,200万元人民币"', "1000000元")
    ]
    read = taken(laid(tmp_path, lines(head, *rows)), "market")
    assert (read.column("reg_capital"), read.column("reg_capital_currency")) == (
        ["500", "12000", "1000"],
        ["美元", "", ""],
    )
    assert read.codes() == [(2, "money_foreign")]


def test_figures_speak_of_a_unit_that_must_be_known(tmp_path: Path) -> None:
    text = lines(
        ("统一社会信用代码", "企业名称", "年报年度", "从业人数", "资产总额(万元)", "营业总收入(万元)"),
        (CODE, NAME, "2023年度", "12", "50", "3.4亿元"),
    )
    read = taken(laid(tmp_path, text), "market")
    assert read.rows[["event", "figures_year", "employees", "assets", "revenue"]].to_numpy().tolist() == [
        ["change", "2023", "12", "500", "340000"]
    ]


@pytest.mark.parametrize(
    ("listed", "word", "event"),
    [
        ("tax", "非正常户注销", "deregistered"), ("tax", "非正常", ""), ("tax", "停业", ""), ("status", "3 注销", "deregistered"), ("business", "开业登记", "new"),
        ("status", "已吊销", "revoked"), ("flag", "是", "deregistered"), ("presence", "查无下落", "stop"), ("status", "未注销的都有", None),
    ],
)  # fmt: skip
def test_words_of_the_trade_are_known_by_their_head(listed: str, word: str, event: str | None) -> None:
    assert event_of(listed, word) == event


def test_f5_rows_shifted_by_a_column_stop_and_short_ones_are_said(tmp_path: Path) -> None:
    """67 rows shifted left by a column were 67 additions named 有限责任公司."""
    head = ("统一社会信用代码", "企业名称", "企业类型", "成立日期", "住所")
    rows = [
        (NAME, "有限责任公司(自然人独资)", DAY, PLACE, ""),
        (CODE2, NAME2, "有限责任公司", DAY, PLACE),
        (CODE, NAME),
        ("", CODE, NAME, "有限责任公司", DAY),
    ]
    read = taken(laid(tmp_path, lines(head, *rows)), "market")
    assert read.rows["ok"].tolist() == [False, True, True, False]
    assert {(row, code) for row, code in read.codes() if code.startswith("row_")} == {
        (2, "row_shifted"),
        (4, "row_short"),
        (5, "row_shifted"),
    }


@pytest.mark.parametrize("said", ["单位：万元", "金额单位:万元", "计量单位：人民币万元"])
def test_f6_the_unit_above_the_table_is_that_of_its_columns(tmp_path: Path, said: str) -> None:
    text = lines(
        (said,),
        ("单位详细名称", "区划代码", "行业代码", "营业收入", "资产总计(元)"),
        (NAME, "500105006001", "5165", "12", "3000"),
    )
    read = taken(laid(tmp_path, text), "census")
    assert (read.column("revenue"), read.column("assets")) == (["120"], ["3"])


def test_f3_a_list_of_a_survey_or_census_with_a_status_ends_whom_it_says(tmp_path: Path) -> None:
    text = lines(
        ("单位详细名称", "区划代码", "行业代码", "登记状态"),
        (NAME, "500105006001", "5165", "存续"),
        (NAME2, "500105006001", "5165", "注销"),
    )
    for source in ("census", "survey"):
        assert taken(laid(tmp_path, text), source).column("event") == ["state", "deregistered"]


def test_what_a_title_says_of_a_list_of_no_registrar_ends_nobody_and_adds_nobody(tmp_path: Path) -> None:
    text = lines(("疑似注销单位核实表",), ("单位详细名称", "区划代码", "行业代码"), (NAME, "500105006001", "5165"))
    assert taken(laid(tmp_path, text), "census").codes() == [(3, "event_unknown")]
