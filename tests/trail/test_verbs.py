"""Reading and verifying the logs over HTTP and by command, on both databases."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.accounts.actor import get_actor
from app.accounts.service import issue_token
from app.core.db import Database
from app.core.schema import differences
from app.models import metadata
from tests.factories.alterations import behind_the_back
from tests.factories.http import as_person, serving
from tests.factories.people import knows, signed_in
from tests.factories.units import make_unit
from tests.factories.world import NOW


@pytest.fixture
def http(database: Database):
    with serving(database) as client:
        client.headers.update(as_person(database, "audadmin"))
        with database.write() as session:
            issue_token(session, get_actor(session, "audadmin"), now=NOW, label="第二")
        yield client


def test_entries_are_listed_the_newest_first_and_page_by_page(http) -> None:
    body = http.get("/api/v1/log", params={"event": "token:issue", "limit": 1}).json()
    newest = body["items"][0]
    assert (newest["actor"], newest["subject"], newest["at"][-1]) == ("audadmin", "user audadmin", "Z")
    older = http.get("/api/v1/log", params={"event": "token:issue", "limit": 5, "after": body["next"]}).json()
    assert [entry["seq"] < newest["seq"] for entry in older["items"]] == [True]
    assert older["next"] is None
    assert http.get("/api/v1/log", params={"subject": "user sec"}).json()["items"] == []
    assert http.get("/api/v1/log", params={"chain": "access"}).json()["items"] == []


def test_an_entry_is_read_with_its_payload(http) -> None:
    seq = http.get("/api/v1/log").json()["items"][0]["seq"]
    entry = http.get(f"/api/v1/log/audit/{seq}").json()
    assert entry["payload"] == {"days": 90, "label": "第二"}
    assert (len(entry["hash"]), entry["chain"]) == (64, "audit")
    missing = http.get("/api/v1/log/audit/999999")
    assert (missing.status_code, missing.json()["code"]) == (404, "entry_not_found")
    assert http.get("/api/v1/log/nonsense/1").status_code == 422


def test_a_log_is_verified_and_what_was_changed_is_named_in_both_languages(http, database: Database) -> None:
    whole = http.get("/api/v1/log/verify").json()
    assert (whole["intact"], whole["differences"]) == (True, [])
    audit, access = whole["heads"]
    assert (audit["chain"], access["chain"], audit["broken"]) == ("audit", "access", None)
    head = http.get("/api/v1/log/head").json()
    assert (head["head"], head["seq"]) == (audit["head"], audit["entries"])
    gone = http.get("/api/v1/log/verify", params={"head": "0" * 64}).json()["heads"][0]
    assert gone["broken"]["reason"]["code"] == "head_gone"
    with database.write() as session:
        session.execute(text("UPDATE audit_event SET actor = 'x' WHERE seq = 2"))
    broken = http.get("/api/v1/log/verify").json()["heads"][0]["broken"]
    assert (broken["seq"], broken["what"]) == (2, "存储的内容被改动")
    assert broken["reason"]["en"] == "its stored bytes were altered"


def test_rows_altered_behind_the_product_are_named(http, database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE policy SET ground = 'x', name = name || 'x' WHERE policy_id = 1")
        session.connection().exec_driver_sql("INSERT INTO user_role (user_id, role) VALUES (1, 'approver')")
    first = http.get("/api/v1/log/verify").json()
    assert (first["intact"], len(first["differences"]), first["heads"][0]["intact"]) == (False, 1, True)
    every = http.get("/api/v1/log/verify", params={"all": True}).json()["differences"]
    assert every == [
        {"table": "policy", "id": 1, "what": "altered", "columns": ["name", "ground"]},
        {"table": "user_role", "id": "1/approver", "what": "extra", "columns": []},
    ]


def test_a_trigger_is_named_by_whoever_verifies_or_looks_at_the_schema(http, database: Database) -> None:
    """It gave an approval to another person before the log was told of the row."""
    with database.write() as session:
        session.connection().exec_driver_sql("CREATE VIEW everybody AS SELECT * FROM user_account")
    found = http.get("/api/v1/log/verify", params={"all": True}).json()
    assert found["differences"] == [{"table": "everybody", "id": "everybody", "what": "program", "columns": []}]
    assert not found["intact"]
    assert differences(database.engine, metadata) == ["everybody on everybody is not of this product"]


def test_an_empty_log_has_a_head_too(http) -> None:
    assert http.get("/api/v1/log/head", params={"chain": "access"}).json() == {
        "chain": "access",
        "seq": 0,
        "head": "0" * 64,
    }


@pytest.mark.parametrize("path", ["log", "log/verify", "log/head", "log/audit/1"])
def test_the_logs_are_for_the_audit_administrator(http, database: Database, path: str) -> None:
    for login in ("secadmin", "sysadmin", "maintainer"):
        refused = http.get(f"/api/v1/{path}", headers=as_person(database, login))
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")


def saw(client: TestClient, **headers: str) -> list[tuple[str, str, int]]:
    """Who saw unit 1, at what, and how many with it."""
    answer = client.get("/api/v1/log/access", params={"unit": 1}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [(one["actor"], one["event"], one["units"]) for one in answer.json()["items"]]


def test_who_saw_a_unit_is_told_to_whoever_audits_and_on_a_case(database: Database) -> None:
    """The inspector wants to know who saw a unit: a list had logged what was typed, an export how many."""
    with database.write() as session:
        first, second = make_unit(session), make_unit(session, uscc="", name="另一公司")
    with serving(database) as client:
        audits, inspects = as_person(database, "audadmin"), as_person(database, "inspector")
        client.get(f"/api/v1/units/%23{first}", headers=as_person(database, "maintainer"))
        client.get("/api/v1/units", headers=as_person(database, "section"))
        client.get(f"/api/v1/units/%23{second}", headers=as_person(database, "post"))
        client.app.state.access.flush()
        assert saw(client, **audits) == [("section", "unit:list", 2), ("maintainer", "unit:view", 1)]
        refused = client.get("/api/v1/log/access", params={"unit": 1}, headers=inspects)
        assert (refused.status_code, refused.json()["code"]) == (422, "case_missing")
        on_case = {"unit": 1, "case": "渝统执2024-1", "reason": "核对举报"}
        assert len(client.get("/api/v1/log/access", params=on_case, headers=inspects).json()["items"]) == 2
        assert (
            client.get("/api/v1/log/access", params={"unit": 1}, headers=as_person(database, "maintainer")).status_code
            == 403
        )
        client.app.state.access.flush()
        opened = client.get("/api/v1/log", params={"chain": "access", "event": "log:open"}, headers=audits).json()
        assert [(one["actor"], one["subject"]) for one in opened["items"]] == [("inspector", "sights of unit 1")]
        assert len(saw(client, **audits)) == 2


def test_an_entry_that_was_altered_is_named_on_the_page_and_by_route(database: Database) -> None:
    with database.write() as session:
        make_unit(session)
    knows(database, "audadmin")
    with serving(database) as client:
        audits = as_person(database, "audadmin")
        for login in ("maintainer", "section"):
            client.get("/api/v1/units/%231", headers=as_person(database, login))
        client.app.state.access.flush()
        with behind_the_back(database) as connection:
            connection.exec_driver_sql("UPDATE access_event SET actor = 'nobody' WHERE actor = 'maintainer'")
        told = client.get("/api/v1/log/access", params={"unit": 1}, headers=audits).json()
        assert ([one["actor"] for one in told["items"]], told["altered"]) == (["section"], [1])
        client.headers["Cookie"] = signed_in(database, "audadmin")
        page = client.get("/log/access", params={"unit": "1"}).text
        assert "下列记录被动过" in page
        assert "nobody" not in page


def test_the_page_of_who_saw_a_unit_asks_the_inspector_for_his_case(database: Database) -> None:
    with database.write() as session:
        make_unit(session)
    knows(database, "inspector")
    with serving(database) as client:
        client.get("/api/v1/units/%231", headers=as_person(database, "maintainer"))
        client.app.state.access.flush()
        client.headers["Cookie"] = signed_in(database, "inspector")
        assert 'name="case"' in client.get("/log/access").text
        assert "case_missing" in client.get("/log/access", params={"unit": "1"}).text
        told = client.get("/log/access", params={"unit": "#1", "case": "渝统执2024-1", "reason": "核对举报"}).text
        assert "<td>maintainer</td>" in told
        assert "没有人看过" in client.get("/log/access", params={"unit": "10", "case": "1", "reason": "核对举报"}).text
