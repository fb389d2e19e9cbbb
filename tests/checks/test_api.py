"""The check over HTTP: the contract of DESIGN.md, keys and limits, the access log behind the answers."""

from __future__ import annotations

import base64

import jwt
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.api import door
from app.audit.proof import verify
from app.checks import service
from app.core.types import unseal
from app.domain.words import Reason
from app.models import AccessEvent, AccessPayload
from tests.factories.http import as_person, as_system, serving
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import TEST_KEYS, TODAY

OTHER = "91500105MA5U8K3N95"


@pytest.fixture
def http(database):
    with database.write() as session:
        make_unit(session)
    with serving(database) as client:
        client.headers.update(as_system(database))
        yield client


def test_one_code_is_answered_flat(http):
    answer = http.get(f"/api/v1/check/{USCC}", params={"name": "重庆江北嘉陵建材有限公司"})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"register_version", "on", "receipt", "code", "result", "may_report", "reason", "unit"}
    assert (body["on"], body["register_version"], body["result"]) == ("2024-12-31", 1, "registered")


def test_many_codes_are_answered_in_order(http):
    items = [{"code": OTHER}, {"code": USCC, "name": "别的公司"}, {"code": ""}]
    body = http.post("/api/v1/check", json={"items": items, "lang": "en"}).json()
    assert [item["result"] for item in body["items"]] == ["not_registered", "name_mismatch", "invalid"]
    assert body["items"][2]["reason"] == {"code": "code_empty", "text": "No code was given."}


def test_the_next_check_sees_what_was_just_written(http, database):
    with database.write() as session:
        change_unit(session, 1, Reason.DEREGISTERED, on=TODAY)
    assert http.get(f"/api/v1/check/{USCC}").json()["result"] == "closed"


def test_a_receipt_is_verified_by_the_register_and_by_its_public_key_alone(http):
    body = http.get(f"/api/v1/check/{USCC}").json()
    said = {"receipt": body["receipt"], "items": [body]}
    assert http.post("/api/v1/check/verify", json=said).json()["valid"] is True
    forged = {"receipt": body["receipt"], "items": [{**body, "may_report": False}]}
    refused = http.post("/api/v1/check/verify", json=forged)
    assert (refused.status_code, refused.json()["code"]) == (422, "receipt_mismatch")
    key = http.get("/api/v1/check-keys").json()["public_key"]
    claims = jwt.decode(body["receipt"], key, algorithms=["EdDSA"], options={"verify_iat": False})
    assert claims["register_version"] == 1


def test_the_change_feed_has_no_gap_and_names_the_codes(http, database):
    with database.write() as session:
        make_unit(session, uscc=OTHER)
        change_unit(session, 1, Reason.CODE_CHANGE, on=TODAY, uscc="915000002028123494")
    body = http.get("/api/v1/changes", params={"after": 1}).json()
    assert body["register_version"] == 3
    assert [(item["seq"], item["unit_id"], item["reason"]) for item in body["items"]] == [
        (2, 2, "new"),
        (3, 1, "code_change"),
    ]
    assert body["items"][1]["codes"] == ["202812349", "915000002028123494", USCC, USCC[8:17]]


