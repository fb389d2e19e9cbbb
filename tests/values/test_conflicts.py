"""Where sources disagree: a list, settled by a note or by a change request, until a source says something new."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.changes import verbs as changes
from app.values import verbs as values
from app.values.errors import ValueNotFound
from tests.values.world import UNIT, Office, market_row, office

__all__ = ["office"]
PHONE, OTHER_PHONE = "13800001111", "13900009999"
WHY = "电话已回访，机主为现任法定代表人"


@pytest.fixture
def disputed(office: Office) -> Office:
    """The registrar of last year disagrees with the census about a telephone and the industry."""
    office.bring(market_row(phone=OTHER_PHONE, industry="5165"), "2023-06-30")
    return office


def conflicts(office: Office, login: str = "maintainer", **told: Any) -> list[Any]:
    found: list[Any] = office.do(values.conflicts, login, **told).items
    return found


def of(office: Office, field: str) -> int:
    [found] = conflicts(office, field=field)
    number: int = found.losing_id
    return number


def test_a_conflict_shows_both_values_with_source_and_day_and_why_the_one_lost(disputed: Office) -> None:
    found = {one.field: one for one in conflicts(disputed)}
    industry = found["industry_code"]
    assert (industry.held.value, industry.held.source, industry.held.on) == ("5199", "census", "2023-12-31")
    assert (industry.other.value, industry.other.source, industry.other.on) == ("5165", "market", "2023-06-30")
    assert (industry.unit_id, industry.name, industry.why) == (UNIT, "重庆鑫源商贸有限公司", "weaker_source")
    assert (found["mobile"].held.value, found["mobile"].other.value) == ("138****1111", "139****9999")


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"field": "mobile"}, ["mobile"]),
        ({"source": "market"}, ["industry_code", "mobile"]),
        ({"source": "census"}, []),
        ({"street": "500105006"}, ["industry_code", "mobile"]),
        ({"street": "500105001"}, []),
        ({"why": "weaker_source", "unit": UNIT}, ["industry_code", "mobile"]),
        ({"why": "older"}, []),
        ({"status": "kept"}, []),
    ],
)
def test_conflicts_are_found_by_field_source_street_and_reason(
    disputed: Office, wanted: dict[str, Any], fields: list[str]
) -> None:
    assert sorted(one.field for one in conflicts(disputed, **wanted)) == fields


def test_a_long_list_is_had_page_by_page_and_counted(disputed: Office) -> None:
    first = disputed.do(values.conflicts, limit=1)
    second = disputed.do(values.conflicts, limit=1, after=first.next)
    assert (first.total, len(first.items), len(second.items)) == (2, 1, 1)
    assert {first.items[0].field, second.items[0].field} == {"industry_code", "mobile"}


@pytest.mark.parametrize("login", ["neighbour", "nowhere"])
def test_conflicts_of_others_are_not_there(disputed: Office, login: str) -> None:
    assert conflicts(disputed, login) == []
    with pytest.raises(ValueNotFound):
        disputed.do(values.keep, login, losing_id=of(disputed, "mobile"), note=WHY)


def test_a_conflict_is_settled_by_a_note_until_its_source_says_something_new(disputed: Office) -> None:
    kept = disputed.do(values.keep, losing_id=of(disputed, "mobile"), note=WHY)
    assert (kept.status, [(one.note, one.by) for one in kept.choices]) == ("kept", [(WHY, "maintainer")])
    assert [one.field for one in conflicts(disputed)] == ["industry_code"]
    disputed.bring(market_row(phone=OTHER_PHONE) + "\n", "2024-08-31")
    assert conflicts(disputed, field="mobile") == []  # the same again, although newer by now
    assert [one.field for one in conflicts(disputed, status="kept")] == ["mobile"]
    disputed.bring(market_row(phone="13977778888"), "2024-09-30")
    [new] = conflicts(disputed, field="mobile", status="proposed")
    assert (new.other.value, new.choices) == ("139****8888", [])


def test_the_other_value_is_proposed_and_comes_into_force_by_the_ordinary_road(disputed: Office) -> None:
    taken = disputed.do(values.take, losing_id=of(disputed, "industry_code"), comment="与实际经营一致")
    assert (taken.status, conflicts(disputed, field="industry_code")) == ("in_review", [])
    [item] = disputed.do(changes.show, "approver", request_id=taken.request_id).sample
    assert [(one.field, one.old, one.new) for one in item.diff] == [("industry_code", "5199", "5165")]
    assert item.sources[0][:3] == ["market", 5, "2023-06-30"]
    disputed.approve(taken.request_id)
    assert disputed.says("industry_code") == "5165"
    assert ("industry_code", "market") not in disputed.losing()


def test_who_takes_a_value_does_not_decide_about_it(disputed: Office) -> None:
    taken = disputed.do(values.take, losing_id=of(disputed, "industry_code"))
    assert disputed.says("industry_code") == "5199"
    disputed.reject(taken.request_id)
    assert disputed.losing()["industry_code", "market"][:2] == ("refused", "kept")


def test_a_proposal_taken_back_opens_the_conflict_again(disputed: Office) -> None:
    taken = disputed.do(values.take, losing_id=of(disputed, "mobile"))
    disputed.do(changes.withdraw, request_id=taken.request_id)
    assert [one.field for one in conflicts(disputed, field="mobile")] == ["mobile"]


def test_what_was_settled_or_said_anew_meanwhile_is_not_settled_once_more(disputed: Office) -> None:
    number = of(disputed, "mobile")
    disputed.do(values.keep, losing_id=number, note=WHY)
    for verb, told in ((values.keep, {"note": WHY}), (values.take, {})):
        with pytest.raises(ValueNotFound):
            disputed.do(verb, losing_id=number, **told)


def test_a_source_against_its_own_earlier_word_is_no_conflict(office: Office) -> None:
    office.bring(market_row(rep="王五"), "2024-06-30", vouched=True)
    office.bring(market_row(rep="赵钱"), "2023-06-30")
    assert conflicts(office, field="legal_rep") == []
    assert office.losing() == {}


def test_a_note_is_vouched_for_and_the_log_says_who_settled_what(disputed: Office) -> None:
    disputed.do(values.keep, losing_id=of(disputed, "mobile"), note=WHY)
    with disputed.database.read() as session:
        sql = "SELECT actor, subject FROM audit_event WHERE event = 'value:keep'"
        assert [tuple(row) for row in session.execute(text(sql))] == [("maintainer", f"unit {UNIT}")]
