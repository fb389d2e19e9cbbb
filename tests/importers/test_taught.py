"""Layouts that people taught: next month's file needs no hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import importers
from importers import FileProblem, get_spec
from importers.looking import look
from importers.recognise import Certainty
from importers.spec import check_taught, with_taught
from importers.taught import Taught
from tests.importers.files import UNITS, laid, lines, workbook

HEAD = ("单位甲", "号码乙", "日子丙", "处所丁", "本钱戊", "状况己", "巡查人")
ROW = (UNITS[0][1], UNITS[0][0], "05/03/2024", "某街1号", "800", "开着", "李四")
LABELS = {
    "单位甲": "name",
    "号码乙": "uscc",
    "日子丙": "established_on",
    "处所丁": "reg_address",
    "本钱戊": "reg_capital",
    "状况己": "operating_status",
    "巡查人": "",
}
TAUGHT = Taught(
    "月报", 2, "market_new", LABELS, "元", day_first=True, codes={"operating_status": {"开着": "1", "关着": "2"}}
)


def read(path: Path, *taught: Taught) -> tuple[importers.Reader, dict[str, str]]:
    spec = with_taught(get_spec("market"), taught)
    reader = importers.read(path, spec, as_of=date(2024, 12, 31))
    rows = [row for chunk in reader for row in chunk.rows.to_dict("records")]
    return reader, rows[0]


def test_a_taught_layout_is_sure_and_reads_what_nobody_knew(tmp_path: Path) -> None:
    path = laid(tmp_path, workbook({"表": [["某科月报"], HEAD, ROW]}), "a.xlsx")
    reader, row = read(path, TAUGHT)
    part = reader.parts[0]
    assert (reader.layout, part.certainty, part.share) == ("月报@2", Certainty.SURE, 1.0)
    assert [row[name] for name in ("name", "established_on", "reg_capital", "operating_status", "event")] == [
        UNITS[0][1], "2024-03-05", "1", "1", "new"
    ]  # fmt: skip
    assert part.unread_columns == ["巡查人"]


def test_a_taught_layout_is_for_files_that_have_all_its_columns(tmp_path: Path) -> None:
    path = laid(tmp_path, lines(HEAD[1:], ROW[1:]))
    with pytest.raises(FileProblem):
        read(path, TAUGHT)
    more = laid(tmp_path, lines((*HEAD, "联系电话", "张贴"), (*ROW, "67000001", "是")), "more.csv")
    reader, row = read(more, TAUGHT)
    assert (row["tel"], reader.parts[0].unread_columns) == ("67000001", ["巡查人", "张贴"])


def test_columns_that_are_known_mean_what_the_layout_says(tmp_path: Path) -> None:
    """住所 of one office is where its units are."""
    path = laid(tmp_path, lines(("企业名称", "统一社会信用代码", "住所"), (UNITS[0][1], UNITS[0][0], "某街1号")))
    own = Taught("驻地", 1, "market_list", {"企业名称": "name", "统一社会信用代码": "uscc", "住所": "address"})
    assert read(path, own)[1]["address"] == "某街1号"
    assert read(path)[1]["reg_address"] == "某街1号"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"like": "nowhere"}, "nowhere"),
        ({"labels": {"甲": "nothing"}}, "nothing"),
        ({"labels": {"甲": "name"}}, "established_on"),
        ({"money_unit": "两"}, "两"),
        ({"codes": {"colour": {"红": "1"}}}, "colour"),
    ],
)
def test_a_layout_that_could_not_be_read_by_is_refused_with_what_it_lacks(
    changed: dict[str, object], words: str
) -> None:
    told: dict[str, object] = {"name": "月报", "version": 1, "like": "market_new", "labels": LABELS, **changed}
    with pytest.raises(FileProblem) as refused:
        check_taught(get_spec("market"), Taught(**told))  # type: ignore[arg-type]  # named one by one above
    assert (refused.value.code, words in refused.value.message_zh) == ("bad_mapping", True)


def test_a_file_that_nobody_knows_is_looked_at_with_guesses_and_its_first_rows(tmp_path: Path) -> None:
    text = lines(
        ("某科名单",),
        ("序号甲", "商户经营地址", "店招名称", "统一社会信用代码证"),
        *[(str(n), "某街", f"店{n}", "1") for n in range(9)],
    )
    seen = look(laid(tmp_path, text), get_spec("household"))
    assert [part.account.labels for part in seen] == [["序号甲", "商户经营地址", "店招名称", "统一社会信用代码证"]]
    assert seen[0].account.guesses == {"商户经营地址": "address", "店招名称": "name"}
    assert [row[2] for row in seen[0].rows] == ["店0", "店1", "店2", "店3", "店4"]
