"""Surveys that go from one section to another, by two people."""

from __future__ import annotations

from app.surveys import verbs
from app.verbs import House
from tests.factories.house import do


def hand_over(house: House, survey: str, section: str) -> None:
    """A survey is another section's of the district: proposed by its register side, confirmed above."""
    do(house, verbs.change, "maintainer", code=survey, section=section)
    do(house, verbs.confirm_owner, "approver", code=survey, section=section, office="district")
