"""Whose value a merged unit says, decided without a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.core.personal import Personal
from app.domain.fields import FIELDS, NAMES
from app.register.merging import LEADS, Contest, Locked, Why, contests, taken
from app.register.rules import empty_value
from app.register.sources import Origin, pack

NOTHING: Locked = {}
RANKS = {
    **{("market", str(field.group)): 10 for field in FIELDS},
    **{("census", str(field.group)): 20 for field in FIELDS},
}
GOOD, BAD = "91500105MA8P2P310A", "91500105MA5ABCDE1O"


def unit(
    unit_id: int, source: str = "census", on: str = "2023-12-31", standing: str = "live", **values: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {name: empty_value(name) for name in NAMES}
    row |= {"unit_id": unit_id, "standing": standing, "unit_type": "1", **values}
    return row | {"sources": pack(Origin(source, unit_id, on))}


def told(survivor: Mapping[str, Any], *absorbed: Mapping[str, Any], locked: Locked = NOTHING) -> dict[str, Contest]:
    return {one.name: one for one in contests(survivor, absorbed, RANKS, locked)}


@pytest.mark.parametrize(
    ("own", "other", "winner", "why"),
    [
        (unit(1, name="甲"), unit(2, name="甲"), 1, Why.SAME),
        (unit(1), unit(2, name="乙"), 2, Why.FILLED),
        (unit(1, name="甲"), unit(2), 1, Why.SAME),
        (unit(1, name="甲"), unit(2, "market", name="乙"), 2, Why.SOURCE),
        (unit(1, "market", name="甲"), unit(2, name="乙"), 1, Why.SOURCE),
        (unit(1, name="甲"), unit(2, on="2024-06-01", name="乙"), 2, Why.NEWER),
        (unit(1, on="2024", name="甲"), unit(2, on="2024-06-01", name="乙"), 1, Why.NEWER),
        (unit(1, name="甲"), unit(2, name="乙"), 1, Why.SURVIVOR),
    ],
)
def test_the_stronger_source_wins_then_the_later_day_then_the_survivor(
    own: dict[str, Any], other: dict[str, Any], winner: int, why: Why
) -> None:
    contest = told(own, other)["name"]
    assert (contest.winner, contest.why) == (winner, why)
    assert [offer.unit_id for offer in contest.offers] == [1, 2]


def test_a_field_of_which_nobody_says_anything_is_no_contest() -> None:
    assert "name" not in told(unit(1), unit(2))


def test_of_several_absorbed_units_the_best_gives_the_value() -> None:
    contest = told(unit(1), unit(2, name="乙"), unit(3, "market", name="丙"))["name"]
    assert (contest.winner, contest.value, contest.why) == (3, "丙", Why.FILLED)


def test_a_value_that_another_says_too_stays_the_survivors_own() -> None:
    contest = told(unit(1, name="甲"), unit(2, "market", name="甲"), unit(3, name="丙"))["name"]
    assert (contest.winner, contest.why, contest.taken) == (1, Why.SOURCE, False)


def test_what_a_person_locked_is_not_outvoted() -> None:
    own, stronger = unit(1, name="甲"), unit(2, "market", name="乙")
    held = told(own, stronger, locked={1: {"name"}})["name"]
    assert (held.winner, held.why) == (1, Why.LOCKED)
    assert told(own, stronger, locked={1: {"tel"}})["name"].winner == 2


def test_a_code_that_passes_its_check_wins_over_one_that_fails() -> None:
    contest = told(unit(1, "market", uscc=BAD), unit(2, uscc=GOOD))["uscc"]
    assert (contest.value, contest.why) == (GOOD, Why.VERIFIED)


def test_an_address_goes_with_its_area() -> None:
    own = unit(1, area_code="500105001001", address="甲路1号")
    found = told(own, unit(2, "market", area_code="500105002001"))
    assert (found["area_code"].value, found["address"].value) == ("500105002001", "")
    assert found["address"].why is Why.TOGETHER


def test_within_one_area_an_address_is_filled_in() -> None:
    found = told(unit(1, area_code="500105001001"), unit(2, area_code="500105001001", address="甲路1号"))
    assert (found["address"].value, found["address"].why) == ("甲路1号", Why.FILLED)


def test_figures_of_two_years_are_not_mixed() -> None:
    own = unit(1, on="2024-01-01", figures_year=2023, revenue=None, employees=5)
    found = told(own, unit(2, figures_year=2018, revenue=700, employees=9))
    assert [found[name].value for name in ("figures_year", "revenue", "employees")] == [2023, None, 5]


def test_kind_stays_and_an_ending_is_not_handed_on() -> None:
    own = unit(1, operating_status="1")
    gone = unit(2, "market", standing="closed", unit_type="2", operating_status="6", closed_on="2024-05-01")
    found = told(own, gone)
    assert (found["unit_type"].value, found["unit_type"].why) == ("1", Why.KIND)
    assert found["operating_status"].value == "1"
    assert "closed_on" not in found


def test_a_branch_merged_into_its_legal_unit_does_not_make_it_its_own_parent() -> None:
    assert "parent_uscc" not in told(unit(1, uscc=GOOD), unit(2, unit_type="2", parent_uscc=GOOD))
    assert told(unit(1, unit_type="2"), unit(2, unit_type="2", parent_uscc=GOOD))["parent_uscc"].winner == 2


def test_what_is_said_of_another_body_fills_in_alone() -> None:
    """Of a firm that took over another, the younger record is the other's."""
    own = unit(1, uscc=GOOD, name="甲", address="")
    other = unit(2, "market", on="2024-06-01", uscc="91500105MA60X0024R", name="乙", address="乙路1号")
    found = told(own, other)
    assert [(found[name].value, found[name].why) for name in ("uscc", "name", "address")] == [
        (GOOD, Why.HELD),
        ("甲", Why.HELD),
        ("乙路1号", Why.FILLED),
    ]
    assert told(own, {**other, "uscc": BAD})["name"].winner == 2  # a code that fails tells no body apart


def test_what_is_chosen_wins_whatever_would_be_decided() -> None:
    own, gone = unit(1, operating_status="1", name="甲"), unit(2, standing="closed", operating_status="6", name="乙")
    chosen = {"operating_status": 2, "name": 1, "short_name": 2}
    found = {one.name: one for one in contests(own, [gone], RANKS, NOTHING, chosen)}
    assert (found["operating_status"].value, found["operating_status"].why) == ("6", Why.CHOSEN)
    assert (found["name"].winner, found["name"].why) == (1, Why.CHOSEN)
    assert "short_name" not in found


def test_what_is_taken_is_told_with_who_gave_it() -> None:
    own, other = unit(1, name="甲", mobile=Personal("13800001111")), unit(2, "market", name="乙", short_name="乙")
    changes, origins = taken(contests(own, [other], RANKS, NOTHING))
    assert changes == {"name": "乙", "short_name": "乙"}
    assert origins["name"] == Origin("market", 2, "2023-12-31")


def test_what_is_told_together_is_led_by_a_field_that_follows_none() -> None:
    assert LEADS.keys() <= set(NAMES)
    assert set(LEADS.values()).isdisjoint(LEADS)
