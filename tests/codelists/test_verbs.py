"""Code lists over HTTP and by two at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.accounts.actor import get_actor
from app.codelists import service
from app.codelists.service import EditionExists, load_shipped
from app.core.db import Database
from app.models import CodeItem, CodeList
from tests.factories.http import as_person, serving
from tests.factories.races import at_once
from tests.factories.world import NOW, TODAY

LISTS = "/api/v1/codelists"
PARKS = "code,name,parent_code,level,kind\nP,园区,,1,\nP1,测试园,P,2,工业\nP2,样例园,P,2,\n"
EDITION = {"name": "park", "edition": "2024", "title": "园区", "valid_from": "2024-01-01"}


@pytest.fixture
def http(database: Database) -> Iterator[TestClient]:
    with serving(database) as client:
        client.headers.update(as_person(database, "sysadmin"))
        yield client


def load(http: TestClient, text: str | bytes = PARKS, **told: str):
    content = text.encode() if isinstance(text, str) else text
    return http.post(LISTS, data={**EDITION, **told}, files={"file": ("parks.csv", content, "text/csv")})


def test_a_list_is_loaded_shown_browsed_searched_and_dropped(http: TestClient) -> None:
    loaded = load(http)
    assert (loaded.status_code, loaded.json()) == (201, {"name": "park", "edition": "2024", "codes": 3})
    edition = http.get(LISTS).json()["items"][0]
    assert edition == {**EDITION, "valid_until": "9999-12-31", "origin": "parks.csv"}
    answer = http.get(f"{LISTS}/park").json()
    assert (answer["edition"], answer["next"]) == ("2024", None)
    assert answer["items"][1] == {"code": "P1", "name": "测试园", "parent": "P", "kind": "工业"}
    top = http.get(f"{LISTS}/park", params={"parent": ""}).json()
    assert ([item["code"] for item in top["items"]], top["open"]) == (["P"], ["P"])
    below = http.get(f"{LISTS}/park", params={"parent": "P", "limit": 1}).json()
    assert ([item["code"] for item in below["items"]], below["next"], below["trail"][0]["name"]) == (
        ["P1"],
        "P1",
        "园区",
    )
    assert [i["code"] for i in http.get(f"{LISTS}/park", params={"q": "样例"}).json()["items"]] == ["P2"]
    dropped = http.delete(f"{LISTS}/park", params={"edition": "2024"})
    assert (dropped.status_code, http.get(LISTS).json()["items"]) == (200, [])
    assert http.delete(f"{LISTS}/park", params={"edition": "2024"}).json()["code"] == "no_such_edition"


def test_a_code_has_its_name_on_a_day(http: TestClient, database: Database) -> None:
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
    now = http.get("/api/v1/codes/industry/5165").json()
    assert (now["code"], now["name"], now["edition"]) == ("5165", "建材批发", "GB/T 4754-2017")
    then = http.get("/api/v1/codes/industry/5165", params={"on": "2015-01-01"}).json()
    assert then["edition"] == "GB/T 4754-2011"
    assert http.get("/api/v1/codes/industry/none").json()["code"] == "no_such_code"
    assert http.get("/api/v1/codes/none/1").json()["code"] == "code_list_not_found"


@pytest.mark.parametrize(
    "text",
    [
        "", "a,b\n1,2\n", "编码,名称\n".encode("gb18030"), "code,name\n" + "9" * 33 + ",x\n", "code,name\n,x\n",
        "code,name\n1\n", "code,name,level\n1,x,upper\n", 'code,name\n"1,x\n', "code,name\n1,\x00\n",
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_and_leaves_nothing(http: TestClient, text: str | bytes) -> None:
    refused = load(http, text)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_code_list")
    assert http.get(LISTS).json()["items"] == []


def test_what_is_not_understood_is_refused(http: TestClient) -> None:
    assert load(http, name="x" * 33).status_code == 422
    assert load(http, edition="").status_code == 422
    assert http.get(f"{LISTS}/park", params={"day": "2024-01-01"}).status_code == 422


def test_only_who_keeps_the_lists_loads_and_drops(http: TestClient, database: Database) -> None:
    http.headers.update(as_person(database, "maintainer"))
    assert load(http).json()["code"] == "permission_missing"
    assert http.delete(f"{LISTS}/park", params={"edition": "2024"}).status_code == 403


def test_of_two_that_load_one_edition_one_is_told_that_it_is_there(
    http: TestClient, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "parks.csv"
    path.write_text(PARKS, "utf-8")

    def bring_in() -> int:
        with database.write() as session:
            admin = get_actor(session, "sysadmin")
            rest = {"edition": "2024", "title": "园区", "valid_from": TODAY, "actor": admin, "now": NOW}
            return service.import_list(session, path, name="park", **rest)  # type: ignore[arg-type]

    ended = at_once(bring_in, bring_in, bring_in)
    assert sorted(str(end) for end in ended if end == 3) == ["3"]
    assert [type(end) for end in ended if end != 3] == [EditionExists] * 2
    with database.read() as session:
        assert (session.query(CodeList).count(), session.query(CodeItem).count()) == (1, 3)


def test_of_two_that_drop_one_edition_one_hears_that_it_is_gone(http: TestClient, database: Database) -> None:
    load(http)

    def drop() -> date:
        with database.write() as session:
            return service.drop_edition(
                session, "park", "2024", actor=get_actor(session, "sysadmin"), now=NOW
            ).valid_from

    ended = at_once(drop, drop)
    assert len([end for end in ended if end == date(2024, 1, 1)]) == 1
    assert [getattr(end, "code", end) for end in ended if end != date(2024, 1, 1)] == ["no_such_edition"]


def test_a_shipped_edition_is_not_taken_away(http: TestClient, database: Database) -> None:
    """Industry names vanished from all units, and only `db upgrade` brought them back."""
    with database.write() as session:
        service.load_shipped(session, actor="test", now=NOW)
    edition = next(item["edition"] for item in http.get(LISTS).json()["items"] if item["name"] == "industry")
    refused = http.delete(f"{LISTS}/industry", params={"edition": edition})
    assert (refused.status_code, refused.json()["code"]) == (409, "edition_shipped")
