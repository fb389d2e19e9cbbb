"""New records beside a register: three ways out, decisions, explanations, the same result whatever the order."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pyarrow as pa
import pytest

import matching
from matching.models.model import UNIT
from tests.matching.rows import BASE, A, B, as_table, rows_of, table

ORG = A[8:17]
NAMED = {"name": "重庆市鑫源商贸公司", "uscc": ""}
"""The unit of `A` by its name."""


def only(result: matching.Matched) -> matching.Pair:
    (pair,) = result.pairs
    return pair


def decision(result: matching.Matched) -> str:
    return result.pairs[0].decision if result.pairs else ""


def together(result: matching.Matched, *ids: str) -> bool:
    return any(set(ids) <= set(members) for members in result.clusters)


# --- three ways out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ({"uscc": A}, {"uscc": A, "name": "重庆鑫源商贸有限责任公司"}, 1),
        ({"uscc": A}, {"org_code": ORG}, 3),
        ({"reg_no": "500105000012342"}, {"reg_no": "500105000012342"}, 10),
    ],
    ids=["credit code", "organisation code in a credit code", "registration number"],
)
def test_one_valid_identifier_matches_without_a_person(one: dict[str, str], other: dict[str, str], level: int) -> None:
    pair = only(matching.match(table(one, other)))
    assert (pair.decision, pair.levels["code"]) == ("match", level)


@pytest.mark.parametrize(
    "other",
    [
        NAMED,
        {"uscc": A[:-1] + "X"},
        {"name": "重庆市江北鑫源商贸有限公司", "legal_rep": "", "phone": "", "address": "", "established_on": ""},
    ],
    ids=["name", "mistyped code", "nothing but a name"],
)
def test_names_and_mistyped_codes_go_to_a_person(other: dict[str, str]) -> None:
    assert decision(matching.match(table({"uscc": A}, other))) == "review"


@pytest.mark.parametrize(
    "other",
    [{"uscc": A, "name": "四川大邑食品厂"}, {"uscc": A, "unit_type": "3"}],
    ids=["another name", "a shop and a firm"],
)
def test_what_speaks_against_an_equal_code_is_asked_about(other: dict[str, str]) -> None:
    assert decision(matching.match(table({"uscc": A, "unit_type": "1"}, other))) == "review"


def test_an_equal_code_is_asked_about_even_when_all_else_differs() -> None:
    other = {
        "name": "四川大邑食品厂", "legal_rep": "李四光", "phone": "13900002222", "address": "重庆市江北区演江路9号",
        "industry_code": "1391", "established_on": "1999-05-06", "area_code": "500112",
    }  # fmt: skip
    pair = only(matching.match(table({"uscc": A, "area_code": "500105"}, {"uscc": A, **other})))
    assert (pair.decision, pair.weight < 0) == ("review", True)


def test_zeros_in_place_of_codes_join_nobody() -> None:
    rows = [{**BASE, "uscc": "0" * 18, "org_code": "0" * 9, "name": name} for name in ("甲益食品厂", "乙昌印刷厂")]
    apart = {"legal_rep": "李四光", "phone": "", "established_on": "2001-02-03"}
    assert matching.match(table(rows[0], {**rows[1], **apart})).pairs == []


def test_firms_that_share_only_an_agents_telephone_and_an_address_are_not_asked_about() -> None:
    founded = iter(range(2001, 2020, 4))
    rows = [
        {"name": f"重庆{core}有限公司", "legal_rep": core, "established_on": f"{next(founded)}-03-04"}
        for core in ("天和", "永康", "博远", "卓越", "凯越")
    ]
    assert matching.match(table(*rows)).pairs == []


def test_a_threshold_of_weight_matches_names_only_when_it_is_given() -> None:
    rows = table({"uscc": A}, NAMED)
    assert decision(matching.match(rows)) == "review"
    assert decision(matching.match(rows, thresholds=matching.Thresholds(review=0, match=5 * UNIT))) == "match"


def test_one_of_several_former_names_is_recognised() -> None:
    rows = table({"former_name": "重庆恒瑞百货有限公司；重庆宏泰百货有限公司"}, {"name": "重庆宏泰百货有限公司"})
    pair = only(matching.match(rows))
    assert (pair.decision, pair.levels["name"]) == ("review", 13)


# --- held ones, decisions of people -----------------------------------------------------------------------------------


def test_held_records_are_not_compared_with_one_another_and_no_cluster_holds_two() -> None:
    """Two units of the register bear the code of one record: it joins one, and a person sees the other."""
    held = table({"uscc": A}, {"uscc": A, "name": "重庆鑫源商贸有限责任公司"}, ids="u")
    result = matching.match(table({"uscc": A}), held)
    assert {(pair.left, pair.right): pair.decision for pair in result.pairs} == {
        ("r0", "u0"): "match",
        ("r0", "u1"): "review",
    }
    assert result.clusters == [["r0", "u0"]]
    assert result.report["refused_joins"]["two_held_units"] == 1


def test_what_is_common_in_the_register_is_common_though_the_run_is_small() -> None:
    bare = {**NAMED, "legal_rep": "", "phone": "", "address": "", "industry_code": "", "established_on": ""}
    alone = only(matching.match(table(bare), table({"uscc": A}, ids="u")))
    places = ("江北", "渝北", "江津", "合川", "南川", "綦江", "潼南", "大足")
    namesakes = ({"name": f"重庆{place}鑫源商贸有限公司", "address": f"{place}路1号"} for place in places)
    beside = matching.match(table(bare), table({"uscc": A}, *namesakes, ids="u")).pairs
    assert {pair.levels["name"] for pair in beside} == {9}
    assert all(pair.weight < alone.weight - 8 * UNIT for pair in beside)


def test_decisions_of_people_are_obeyed() -> None:
    rows = table({"uscc": A}, NAMED, {"name": "完全不同的名称", "legal_rep": "某某", "phone": "", "address": ""})
    result = matching.match(rows, decided=[("r0", "r1", False), ("r0", "r2", True)])
    assert together(result, "r0", "r2")
    assert not together(result, "r0", "r1")
    assert {(pair.left, pair.right) for pair in result.pairs} == {("r0", "r2")}


def test_of_two_decisions_on_one_pair_the_later_stands() -> None:
    rows = table({"uscc": A}, NAMED)
    assert decision(matching.match(rows, decided=[("r0", "r1", False), ("r1", "r0", True)])) == "match"
    assert decision(matching.match(rows, decided=[("r0", "r1", True), ("r1", "r0", False)])) == ""


def test_what_people_called_one_unit_is_joined_though_it_was_forbidden() -> None:
    legal, part = {"uscc": A, "unit_type": "1"}, {"unit_type": "2", "parent_code": A}
    assert decision(matching.match(table(legal, part), decided=[("r0", "r1", True)])) == "match"


def test_two_valid_codes_never_share_a_cluster_through_a_third_record() -> None:
    rows = table({"uscc": A}, {"uscc": B}, {"uscc": ""})
    result = matching.match(rows, decided=[("r0", "r2", True), ("r1", "r2", True)])
    assert not together(result, "r0", "r1")
    assert result.report["refused_joins"]["two_codes"] == 1


def test_no_path_joins_what_a_person_kept_apart() -> None:
    rows = table({"uscc": A}, {"uscc": A}, {"uscc": A})
    result = matching.match(rows, decided=[("r1", "r0", False)])
    assert not together(result, "r0", "r1")
    assert result.report["refused_joins"]["decided_different"] == 1


def test_a_decision_no_rule_would_find_is_scored_and_explained_like_any_pair() -> None:
    other = {"name": "四川大邑食品厂", "legal_rep": "李四", "address": "", "phone": "", "established_on": "1999-01-01"}
    result = matching.match(table({"uscc": A}, other), decided=[("r1", "r0", True), ("r0", "nobody", True)])
    pair = only(result)
    assert (pair.decision, pair.rule) == ("match", "decided")
    assert sum(explained(result, pair)) == pair.weight < 0


# --- explained, repeated ----------------------------------------------------------------------------------------------


def explained(result: matching.Matched, pair: matching.Pair, language: str = "zh") -> list[int]:
    lines = matching.explain_levels(result.model.name, result.model.version, pair.levels, language)
    assert all(line["label"] for line in lines)
    return [line["weight"] for line in lines]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_explanation_adds_up_exactly(language: str) -> None:
    result = matching.match(table({"uscc": A}, {**NAMED, "phone": ""}))
    assert sum(explained(result, only(result), language)) == only(result).weight


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pairs_of_the_earlier_engine_are_still_explained(language: str) -> None:
    """What a decision of before rests on adds up as it did then: prior and levels of the model it names."""
    levels = {
        "code": 4,
        "name": 2,
        "core": 1,
        "branch": 1,
        "person": 3,
        "phone": 0,
        "address": 2,
        "founded": 1,
        "kind": 1,
    }
    lines = matching.explain_levels("register", "1", levels, language)
    assert sum(line["weight"] for line in lines) == -11000 + 6000 + 7000 + 5000 + 2000 - 2500 + 3000 + 3000 + 300
    assert all(line["words"] for line in lines[1:])


def found(records: pa.Table, held: pa.Table) -> tuple[list[matching.Pair], list[list[str]]]:
    result = matching.match(records, held)
    return result.pairs, result.clusters


def test_the_order_of_rows_and_columns_changes_nothing() -> None:
    new = rows_of({"uscc": A}, NAMED, {"uscc": A, "phone": ""}, {"name": "重庆鑫元商贸有限公司"}, {"uscc": B})
    held = rows_of({"uscc": A, "phone": ""}, {"uscc": B, "legal_rep": "李四光"}, NAMED, ids="u")
    one = found(as_table(new), as_table(held))
    assert len(one[0]) > 4
    for seed in range(3):
        rng = random.Random(seed)
        names = rng.sample(list(new[0]), len(new[0]))
        shuffled = [as_table(rng.sample(rows, len(rows))).select(names) for rows in (new, held)]
        assert found(*shuffled) == one


def test_empty_tables_and_bare_records_work() -> None:
    nobody: Mapping[str, list[str]] = {"record_id": [], "name": []}
    assert matching.match(pa.table(nobody)).pairs == []
    assert matching.match(table({}), pa.table(nobody)).clusters == [["r0"]]
    assert matching.match(pa.table({"record_id": ["a", "b"], "name": ["", "甲店"]})).clusters == [["a"], ["b"]]
    with pytest.raises(ValueError, match="name"):
        matching.match(pa.table({"record_id": ["a"]}))


def test_a_record_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="r0"):
        matching.match(table({}), table({}))
