"""The engine: three ways out, vetoes, constraints, explanations, the same bytes whatever the order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import matching
from matching.standardise.addresses import parse_address
from matching.standardise.contacts import phone_numbers
from matching.standardise.names import parse_name

A, B = "91500105MA60X0016Y", "91500105MA5U8K3N95"
BASE = {
    "name": "重庆鑫源商贸有限公司", "uscc": "", "legal_rep": "张三丰", "phone": "13800001111",
    "address": "重庆市江北区测云路1号", "industry_code": "5199", "unit_type": "1",
}  # fmt: skip


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"record_id": f"r{number}", **BASE, **row} for number, row in enumerate(rows)])


def only(result: matching.MatchResult) -> pd.Series[Any]:
    assert len(result.pairs) == 1
    return result.pairs.iloc[0]


def test_equal_valid_codes_match_without_a_person() -> None:
    pair = only(matching.match(table({"uscc": A}, {"uscc": A, "name": "重庆鑫源商贸有限责任公司"})))
    assert (pair["decision"], pair["kind"]) == ("match", "code")


def test_a_match_on_names_goes_to_a_person() -> None:
    pair = only(matching.match(table({"uscc": A}, {"name": "重庆市鑫源商贸公司"})))
    assert (pair["decision"], pair["kind"]) == ("review", "model")


def test_two_different_valid_codes_never_merge_on_their_names() -> None:
    result = matching.match(table({"uscc": A}, {"uscc": B}))
    assert result.pairs.empty
    assert result.clusters["cluster_id"].nunique() == 2


def test_equal_codes_with_quite_different_names_are_asked_about() -> None:
    pair = only(matching.match(table({"uscc": A}, {"uscc": A, "name": "四川大邑食品厂"})))
    assert pair["decision"] == "review"


@pytest.mark.parametrize(
    "other",
    [
        {"uscc": A, "unit_type": "2", "name": "重庆鑫源商贸有限公司观音桥分公司"},
        {"uscc": "", "unit_type": "2", "parent_uscc": A},
    ],
)
def test_a_branch_is_not_its_parent_though_it_carries_the_code(other: dict[str, Any]) -> None:
    assert matching.match(table({"uscc": A}, other)).pairs.empty


def test_branches_with_different_tails_differ() -> None:
    rows = ({"name": f"重庆鑫源商贸有限公司{place}分公司", "unit_type": "2"} for place in ("观音桥", "鱼嘴"))
    assert matching.match(table(*rows)).pairs.empty


def test_firms_that_share_only_an_agents_phone_and_an_address_are_not_asked_about() -> None:
    rows = [{"name": f"重庆{core}有限公司", "legal_rep": core} for core in ("天和", "永康", "博远", "卓越", "凯越")]
    assert matching.match(table(*rows)).pairs.empty


def test_held_rows_are_not_compared_with_one_another_and_no_cluster_holds_two() -> None:
    held = table({"uscc": A}, {"uscc": A}).assign(record_id=["u1", "u2"])
    result = matching.match(table({"uscc": A}), held)
    assert not (
        {"u1", "u2"} <= set(result.pairs[["record_id_l", "record_id_r"]].to_numpy().ravel()) and len(result.pairs) > 2
    )
    by_cluster = result.clusters.groupby("cluster_id")["record_id"].apply(set)
    assert not any({"u1", "u2"} <= members for members in by_cluster)
    assert result.refused["reason"].tolist() == ["two_held_units"]


def test_decisions_of_people_are_obeyed() -> None:
    rows = table(
        {"uscc": A}, {"name": "重庆市鑫源商贸公司"}, {"name": "完全不同的名称", "legal_rep": "某某", "phone": ""}
    )
    decided = pd.DataFrame(
        [("r0", "r1", "different"), ("r0", "r2", "same")], columns=["record_id_l", "record_id_r", "verdict"]
    )
    result = matching.match(rows, decided=decided)
    clusters = dict(zip(result.clusters["record_id"], result.clusters["cluster_id"], strict=True))
    assert clusters["r0"] == clusters["r2"]
    assert clusters["r0"] != clusters["r1"]
    assert not ((result.pairs["record_id_l"] == "r0") & (result.pairs["record_id_r"] == "r1")).any()


def test_an_explanation_adds_up_exactly_in_both_languages() -> None:
    result = matching.match(table({"uscc": A}, {"name": "重庆市鑫源商贸公司", "phone": ""}))
    for language in ("zh", "en"):
        lines = result.explain("r0", "r1", language)
        assert sum(line["weight"] for line in lines) == only(result)["match_weight"]
        assert all(line["label"] for line in lines)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [
        {"uscc": A},
        {"name": "重庆市鑫源商贸公司"},
        {"uscc": A, "phone": ""},
        {"name": "重庆鑫元商贸有限公司"},
        {"uscc": B},
    ]
    one = matching.match(table(*rows))
    other = matching.match(table(*rows).sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.clusters, other.clusters)


def test_empty_tables_and_bare_records_work() -> None:
    assert matching.match(table({}).iloc[:0]).pairs.empty
    assert matching.match(pd.DataFrame({"record_id": ["a", "b"], "name": ["", "甲店"]})).pairs.empty
    with pytest.raises(ValueError, match="name"):
        matching.match(pd.DataFrame({"record_id": ["a"]}))


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


def test_a_join_that_a_constraint_refuses_is_asked_about() -> None:
    """Two units of the register bear the code of one record: it joins one, and a person sees the other."""
    held = table({"uscc": A}, {"uscc": A, "name": "重庆鑫源商贸有限责任公司"}).assign(record_id=["u1", "u2"])
    result = matching.match(table({"uscc": A}), held)
    (refused,) = result.refused.itertuples()
    assert refused.reason == "two_held_units"
    decisions = {
        (row.record_id_l, row.record_id_r): row.decision for row in result.pairs.itertuples() if "r0" in row[1:3]
    }
    assert sorted(decisions.values()) == ["match", "review"]
    assert decisions[refused.record_id_l, refused.record_id_r] == "review"
