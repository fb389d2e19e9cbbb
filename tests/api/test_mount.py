"""Routes made of verbs: the wish from path, query and body; refusals as problem documents in both languages."""

from __future__ import annotations

import re

import pytest

from app.api import changes, codelists, door, imports
from app.api.deps import form_once
from app.jobs.service import enqueue
from app.verbs import VERBS
from tests.factories.http import as_person, serving
from tests.factories.world import NOW


@pytest.fixture
def http(database):
    with database.write() as session:
        enqueue(session, "match.run", args={}, key="match", by="maintainer", now=NOW)
    with serving(database) as client:
        yield client


@pytest.fixture
def maintainer(database):
    return as_person(database, "maintainer")


def test_a_query_that_is_not_known_is_refused_and_named(http, maintainer):
    answer = http.get("/api/v1/jobs", params={"state": "todo"}, headers=maintainer)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
    assert answer.json()["faults"][0]["where"] == ["query", "state"]


def test_a_value_that_is_none_of_the_words_is_refused(http, maintainer):
    assert http.get("/api/v1/jobs", params={"status": "asleep"}, headers=maintainer).status_code == 422
    assert len(http.get("/api/v1/jobs", params={"status": "todo"}, headers=maintainer).json()["items"]) == 1


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**20])
def test_a_number_that_no_database_holds_is_refused(http, maintainer, number):
    assert http.get(f"/api/v1/jobs/{number}", headers=maintainer).status_code == 422


def test_a_refusal_says_the_same_in_both_languages_and_the_title_in_the_one_asked_for(http, maintainer):
    chinese = http.get("/api/v1/jobs/99", headers=maintainer).json()
    english = http.get("/api/v1/jobs/99", headers=maintainer | {"Accept-Language": "en-GB,en;q=0.9"}).json()
    assert (chinese["title"], english["title"]) == ("没有任务 99。", "there is no job 99")
    assert (chinese["zh"], chinese["en"]) == (english["zh"], english["en"]) == ("没有任务 99。", "there is no job 99")
    assert chinese["details"] == {"job_id": 99}
    assert chinese["instance"] == "/api/v1/jobs/99"


