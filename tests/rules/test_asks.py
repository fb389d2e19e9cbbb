"""What a rule may ask, read: every part has to be there, of its kind and within bounds, and nothing that is not known."""

from __future__ import annotations

from typing import Any

import pytest

from app.rules.asks import DEEPEST, MOST, MOST_SAID, BadRule, read_asks
from app.rules.standing import Asked

ALL: list[dict[str, Any]] = [
    {"holds": [{"field": "employees", "op": "eq", "value": 0}]},
    {"unlisted": "industry_code"},
    {"area": "area_code"},
    {"fails": {"schemes": ["uscc"], "within": "uscc"}},
    {"differs": {"field": "org_code", "of": "uscc", "first": 1, "length": MOST}},
    {"shorter": {"field": "industry_code", "than": 4}},
    {"shared": {"field": "address", "more_than": 1, "same": {"area_code": 6}, "among": []}},
    {"lacks_child": []},
    {"has_child": []},
    {"children_exceed": "employees"},
    {"after_first_day": "opened_on"},
]


def test_every_kind_of_ask_is_read_with_the_fields_that_it_looks_at() -> None:
    read = read_asks("X1", ALL)
    assert [sorted(ask.fields) for ask in read] == [
        ["employees"], ["industry_code"], ["area_code"], ["uscc"], ["org_code", "uscc"], ["industry_code"],
        ["address", "area_code"], [], [], ["employees"], ["opened_on"],
    ]  # fmt: skip
    assert [ask.whole for ask in read] == [False] * 6 + [True] + [False] * 4


def test_what_narrows_an_ask_is_looked_at_too() -> None:
    condition = {"field": "employees", "op": "le", "value": {"field": "employees_female"}}
    [ask] = read_asks("X1", [{"area": "area_code", "when": [condition], "of": "closed"}])
    assert sorted(ask.fields) == ["area_code", "employees", "employees_female"]
    among = [{"field": "unit_type", "op": "eq", "value": "1"}]
    [shared] = read_asks("X1", [{"shared": {"field": "name", "more_than": MOST, "among": among}}])
    assert sorted(shared.fields) == ["name", "unit_type"]


def test_one_unit_is_asked_for_what_it_shares_where_an_index_finds_that() -> None:
    asks = [{"shared": {"field": name, "more_than": 1}} for name in ("name", "mobile", "uscc", "tax_no", "address")]
    assert [ask.alone for ask in read_asks("X1", asks)] == [True, True, True, True, False]
    assert read_asks("X1", [{"area": "area_code"}])[0].alone


BAD: list[tuple[Any, str]] = [
    ([], "asks"), ("holds", "asks"), (None, "asks"), ({"holds": []}, "asks"), (["holds"], "asks"), ([[1]], "asks"),
    ([{}], ""), ([{"when": []}], "when"), ([{"nonsense": 1}], "nonsense"), ([{"holds": [], "area": "area_code"}], "area, holds"),
    ([{"unlisted": "nothing"}], "nothing"), ([{"unlisted": 7}], "7"), ([{"area": None}], "None"),
    ([{"area": "area_code", "of": "merged"}], "of"), ([{"holds": [{"field": "mobile", "op": "empty"}]}], "conditions[0].field"),
    ([{"shared": {"field": "name", "more_than": 0}}], "0"), ([{"shared": {"field": "name", "more_than": MOST + 1}}], str(MOST + 1)),
    ([{"shared": {"field": "name", "more_than": True}}], "True"), ([{"shared": {"field": "name"}}], "shared"),
    ([{"shared": {"field": "name", "more_than": 1, "same": []}}], "same"), ([{"shared": ["name", 1]}], "shared"),
    ([{"shared": {"field": "name", "more_than": 1, "same": {"area_code": "6"}}}], "6"),
    ([{"shared": {"field": "name", "more_than": 1, "of": 1}}], "shared"),
    ([{"shared": {"field": "name", "more_than": 1, "among": 1}}], "among"),
    ([{"differs": {"field": "org_code", "of": "uscc", "first": "9", "length": 9}}], "9"),
    ([{"differs": {"field": "org_code", "of": "uscc", "first": 9}}], "differs"),
    ([{"fails": {"schemes": []}}], "schemes"), ([{"fails": {"schemes": "uscc"}}], "schemes"), ([{"fails": {}}], "fails"),
    ([{"fails": {"schemes": ["uscc"], "of": ""}}], "fails"), ([{"shorter": {"field": "industry_code"}}], "shorter"),
    ([{"children_exceed": 7}], "7"), ([{"after_first_day": "x" * 99}], "x" * 64), ([{"y" * 99: 1}], "y" * 64),
]  # fmt: skip


