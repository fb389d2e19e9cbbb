"""Names, addresses and telephones come apart."""

from __future__ import annotations

from typing import Any

import pytest

from matching.standardise.addresses import parse_address
from matching.standardise.contacts import phone_numbers
from matching.standardise.names import parse_name


@pytest.mark.parametrize(
    ("name", "core", "activity", "form", "branch"),
    [
        ("重庆市江北区鑫源建材有限公司观音桥分公司", "鑫源", "建材", "有限公司", "观音桥分公司"),
        ("（重庆）鑫源科技股份有限公司", "鑫源", "科技", "股份有限公司", ""),
        ("重庆鑫源商貿有限公司", "鑫源", "商贸", "有限公司", ""),
        ("江北区老四川火锅店", "老四川", "火锅", "店", ""),
    ],
)
def test_names_come_apart(name: str, core: str, activity: str, form: str, branch: str) -> None:
    parts = parse_name(name)
    assert (parts.core, parts.activity, parts.form, parts.branch) == (core, activity, form, branch)


def test_notes_in_names_become_aliases() -> None:
    assert parse_name("常州市建设工程有限公司(原常州市工程总公司)").aliases == ("常州市工程总公司",)
    assert parse_name("江阴市粮油管理所第二名称江阴市物资公司").aliases == ("江阴市物资公司",)


def test_addresses_and_phones_come_apart() -> None:
    parts = parse_address("重庆市江北区观音桥街道建新北路1号附3号5-2")
    assert (parts.road, parts.number) == ("建新北路", "1")
    assert phone_numbers("023-67891234/13812345678") == ("67891234", "13812345678")
    assert phone_numbers("1.38E+10") == ()


@pytest.mark.parametrize(
    ("published", "whole", "alias"),
    [
        ("甲丙食品厂（原名称：乙丁食品厂）", "甲丙食品厂", "乙丁食品厂"),
        ("甲丙供应站(第二名称:)乙丁公司", "甲丙供应站", "乙丁公司"),
        ("甲丙公司（第一名称）乙丁厂（第二名称）", "甲丙公司", "乙丁厂"),
        ("第一名称:甲丙所 第二名称:乙丁公司", "甲丙所", "乙丁公司"),
        ("甲丙所(简称乙丁)", "甲丙所", "乙丁"),
    ],
)
def test_every_way_of_noting_another_name_keeps_both(published: str, whole: str, alias: str) -> None:
    parts = parse_name(published)
    assert (parts.whole, parts.aliases) == (whole, (alias,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("重庆市领金科技股份有限公司（江北）", "重庆领金科技股份有限公司"),
        ("重庆领金科技（集团）有限公司", "重庆领金科技集团有限公司"),
        ("ＡＢＣ餐饮店 ", "abc餐饮店"),
    ],
)
def test_ways_of_writing_one_name_have_one_form(one: str, other: str) -> None:
    assert parse_name(one).stem == parse_name(other).stem
    assert parse_name(one).form == parse_name(other).form


def test_nothing_of_a_name_is_lost() -> None:
    names = ["重庆市江北区鑫源建材有限公司观音桥分公司", "有限公司", "江北区", "店", "江北区老四川火锅店", "陈某某"]
    for name in names:
        parts: Any = parse_name(name)
        assert parts.division + parts.core + parts.activity + parts.form + parts.branch == name
