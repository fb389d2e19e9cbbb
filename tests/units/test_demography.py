"""Entries and exits as people ask for them: by route and command, in their area, over days in their order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from app.core.db import Database
from app.domain.words import Reason
from app.units import verbs
from app.units.errors import TooLong
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.units import change_unit, make_unit

YEARS = {"from": "2019-01-01", "until": "2024-12-31"}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.write() as session:
        make_unit(session)
        gone = make_unit(session, uscc="", name="重庆第二商贸有限公司", area_code="500105007001")
        change_unit(session, gone, Reason.DEREGISTERED, on=date(2023, 5, 4))
    with housing(database) as house:
        yield house


def test_entries_and_exits_balance_in_ones_area_and_nobody_elses(house: House) -> None:
    streets = do(house, verbs.demography, "maintainer", **YEARS, by="street")
    assert [(one.key, one.opening, one.entries, one.exits, one.closing) for one in streets.items] == [
        ("500105006", 0, 1, 0, 1),
        ("500105007", 0, 1, 1, 0),
    ]
    months = do(house, verbs.demography, "maintainer", **YEARS)
    assert [(one.key, one.exits) for one in months.items if one.exits] == [("2023-05", 1)]
    assert (months.opening, months.closing) == (streets.opening, streets.closing) == (0, 1)
    assert do(house, verbs.demography, "neighbour", **YEARS).closing == 0


def test_the_route_answers_in_the_words_of_the_contract(database: Database) -> None:
    with database.write() as session:
        make_unit(session)
    with serving(database) as client:
        told = client.get(
            "/api/v1/demography", params=YEARS | {"by": "kind"}, headers=as_person(database, "maintainer")
        )
    assert told.json()["items"] == [{"key": "1", "name": "法人单位", "opening": 0, "in": 1, "out": 0, "closing": 1}]


@pytest.mark.parametrize("until", ["2018-12-31", "2099-12-31"])
def test_days_come_in_their_order_and_are_not_too_many(house: House, until: str) -> None:
    with pytest.raises(TooLong):
        do(house, verbs.demography, "maintainer", **YEARS | {"until": until})