def test_refusals_are_problem_documents(http):
    too_many = http.post("/api/v1/check", json={"items": [{"code": USCC}] * 10_001})
    bad = http.post("/api/v1/check", json={"items": [{"name": "x"}]})
    unknown = http.get(f"/api/v1/check/{USCC}", headers={"X-API-Key": "mlk_wrong"})
    assert (too_many.status_code, too_many.json()["code"]) == (413, "too_many_items")
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_payload")
    assert unknown.status_code == 401
    for answer in (too_many, bad, unknown):
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("twice", ["name=a&name=b", "on=2025-01-01&on=2026-01-01", "lang=en&lang=en", "no=1&no=2"])
def test_a_parameter_given_twice_is_refused(http, twice):
    answer = http.get(f"/api/v1/check/{USCC}?{twice}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
    assert answer.json()["faults"][0]["code"] == "part_twice"


def test_a_key_asks_no_oftener_than_it_may(http, database):
    slow = as_system(database, per_minute=2)
    answers = [http.get(f"/api/v1/check/{USCC}", headers=slow) for _ in range(4)]
    assert [answer.status_code for answer in answers][:2] == [200, 200]
    assert answers[3].status_code == 429
    assert int(answers[3].headers["retry-after"]) >= 1


def test_a_key_for_something_else_is_refused(http, database):
    assert http.get(f"/api/v1/check/{USCC}", headers=as_system(database, scopes="other")).status_code == 403


def test_who_asked_is_in_the_access_log_without_the_code_itself(database):
    with database.write() as session:
        make_unit(session)
    with serving(database) as client:
        system, person = as_system(database), as_person(database, "survey")
        client.post("/api/v1/check", json={"items": [{"code": f" {USCC.lower()}"}, {"code": OTHER}]}, headers=system)
        client.get(f"/api/v1/check/{USCC}", headers=person)
    with database.read() as session:
        events = session.execute(select(AccessEvent).order_by(AccessEvent.seq)).scalars().all()
        assert [(event.actor, event.event) for event in events] == [
            ("client:直报平台", "unit:check"),
            ("survey", "unit:check"),
        ]
        body = session.execute(select(AccessPayload.body).where(AccessPayload.seq == 1)).scalar_one()
        payload = unseal(bytes(body), "access_payload", "body", 1)
        assert base64.b64encode(TEST_KEYS.digest(USCC.encode()) + TEST_KEYS.digest(OTHER.encode())) in payload
        assert USCC.encode() not in payload
        assert verify(session, "access").intact


def test_what_cannot_be_logged_now_is_logged_later(database):
    with serving(database) as client:
        log = client.app.state.access
        with database.write() as session:
            session.execute(text("ALTER TABLE access_event RENAME TO access_event_away"))
        client.get(f"/api/v1/check/{USCC}", headers=as_system(database))
        with pytest.raises(Exception, match="access_event"):
            log.flush()
        with database.write() as session:
            session.execute(text("ALTER TABLE access_event_away RENAME TO access_event"))
        log.flush()
    with database.read() as session:
        assert len(session.execute(select(AccessEvent)).scalars().all()) == 1


def test_a_register_out_of_reach_answers_unavailable(http, monkeypatch):
    http.get(f"/api/v1/check/{USCC}")

    def unreachable(_session):
        raise OperationalError("select", {}, Exception("connection refused"))

    monkeypatch.setattr(service, "register_head", unreachable)
    body = http.get(f"/api/v1/check/{USCC}").json()
    assert (body["result"], body["may_report"], body["register_version"]) == ("unavailable", False, 1)
    assert "2024-12-31T02:00" in body["reason"]["text"]


def test_a_batch_counts_as_many_checks_as_it_asks(http, database):
    slow = as_system(database, per_minute=5)
    items = {"items": [{"code": USCC}] * 3}
    assert [http.post("/api/v1/check", json=items, headers=slow).status_code for _ in range(2)] == [200, 429]
    alone = as_system(database, per_minute=6)
    assert http.post("/api/v1/check", json={"items": [{"code": USCC}] * 6}, headers=alone).status_code == 200


def test_a_batch_beyond_what_a_key_may_ask_in_a_minute_is_refused(http, database):
    """It cost one minute's worth however large it was: a key for 600 a minute asked ten thousand at once."""
    small = as_system(database, per_minute=6)
    asked = http.post("/api/v1/check", json={"items": [{"code": USCC}] * 7}, headers={**small, "Accept-Language": "en"})
    assert (asked.status_code, asked.json()["code"], asked.json()["details"]) == (
        413,
        "batch_over_limit",
        {"limit": 6, "count": 7},
    )
    assert "6 a minute" in asked.json()["title"]


def test_a_known_key_is_answered_while_the_register_is_out_of_reach(http, monkeypatch):
    http.get(f"/api/v1/check/{USCC}")

    def unreachable(*_args, **_named):
        raise OperationalError("select", {}, Exception("connection refused"))

    monkeypatch.setattr(door, "authenticate_key", unreachable)
    monkeypatch.setattr(service, "register_head", unreachable)
    assert http.get(f"/api/v1/check/{USCC}").json()["result"] == "unavailable"
    stranger = http.get(f"/api/v1/check/{USCC}", headers={"X-API-Key": "mlk_never_seen"})
    assert (stranger.status_code, stranger.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("query", [{"survy": "年报"}, {"known_att": "x"}, {"on": "31.12.2024"}, {"lang": "fr"}])
def test_a_parameter_that_is_not_understood_is_refused(http, query):
    """A3: a mistyped survey was ignored, and the unit answered that it may report."""
    refused = http.get(f"/api/v1/check/{USCC}", params=query)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_payload")


def test_a_key_that_is_not_known_is_refused_in_a_batch(http):
    for body in (
        {"items": [{"code": USCC, "nmae": "x"}]},
        {"items": [{"code": USCC}], "surevy": "限上批零"},
        {"items": [{"code": "\x00"}]},
        {"items": [{"code": USCC}], "on": "0001-01-01"},
    ):
        assert http.post("/api/v1/check", json=body).status_code == 422
    assert http.get("/api/v1/check/%00").status_code == 422
    assert http.get(f"/api/v1/check/{'9' * 256}").status_code == 422
    assert http.post("/api/v1/check?lang=en", json={"items": [{"code": USCC}]}).status_code == 422


def test_the_public_key_is_anybodys_and_a_receipt_is_judged_for_who_may_check(http):
    stranger = {"X-API-Key": ""}
    assert http.get("/api/v1/check-keys", headers=stranger).json()["algorithm"] == "EdDSA"
    assert http.post("/api/v1/check/verify", json={"receipt": "x"}, headers=stranger).status_code == 401
    refused = http.post("/api/v1/check/verify", json={"receipt": "x"})
    assert (refused.json()["code"], refused.json()["zh"]) == (
        "invalid_receipt",
        "这份回执不是本名录库出具的，或已被改动。",
    )


def test_a_full_page_of_the_feed_says_where_to_go_on(http, database):
    with database.write() as session:
        make_unit(session, uscc=OTHER)
    first = http.get("/api/v1/changes", params={"limit": 1}).json()
    assert (len(first["items"]), first["next"]) == (1, 1)
    assert http.get("/api/v1/changes", params={"after": 1}).json()["next"] is None
    assert first["items"][0]["recorded_at"].endswith("Z")


def test_the_catalogue_of_refusals_is_public_and_in_both_languages(http):
    items = http.get("/api/v1/errors", headers={"X-API-Key": ""}).json()["items"]
    known = {item["code"]: item for item in items}
    assert known["too_many_items"]["status"] == 413
    assert all(item["zh"] and item["en"] for item in items)
    assert [item["code"] for item in items] == sorted(known)
