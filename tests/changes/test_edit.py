"""D13: what was returned can be edited by its author (it was 405 before, and the same went in again)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.changes import verbs
from app.core.db import Database
from app.core.errors import AppError
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.writes import make_unit


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


@pytest.fixture
def unit(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


def proposed(house: House, unit: int, **told: Any) -> int:
    about = {"reason": "change", "valid_from": "2024-12-01", "unit_id": unit, "changes": {"address": "新路2号"}, **told}
    return int(do(house, verbs.propose, "maintainer", **about).request_id)


def returned(house: House, unit: int) -> int:
    request = proposed(house, unit)
    do(house, verbs.return_, "approver", request_id=request, comment="地址不全")
    return request


def seen(house: House, request: int, login: str = "maintainer") -> Any:
    return do(house, verbs.show, login, request_id=request)


def edited(house: House, request: int, login: str = "maintainer", **told: Any) -> Any:
    return do(house, verbs.edit, login, **{"request_id": request, "version": seen(house, request).version, **told})


def code_of(house: House, request: int, login: str = "maintainer", **told: Any) -> str:
    with pytest.raises(AppError) as refused:
        edited(house, request, login, **told)
    return refused.value.code


def test_a_returned_request_says_what_its_author_made_of_it(house: House, unit: int) -> None:
    request = returned(house, unit)
    before = seen(house, request).version
    shown = edited(house, request, changes={"address": "新路2号附3"}, valid_from="2024-11-01", comment="补了门牌")
    assert [(one.field, one.new) for one in shown.sample[0].diff] == [("address", "新路2号附3")]
    assert (shown.version, shown.opinions[-1].comment) == (before + 1, "补了门牌")
    do(house, verbs.submit, "maintainer", request_id=request)
    done = do(house, verbs.approve, "approver", request_id=request, version=seen(house, request).version)
    assert done.status == "applied"


def test_a_field_is_left_alone_again(house: House, unit: int) -> None:
    request = proposed(house, unit, submit=False)
    shown = edited(house, request, changes={"short_name": "甲"}, drop=["address"])
    assert [one.field for one in shown.sample[0].diff] == ["short_name"]


def test_what_it_needs_follows_from_what_it_says_now(house: House, unit: int) -> None:
    request = returned(house, unit)
    assert edited(house, request, changes={"uscc": "91500105MA5U8K3N95"}).need == "replace"


def test_only_drafts_and_returned_requests_are_edited(house: House, unit: int) -> None:
    assert code_of(house, proposed(house, unit), changes={"address": "别处"}) == "wrong_state"


def test_nobody_else_edits_it(house: House, unit: int) -> None:
    assert code_of(house, returned(house, unit), "maintainer2", changes={"address": "别处"}) == "not_the_author"


def test_another_version_than_the_one_looked_at_is_not_edited(house: House, unit: int) -> None:
    request = returned(house, unit)
    assert code_of(house, request, version=0, changes={"address": "别处"}) == "version_moved"


def test_nothing_is_led_out_of_this_register_by_an_edit(house: House, unit: int) -> None:
    assert code_of(house, returned(house, unit), changes={"area_code": "510105001001"}) == "out_of_area"


def test_an_edit_is_judged_as_a_proposal_is(house: House, unit: int) -> None:
    request = returned(house, unit)
    assert code_of(house, request, changes={"employees": "twelve"}) == "bad_change"
    assert seen(house, request).sample[0].diff[0].new == "新路2号"


def test_a_day_that_followed_from_the_change_follows_the_new_one(house: House, unit: int) -> None:
    request = proposed(house, unit, valid_from="2025-02-01", submit=False)
    assert str(seen(house, request).effective_on) == "2025-02-01"
    assert edited(house, request, valid_from="2024-12-01").effective_on is None


def test_it_is_patched_over_http(house: House, database: Database, unit: int) -> None:
    request = returned(house, unit)
    body = {"version": seen(house, request).version, "changes": {"address": "新路3号"}}
    with serving(database) as site:
        address, headers = f"/api/v1/changes/requests/{request}", as_person(database, "maintainer")
        answer = site.patch(address, json=body, headers=headers)
        assert (answer.status_code, answer.json()["sample"][0]["diff"][0]["new"]) == (200, "新路3号")
        assert site.patch(address, json={**body, "unit_id": 2}, headers=headers).status_code == 422
