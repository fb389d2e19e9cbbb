"""`Idempotency-Key`: the same call sent twice acts once and is answered as the first time (DESIGN.md, §2, promise 15).

None of it existed before: a POST sent again after a cut line proposed, drafted or took in a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select, update

from app.core import heartbeat
from app.core.db import Database
from app.models import AccessEvent, ChangeRequest, Frame, ImportBatch, KeyedCall, table_of
from app.verbs import Verb
from app.verbs.once import LONG_AGO
from tests.factories.files import CENSUS
from tests.factories.http import as_person, serving
from tests.factories.races import at_once
from tests.factories.units import make_unit
from tests.frames.world import TRADE

REQUESTS, FRAMES, IMPORTS = "/api/v1/changes/requests", "/api/v1/frames", "/api/v1/imports"
KEYED = {"Idempotency-Key": "0f8e-1"}
PROPOSAL = {
    "reason": "correction",
    "valid_from": "2024-12-31",
    "unit_id": 1,
    "changes": {"name": "重庆改名商贸有限公司"},
}
DRAFT = {"name": "限上", "survey": "retail", "period": "2025", "definition": TRADE, "reference_date": "2024-12-31"}


@pytest.fixture
def http(database: Database) -> Iterator[TestClient]:
    with database.write() as session:
        make_unit(session)
    with serving(database) as client:
        yield client


@pytest.fixture
def maintainer(database: Database) -> dict[str, str]:
    return as_person(database, "maintainer")


@pytest.fixture
def section(database: Database) -> dict[str, str]:
    return as_person(database, "section")


def count(database: Database, model: Any) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def refused(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_proposal_sent_twice_is_one_and_answered_alike(http, database, maintainer):
    first, again = (http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert count(database, ChangeRequest) == 1


def test_another_body_with_the_key_is_refused(http, database, maintainer):
    http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    other = http.post(REQUESTS, json=PROPOSAL | {"reason": "change"}, headers=maintainer | KEYED)
    assert refused(other) == (422, "idempotency_key_reused")
    elsewhere = http.post(FRAMES + "/preview", json=PROPOSAL, headers=maintainer | KEYED)
    assert elsewhere.json().get("code") != "idempotency_key_reused", "what changes nothing does not look at it"
    assert count(database, ChangeRequest) == 1


def test_a_key_is_a_persons_own(http, database, maintainer):
    http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    answer = http.post(REQUESTS, json=PROPOSAL, headers=as_person(database, "maintainer2") | KEYED)
    assert "idempotency-replayed" not in answer.headers


def test_what_was_refused_may_come_again(http, database, maintainer):
    """The key of a refusal is free: nothing was done under it."""
    wrong = PROPOSAL | {"unit_id": 999}
    assert http.post(REQUESTS, json=wrong, headers=maintainer | KEYED).status_code == 404
    assert count(database, KeyedCall) == 0
    assert http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_what_cannot_be_a_key_is_refused(http, maintainer, key):
    sent = maintainer | {"Idempotency-Key": key.encode("latin-1")}
    assert refused(http.post(REQUESTS, json=PROPOSAL, headers=sent)) == (422, "bad_payload")


def test_a_verb_of_many_transactions_acts_once_too(http, database, section):
    answers = [http.post(FRAMES, json=DRAFT, headers=section | KEYED) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert count(database, Frame) == 1


def test_a_form_sent_again_is_the_same_whatever_parts_it(http, database, maintainer):
    about = {"source": "census", "as_of": "2024-12-31"}

    def sent(text: str) -> Response:
        return http.post(IMPORTS, data=about, files={"file": ("a.csv", text.encode())}, headers=maintainer | KEYED)

    first, again, other = sent(CENSUS), sent(CENSUS), sent(CENSUS + "\n")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert refused(other) == (422, "idempotency_key_reused")
    assert count(database, ImportBatch) == 1


def test_of_many_at_once_one_acts_and_none_fails(http, database, maintainer):
    def call() -> Response:
        return http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)

    answers = at_once(*[call] * 8)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert count(database, ChangeRequest) == 1


def running(database: Database, **told: Any) -> None:
    """As if the one call there is had not come to its end."""
    with database.write() as session:
        values = {"sent_digest": "", "worker": heartbeat.worker_name(), **told}
        table = table_of(KeyedCall)
        session.execute(table.delete())
        session.add(KeyedCall(**_row(values)))


def _row(values: dict[str, Any]) -> dict[str, Any]:
    now = heartbeat.moment()
    return {"begun_at": now, "kept_until": now + heartbeat.UNHEARD_AFTER, **values}


def entered(database: Database) -> dict[str, str]:
    with database.read() as session:
        one = session.execute(select(KeyedCall)).scalar_one()
        return {"caller": one.caller, "key_digest": one.key_digest}


def test_who_comes_while_it_is_done_hears_so(http, database, maintainer):
    http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    running(database, **entered(database))
    assert refused(http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)) == (409, "in_progress")


def test_what_a_dead_process_left_is_done_by_who_sends_it_again(http, database, maintainer):
    """One transaction holds act and answer: no answer, so nothing was done."""
    http.post(REQUESTS, json=PROPOSAL | {"unit_id": 999}, headers=maintainer)
    http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    running(database, **entered(database), begun_at=LONG_AGO)
    before = count(database, ChangeRequest)
    answer = http.post(REQUESTS, json=PROPOSAL | {"reason": "change"}, headers=maintainer | KEYED)
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False), answer.text
    assert count(database, ChangeRequest) == before + 1


def test_of_many_transactions_that_broke_off_nobody_knows(http, database, section):
    http.post(FRAMES, json=DRAFT, headers=section | KEYED)
    running(database, **entered(database), begun_at=LONG_AGO)
    assert refused(http.post(FRAMES, json=DRAFT, headers=section | KEYED)) == (409, "outcome_unknown")


def test_a_fault_in_the_middle_is_no_refusal(http, database, section, monkeypatch):
    """After a fault of a verb that works in steps the same call does not act again by itself."""

    def breaks(*_given: Any, **_told: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("app.frames.verbs.service.draft", breaks)
    assert http.post(FRAMES, json=DRAFT, headers=section | KEYED).status_code == 500
    monkeypatch.undo()
    assert refused(http.post(FRAMES, json=DRAFT, headers=section | KEYED)) == (409, "outcome_unknown")


def test_an_answer_taken_from_us_undoes_what_we_did(http, database, maintainer, monkeypatch):
    """Taken for dead while at work: whoever took the call over does it, and ours leaves nothing."""
    run = Verb.run

    def overtaken(verb, call, wish):
        done = run(verb, call, wish)
        if call.opened is not None and verb.name == "change.propose":
            call.session.execute(update(KeyedCall).values(worker="another"))
        return done

    monkeypatch.setattr(Verb, "run", overtaken)
    assert refused(http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)) == (409, "in_progress")
    assert count(database, ChangeRequest) == 0


def test_after_a_day_a_key_is_free(http, database, maintainer):
    http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    with database.write() as session:
        session.execute(update(KeyedCall).values(kept_until=LONG_AGO))
    answer = http.post(
        REQUESTS, json=PROPOSAL | {"changes": {"name": "重庆又改名有限公司"}}, headers=maintainer | KEYED
    )
    assert "idempotency-replayed" not in answer.headers
    assert answer.json().get("code") != "idempotency_key_reused"


def test_a_kept_answer_is_sealed_and_its_showing_logged(http, database, maintainer):
    for _ in range(2):
        http.post(REQUESTS, json=PROPOSAL, headers=maintainer | KEYED)
    with database.read() as session:
        stored = session.connection().exec_driver_sql("SELECT answer, key_digest FROM keyed_call").one()
        assert "重庆".encode() not in bytes(stored[0])
        assert KEYED["Idempotency-Key"] not in stored[1]
    http.app.state.access.flush()
    with database.read() as session:
        seen = session.execute(select(AccessEvent.subject).where(AccessEvent.actor == "maintainer")).scalars().all()
    assert seen.count("change.propose") == 2


def test_a_file_that_was_sent_is_not_sent_again(http, database, section, maintainer):
    for path, body, who in (
        ("", DRAFT, as_person(database, "maintainer2")), ("/build", {}, section),
        ("/confirm", {"side": "section", "version": 2}, section),
        ("/confirm", {"side": "register", "version": 2}, maintainer), ("/freeze", None, section),
    ):  # fmt: skip
        assert http.post((f"{FRAMES}/限上" if path else FRAMES) + path, json=body, headers=who).is_success
    order = {"purpose": "年报", "recipient": "贸易投资科"}
    first, again = (http.post(f"{FRAMES}/限上/exports", json=order, headers=section | KEYED) for _ in range(2))
    assert first.status_code == 200
    assert refused(again) == (409, "answer_not_kept")
    assert len(http.get(f"{FRAMES}/限上/exports", headers=section).json()["items"]) == 1


def test_the_document_names_the_header_where_it_counts(http):
    paths = http.get("/openapi.json").json()["paths"]

    def named(path: str, method: str) -> bool:
        return any(one["name"] == "Idempotency-Key" for one in paths[f"/api/v1{path}"][method].get("parameters", []))

    assert named("/changes/requests", "post")
    assert named("/imports", "post")
    assert not named("/check", "post"), "the check ignores it"
    assert not named("/frames/preview", "post"), "nothing is changed there"
    assert not named("/changes/requests", "get")
    assert "in_progress" in paths["/api/v1/changes/requests"]["post"]["responses"]["409"]["description"]


def test_who_is_not_known_has_no_key(http, database):
    """Who signs in with a password is not known before; nothing is written for him, and no token is kept."""
    told = {"login": "maintainer", "password": "no such password"}
    assert http.post("/api/v1/me/tokens", json=told, headers=KEYED).status_code == 401
    assert count(database, KeyedCall) == 0
