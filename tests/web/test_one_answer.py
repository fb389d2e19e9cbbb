"""One wish, one answer: what a form leaves empty or misnames is judged by the verb's schema, by page as by route."""

from __future__ import annotations

import re

import pytest

from tests.factories.http import as_person, serving
from tests.factories.people import hashed, set_own_password
from tests.factories.scans import ABOUT, PDF
from tests.factories.units import make_unit
from tests.frames.world import make_frozen
from tests.web.test_pages import PASSWORD, csrf, proposed, sign_in

PERSON = {"login": "zhao{n}", "name": "赵工", "office": "district", "password": PASSWORD}
OFFICE = {"code": "park{n}", "name": "园区", "level": "post", "parent": "district", "area_prefix": "500105"}
CODES = {"name": "park", "edition": "{n}", "title": "园区", "valid_from": "2024-01-01"}
FRAME = {"name": "年报{n}", "survey": "s", "period": "2025", "reference_date": "2024-12-31"}
CHECK = {"name": "抽查", "frame": "1", "seed": "s", "size": "1", "fields": ["name"]}
EMPTY_ORDER = {"purpose": "", "recipient": ""}
BAD = "bad_payload"


@pytest.fixture
def site(database):
    known = hashed(PASSWORD)
    with database.write() as session:
        for login in ("secadmin", "sysadmin", "maintainer", "section", "survey"):
            set_own_password(session, login, known)
        make_unit(session)
        make_frozen(session, "框", definition={"conditions": []})
    with serving(database) as client:
        client.headers["accept-language"] = "zh"
        yield client


def page_code(answer):
    """The code on a page of refusal, empty when it was done."""
    found = re.search(r"<code>(\w+)</code>", answer.text) if answer.status_code >= 400 else None
    return found[1] if found else ""


def route_code(answer):
    return answer.json()["code"] if answer.status_code >= 400 else ""


def filled(told, n):
    return {name: value.replace("{n}", n) if isinstance(value, str) else value for name, value in told.items()}


@pytest.mark.parametrize(
    ("who", "form", "route", "told", "code"),
    [
        ("sysadmin", "/people", "POST users", PERSON, ""),
        ("sysadmin", "/people", "POST users", PERSON | {"login": " "}, BAD),
        ("sysadmin", "/people", "POST users", PERSON | {"name": " "}, BAD),
        ("sysadmin", "/people", "POST users", PERSON | {"login": " wang{n} "}, ""),
        ("sysadmin", "/people", "POST users", PERSON | {"login": "a/b"}, BAD),
        ("secadmin", "/people/post/roles", "PUT users/post/roles", {"roles": []}, ""),
        ("secadmin", "/people/post/password", "PUT users/post/password", {"new": ""}, "weak_password"),
        ("secadmin", "/keys", "POST keys", {"client": "a?b"}, BAD),
        ("secadmin", "/keys", "POST keys", {"client": ""}, BAD),
        ("sysadmin", "/offices", "POST offices", OFFICE | {"parent": ""}, BAD),
        ("sysadmin", "/offices", "POST offices", OFFICE, ""),
        ("sysadmin", "/offices", "POST offices", OFFICE | {"code": "a#b"}, BAD),
        ("sysadmin", "/offices", "POST offices", OFFICE | {"code": "a\tb"}, BAD),
        ("sysadmin", "/offices", "POST offices", OFFICE | {"name": " "}, BAD),
        ("section", "/frames", "POST frames", FRAME | {"period": ""}, "invalid_period"),
        ("section", "/frames", "POST frames", FRAME | {"name": "a\\b"}, BAD),
        ("section", "/frames", "POST frames", FRAME | {"name": " "}, BAD),
        ("section", "/frames/1/export", "POST frames/1/exports", EMPTY_ORDER, "reason_missing"),
        ("section", "/frames/1/confirm", "POST frames/1/confirm", {"side": "", "version": ""}, BAD),
        ("section", "/frames/1/redefine", "PUT frames/1", {"reference_date": "2024-12-31"}, "frame_frozen"),
        ("maintainer", "/units/export", "GET units/export", EMPTY_ORDER, "reason_missing"),
        ("maintainer", "/me/password", "PUT me/password", {"old": "", "new": ""}, "wrong_password"),
        ("maintainer", "/me/language", "PUT me/language", {"language": ""}, BAD),
        ("survey", "/spotchecks", "POST spot-checks", CHECK | {"fields": []}, BAD),
        ("survey", "/spotchecks", "POST spot-checks", CHECK | {"size": ""}, BAD),
    ],
)
def test_page_and_route_say_the_same(site, database, who, form, route, told, code):
    sign_in(site, who)
    by_page = site.post(form, data={"csrf": csrf(site), **filled(told, "1")})
    method, path = route.split()
    said = filled(told, "2") | ({"definition": {"conditions": []}} if "reference_date" in told else {})
    given = {"params": said} if method == "GET" else {"json": said}
    by_route = site.request(method, f"/api/v1/{path}", headers=as_person(database, who), **given)
    assert (page_code(by_page), route_code(by_route)) == (code, code)


