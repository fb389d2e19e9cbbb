"""A record's whole journey over HTTP, as four people and a collection system, on both databases."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.audit.proof import verify
from app.core.clock import Clock
from app.core.db import Database
from app.worker import run_all
from tests.factories.people import key_of_client

Caller = Callable[[str], TestClient]
CLOCK = Clock("2024-12-31T10:00:00+08:00")
HELD, NEW = "91500105MA60X0016Y", "91500105MA5U8K3N95"

CENSUS = f"""单位类型,单位详细名称,统一社会信用代码,法定代表人,移动电话,单位所在地区划代码,单位所在地-街(村)、门牌号,运营状态,主要业务活动1,行业代码
1,重庆鑫源商贸有限公司,{HELD},张三丰,13800001111,500105006001,测云路1号,1,批发日用品,5199
1,重庆宏泰建材有限公司,,李四光,13800002222,500105006001,演江路2号,1,批发建材,5165
"""
MARKET = f"""统一社会信用代码,企业（机构）名称,企业（机构）类型,法定代表人（负责人）,成立日期,住所,行业代码,登记状态,联系电话
{NEW},重庆市宏泰建材有限公司,有限责任公司,李四光,2019-03-05,重庆市江北区演江路2号,5165,存续,13800002222
{HELD},重庆鑫源商贸有限公司,有限责任公司,王五,2020-01-02,重庆市江北区测云路1号,5199,存续,13800001111
"""


def take_in(client: TestClient, source: str, text: str, name: str) -> dict[str, Any]:
    files = {"file": (name, text.encode("gb18030"), "text/csv")}
    answer = client.post("/api/v1/imports", data={"source": source, "as_of": "2024-12-31"}, files=files)
    assert answer.status_code == 202, answer.text
    app: Any = client.app
    run_all(app.state.database, CLOCK)
    batch: dict[str, Any] = ok(client.get(f"/api/v1/imports/{answer.json()['batch_id']}"))
    return batch


def ok(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    result: dict[str, Any] = answer.json()
    return result


@pytest.fixture
def base_list(calling: Caller, database: Database) -> None:
    """The census is the opening base list, approved as one batch."""
    maintainer = calling("maintainer")
    take_in(maintainer, "census", CENSUS, "census.csv")
    run = ok(maintainer.post("/api/v1/match-runs"))
    ok(
        calling("approver").post(
            f"/api/v1/changes/requests/{run['requests'][0]}/approve", json={"version": 1, "comment": "底册"}
        )
    )
    run_all(database, CLOCK)


@pytest.mark.usefixtures("base_list")
def test_the_whole_road_as_four_people(calling: Caller, database: Database, served: TestClient) -> None:
    maintainer, approver, section = calling("maintainer"), calling("approver"), calling("section")
    colleague = calling("maintainer2")
    collector = {"X-API-Key": key_of_client(database)}

    def check(code: str) -> dict[str, Any]:
        return ok(served.get(f"/api/v1/check/{code}", headers=collector))

    assert check(HELD)["result"] == "registered"
    assert check(NEW)["result"] == "not_registered"

    batch = take_in(maintainer, "market", MARKET, "market.csv")
    assert batch["rows"] == 2
    run = ok(maintainer.post("/api/v1/match-runs"))
    assert run["ways"] == {"same": 1, "new": 0, "ask": 1, "wait": 0}
    run_all(database, CLOCK)
    assert check(NEW)["result"] == "pending"

    queue = ok(maintainer.get("/api/v1/pairs"))["items"]
    assert len(queue) == 1
    pair = ok(maintainer.get(f"/api/v1/pairs/{queue[0]['pair_id']}"))
    assert sum(line["weight"] for line in pair["score"]) == pair["match_weight"]
    assert "13800002222" not in json.dumps(pair)
    decided = ok(maintainer.post(f"/api/v1/pairs/{pair['pair_id']}/decision", json={"verdict": "same"}))
    request = f"/api/v1/changes/requests/{decided['request_id']}"
    diff = ok(maintainer.get(request))["sample"][0]["diff"]
    assert ("uscc", "", NEW) in [(one["field"], one["old"], one["new"]) for one in diff]

    refused = maintainer.post(f"{request}/approve", json={"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "own_proposal")
    assert refused.headers["content-type"] == "application/problem+json"
    ok(approver.post(f"{request}/approve", json={"version": 1, "comment": "同意"}))
    found = check(NEW)
    assert (found["result"], found["may_report"]) == ("registered", True)
    assert ok(served.post("/api/v1/check/verify", json={"receipt": found["receipt"]}, headers=collector))["valid"]

    unit = ok(section.get(f"/api/v1/units/{NEW}"))["items"][0]
    assert unit["values"]["legal_rep"] == "李**"
    assert unit["sources"]["uscc"]["source"] == "market"
    assert unit["sources"]["address"]["source"] == "census"

    frame = {
        "name": "批发2025",
        "survey": "E204",
        "period": "2025",
        "reference_date": "2024-12-31",
        "definition": {"conditions": [{"field": "industry_code", "op": "prefix", "value": "51"}]},
    }
    ok(colleague.post("/api/v1/frames", json=frame))
    assert ok(section.post("/api/v1/frames/批发2025/build", json={}))["rows"] == 2
    too_early = section.post("/api/v1/frames/批发2025/freeze")
    assert too_early.status_code == 409
    version = ok(section.get("/api/v1/frames/批发2025"))["version"]
    ok(section.post("/api/v1/frames/批发2025/confirm", json={"side": "section", "version": version}))
    ok(maintainer.post("/api/v1/frames/批发2025/confirm", json={"side": "register", "version": version}))
    frozen = ok(section.post("/api/v1/frames/批发2025/freeze"))
    order = {"purpose": "限下批零调查", "recipient": "贸易投资科"}
    package = section.post("/api/v1/frames/批发2025/exports", json=order)
    assert package.status_code in {200, 201}
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        data = next(name for name in archive.namelist() if name.endswith(".csv"))
        assert NEW in archive.read(data).decode("utf-8-sig")
    again = ok(section.get("/api/v1/frames/批发2025/verify"))
    assert again["intact"]
    assert frozen["status"] == "frozen"
    on_list = ok(served.get(f"/api/v1/check/{NEW}?survey=E204&on=2025-03-01", headers=collector))
    assert on_list["may_report"]
    with database.read() as session:
        assert verify(session).intact


@pytest.mark.usefixtures("base_list")
def test_the_registrars_change_came_in_by_policy_and_names_it(calling: Caller, database: Database) -> None:
    """D2: who brings a file does not vouch for it, and what nobody vouched for is not accepted by policy."""
    maintainer = calling("maintainer")
    batch = take_in(maintainer, "market", MARKET, "market.csv")["batch_id"]
    refused = maintainer.post(f"/api/v1/imports/{batch}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    assert ok(calling("maintainer2").post(f"/api/v1/imports/{batch}/confirm"))["confirmed_by"] == "maintainer2"
    ok(maintainer.post("/api/v1/match-runs"))
    run_all(database, CLOCK)
    unit = ok(maintainer.get(f"/api/v1/units/{HELD}?reveal=legal_rep&reason=核对执照"))["items"][0]
    assert unit["values"]["legal_rep"] == "王五"
    requests = ok(maintainer.get("/api/v1/changes/requests"))["items"]
    accepted = [request for request in requests if request["policy"] == "registrar-registration-fields"]
    assert [request["status"] for request in accepted] == ["applied"]


@pytest.mark.usefixtures("base_list")
def test_a_pair_decided_different_becomes_a_new_unit_and_is_not_asked_again(
    calling: Caller, database: Database
) -> None:
    maintainer, approver = calling("maintainer"), calling("approver")
    take_in(maintainer, "market", MARKET, "market.csv")
    ok(maintainer.post("/api/v1/match-runs"))
    pair = ok(maintainer.get("/api/v1/pairs"))["items"][0]["pair_id"]
    decided = ok(maintainer.post(f"/api/v1/pairs/{pair}/decision", json={"verdict": "different"}))
    ok(approver.post(f"/api/v1/changes/requests/{decided['request_id']}/approve", json={"version": 1}))
    run_all(database, CLOCK)
    assert ok(maintainer.get(f"/api/v1/units/{NEW}"))["items"][0]["values"]["name"] == "重庆市宏泰建材有限公司"
    take_in(maintainer, "market", MARKET.replace("2020-01-02", "2020-01-03"), "again.csv")
    ok(maintainer.post("/api/v1/match-runs"))
    assert ok(maintainer.get("/api/v1/pairs"))["items"] == []


@pytest.mark.usefixtures("base_list")
def test_a_decision_can_be_taken_back_until_it_is_in_the_register(calling: Caller, database: Database) -> None:
    maintainer, approver = calling("maintainer"), calling("approver")
    take_in(maintainer, "market", MARKET, "market.csv")
    ok(maintainer.post("/api/v1/match-runs"))
    pair = ok(maintainer.get("/api/v1/pairs"))["items"][0]["pair_id"]
    first = ok(maintainer.post(f"/api/v1/pairs/{pair}/decision", json={"verdict": "same"}))
    assert ok(maintainer.delete(f"/api/v1/pairs/{pair}/decision"))["status"] == "open"
    assert ok(maintainer.get(f"/api/v1/changes/requests/{first['request_id']}"))["status"] == "withdrawn"
    second = ok(maintainer.post(f"/api/v1/pairs/{pair}/decision", json={"verdict": "same"}))
    ok(approver.post(f"/api/v1/changes/requests/{second['request_id']}/approve", json={"version": 1}))
    assert maintainer.delete(f"/api/v1/pairs/{pair}/decision").json()["code"] == "already_applied"


@pytest.mark.usefixtures("base_list")
def test_the_same_file_twice_changes_nothing(calling: Caller, database: Database) -> None:
    maintainer = calling("maintainer")
    take_in(maintainer, "market", MARKET, "market.csv")
    ok(maintainer.post("/api/v1/match-runs"))
    run_all(database, CLOCK)
    before = ok(maintainer.get("/api/v1/changes"))["register_version"]
    again = take_in(maintainer, "market", MARKET, "market.csv")
    assert (again["repeat_of"] is not None, again["outcomes"]) == (True, {"skipped": 2})
    assert ok(maintainer.post("/api/v1/match-runs"))["ways"] == {}
    run_all(database, CLOCK)
    assert ok(maintainer.get("/api/v1/changes"))["register_version"] == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        ('单位详细名称,单位所在地区划代码\n"甲公司,500105006001\n'.encode(), "never closed"),
        ("单位详细名称,单位所在地区划代码\n甲公司,500105006001".encode("utf-16")[:-1], "cut off"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "says it is utf-16"),
    ],
)
def test_an_empty_a_truncated_and_a_wrongly_encoded_file_leave_nothing_behind(
    calling: Caller, content: bytes, words: str
) -> None:
    maintainer = calling("maintainer")
    files = {"file": ("bad.csv", content, "text/csv")}
    refused = maintainer.post("/api/v1/imports", data={"source": "census", "as_of": "2024-12-31"}, files=files)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_file")
    assert words in refused.json()["en"]
    assert ok(maintainer.get("/api/v1/imports"))["items"] == []


def test_people_see_and_do_only_what_is_theirs(calling: Caller, served: TestClient) -> None:
    assert served.get("/api/v1/units/1").status_code == 401
    assert served.get("/api/v1/check/1", headers={"X-API-Key": "mlk_false"}).status_code == 401
    for login in ("sysadmin", "secadmin", "audadmin"):
        assert calling(login).get("/api/v1/units/1").status_code == 403
    assert calling("section").post("/api/v1/match-runs").status_code == 403
    assert calling("maintainer").get("/api/v1/users").status_code == 403
    assert calling("maintainer").get("/api/v1/units/none").json()["code"] == "unit_not_found"
    assert served.get("/api/v1/nowhere").json()["code"] == "not_found"


def test_a_key_that_asks_too_often_is_told_when_to_come_back(served: TestClient, database: Database) -> None:
    headers = {"X-API-Key": key_of_client(database, per_minute=2)}
    answers = [served.get("/api/v1/check/x", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


def test_the_api_describes_itself(served: TestClient) -> None:
    described = served.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "/api/v1/check/{code}" in described["paths"]
