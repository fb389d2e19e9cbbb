"""A survey belongs to a section, and only that section confirms its lists (D8: any section confirmed any survey)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import AppError, PermissionMissing, SecondPersonNeeded
from app.frames import verbs as frames
from app.surveys import verbs
from app.surveys.errors import (
    EmptyValidity,
    NotTheSection,
    SurveyExists,
    SurveyNotValid,
    UnknownSection,
    UnknownSurvey,
)
from app.verbs import House
from tests.factories.frames import confirm
from tests.factories.house import do, housing
from tests.factories.http import as_person, as_system, serving
from tests.factories.races import at_once
from tests.factories.surveys import hand_over
from tests.factories.units import USCC, make_unit
from tests.frames.world import TRADE

INDUSTRY = {"code": "B204", "name": "规模以上工业", "section": "industry", "document_no": "国统制〔2024〕1号"}
LIST = {"period": "2025", "definition": TRADE, "reference_date": date(2024, 12, 31), "build": True}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.write() as session:
        make_unit(session)
    with housing(database) as house:
        yield house


def built(house: House, who: str, survey: str, name: str = "名单") -> dict[str, str]:
    do(house, frames.create, who, name=name, survey=survey, **LIST)
    return {"reference": name}


def test_another_section_neither_drafts_nor_confirms(house: House) -> None:
    do(house, verbs.add, "maintainer", **INDUSTRY)
    with pytest.raises(NotTheSection) as refused:
        built(house, "section", "B204")
    assert "工交能源科" in refused.value.text("zh")
    one = built(house, "maintainer", "B204")
    with pytest.raises(NotTheSection):
        confirm(house, "section", **one, side="section")
    assert do(house, frames.show, "section", **one).may_confirm == []
    assert do(house, frames.show, "section2", **one).may_confirm == ["section"]
    confirm(house, "section2", **one, side="section")
    confirm(house, "maintainer2", **one, side="register")
    assert do(house, frames.freeze, "section2", **one).status == "frozen"


def test_who_drafted_a_list_does_not_confirm_it_for_the_register(house: House) -> None:
    one = built(house, "maintainer", "retail")
    with pytest.raises(SecondPersonNeeded):
        confirm(house, "maintainer", **one, side="register")
    confirm(house, "maintainer2", **one, side="register")


def test_a_list_is_of_a_registered_survey_that_holds_for_its_period(house: House) -> None:
    with pytest.raises(UnknownSurvey):
        built(house, "maintainer", "B204")
    do(house, verbs.add, "maintainer", **INDUSTRY, valid_until=date(2025, 7, 1))
    with pytest.raises(SurveyNotValid):
        built(house, "section2", "B204")
    do(house, verbs.change, "maintainer", code="B204", valid_until=date(2026, 1, 1))
    built(house, "section2", "B204")


def test_a_survey_of_no_section_is_confirmed_by_nobody_until_somebody_says_whose_it_is(house: House) -> None:
    """So stand the surveys that lists of earlier versions name."""
    from sqlalchemy import update

    from app.models import Survey

    with house.database.write() as session:
        session.execute(update(Survey).where(Survey.code == "retail").values(section_id=None))
    one = built(house, "maintainer", "retail")
    with pytest.raises(NotTheSection):
        confirm(house, "section", **one, side="section")
    hand_over(house, "retail", "trade")
    confirm(house, "section", **one, side="section")


def test_who_registers_and_for_whom(house: House) -> None:
    for who in ("section", "approver", "survey", "sysadmin"):
        with pytest.raises(PermissionMissing):
            do(house, verbs.add, who, **INDUSTRY)
    with pytest.raises(UnknownSection):
        do(house, verbs.add, "neighbour", **INDUSTRY)
    with pytest.raises(EmptyValidity):
        do(house, verbs.add, "maintainer", **INDUSTRY, valid_until=date(1949, 10, 1))
    made = do(house, verbs.add, "maintainer", **INDUSTRY)
    assert (made.section, made.section_name, made.office, made.mine) == ("industry", "工交能源科", "district", False)
    with pytest.raises(SurveyExists):
        do(house, verbs.add, "maintainer", **INDUSTRY)
    with pytest.raises(UnknownSection):
        do(house, verbs.change, "neighbour", code="B204", name="别人的")
    assert [one.code for one in do(house, verbs.list_, "section2", mine=True).items] == ["B204"]
    assert do(house, verbs.show, "section2", code="B204").mine


def test_of_two_who_register_one_code_at_once_one_hears_so(house: House) -> None:
    heard = at_once(*[lambda: do(house, verbs.add, "maintainer", **INDUSTRY)] * 2)
    assert [type(one) for one in heard if isinstance(one, AppError)] == [SurveyExists], heard


def test_over_http_and_in_the_check(database: Database) -> None:
    with database.write() as session:
        make_unit(session)
    with serving(database) as http:
        maintainer = as_person(database, "maintainer")
        answer = http.post("/api/v1/surveys", json=INDUSTRY, headers=maintainer)
        assert (answer.status_code, answer.json()["document_no"]) == (201, "国统制〔2024〕1号")
        changed = http.patch("/api/v1/surveys/B204", json={"form_no": "B204-1"}, headers=maintainer)
        assert changed.json()["form_no"] == "B204-1"
        listed = http.get("/api/v1/surveys", headers=as_person(database, "post")).json()["items"]
        assert "B204" in [one["code"] for one in listed]
        key = as_system(database)
        asked: Any = http.get(f"/api/v1/check/{USCC}", params={"survey": "none"}, headers=key)
        assert (asked.status_code, asked.json()["code"]) == (422, "unknown_survey")
        known = http.get(f"/api/v1/check/{USCC}", params={"survey": "B204"}, headers=key)
        assert known.json()["reason"]["code"] == "no_list"