def test_names_are_kept_without_the_blanks_around_them(site):
    sign_in(site, "sysadmin")
    made = site.post("/people", data={"csrf": csrf(site), **filled(PERSON, ""), "login": " li "})
    assert (made.url.path, made.status_code) == ("/people/li", 200)


@pytest.mark.parametrize(
    ("more", "code"), [({"title": ""}, ""), ({"name": "a/b"}, BAD), ({"name": " "}, BAD), ({"edition": ""}, BAD)]
)
def test_a_code_list_is_taken_alike(site, database, more, code):
    sign_in(site, "sysadmin")
    files = {"file": ("parks.csv", "code,name\nP1,测试园\n".encode(), "text/csv")}
    by_page = site.post("/codelists", data={"csrf": csrf(site), **filled(CODES | more, "1")}, files=files)
    headers = as_person(database, "sysadmin")
    by_route = site.post("/api/v1/codelists", data=filled(CODES | more, "2"), files=files, headers=headers)
    assert (page_code(by_page), route_code(by_route)) == (code, code)


def test_a_document_without_number_is_refused_alike(site, database):
    sign_in(site, "survey")
    request = proposed(site)
    sign_in(site)
    told, files = {**ABOUT, "number": " "}, {"document": ("a.pdf", PDF)}
    by_page = site.post(f"{request}/written-approval", data={"csrf": csrf(site), **told}, files=files)
    path = f"/api/v1/changes/requests/{request.rpartition('/')[2]}/written-approval"
    by_route = site.post(path, data=told, files=files, headers=as_person(database, "maintainer"))
    assert page_code(by_page) == route_code(by_route) == "bad_change"


def test_a_file_of_no_source_or_day_is_refused_alike(site, database):
    sign_in(site)
    files = {"file": ("a.csv", b"x", "text/csv")}
    by_page = site.post("/imports/preview", data={"csrf": csrf(site), "source": "", "as_of": ""}, files=files)
    headers = as_person(database, "maintainer")
    by_route = site.post(
        "/api/v1/imports", data={"source": "", "as_of": "", "dry_run": "1"}, files=files, headers=headers
    )
    assert page_code(by_page) == route_code(by_route) == BAD


def test_a_frozen_frame_refuses_the_form_as_it_refuses_what_the_form_sends(site):
    sign_in(site, "section")
    assert page_code(site.get("/frames/1/redefine")) == "frame_frozen"


def test_only_what_was_done_is_shown_as_done(site):
    sign_in(site)
    assert "已完成。" in site.get("/units?done=1").text
    forged = site.get("/units?done=Your+account+was+closed").text
    assert ("alert-x good" in forged, "Your account was closed" in forged) == (False, False)


def test_who_is_deactivated_is_so_once(site, database):
    sign_in(site, "secadmin")
    headers = as_person(database, "secadmin")
    press = {"csrf": csrf(site)}
    assert page_code(site.post("/people/post/deactivate", data=press)) == ""
    assert page_code(site.post("/people/post/deactivate", data=press)) == "user_inactive"
    assert route_code(site.delete("/api/v1/users/post", headers=headers)) == "user_inactive"
