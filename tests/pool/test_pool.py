"""Temporary codes: given out once, borne by one unit, ended by a registrar's code, found for ever (identifiers.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.changes import verbs as changes
from app.changes.errors import BadChange
from app.core.db import Database
from app.core.rights import OutOfArea
from app.pool import verbs
from app.register.taken import CodeTaken
from app.units import verbs as units
from app.verbs import House
from matching.standardise.codes import check_temp_code, temp_code_of
from tests.factories.house import do, housing
from tests.factories.world import TODAY

DAY = date(2024, 6, 1)
BORN: dict[str, Any] = {"name": "无照经营点甲", "unit_type": "3", "area_code": "500105006001"}
LEGAL = "92500105MA60X00599"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def test_a_code_is_of_its_area_and_number_and_fails_with_any_digit_wrong() -> None:
    code = temp_code_of("500105", 7)
    assert code[:17] == "Z5001050000000007"
    assert check_temp_code(code).ok
    for place in range(1, 18):
        wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
        assert check_temp_code(wrong).rule == "check", place
    assert (check_temp_code("临A-3").level, check_temp_code("").rule) == ("warning", "empty")


def test_codes_are_given_out_in_order_for_ones_own_area(house: House) -> None:
    first = do(house, verbs.issue, "maintainer", area="500105", count=2).codes
    second = do(house, verbs.issue, "maintainer", area="500105").codes
    assert [*first, *second] == [temp_code_of("500105", number) for number in (1, 2, 3)]
    shown = do(house, verbs.list_, "maintainer", limit=2)
    assert [(one.code, one.state) for one in shown.items] == [(code, "free") for code in first]
    assert (shown.next, shown.counts["free"], shown.counts["assigned"]) == (first[-1], 3, 0)
    with pytest.raises(OutOfArea):
        do(house, verbs.issue, "maintainer", area="500112")


def proposed(house: House, reason: str, unit_id: int | None = None, **told: Any) -> int:
    about = {"reason": reason, "valid_from": DAY, "changes": told} | ({"unit_id": unit_id} if unit_id else {})
    return int(do(house, changes.propose, "maintainer", **about).request_id)


def approve(house: House, request_id: int) -> None:
    version = do(house, changes.show, "approver", request_id=request_id).version
    do(house, changes.approve, "approver", request_id=request_id, version=version, comment="核实")


def born_with(house: House, code: str, **told: Any) -> int:
    approve(house, proposed(house, "found_missing", **{**BORN, "temp_code": code, **told}))
    (found,) = do(house, units.show, "maintainer", code=code, on=TODAY).items
    return int(found.unit_id)


def states(house: House) -> list[str]:
    return [str(one.state) for one in do(house, verbs.list_, "maintainer").items]


def test_a_registrars_code_ends_it_and_it_leads_to_the_unit_for_ever(house: House) -> None:
    (code,) = do(house, verbs.issue, "maintainer", area="500105").codes
    unit_id = born_with(house, code)
    assert states(house) == ["assigned"]
    without = do(house, verbs.list_, "maintainer")
    assert (without.live, without.without) == (1, 1)
    approve(house, proposed(house, "code_change", unit_id, uscc=LEGAL))
    (held,) = do(house, units.show, "maintainer", code=LEGAL, on=TODAY).items
    assert (held.unit_id, held.values.get("temp_code", "")) == (unit_id, "")
    assert [one.unit_id for one in do(house, units.show, "maintainer", code=code, on=TODAY).items] == [unit_id]
    assert states(house) == ["replaced"]


def test_the_code_of_a_unit_that_is_gone_is_taken_back_and_given_to_nobody(house: House) -> None:
    (code,) = do(house, verbs.issue, "maintainer", area="500105").codes
    unit_id = born_with(house, code)
    with pytest.raises(BadChange) as refused:
        proposed(house, "found_missing", **{**BORN, "name": "乙", "temp_code": code})
    assert [fault.code for fault in refused.value.details["faults"]] == ["temp_used"]
    approve(house, proposed(house, "closed", unit_id))
    assert states(house) == ["recalled"]
    with pytest.raises(BadChange):
        proposed(house, "found_missing", **{**BORN, "name": "乙", "temp_code": code})


def test_of_two_proposals_with_one_code_the_second_is_refused_when_it_is_decided(house: House) -> None:
    (code,) = do(house, verbs.issue, "maintainer", area="500105").codes
    one, two = (proposed(house, "found_missing", **{**BORN, "name": name, "temp_code": code}) for name in "甲乙")
    approve(house, one)
    with pytest.raises((BadChange, CodeTaken)):
        approve(house, two)


@pytest.mark.parametrize("code", [temp_code_of("500105", 99), "Z50010500000000010"])
def test_a_code_that_nobody_gave_out_is_refused(house: House, code: str) -> None:
    with pytest.raises(BadChange) as refused:
        proposed(house, "found_missing", **{**BORN, "temp_code": code})
    assert [fault.code for fault in refused.value.details["faults"]] == ["temp_not_issued"]


def test_a_code_of_another_form_is_an_older_one_and_stays(house: House) -> None:
    assert born_with(house, "PDY00001X") > 0
