"""A refused form is shown again with what was typed; what is given twice is refused on pages as on routes."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.factories.http import serving
from tests.factories.people import hashed, set_own_password
from tests.factories.units import make_unit
from tests.factories.world import PASSWORD, user_named


@pytest.fixture
def site(database):
    known = hashed(PASSWORD)
    with database.write() as session:
        for login in ("maintainer", "approver", "secadmin"):
            set_own_password(session, login, known)
        make_unit(session)
    with serving(database) as client:
        client.headers["accept-language"] = "zh"
        yield client


def sign_in(site, login, language="zh"):
    site.cookies.clear()
    site.post("/login", data={"login": login, "password": PASSWORD})
    token = re.search(r'name="csrf" content="([0-9a-f]+)"', site.get("/").text).group(1)
    site.post("/me/language", data={"csrf": token, "language": language})
    return token


def stood_again(answer):
    """What puts the form back as it was left."""
    found = re.search(r'<script type="application/json" id="form-again">(.*?)</script>', answer.text, re.S)
    return json.loads(found.group(1))


TYPED = {"reason": "change", "unit_id": "1", "base_revision": "1", "valid_from": "2024-12-01", "evidence": "电话核实"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "须为整数"), ("en", "is no whole number.")],
)
def test_a_refused_form_keeps_what_was_typed_and_says_the_fault_of_each_field(site, language, said):
    """It was a page of its own whose one way on was home, and all that was typed was gone."""
    token = sign_in(site, "maintainer", language)
    typed = {"address": "新华路8号", "employees": "很多", "was_employees": ""}
    answer = site.post("/units/propose", data={"csrf": token, "came_from": "/units/1/propose", **TYPED, **typed})
    assert answer.status_code == 422
    assert 'action="/units/propose"' in answer.text
    assert f'<input type="hidden" name="csrf" value="{token}">' in answer.text
    told = stood_again(answer)
    assert (told["action"], told["typed"]["address"]) == ("/units/propose", ["新华路8号"])
    assert [fault["field"] for fault in told["faults"]] == ["employees"]
    assert said in told["faults"][0]["text"]
    assert said in html.unescape(re.search(r'role="alert" id="not-done">(.*?)</div>', answer.text, re.S).group(1))
    assert "was_employees" not in told["typed"]


def test_a_form_refused_twice_still_knows_its_page(site):
    token = sign_in(site, "maintainer")
    told = {"csrf": token, **TYPED, "employees": "很多"}
    first = site.post("/units/propose", data={**told, "came_from": "/units/1/propose"})
    stands = re.search(r'name="came_from" value="([^"]+)"', first.text).group(1)
    assert stands == "/units/1/propose"
    assert "新华路8号" in site.post("/units/propose", data={**told, "came_from": stands, "address": "新华路8号"}).text


def test_where_the_page_is_not_there_the_refusal_is_a_page_with_the_way_back(site):
    token = sign_in(site, "maintainer")
    told = {"csrf": token, **TYPED, "address": "新华路8号", "unit_id": "999", "came_from": "/units/999/propose"}
    answer = site.post("/units/propose", data=told)
    assert answer.status_code == 404
    assert 'href="/units/999/propose"' in answer.text
    assert "新华路8号" in answer.text
    assert "回首页" in answer.text


@pytest.mark.parametrize("elsewhere", ["//evil.example/x", "https://evil.example/", "/\\evil.example"])
def test_no_refusal_leads_outside(site, elsewhere):
    token = sign_in(site, "maintainer")
    answer = site.post("/units/propose", data={"csrf": token, **TYPED, "employees": "x", "came_from": elsewhere})
    assert answer.status_code == 422
    assert "evil" not in answer.text


def test_a_secret_is_not_shown_again(site):
    token = sign_in(site, "secadmin")
    typed = {"old": "Wrong-password-1", "new": "Some-new-2024!", "again": "Some-new-2024!"}
    answer = site.post("/me/password", data={"csrf": token, "came_from": "/me", **typed})
    assert answer.status_code in {401, 403, 422}
    assert not [value for value in typed.values() if value in answer.text]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/units?q=a&q=b", "q"), ("/changes?status=draft&status=stale", "status"), ("/login?next=/&next=/x", "next"),
     ("/imports?x=1&x=2", "x")],
)  # fmt: skip
def test_a_parameter_given_twice_is_refused_on_a_page_too(site, path, name):
    """One was taken and the other ignored without a word; routes refused it."""
    sign_in(site, "maintainer")
    if path.startswith("/login"):
        site.cookies.clear()
    answer = site.get(path)
    assert answer.status_code == 422
    assert f"“{name}”只能给出一次" in answer.text or "只能给出一次" in answer.text


def test_a_field_given_twice_is_refused_and_a_list_is_not(site):
    token = sign_in(site, "maintainer")
    twice = {"csrf": token, **TYPED, "address": ["甲路1号", "乙路2号"]}
    assert "只能给出一次" in site.post("/units/propose", data=twice).text
    assert site.get("/units?columns=name&columns=uscc").status_code == 200


def test_a_page_that_answers_a_form_stands_where_the_form_did(site):
    """Its own address takes forms alone, and would lead nowhere."""
    token = sign_in(site, "maintainer")
    shown = site.post("/me/tokens", data={"csrf": token, "came_from": "/me", "label": "脚本"})
    assert "mlp_" in shown.text
    assert set(re.findall(r'name="came_from" value="([^"]*)"', shown.text)) == {"/me"}


def test_pages_without_a_menu_say_what_was_refused_as_well(site, database):
    """Who has to change a password another set stood before the same page without a word."""
    with database.write() as session:
        user_named(session, "maintainer").must_change_password = True
    site.cookies.clear()
    page = site.post("/login", data={"login": "maintainer", "password": PASSWORD}).text
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page).group(1)
    told = {"csrf": token, "came_from": "/me/own-password", "old": PASSWORD, "new": "Some-new-2024!"}
    answer = site.post("/me/password", data={**told, "again": "Some-other-2024!"})
    assert answer.status_code == 422
    assert "两次输入的新密码不一样" in answer.text
    assert 'action="/me/password"' in answer.text
