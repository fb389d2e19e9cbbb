"""What real files do to the engine: codes that lie, names with notes, decisions no rule would find."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import matching
from matching.standardise.names import parse_name

A, B = "91500105MA60X0016Y", "91500105MA5U8K3N95"
ORG = A[8:17]


def table(*rows: dict[str, str]) -> pd.DataFrame:
    filled = {"name": "重庆鑫源商贸有限公司", "legal_rep": "张三丰", "address": "重庆市江北区测云路1号"}
    return pd.DataFrame([{"record_id": f"r{number}", **filled, **row} for number, row in enumerate(rows)])


def decided(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "verdict"])


def decision(result: matching.MatchResult) -> str:
    return str(result.pairs["decision"].iloc[0]) if len(result.pairs) else ""


def test_the_old_organisation_code_finds_the_unit_in_the_new_code() -> None:
    result = matching.match(table({"uscc": A}, {"org_code": ORG}))
    assert (decision(result), result.pairs["l_code"].iloc[0]) == ("match", 2)


def test_equal_registration_numbers_match_and_wrong_ones_say_nothing() -> None:
    number = "500105000012342"
    assert decision(matching.match(table({"reg_no": number}, {"reg_no": number}))) == "match"
    wrong = matching.match(table({"reg_no": "500105000012343"}, {"reg_no": "500105000012343"}))
    assert (decision(wrong), wrong.pairs["l_code"].iloc[0]) == ("review", 0)


def test_zeros_in_place_of_codes_join_nobody() -> None:
    rows = [
        {"uscc": "0" * 18, "org_code": "0" * 9, "name": name, "legal_rep": ""} for name in ("甲益食品厂", "乙昌印刷厂")
    ]
    assert matching.match(table(*rows)).pairs.empty


def test_a_branch_by_name_with_its_parents_code_is_another_unit_even_without_unit_types() -> None:
    result = matching.match(table({"uscc": A}, {"uscc": A, "name": "重庆鑫源商贸有限公司观音桥分公司"}))
    assert result.pairs.empty
    assert result.clusters["cluster_id"].nunique() == 2


def test_a_head_office_is_not_its_legal_unit() -> None:
    result = matching.match(table({"uscc": A, "unit_type": "1"}, {"org_code": ORG[:8] + "B", "unit_type": "2"}))
    assert result.pairs.empty


def test_a_shop_and_a_firm_that_give_one_code_are_asked_about() -> None:
    result = matching.match(table({"uscc": A, "unit_type": "1"}, {"uscc": A, "unit_type": "3"}))
    assert decision(result) == "review"


def test_a_mistyped_code_is_evidence_and_does_not_match_by_itself() -> None:
    result = matching.match(table({"uscc": A}, {"uscc": A[:-1] + "X"}))
    assert (decision(result), result.pairs["l_code"].iloc[0]) == ("review", 4)


def test_two_valid_codes_never_share_a_cluster_through_a_third_record() -> None:
    rows = table({"uscc": A}, {"uscc": B}, {"uscc": ""})
    result = matching.match(rows, decided=decided(("r0", "r2", "same"), ("r1", "r2", "same")))
    clusters = dict(zip(result.clusters["record_id"], result.clusters["cluster_id"], strict=True))
    assert clusters["r0"] != clusters["r1"]
    assert result.refused["reason"].tolist() == ["two_codes"]


def test_no_path_joins_what_a_person_kept_apart() -> None:
    rows = table({"uscc": A}, {"uscc": A}, {"uscc": A})
    result = matching.match(rows, decided=decided(("r1", "r0", "different")))
    clusters = dict(zip(result.clusters["record_id"], result.clusters["cluster_id"], strict=True))
    assert clusters["r0"] != clusters["r1"]
    assert set(result.refused["reason"]) == {"decided_different"}


def test_a_decision_no_rule_would_find_is_scored_and_explained_like_any_pair() -> None:
    rows = table({"uscc": A}, {"name": "四川大邑食品厂", "legal_rep": "李四", "address": ""})
    result = matching.match(rows, decided=decided(("r1", "r0", "same"), ("r0", "nobody", "same")))
    pair = result.pairs.iloc[0]
    assert (len(result.pairs), pair["kind"], pair["rule"]) == (1, "decided", "decided")
    assert sum(line["weight"] for line in result.explain("r1", "r0")) == pair["match_weight"] < 0


def test_a_threshold_of_weight_matches_names_only_when_it_is_given() -> None:
    rows = table({"uscc": A}, {"name": "重庆市鑫源商贸有限公司"})
    assert decision(matching.match(rows)) == "review"
    assert decision(matching.match(rows, thresholds=matching.Thresholds(review=1000, match=5000))) == "match"


def test_a_record_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="r0"):
        matching.match(table({}), table({}))


def test_asking_to_explain_a_pair_that_is_none_says_so() -> None:
    with pytest.raises(KeyError, match="r9"):
        matching.match(table({})).explain("r0", "r9")


def test_records_with_nothing_but_a_name_are_asked_about_when_the_name_is_the_same() -> None:
    rows = pd.DataFrame({"record_id": ["a", "b"], "name": ["重庆市江北越荣建材有限公司", "重庆江北区越荣建材有限公司"]})
    assert decision(matching.match(rows)) == "review"


def test_one_of_several_former_names_is_recognised() -> None:
    rows = table({"former_name": "重庆恒瑞百货有限公司；重庆宏泰百货有限公司"}, {"name": "重庆宏泰百货有限公司"})
    result = matching.match(rows)
    assert (decision(result), result.pairs["l_name"].iloc[0]) == ("review", 3)


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
