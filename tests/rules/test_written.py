"""Rules that a bureau writes itself: tried, proposed by one, confirmed by another, in force from their day, ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import AppError, PermissionMissing, SecondPersonNeeded, WrongState
from app.core.turns import Own
from app.models import Finding, Rule
from app.rules import drafts, queries, standing, trying, writing
from app.rules import verbs as rules
from app.rules.asks import BadRule
from app.rules.errors import DraftNotFound, EditionBegun, FindingNotFound, NotTheConfirmer, RuleNotFound
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.races import at_once
from tests.factories.units import make_unit
from tests.factories.world import NOW, TODAY

MANY = [{"holds": [{"field": "employees", "op": "ge", "value": 5000}]}]
RULE: dict[str, Any] = {
    "code": "B01", "zh": "从业人员超过五千人，请核对", "en": "more than five thousand employees: look at it again", "source": "渝统函1号",
    "fields": ["employees"], "asks": MANY, "valid_from": TODAY,
}  # fmt: skip


UNFIT: list[dict[str, Any]] = [
    {"differs": {"field": "mobile", "of": "uscc", "first": 1, "length": 2}},
    {"differs": {"field": "org_code", "of": "employees", "first": 1, "length": 2}},
    {"unlisted": "mobile"}, {"unlisted": "former_names"}, {"area": "mobile"}, {"area": "employees"},
    {"shorter": {"field": "email", "than": 4}}, {"shorter": {"field": "employees", "than": 4}},
    {"after_first_day": "operator"}, {"after_first_day": "employees"}, {"children_exceed": "tel"}, {"children_exceed": "name"},
    {"shared": {"field": "email", "more_than": 1}}, {"shared": {"field": "employees", "more_than": 1}},
    {"shared": {"field": "former_names", "more_than": 1}}, {"shared": {"field": "name", "more_than": 1, "same": {"mobile": 2}}},
    {"shared": {"field": "name", "more_than": 1, "same": {"employees": 2}}},
    {"fails": {"schemes": ["mobile"]}}, {"fails": {"schemes": ["uscc"], "within": "name"}},
]  # fmt: skip
"""Sealed columns have no words to compare, numbers no characters, and neither database says so in the same way."""


@pytest.fixture
def house(ruled: Database) -> Iterator[House]:
    with ruled.write() as session:
        make_unit(session, employees=6000, revenue=1)
        make_unit(session, uscc="", name="小企业", employees=6, revenue=1, mobile="")
        make_unit(session, uscc="", name="邻区大企业", employees=7000, revenue=1, mobile="", area_code="500112002001")
    with housing(ruled) as house:
        yield house


def proposed(house: House, login: str = "maintainer", **told: Any) -> Any:
    return do(house, writing.propose, login, **(RULE | told))


def confirmed(house: House, draft_id: int, login: str = "approver") -> Any:
    return do(house, writing.confirm, login, draft_id=draft_id)


def found_by(house: House, on: date = TODAY) -> set[tuple[str, int]]:
    standing.look(Own(house.database), now=NOW + (on - TODAY))
    with house.database.read() as session:
        return {
            (one.rule, one.unit_id)
            for one in session.execute(select(Finding).where(Finding.status == "open")).scalars()
        }


def editions(house: House, code: str) -> list[tuple[str, str]]:
    with house.database.read() as session:
        held = session.execute(select(Rule).where(Rule.code == code).order_by(Rule.valid_from)).scalars()
        return [(str(one.valid_from), str(one.valid_until)) for one in held]


def test_a_rule_is_tried_proposed_by_one_and_confirmed_by_another_before_it_finds_anything(house: House) -> None:
    tried = do(house, writing.try_, "maintainer", asks=MANY)
    assert (tried.looked, tried.found, tried.all, [one.unit_id for one in tried.first]) == (2, 1, True, [1])
    draft = proposed(house)
    assert (draft.status, draft.may_decide, draft.may_withdraw) == ("proposed", False, True)
    assert found_by(house) == set()
    [waiting] = do(house, writing.list_drafts, "approver", status="proposed").items
    assert (waiting.draft_id, waiting.may_decide, waiting.by) == (draft.draft_id, True, "maintainer")
    assert confirmed(house, draft.draft_id).status == "confirmed"
    assert found_by(house) == {("B01", 1), ("B01", 3)}
    listed = {one.code: one for one in do(house, rules.list_rules, "maintainer").items}
    assert (listed["B01"].open, listed["B01"].source) == (1, "渝统函1号")
    assert editions(house, "B01") == [("2024-12-31", "9999-12-31")]


def test_who_proposed_a_rule_or_stands_below_or_beside_does_not_confirm_it(house: House) -> None:
    draft = proposed(house).draft_id
    for login, refusal in (
        ("maintainer", PermissionMissing), ("neighbour_approver", NotTheConfirmer), ("sysadmin", PermissionMissing),
        ("district_approver", NotTheConfirmer),
    ):  # fmt: skip
        with pytest.raises(refusal):
            confirmed(house, draft, login)
    with pytest.raises(PermissionMissing):
        proposed(house, "district_approver")
    with pytest.raises(NotTheConfirmer):
        do(house, writing.withdraw, "maintainer2", draft_id=draft)
    assert do(house, writing.refuse, "approver", draft_id=draft).status == "refused"
    with pytest.raises(WrongState):
        confirmed(house, draft)
    with pytest.raises(DraftNotFound):
        confirmed(house, 99)
    assert editions(house, "B01") == []


def test_nobody_confirms_what_he_proposed_in_an_earlier_place(house: House) -> None:
    from app.models import RuleDraft, UserAccount

    draft = proposed(house).draft_id
    with house.database.write() as session:
        own = session.execute(select(UserAccount.user_id).where(UserAccount.login == "approver")).scalar_one()
        session.get_one(RuleDraft, draft).proposed_by = own
    with pytest.raises(SecondPersonNeeded):
        confirmed(house, draft)


def test_an_edition_ends_where_the_next_begins_and_a_rule_can_be_ended(house: House) -> None:
    later = TODAY + timedelta(days=10)
    confirmed(house, proposed(house, valid_from=later).draft_id)
    confirmed(house, proposed(house, zh="另一版本的说明").draft_id)
    assert editions(house, "B01") == [("2024-12-31", "2025-01-10"), ("2025-01-10", "9999-12-31")]
    assert found_by(house) == {("B01", 1), ("B01", 3)}
    gone = do(house, writing.end, "maintainer", code="B01", on=TODAY + timedelta(days=3))
    assert (gone.ends, gone.asks, gone.code) == (True, [], "B01")
    assert confirmed(house, gone.draft_id).status == "confirmed"
    assert editions(house, "B01") == [("2024-12-31", "2025-01-03"), ("2025-01-10", "9999-12-31")]
    assert found_by(house, TODAY + timedelta(days=4)) == set()
    with pytest.raises(RuleNotFound):
        do(house, writing.end, "maintainer", code="B01", on=TODAY + timedelta(days=5))


def test_what_an_ended_rule_found_is_listed_and_explained_no_more_before_the_next_look_closes_it(house: House) -> None:
    confirmed(house, proposed(house).draft_id)
    found_by(house)
    [before] = do(house, rules.list_, "maintainer", rule="B01").items
    confirmed(house, do(house, writing.end, "maintainer", code="B01", on=TODAY + timedelta(days=1)).draft_id)
    late = House(house.database, Clock("2025-01-01T10:00:00+08:00"), house.access, house.files_dir)
    assert do(late, rules.list_, "maintainer", rule="B01").items == []
    with pytest.raises(FindingNotFound):
        do(late, rules.note, "maintainer", finding_id=before.finding_id, note="集团总部，人数属实")


def test_a_rule_that_should_never_have_begun_is_ended_on_its_first_day(house: House) -> None:
    confirmed(house, proposed(house).draft_id)
    assert found_by(house) == {("B01", 1), ("B01", 3)}
    confirmed(house, do(house, writing.end, "maintainer", code="B01").draft_id)
    assert (editions(house, "B01"), found_by(house)) == ([("2024-12-31", "2024-12-31")], set())


@pytest.mark.parametrize(
    ("later", "become"), [(0, ["confirmed", "rule_edition_begun"]), (9, ["confirmed", "confirmed"])]
)
def test_of_two_editions_confirmed_at_once_one_begins_on_a_day_and_none_covers_another(
    house: House, monkeypatch: pytest.MonkeyPatch, later: int, become: list[str]
) -> None:
    both = [proposed(house, valid_from=TODAY + timedelta(days=days)).draft_id for days in (0, later)]
    looked, asked = Barrier(2), drafts._put_in_force

    def wait(*told: Any) -> None:
        with suppress(BrokenBarrierError):
            looked.wait(1)
        asked(*told)

    monkeypatch.setattr(drafts, "_put_in_force", wait)
    found = at_once(*(partial(confirmed, house, draft_id) for draft_id in both))
    assert (
        sorted(str(getattr(one, "code", one) if isinstance(one, Exception) else one.status) for one in found) == become
    )
    spans = editions(house, "B01")
    assert [until for _, until in spans] == [*(begins for begins, _ in spans[1:]), "9999-12-31"]


def test_a_shipped_rule_is_changed_from_its_day_and_stays_so_when_the_program_is_upgraded(house: House) -> None:
    from app.rules.service import load_standard_rules

    with house.database.write() as session:
        make_unit(session, uscc="", name="无人企业", employees=0, revenue=5, mobile="")
    assert found_by(house) == {("A10", 4)}
    gone = do(house, writing.end, "maintainer", code="A10")
    assert confirmed(house, gone.draft_id).valid_from == TODAY
    with house.database.write() as session:
        assert load_standard_rules(session, actor="test", now=NOW) == 0
    assert found_by(house) == set()


def test_days_gone_by_and_days_on_which_another_edition_begins_are_refused(house: House) -> None:
    for day in (TODAY - timedelta(days=1), date(9999, 12, 31), date(2100, 1, 1)):
        with pytest.raises(EditionBegun):
            proposed(house, valid_from=day)
    first, second = proposed(house).draft_id, proposed(house).draft_id
    confirmed(house, first)
    with pytest.raises(EditionBegun):
        confirmed(house, second)
    with pytest.raises(EditionBegun):
        proposed(house)
    assert do(house, writing.withdraw, "maintainer", draft_id=second).status == "withdrawn"
    tomorrow = proposed(house, code="B02", valid_from=TODAY + timedelta(days=1)).draft_id
    with housing(house.database) as next_week:
        late = House(next_week.database, Clock("2025-01-07T10:00:00+08:00"), next_week.access, next_week.files_dir)
        with pytest.raises(EditionBegun):
            confirmed(late, tomorrow)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"asks": [{"nonsense": 1}]}, "rule_no_ask"), ({"asks": []}, "rule_no_parts"), ({"fields": []}, "rule_no_fields"),
        ({"fields": ["nothing"]}, "rule_fields_unknown"),
        ({"asks": [{"fails": {"schemes": ["uscc"], "within": [1]}}]}, "rule_no_field"),
        ({"asks": [{"holds": [{"field": "mobile", "op": "empty"}]}]}, "invalid_definition"),
        ({"asks": [{"holds": [{"field": "reg_no", "op": "in", "value": ["1"] * 1001}]}]}, "rule_too_long"),
        *(({"asks": [ask]}, "rule_unfit_field") for ask in UNFIT),
    ],
)  # fmt: skip
def test_a_rule_that_says_what_nobody_understands_is_refused_by_name(house: House, told: Any, fault: str) -> None:
    with pytest.raises(BadRule) as refused:
        proposed(house, **told)
    assert (refused.value.details["rule"], refused.value.details["fault"].code) == ("B01", fault)
    assert do(house, writing.list_drafts, "maintainer").items == []


def test_trying_a_rule_tells_of_ones_own_area_and_no_more_than_it_says(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    beyond: dict[str, Any] = {"field": "unit_type", "more_than": 1}
    tried = do(house, writing.try_, "neighbour", asks=[{"shared": beyond}])
    assert (tried.looked, tried.found) == (1, 0)
    own, other = ({"field": "employees", "op": "eq", "value": count} for count in (7000, 6000))
    asked = [{"shared": {**beyond, "among": [{"any": [own, other]}]}}]
    assert do(house, writing.try_, "neighbour", asks=asked).found == 0  # nor what a unit of another district says
    alone = do(house, writing.try_, "neighbour", asks=[{"holds": [own]}])
    assert [one.name for one in alone.first] == ["邻区大企业"]
    with pytest.raises(AppError):
        do(house, writing.try_, "maintainer", asks=[{"nonsense": 1}])
    monkeypatch.setattr(trying, "LOOKED", 1)
    monkeypatch.setattr(trying, "_PART", 1)
    some = do(house, writing.try_, "maintainer", asks=MANY)
    assert (some.looked, some.found, some.all) == (1, 1, False)


def test_rules_are_told_as_of_a_day(house: House) -> None:
    confirmed(house, proposed(house, valid_from=TODAY + timedelta(days=1)).draft_id)
    with house.database.read() as session:
        known = [{one.code for one in queries.rules_on(session, TODAY + timedelta(days=days))} for days in (0, 1)]
    assert known[1] - known[0] == {"B01"}