def test_a_verb_asks_its_permission_whatever_the_route_does(http, database):
    answer = http.post("/api/v1/jobs/1/cancel", headers=as_person(database, "section"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_a_step_that_the_table_does_not_hold_is_a_conflict_that_says_the_state(http, maintainer):
    assert http.post("/api/v1/jobs/1/cancel", headers=maintainer).json()["status"] == "cancelled"
    answer = http.post("/api/v1/jobs/1/cancel", headers=maintainer)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert answer.json()["details"]["state"] == "cancelled"


def test_without_a_token_the_answer_says_how_to_come_in(http):
    answer = http.get("/api/v1/jobs")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_while_the_database_is_away_page_route_and_command_say_so(database, maintainer, monkeypatch, capsys, caplog):
    from contextlib import contextmanager

    import typer
    from sqlalchemy.exc import OperationalError

    from app.cli.common import refusals
    from app.core.db import Database

    @contextmanager
    def away(_self, **_how):
        raise OperationalError("select", {}, Exception("the server closed the connection"))
        yield

    with serving(database) as client, monkeypatch.context() as gone:
        gone.setattr(Database, "read", away)
        route = client.get("/api/v1/jobs", headers=maintainer)
        page = client.get("/jobs", cookies={"minglu_session": "x"}, follow_redirects=False)
        assert client.get("/api/v1/jobs", headers=maintainer).status_code == 503
        with pytest.raises(typer.Exit) as left:
            refusals(lambda: database.read().__enter__())()
    assert (route.status_code, route.json()["code"]) == (503, "unavailable")
    assert page.status_code in (303, 503)  # nobody is signed in by such a cookie, so the page leads to the sign-in
    assert left.value.exit_code == 1
    assert [(one.name, one.exc_info) for one in caplog.records] == [("minglu.away", None)]
    assert "requests: no database (unavailable: the server closed the connection)" in caplog.text
    assert capsys.readouterr().err.startswith("unavailable: ")


def test_what_a_route_does_not_take_is_refused_and_not_ignored(http, maintainer):
    told = http.post("/api/v1/match-runs", json={"dry_run": True}, headers=maintainer)
    assert (told.status_code, told.json()["code"]) == (422, "bad_payload")
    assert http.post("/api/v1/jobs/1/cancel", json={}, headers=maintainer).status_code == 200
    about = {"source": "census", "as_of": "2024-12-31"}
    file = {"file": ("a.csv", b"x")}
    asked = http.post("/api/v1/imports?dry_run=true", data=about, files=file, headers=maintainer)
    assert (asked.status_code, asked.json()["code"]) == (422, "bad_payload")


ROUTES = sorted({(verb.method, verb.path): name for name, verb in VERBS.items() if verb.route}.items())


def test_a_parameter_given_twice_is_refused_on_every_route(http, monkeypatch):
    """Also where the two say the same, and where the name is not known."""
    monkeypatch.setattr(door, "let_in", lambda *_: None)
    for (method, path), verb in ROUTES:
        fields = VERBS[verb].takes.model_fields.items()
        single = [name for name, field in fields if "list[" not in str(field.annotation)]
        for name in (*single, "unheard"):
            answer = http.request(method, f"/api/v1{re.sub('{[^}]*}', '1', path)}?{name}=1&{name}=1")
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload"), (path, name)
            assert [(f["where"], f["code"]) for f in answer.json()["faults"]] == [(["query", name], "part_twice")]
    assert len(ROUTES) > 100


def test_what_is_a_list_may_be_given_twice(http, maintainer):
    found = http.get("/api/v1/changes/requests?status=draft&status=applied", headers=maintainer)
    assert (found.status_code, found.json()["items"]) == (200, [])
    assert http.get("/api/v1/units?columns=name&columns=uscc", headers=maintainer).status_code == 200


def test_a_field_of_a_form_given_twice_is_refused(http, maintainer):
    about = {"source": ["census", "tax"], "as_of": "2024-12-31"}
    answer = http.post("/api/v1/imports", data=about, files={"file": ("a.csv", b"x")}, headers=maintainer)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
    assert [(f["where"], f["code"]) for f in answer.json()["faults"]] == [(["body", "source"], "part_twice")]


SENT_TWICE = [
    (b'{"reason": "change", "reason": "void"}', "reason"),
    (b'{"unit_id": 1, "changes": {"name": "a", "\\u006eame": "b"}}', "name"),
    (b'[{"x": 1, "x": 1}]', "x"),
]


@pytest.mark.parametrize(("body", "name"), SENT_TWICE)
def test_a_name_given_twice_in_a_json_body_is_refused(http, maintainer, body, name):
    headers = {**maintainer, "content-type": "application/json"}
    answer = http.post("/api/v1/changes/requests", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
    assert [(f["where"], f["code"]) for f in answer.json()["faults"]] == [(["body", name], "part_twice")]


@pytest.mark.parametrize("body", [b'{"\\ud800": 1, "\\ud800": 1}', b"[" * 100_000, b'{"a": 1, "a": ', b"\xff"])
def test_what_is_no_json_stays_so_however_often_it_says_something(http, maintainer, body):
    headers = {**maintainer, "content-type": "application/json"}
    answer = http.post("/api/v1/changes/requests", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
    assert [f["code"] for f in answer.json()["faults"]] == ["not_json"]


def test_every_address_that_takes_a_form_refuses_fields_given_twice():
    forms = [route for router in (imports, changes, codelists) for route in router.router.routes]
    assert len(forms) == 3
    for route in forms:
        assert form_once in [part.call for part in route.dependant.dependencies], route.path


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "..", "/etc/", "\x00"])
def test_a_files_name_never_leads_out_of_its_folder_nor_breaks_the_answer(http, maintainer, name):
    about = {"source": "census", "as_of": "2024-12-31", "dry_run": "1"}
    answer = http.post("/api/v1/imports", data=about, files={"file": (name, b"a,b\n1,2\n")}, headers=maintainer)
    assert answer.status_code in (201, 422), answer.text


def test_json_without_end_is_a_bad_payload(http, maintainer):
    answer = http.post(
        "/api/v1/changes/requests", content=b"[" * 3000, headers=maintainer | {"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")
