"""Codes of a request stand with what they are called: what a unit said on the days of an item, and what it would say."""

from __future__ import annotations

from datetime import date

from app.changes import verbs
from app.codelists.service import load_shipped
from app.core.db import Database
from app.domain.words import Reason
from tests.factories.house import do, housing
from tests.factories.units import change_unit, make_unit
from tests.factories.world import NOW


def test_what_was_is_called_by_its_name_too(database: Database) -> None:
    """What was is kept by stretches of days, and none of these was looked up."""
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
        unit = make_unit(session, operating_status="1")
        change_unit(session, unit, Reason.CHANGE, on=date(2024, 6, 1), operating_status="2")
    with housing(database) as house:
        told = {"reason": "correction", "unit_id": unit, "changes": {"operating_status": "3"}}
        one = do(house, verbs.propose, "maintainer", **told, valid_from="2024-07-01").sample[0].diff[0]
        both = do(house, verbs.propose, "maintainer", **told, valid_from="2024-05-01").sample[0].diff[0]
    assert (one.old_name, one.new_name) == ("停业（歇业）", "筹建")
    assert both.old_name == "正常运营 → 停业（歇业）"
