"""Input without the form it must have: what is wrong is a code with facts, the same by page, route and command."""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from app.cli.command import _wish
from app.core.errors import BadPayload, PermissionMissing, WrongState
from app.core.said import CATALOGUE
from app.domain.labels import WORDS, label
from app.domain.lives import JobStatus
from app.domain.roles import Permission
from app.units import verbs as units
from app.verbs import Wish
from app.verbs.faults import _BY_FAMILY, _CODES, _OWN, faults_of
from app.verbs.schemas import Day, Line, Moment
from app.web.calls import wish_of
from tests.factories.http import as_person, serving
from tests.house.wordings import fault_of

SECRET = "130000199001011234"


class Inner(Wish):
    name: Line


class Asked(Wish):
    number: Annotated[int, Field(ge=1, le=9)] = 1
    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^[^!]*$")] = "ab"
    line: Line = ""
    on: Day = date(2024, 1, 1)
    known_at: Moment = datetime(2024, 1, 1)
    status: JobStatus = JobStatus.TODO
    one: Literal["a", "b"] = "a"
    many: Annotated[list[str], Field(min_length=1, max_length=2)] = ["x"]
    either: int | date = 1
    facts: dict[str, int] = {}
    items: list[Inner] = []
    own: str = ""

    @field_validator("own")
    @classmethod
    def _never(cls, value: str) -> str:
        if value:
            raise ValueError(f"prose with {value}")
        return value


def faults(**told: Any) -> list[Any]:
    with pytest.raises(ValidationError) as wrong:
        Asked(**told)
    return faults_of(wrong.value.errors())


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"number": SECRET}, "part_above", "number"),
        ({"number": 0}, "part_below", "number"),
        ({"number": SECRET + "x"}, "part_not_whole", "number"),
        ({"name": SECRET}, "part_too_long", "name"),
        ({"name": "a"}, "part_too_short", "name"),
        ({"name": "a!"}, "part_malformed", "name"),
        ({"name": 1}, "part_not_text", "name"),
        ({"line": SECRET + "\0"}, "part_unreadable", "line"),
        ({"on": SECRET}, "part_not_a_day", "on"),
        ({"on": "0900-01-01"}, "day_outside", "on"),
        ({"known_at": SECRET + "T"}, "part_not_a_moment", "known_at"),
        ({"status": SECRET}, "part_not_among", "status"),
        ({"one": SECRET}, "part_not_among", "one"),
        ({"many": SECRET}, "part_not_list", "many"),
        ({"many": []}, "part_too_few", "many"),
        ({"many": [SECRET] * 3}, "part_too_many", "many"),
        ({"either": SECRET + "x"}, "part_not_whole", "either"),
        ({"facts": SECRET}, "part_not_object", "facts"),
        ({"facts": {"name": SECRET + "x"}}, "part_not_whole", "name"),
        ({"items": [{}]}, "part_missing", "name"),
        ({"items": [SECRET]}, "part_not_object", "items"),
        ({"own": SECRET}, "value_refused", "own"),
        ({"stranger": SECRET}, "part_unknown", "stranger"),
    ],
)
def test_each_kind_of_error_is_a_code_that_names_the_field_and_never_the_value(told, code, field):
    (found,) = faults(**told)
    assert (found.code, found.facts["field"]) == (code, field)
    assert SECRET not in str(found.as_json())
    assert re.search("[\u4e00-\u9fff]", found.text("zh"))
    assert "ValueError" not in found.text("zh")
    assert "Input" not in found.text("en")


def test_every_place_is_told_once_with_its_limits_and_the_names_people_know():
    found = faults(number=10, name="a", status="asleep", either="x")
    assert [one.facts["field"] for one in found] == ["number", "name", "status", "either"]
    assert found[0].facts["le"] == 9
    assert found[1].text("zh") == f"“{label('field', 'name')}”至少 2 个字"
    assert found[2].text("en").endswith("todo / doing / succeeded / failed / cancelled")


def test_every_code_of_a_fault_is_worded_in_both_languages():
    codes = {*_CODES.values(), *_BY_FAMILY.values(), *_OWN}
    assert [fault_of(code, CATALOGUE[code]) for code in sorted(codes)] == [""] * len(codes)


def test_page_and_command_refuse_the_same_with_the_same_words():
    said = []
    for ask in (
        lambda: wish_of(units.list_, {"known_at": "never"}),
        lambda: _wish(units.list_, {}, {"known_at": "never"}, {}),
    ):
        with pytest.raises(BadPayload) as refused:
            ask()
        said.append((refused.value.code, refused.value.text("zh"), refused.value.text("en")))
    assert said[0] == said[1]
    assert said[0][1] == "内容缺少或格式不对：“知悉时刻”不是时刻，应为 YYYY-MM-DDThh:mm:ss。"


@pytest.fixture
def http(database):
    with serving(database) as client:
        yield client


def test_a_route_tells_each_place_in_the_language_of_its_title(http, database):
    asked = {"params": {"known_at": "never", "limit": 0}, "headers": as_person(database, "maintainer")}
    answer = http.get("/api/v1/units", **asked).json()
    assert answer["code"] == "bad_payload"
    assert {tuple(fault["where"]): fault["code"] for fault in answer["faults"]} == {
        ("query", "known_at"): "part_not_a_moment",
        ("query", "limit"): "part_below",
    }
    assert [fault["what"] == fault["zh"] != fault["en"] for fault in answer["faults"]] == [True, True]
    asked["headers"]["Accept-Language"] = "de, en;q=0.5"
    english = http.get("/api/v1/units", **asked).json()
    assert english["title"] == english["en"]
    assert [fault["what"] == fault["en"] for fault in english["faults"]] == [True, True]


def test_a_title_is_in_the_callers_own_language_where_the_request_names_none(http, database):
    headers = as_person(database, "maintainer") | {"Accept-Language": "*"}
    assert http.get("/api/v1/jobs/99", headers=headers).json()["title"] == "没有任务 99。"
    told = http.put("/api/v1/me/language", json={"language": "en"}, headers=headers)
    assert told.is_success, told.text
    assert http.get("/api/v1/jobs/99", headers=headers).json()["title"] == "there is no job 99"
    asked = headers | {"Accept-Language": "zh-CN"}
    assert http.get("/api/v1/jobs/99", headers=asked).json()["title"] == "没有任务 99。"


def test_what_a_body_holds_that_is_no_json_is_told_without_it(http, database):
    headers = as_person(database, "maintainer") | {"Content-Type": "application/json"}
    answer = http.post("/api/v1/changes/requests", content=b"{" + SECRET.encode(), headers=headers)
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (422, "not_json")
    assert SECRET not in answer.text


def test_refusals_word_permissions_and_states():
    assert set(WORDS["permission"]) == set(Permission)
    missing = PermissionMissing(login="li", permission="read_trail")
    assert "查看日志" in missing.text("zh")
    assert "Read the logs" in missing.text("en")
    state = WrongState(life="job", id="1", state="doing", wanted="cancelled").text("en")
    assert "“Running”" in state
    assert "“Cancelled”" in state


def test_a_terminal_hears_refusals_in_its_language(monkeypatch, capsys):
    from app.cli.common import _say_refusal

    monkeypatch.setitem(os.environ, "LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(BadPayload) as refused:
        _wish(units.list_, {}, {"limit": 0}, {})
    _say_refusal(refused.value)
    assert capsys.readouterr().err == "bad_payload: 内容缺少或格式不对：“每页条数”不能小于 1。\n"