@pytest.mark.parametrize(("asks", "named"), BAD)
def test_what_nobody_understands_is_refused_with_the_rule_and_the_part(asks: Any, named: str) -> None:
    with pytest.raises(BadRule) as refused:
        read_asks("X1", asks)
    assert refused.value.details["rule"] == "X1"
    fault = refused.value.details["fault"]
    if "given" in fault.facts:
        assert fault.facts["given"] == named
    else:
        assert named in str(refused.value)


UNFIT: list[tuple[dict[str, Any], str, str]] = [
    ({"differs": {"field": "employees", "of": "uscc", "first": 9, "length": 9}}, "employees", "differs"),
    ({"differs": {"field": "org_code", "of": "mobile", "first": 9, "length": 9}}, "mobile", "differs"),
    ({"fails": {"schemes": ["name"]}}, "name", "fails"),
    ({"fails": {"schemes": ["uscc"], "within": "name"}}, "name", "fails"),
    ({"shared": {"field": "legal_rep", "more_than": 1, "same": {"employees": 3}}}, "employees", "shared"),
    ({"after_first_day": "name"}, "name", "after_first_day"),
    ({"shorter": {"field": "mobile", "than": 4}}, "mobile", "shorter"),
]


@pytest.mark.parametrize(("ask", "field", "kind"), UNFIT)
def test_a_field_of_which_this_cannot_be_asked_is_told_with_what_was_asked(
    ask: dict[str, Any], field: str, kind: str
) -> None:
    with pytest.raises(BadRule) as refused:
        read_asks("X1", [ask])
    fault = refused.value.details["fault"]
    assert (fault.code, fault.facts) == ("rule_unfit_field", {"field": field, "kind": kind})


def test_where_a_condition_stands_is_told() -> None:
    bad = [{"field": "mobile", "op": "empty"}]
    with pytest.raises(BadRule, match=r"among\[0\]\.field"):
        read_asks("X1", [{"shared": {"field": "name", "more_than": 1, "among": bad}}])


def fault_of(asks: Any) -> str:
    try:
        read_asks("X1", asks)
    except BadRule as refused:
        return str(refused.details["fault"].code)
    return ""


def test_a_rule_says_so_many_values_and_no_more() -> None:
    def listing(count: int) -> list[dict[str, Any]]:
        return [{"holds": [{"field": "industry_code", "op": "in", "value": ["5165"] * count}]}]

    assert [fault_of(listing(count)) for count in (MOST_SAID - 2, MOST_SAID - 1)] == ["", "rule_too_long"]
    assert MOST_SAID == 1000


def test_what_is_nested_deeper_than_any_rule_is_not_looked_through() -> None:
    told: Any = []
    for _ in range(DEEPEST):
        told = [told]
    assert [fault_of(told), fault_of([told])] == ["rule_no_parts", "rule_too_long"]
    assert DEEPEST == 20


def test_what_cannot_be_understood_is_named_by_its_beginning() -> None:
    with pytest.raises(BadRule) as refused:
        read_asks("X1", [{"shorter": {"field": "name", "than": "9" * 99}}])
    assert refused.value.details["fault"].facts == {"given": "9" * 64}


def test_asks_are_parted_by_what_they_look_at() -> None:
    asked = Asked({"X1": read_asks("X1", ALL), "X2": read_asks("X2", [{"lacks_child": []}])})
    assert {rule: len(asks) for rule, asks in asked.only(whole=True).items()} == {"X1": 1}
    assert {rule: len(asks) for rule, asks in asked.only(whole=False).items()} == {"X1": 10, "X2": 1}
    assert {rule: len(asks) for rule, asks in asked.alone().asks.items()} == {"X1": 10, "X2": 1}
    assert asked.fields() >= {"address", "employees", "uscc"}
