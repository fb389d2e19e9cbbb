"""Who wrote a list confirms it for neither side, and what is confirmed is what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from app.core.db import Database
from app.core.errors import SecondPersonNeeded, VersionMoved
from app.frames import verbs
from app.frames.errors import FrameNotFound, SurveyMoved
from app.models import Office
from app.surveys.errors import NotTheSection
from app.verbs import House
from tests.factories.frames import confirm
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.surveys import hand_over
from tests.factories.units import make_unit
from tests.factories.world import make_user
from tests.frames.world import TRADE

ONE: dict[str, Any] = {"reference": "名单"}
WHAT: dict[str, Any] = {"definition": TRADE, "reference_date": date(2024, 12, 31), "build": True}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.write() as session:
        make_unit(session)
    with housing(database) as house:
        yield house


def built(house: House, who: str) -> int:
    return do(house, verbs.create, who, name="名单", survey="retail", period="2025", **WHAT).version


def redefined(house: House, who: str) -> int:
    return do(house, verbs.redefine, who, **ONE, **WHAT | {"definition": {"conditions": []}}).version


@pytest.mark.parametrize(("login", "side"), [("maintainer2", "register"), ("section", "section")])
def test_who_redefined_a_list_speaks_for_neither_side(house: House, login: str, side: str) -> None:
    built(house, "maintainer")
    redefined(house, login)
    redefined(house, "maintainer")
    assert do(house, verbs.show, login, **ONE).may_confirm == []
    with pytest.raises(SecondPersonNeeded):
        confirm(house, login, **ONE, side=side)


@pytest.mark.parametrize(("login", "side"), [("maintainer", "register"), ("section", "section")])
def test_who_drafted_a_list_speaks_for_neither_side(house: House, login: str, side: str) -> None:
    built(house, login)
    redefined(house, "maintainer2")
    with pytest.raises(SecondPersonNeeded):
        confirm(house, login, **ONE, side=side)


def test_what_moved_after_the_look_is_not_confirmed(house: House) -> None:
    seen = built(house, "maintainer")
    moved = redefined(house, "maintainer2")
    with pytest.raises(VersionMoved) as refused:
        do(house, verbs.confirm, "section", **ONE, side="section", version=seen)
    assert refused.value.details == {"frame": "名单", "version": seen, "now": moved}
    again = do(house, verbs.build, "maintainer2", **ONE).version
    with pytest.raises(VersionMoved):
        do(house, verbs.confirm, "section", **ONE, side="section", version=moved)
    with pytest.raises(ValidationError):
        do(house, verbs.confirm, "section", **ONE, side="section")
    do(house, verbs.confirm, "section", **ONE, side="section", version=again)
    assert [one.side for one in do(house, verbs.show, "section", **ONE).confirmations] == ["section"]


def test_a_survey_lent_to_another_section_gets_no_list_confirmed_there(house: House) -> None:
    built(house, "maintainer")
    hand_over(house, "retail", "industry")
    assert do(house, verbs.show, "section2", **ONE).may_confirm == []
    for login, side in (("section2", "section"), ("maintainer2", "register")):
        with pytest.raises(SurveyMoved):
            confirm(house, login, **ONE, side=side)
    hand_over(house, "retail", "trade")
    with pytest.raises(NotTheSection):
        confirm(house, "section2", **ONE, side="section")
    confirm(house, "section", **ONE, side="section")


def test_a_list_of_a_survey_that_went_elsewhere_is_not_frozen_until_that_section_has_it(house: House) -> None:
    built(house, "maintainer")
    confirm(house, "section", **ONE, side="section")
    confirm(house, "maintainer2", **ONE, side="register")
    hand_over(house, "retail", "industry")
    with pytest.raises(SurveyMoved):
        do(house, verbs.freeze, "maintainer", **ONE)
    redefined(house, "maintainer")
    confirm(house, "section2", **ONE, side="section")
    confirm(house, "maintainer2", **ONE, side="register")
    hand_over(house, "retail", "trade")
    with pytest.raises(SurveyMoved):
        do(house, verbs.freeze, "maintainer", **ONE)


def test_the_api_refuses_what_moved_and_what_names_no_version(database: Database) -> None:
    with database.write() as session:
        make_unit(session)
    with serving(database) as http:
        drafter, section = as_person(database, "maintainer"), as_person(database, "section")
        wish = WHAT | {"name": "名单", "survey": "retail", "period": "2025", "reference_date": "2024-12-31"}
        seen = http.post("/api/v1/frames", json=wish, headers=drafter).json()["version"]
        assert http.post("/api/v1/frames/名单/confirm", json={"side": "section"}, headers=section).status_code == 422
        http.post("/api/v1/frames/名单/build", json={}, headers=drafter)
        told = {"side": "section", "version": seen}
        moved = http.post("/api/v1/frames/名单/confirm", json=told, headers=section)
        assert (moved.status_code, moved.json()["code"]) == (409, "version_moved")


def test_another_section_alters_no_list_and_voids_no_confirmation(house: House) -> None:
    """It redefined, built or gave up the list of a survey not its own, and what two sides had confirmed was void."""
    built(house, "maintainer")
    for login, side in (("section", "section"), ("maintainer2", "register")):
        confirm(house, login, **ONE, side=side)
    before = do(house, verbs.show, "section", **ONE)
    for verb, told in ((verbs.redefine, WHAT), (verbs.build, {}), (verbs.discard, {}), (verbs.freeze, {})):
        with pytest.raises(NotTheSection):
            do(house, verb, "section2", **ONE, **told)
    assert do(house, verbs.show, "section", **ONE) == before
    assert not do(house, verbs.show, "section2", **ONE).may_alter
    assert do(house, verbs.freeze, "section", **ONE).status == "frozen"


@pytest.mark.parametrize("road", ["show", "units", "exports", "verify", "build", "discard", "freeze", "confirm"])
def test_a_list_of_another_area_is_as_if_it_were_not_there(house: House, road: str) -> None:
    """The neighbour's section heard 403, and with it that there is such a list."""
    built(house, "maintainer")
    with house.database.write() as session:
        office = session.execute(select(Office).where(col(Office.code) == "district2")).scalar_one()
        make_user(session, "yb_sec", office, ["section"], section=("trade", "贸易科"))
    told = {"side": "section", "version": 1} if road == "confirm" else {}
    with pytest.raises(FrameNotFound):
        do(house, getattr(verbs, road), "yb_sec", **ONE, **told)
