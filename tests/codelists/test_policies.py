"""Shipped policies of an earlier version go on as this one ships them; what a bureau wrote stays, and is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes.policy import effects_on
from app.codelists import service
from app.models import Policy
from tests.factories.world import NOW, TODAY

OLD: dict[str, Any] = {
    "fields": {"uscc": "identity", "org_code": "identity", "reg_no": "identity", "operating_status": "standing", "area_code": "area"},
    "needs": {"identity": "replace", "standing": "remove", "area": "replace"},
    "ending": ["4", "5", "6", "7"],
    "area_digits": 6,
}  # fmt: skip
"""As the first version with effects shipped it: four facts replaced at once were a change for a colleague, a park was nothing."""


def held(session: Session, rule: dict[str, Any]) -> Policy:
    found = session.execute(select(Policy).where(col(Policy.name) == "effects")).scalar_one()
    found.rule = rule
    session.flush()
    return found


def renewed(session: Session) -> tuple[list[str], list[str]]:
    found = service.renew_standard_policies(session, actor="operator", now=NOW)
    session.flush()
    return found.renewed, found.own


def test_a_policy_of_an_earlier_version_goes_on_as_this_one_ships_it(session: Session) -> None:
    held(session, OLD)
    assert renewed(session) == (["effects"], [])
    assert effects_on(session, TODAY).at_once == 3
    assert "park_code" in effects_on(session, TODAY).fields
    assert effects_on(session, TODAY - timedelta(days=1)).at_once == 0  # of days gone by the old one tells
    assert renewed(session) == ([], [])


def test_what_a_bureau_wrote_stays_and_is_told(session: Session) -> None:
    held(session, {**OLD, "area_digits": 9})
    assert renewed(session) == ([], ["effects"])
    assert effects_on(session, TODAY).digits == 9


def test_a_policy_that_ended_does_not_come_back(session: Session) -> None:
    held(session, OLD).valid_until = TODAY
    assert renewed(session) == ([], [])
