"""A definition says exactly what it selects, and every slip in it is named."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.rights import Territory
from app.frames import queries
from app.frames.definition import parse
from app.frames.wording import in_words
from app.register.conditions import Condition, Group, InvalidDefinition
from app.register.queries import AsOf
from tests.factories.units import make_unit

ON = AsOf(date(2024, 12, 31))


def land(*prefixes):
    return Territory(tuple((prefix, "") for prefix in prefixes))


def ids(session, *conditions, scope="50"):
    definition = parse({"conditions": list(conditions)}, within=land(scope))
    return [row.unit_id for row in session.execute(queries.members(0, definition, ON).order_by("unit_id"))]


def cond(field, op, value=None):
    said = {"field": field, "op": op}
    return said if value is None else said | {"value": value}


@pytest.fixture
def units(session):
    """Six units that differ in one thing each."""
    return {
        "plain": make_unit(session, uscc="", revenue=100, opened_on="2020-05"),
        "rich": make_unit(session, uscc="", revenue=30_000, opened_on="2020"),
        "unknown": make_unit(session, uscc="", opened_on=""),
        "branch": make_unit(session, uscc="", unit_type="2", revenue=0, opened_on="2020-06-15"),
        "hotel": make_unit(session, uscc="", industry_code="6110", revenue=5, opened_on="2019-12-31"),
        "away": make_unit(session, uscc="", area_code="500112001001", revenue=5, opened_on="2021-01-01"),
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (cond("unit_type", "eq", "2"), "branch"),
        (cond("unit_type", "not_eq", "1"), "branch"),
        (cond("industry_code", "in", ["6110", "6190"]), "hotel"),
        (cond("industry_code", "prefix", ["61", "7"]), "hotel"),
        (cond("industry_code", "not_prefix", "51"), "hotel"),
        (cond("industry_code", "between", ["6000", "6999"]), "hotel"),
        (cond("area_code", "not_prefix", "500105"), "away"),
        (cond("revenue", "ge", 20_000), "rich"),
        (cond("revenue", "le", 4), "branch"),
        (cond("revenue", "eq", 100), "plain"),
        (cond("revenue", "empty"), "unknown"),
        (cond("revenue", "not_ge", 1), "unknown branch"),
        (cond("revenue", "not_in", [5, 100, 30_000]), "unknown branch"),
        (cond("opened_on", "empty"), "unknown"),
        (cond("opened_on", "not_empty"), "plain rich branch hotel away"),
        (cond("opened_on", "ge", "2020-01-01"), "plain rich branch away"),
        (cond("opened_on", "ge", "2020-05-01"), "plain branch away"),
        (cond("opened_on", "ge", "2020-05-02"), "branch away"),
        (cond("opened_on", "le", "2020"), "plain rich branch hotel"),
        (cond("opened_on", "le", "2020-05"), "plain rich hotel"),
        (cond("opened_on", "between", ["2020-02", "2020-12"]), "plain branch"),
        (cond("opened_on", "not_ge", "2020"), "unknown hotel"),
        ({"any": [cond("unit_type", "eq", "2"), cond("revenue", "ge", 20_000)]}, "rich branch"),
        (
            {"any": [{"all": [cond("unit_type", "eq", "2"), cond("revenue", "eq", 0)]}, cond("revenue", "eq", 100)]},
            "plain branch",
        ),
    ],
)
def test_a_condition_selects(session, units, condition, expected):
    assert ids(session, condition) == [units[name] for name in expected.split()]


def test_all_conditions_have_to_hold_and_the_area_bounds_them(session, units):
    assert ids(session, cond("revenue", "le", 5), cond("unit_type", "eq", "1")) == [units["hotel"], units["away"]]
    assert ids(session, cond("revenue", "le", 5), cond("unit_type", "eq", "1"), scope="500105") == [units["hotel"]]


def test_prefixes_keep_case_apart_and_wildcards_mean_themselves(session):
    unit_id = make_unit(session, uscc="", name="ab%_有限公司")
    assert ids(session, cond("name", "prefix", "ab%_")) == [unit_id]
    assert ids(session, cond("name", "prefix", "AB")) == []
    assert ids(session, cond("name", "prefix", "a%")) == []


def test_a_great_many_prefixes_are_no_trouble(session, units):
    wanted = [f"{number:04}" for number in range(5000, 6999)]
    assert len(ids(session, cond("industry_code", "prefix", wanted))) == 6


def test_a_definition_silent_on_standing_means_live_units():
    assert parse({"conditions": []}).as_json()["conditions"] == [{"field": "standing", "op": "eq", "value": "live"}]
    said = [cond("standing", "in", ["closed", "live"])]
    assert len(parse({"conditions": said}).conditions) == 1


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ([], "definition"),
        ({"conditons": []}, "definition"),
        ({"conditions": {}}, "conditions"),
        ({"conditions": ["x"]}, "conditions[0]"),
        ({"conditions": [cond("colour", "eq", "1")]}, "conditions[0].field"),
        ({"conditions": [cond("mobile", "eq", "13800001234")]}, "conditions[0].field"),
        ({"conditions": [cond("legal_rep", "not_empty")]}, "conditions[0].field"),
        ({"conditions": [cond("revenue", "prefix", "1")]}, "conditions[0].op"),
        ({"conditions": [cond("name", "ge", "a")]}, "conditions[0].op"),
        ({"conditions": [cond("name", "not_", "a")]}, "conditions[0].op"),
        ({"conditions": [cond("revenue", "ge", "20000")]}, "conditions[0].value"),
        ({"conditions": [cond("revenue", "ge", True)]}, "conditions[0].value"),
        ({"conditions": [cond("revenue", "between", [5, 1])]}, "conditions[0].value"),
        ({"conditions": [cond("revenue", "between", [5])]}, "conditions[0].value"),
        ({"conditions": [cond("unit_type", "eq", "4")]}, "conditions[0].value"),
        ({"conditions": [cond("standing", "eq", "alive")]}, "conditions[0].value"),
        ({"conditions": [cond("opened_on", "ge", "last year")]}, "conditions[0].value"),
        ({"conditions": [cond("name", "eq", "")]}, "conditions[0].value"),
        ({"conditions": [cond("name", "in", [])]}, "conditions[0].value"),
        ({"conditions": [cond("name", "empty", "x")]}, "conditions[0].value"),
        ({"conditions": [{"any": []}]}, "conditions[0].any"),
        ({"conditions": [{"any": [cond("colour", "eq", "1")]}]}, "conditions[0].any[0].field"),
        ({"columns": ["name", "mobile"]}, "columns[1]"),
        ({"scope": "江北"}, "scope"),
    ],
)
def test_a_slip_is_named_by_its_place(raw, where):
    with pytest.raises(InvalidDefinition) as refusal:
        parse(raw)
    assert refusal.value.details["where"] == where
    assert str(refusal.value).startswith(where)


def test_the_area_asked_for_stays_within_the_one_allowed():
    assert parse({"scope": "500105006"}, within=land("500105")).scope == "500105006"
    assert parse({"scope": "50"}, within=land("500105")).scope == "500105"
    with pytest.raises(InvalidDefinition, match="outside your area"):
        parse({"scope": "500112"}, within=land("500105"))


def test_a_definition_survives_its_own_json():
    raw = {
        "conditions": [{"any": [cond("revenue", "between", [1, 2]), cond("name", "not_empty")]}],
        "columns": ["name"],
        "scope": "50",
    }
    definition = parse(raw)
    assert parse(definition.as_json()) == definition
    assert definition.columns == ("unit_id", "name")


def test_conditions_read_as_sentences():
    group = Group("any", (Condition("revenue", "ge", 20_000), Condition("opened_on", "le", "2020", negated=True)))
    assert in_words(group) == "(营业收入(千元) 不小于 20000 或 (否)开业时间 不晚于 2020)"
    assert in_words(Condition("industry_code", "prefix", ("51", "52")), "en") == "industry code begins with 51、52"
