"""D13: a rule that says what nobody understands is refused by name; a level `two_above` was silently `above`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import policy
from app.changes.effects import Effect
from app.changes.rules import Need
from app.codelists import policies
from app.codelists.policies import BadPolicy, check_policy
from app.domain.period import FOREVER
from app.models import Policy
from tests.factories.world import TODAY

APPROVAL = {"need": ["add"], "level": "above"}
EFFECTS: dict[str, Any] = {
    "fields": {"uscc": "identity"},
    "needs": {"identity": "replace"},
    "ending": ["4"],
    "area_digits": 6,
}


@pytest.mark.parametrize(
    ("kind", "rule", "word"),
    [
        ("approval", {**APPROVAL, "level": "two_above"}, "two_above"),
        ("approval", {**APPROVAL, "need": ["ad"]}, "“ad”"),
        ("approval", {**APPROVAL, "nede": []}, "nede"),
        ("approval", {"need": ["add"]}, "level"),
        ("aproval", APPROVAL, "aproval"),
        ("effects", {**EFFECTS, "fields": {"usc": "identity"}}, "usc"),
        ("effects", {**EFFECTS, "fields": {"uscc": "identitty"}}, "identitty"),
        ("effects", {**EFFECTS, "fields": {"area_code": "area"}}, "needs.area"),
        ("effects", {**EFFECTS, "area_digits": 60}, "area_digits"),
        ("effects", {**EFFECTS, "together": ["nmae"], "at_once": 2}, "nmae"),
        ("effects", {**EFFECTS, "together": ["name"]}, "at_once"),
        ("effects", {**EFFECTS, "at_once": 3}, "together"),
        ("acceptance", {"accept": "change", "by": "code", "sources": ["markt"], "groups": ["state"]}, "markt"),
        ("intake", {"least_share_of_last": 2, "most_closed_share": 0, "closes_from_units": 1}, "least_share_of_last"),
    ],
)
def test_a_word_that_nobody_knows_is_refused_by_name(kind: str, rule: dict[str, Any], word: str) -> None:
    with pytest.raises(BadPolicy, match=word):
        check_policy("rule", kind, rule, date(2024, 1, 1), FOREVER)


def test_a_rule_is_in_force_on_a_day_at_least() -> None:
    check_policy("rule", "approval", APPROVAL, date(2024, 1, 1), FOREVER)
    with pytest.raises(BadPolicy):
        check_policy("rule", "approval", APPROVAL, date(2024, 1, 1), date(2024, 1, 1))


def test_a_row_that_was_misspelt_by_hand_decides_nothing(session: Session) -> None:
    row = session.execute(select(Policy).where(col(Policy.name) == "add-replace-remove")).scalar_one()
    row.rule = {**row.rule, "level": "two_above"}
    session.flush()
    with pytest.raises(BadPolicy, match="two_above"):
        policy.approval_for(session, "add", TODAY)


def test_the_words_that_rules_may_say_are_those_of_the_program() -> None:
    assert set(policies.NEEDS) == set(Need)
    assert set(policies.EFFECTS) == set(Effect)


def test_changing_the_park_counts_as_changing_the_area(session: Session) -> None:
    """DESIGN §5.5: who keeps a park sees its units, so in is as much as out."""
    effects = policy.effects_on(session, TODAY)
    assert effects.of({"park_code": "P01"}, {}) == {Effect.AREA}
    assert effects.of({"park_code": ""}, {"park_code": "P01"}) == {Effect.AREA}
    assert effects.of({"park_code": "P01"}, {"park_code": "P01"}) == set()
