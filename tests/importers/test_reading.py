"""Files as they come: encodings, headers, dirt; rows in = rows accounted for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import importers
from importers import FileProblem, get_spec

AS_OF = date(2024, 3, 31)
MONTHLY = """江北区2024年3月新设立市场主体,,,,,,,
,,,,,,,
序号,统一社会信用代码,企业（机构）名称,企业类型,成立日期,住所,行业代码,联系电话
1,９１５００１０５ＭＡ６０Ｘ００１６Ｙ,重庆甲建材有限公司,有限责任公司(自然人独资),2024/3/5,重庆市江北区某街1号,5165,13800000000
2,9.15E+17,重庆乙商贸有限公司,1151,20240306,江北区观音桥某路２号附３号,5165,-
3,91500105MA5U8K3N95,重庆丙农业有限公司 ,有限责任公司,45358,重庆市江北区五宝镇某村,111,023-00000000/13900000000
4,92500105MA5XY00A38,***,个体工商户,2024年3月8日,"江北区某街
4号",6210,无
合计,4,,,,,,
"""


def taken(path: Path, source: str, **rest: Any) -> tuple[Any, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    reader = importers.read(path, get_spec(source), as_of=AS_OF, **rest)
    chunks = list(reader)
    rows, problems, skipped = (
        pd.concat([getattr(chunk, name) for chunk in chunks], ignore_index=True)
        for name in ("rows", "problems", "skipped")
    )
    return reader, rows.fillna(""), problems, skipped


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_the_dirty_monthly_file_of_the_dossier_comes_out_as_expected(tmp_path: Path, encoding: str) -> None:
    reader, rows, problems, skipped = taken(written(tmp_path, MONTHLY, encoding), "market")
    assert (reader.encoding, reader.layout) == (encoding, "market_new")
    assert sorted(skipped["reason"]) == ["blank", "header", "title", "total"]
    assert rows["row_no"].tolist() == [4, 5, 6, 7]
    assert rows["uscc"].tolist() == ["91500105MA60X0016Y", "", "91500105MA5U8K3N95", "92500105MA5XY00A38"]
    assert rows["established_on"].tolist() == ["2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"]
    assert rows["industry_code"].tolist() == ["5165", "5165", "", "6210"]
    assert rows["mobile"].tolist() == ["13800000000", "", "13900000000", ""]
    assert rows["unit_type"].tolist() == ["1", "1", "1", "3"]
    assert rows["name"].tolist()[2] == "重庆丙农业有限公司"
    assert rows["name"].tolist()[3] == "个体工商户（92500105MA5XY00A38）"
    assert rows["reg_address"].tolist()[3] == "江北区某街\n4号"
    assert json.loads(rows["raw"][0])["统一社会信用代码"] == "９１５００１０５ＭＡ６０Ｘ００１６Ｙ"
    assert set(problems["code"]) == {"code_scientific", "industry_doubtful", "name_missing"}
    assert rows["ok"].all()


def test_every_record_is_a_row_or_skipped_whatever_the_size_of_chunks(tmp_path: Path) -> None:
    path = written(tmp_path, MONTHLY)
    for size in (1, 2, 3, 100):
        _, rows, _, skipped = taken(path, "market", chunk_rows=size)
        assert sorted([*rows["row_no"], *skipped["row_no"]]) == list(range(1, 9))


def test_a_problem_names_row_column_value_and_what_to_do(tmp_path: Path) -> None:
    _, _, problems, _ = taken(written(tmp_path, MONTHLY), "market")
    lost = problems[problems["code"] == "code_scientific"].iloc[0]
    assert (lost["row_no"], lost["column"], lost["value"]) == (5, "统一社会信用代码", "9.15E+17")
    assert "重新导出" in lost["message_zh"]
    assert "export it as text" in lost["message_en"]


def test_only_a_row_without_name_and_identity_or_with_too_many_cells_stops(tmp_path: Path) -> None:
    text = "统一社会信用代码,企业(机构)名称,成立日期\n,,2024-01-01\n,甲公司,2024-01-01\n,乙公司,2024-01-01,多余,内容\n"
    _, rows, problems, _ = taken(written(tmp_path, text), "market")
    assert rows["ok"].tolist() == [False, True, False]
    assert problems[problems["level"] == "error"]["code"].tolist() == ["identity_missing", "row_unreadable"]
    assert "多余" in rows["raw"][2]


def workbook(path: Path, rows: list[list[Any]], merges: list[str] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for merge in merges or []:
        sheet.merge_cells(merge)
    book.save(path)
    return path


def test_a_workbook_with_title_and_merged_two_row_header_is_understood(tmp_path: Path) -> None:
    rows = [
        ["江北区单位名录", None, None, None],
        ["单位详细名称", "统一社会信用代码", "单位所在地", None],
        [None, None, "区划代码", "街(村)、门牌号"],
        ["测试甲公司", "91500105MA60X0016Y", "500105006001", "测试路1号"],
        ["制表人：张三", None, None, None],
    ]
    path = workbook(tmp_path / "a.xlsx", rows, ["A1:D1", "A2:A3", "B2:B3", "C2:D2"])
    reader, table, _, skipped = taken(path, "census")
    assert (reader.encoding, reader.sheet) == ("xlsx", "Sheet")
    assert table[["name", "area_code", "address"]].to_numpy().tolist() == [["测试甲公司", "500105006001", "测试路1号"]]
    assert skipped["reason"].tolist() == ["title", "header", "header", "note"]


def test_a_code_stored_as_a_number_is_lost_and_said_so(tmp_path: Path) -> None:
    rows = [["单位名称", "统一社会信用代码", "宗旨和业务范围"], ["测试中心", 915000002028123494, "x"], ["乙", "y", "z"]]
    _, table, problems, _ = taken(workbook(tmp_path / "b.xlsx", rows), "institution")
    assert table["uscc"].tolist()[0] == ""
    assert problems["code"].tolist()[0] == "code_scientific"


def test_a_workbook_is_told_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "c.xlsx", [["单位名称", "宗旨和业务范围"], ["甲", "乙"]]).rename(tmp_path / "c.csv")
    assert taken(path, "institution")[0].encoding == "xlsx"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        ("单位详细名称,单位所在地区划代码\n".encode(), "no_rows"),
        ('单位详细名称,单位所在地区划代码\n"甲公司,500105006001\n'.encode(), "truncated"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "wrong_encoding"),
        ("单位详细名称,单位所在地区划代码\n甲".encode("gb18030") + b"\xff\xff,1\n", "wrong_encoding"),
        (b"foo,bar\n1,2\n", "no_header"),
        ("统一社会信用代码,名称\n1,2\n".encode(), "wrong_source"),
        (b"PK\x03\x04 cut off here", "truncated"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_both_languages(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(FileProblem) as caught:
        taken(path, "census")
    assert caught.value.code == code
    assert caught.value.message_zh
    assert caught.value.message_en


def test_a_change_row_sets_the_field_that_its_item_names(tmp_path: Path) -> None:
    text = (
        "统一社会信用代码,注册号,企业名称,变更事项,变更前内容,变更后内容,变更日期,登记机关\n"
        "91500105MA60X0016Y,,甲公司,名称变更,旧甲公司,新甲公司,2024-03-01,某局\n"
        "91500105MA60X0016Y,,甲公司,法定代表人,张三,李四,2024-03-02,某局\n"
        "91500105MA60X0016Y,,甲公司,注册资本,100万元,500万元,2024-03-03,某局\n"
        "91500105MA60X0016Y,,甲公司,章程备案,a,b,2024-03-04,某局\n"
    )
    _, rows, problems, _ = taken(written(tmp_path, text), "market")
    assert rows["event"].tolist() == ["change"] * 4
    assert rows["event_on"].tolist() == ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]
    assert (rows["name"][0], rows["former_names"][0], rows["legal_rep"][1]) == ("新甲公司", "旧甲公司", "李四")
    assert rows["reg_capital"][2] == "5000"
    assert problems["code"].tolist() == ["change_item_aside"]


def test_a_branch_that_carries_its_parents_code_gives_it_to_the_parents_column(tmp_path: Path) -> None:
    text = (
        "单位类型,单位详细名称,统一社会信用代码,单位所在地区划代码,归属法人单位-统一社会信用代码\n"
        "2,甲公司江北分公司,91500105MA60X0016Y,500105006001,91500105MA60X0016Y\n"
    )
    _, rows, problems, _ = taken(written(tmp_path, text), "census")
    assert (rows["uscc"][0], rows["parent_uscc"][0]) == ("", "91500105MA60X0016Y")
    assert problems["code"].tolist() == ["parent_code_on_branch"]


def test_an_operators_mapping_names_labels_that_the_product_does_not_know(tmp_path: Path) -> None:
    mapping = tmp_path / "m.json"
    mapping.write_text(json.dumps({"version": "jb1", "labels": {"单位全称": ["name", "name"]}}), "utf-8")
    text = "单位全称,统一社会信用代码,企业(机构)名称,成立日期\n甲公司,91500105MA60X0016Y,,2024-01-01\n"
    reader, rows, _, _ = taken(written(tmp_path, text), "market", mapping=mapping)
    assert rows["name"].tolist() == ["甲公司"]
    assert reader.mapping_version.endswith("+jb1")


def test_the_real_organisations_are_all_accounted_for(samples_real: Path) -> None:
    reader, rows, problems, skipped = taken(samples_real / "units_chongqing.csv", "market")
    assert reader.layout == "market_list"
    assert len(rows) == 3357
    assert skipped["reason"].tolist() == ["header"]
    assert rows["ok"].all()
    assert (problems["level"] == "error").sum() == 0
