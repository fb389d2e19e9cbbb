"""Items of the verification standard that `docs/security.md` lists and nothing else held: what is typed is text wherever it
comes to stand, sessions end in any case and are new at each sign-in, cookies stay on TLS."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from fastapi.testclient import TestClient

from app.accounts.sessions import ABSOLUTE
from app.core.clock import Clock
from app.main import create_app
from app.web.visitor import COOKIE, cookie_for
from tests.factories.http import MORNING, as_person, serving
from tests.factories.people import knows
from tests.factories.units import make_unit
from tests.factories.world import PASSWORD, TODAY

TYPED = "\"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}'"


@pytest.fixture
def site(database):
    knows(database, "maintainer")
    with database.write() as session:
        make_unit(session)
    with serving(database) as client:
        yield client


def sign_in(client, address="/login"):
    client.cookies.clear()
    told = {"login": "maintainer", "password": PASSWORD}
    return client.post(address, data=told, follow_redirects=False)


def test_what_somebody_typed_is_text_on_every_page_that_shows_it(site, database):
    told = {
        "reason": "correction",
        "unit_id": 1,
        "changes": {"address": "新址1号"},
        "valid_from": str(TODAY),
        "submit": True,
    }
    headers = as_person(database, "maintainer")
    made = site.post("/api/v1/changes/requests", json={**told, "evidence": TYPED[:60]}, headers=headers)
    request = made.json()["request_id"]
    said = site.post(f"/api/v1/changes/requests/{request}/comment", json={"comment": TYPED}, headers=headers)
    assert (made.status_code, said.status_code) == (201, 200), (made.text, said.text)
    sign_in(site)
    for page in (f"/changes/{request}", f"/units?q={TYPED}", f"/nowhere/{TYPED}", f"/login?next={TYPED}"):
        shown = site.get(page).text
        assert "<img src=x" not in shown, page
        assert "<script>alert" not in shown, page
        assert "49" not in re.findall(r"onerror=alert\(1\)\W+script\W+alert\(1\)\W+script\W+(\w+)", shown), page
    assert "&lt;img src=x onerror=alert(1)&gt;" in site.get(f"/changes/{request}").text


@pytest.mark.parametrize(
    "typed", ["' OR 1=1 --", '"; DROP TABLE unit; --', "%", "_", "%' ESCAPE '", "\\", "*", "a' || 'b"]
)
def test_what_is_looked_for_is_text_to_the_database(site, database, typed):
    headers = as_person(database, "maintainer")
    assert site.get("/api/v1/units", params={"q": typed}, headers=headers).json()["items"] == []
    assert len(site.get("/api/v1/units", headers=headers).json()["items"]) == 1


def test_a_session_ends_in_any_case_however_busy_it_was(site, database):
    sign_in(site)
    secret = jwt.decode(site.cookies[COOKIE], database.keys.derive("web-session"), algorithms=["HS256"])["s"]
    began = site.app.state.clock.now()

    class Later(Clock):
        def now(self):
            return began + ABSOLUTE + timedelta(minutes=1)

    with TestClient(create_app(database, Later(MORNING), site.app.state.settings)) as later:
        later.cookies.set(COOKIE, cookie_for(database.keys, secret, Later(MORNING).now()))
        assert later.get("/units", follow_redirects=False).status_code == 303


def test_a_session_is_new_at_each_sign_in(site, database):
    def secret():
        assert sign_in(site).status_code == 303
        return jwt.decode(site.cookies[COOKIE], database.keys.derive("web-session"), algorithms=["HS256"])["s"]

    first, second = secret(), secret()
    assert first != second
    site.cookies.set(COOKIE, cookie_for(database.keys, "chosen by another", site.app.state.clock.now()))
    assert site.get("/units", follow_redirects=False).status_code == 303


def test_cookies_of_who_came_by_tls_stay_there(site, database):
    client = TestClient(create_app(database, Clock(MORNING), site.app.state.settings), base_url="https://testserver")
    header = sign_in(client).headers["set-cookie"].lower()
    assert header.count("secure") == header.count("httponly") > 0


def test_chance_is_drawn_from_the_systems_generator_alone():
    """What is guessed otherwise: `random` is for trials, and nothing that runs imports it."""
    rooms = [path for room in ("app", "importers", "matching") for path in Path(room).rglob("*.py")]
    assert [str(path) for path in rooms if re.search(r"^(import|from) random\b", path.read_text("utf-8"), re.M)] == []
