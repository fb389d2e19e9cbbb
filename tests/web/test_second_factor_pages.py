"""The pages of the second factor, over HTTP on both databases: asked for at sign-in, set up before anything else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts.people import get_user
from app.core.settings import Settings
from app.models import AccessEvent
from tests.factories.http import serving
from tests.factories.people import knows, signed_in
from tests.factories.phone import Phone, Standing
from tests.factories.world import PASSWORD
from tests.web.test_pages import csrf

PAGE = "/me/second-factor"


@pytest.fixture
def clock():
    return Standing()


@pytest.fixture
def site(database, clock):
    for login in ("approver", "maintainer", "sysadmin", "secadmin"):
        knows(database, login)
    with serving(database, clock, Settings(second_factor="deciders")) as client:
        client.headers["accept-language"] = "zh"
        yield client


def sign_in(client, login, code="", password=PASSWORD):
    client.cookies.clear()
    told = {"login": login, "password": password, "code": code}
    return client.post("/login", data=told, follow_redirects=False)


def post(client, path, /, at=PAGE, **data):
    return client.post(path, data={"csrf": csrf(client, at), **data})


def enrol(client, clock, login="approver"):
    sign_in(client, login)
    shown = post(client, PAGE).text
    phone = Phone(re.search(r"secret=([A-Z2-7]{32})", shown).group(1), clock)
    assert post(client, f"{PAGE}/confirm", code=phone.code()).status_code == 200
    return phone


def test_the_sign_in_asks_everybody_alike_and_only_where_it_is_set(site, database):
    assert 'name="code"' in site.get("/login").text
    assert 'name="code"' in sign_in(site, "nobody").text
    with serving(database) as other:
        assert 'name="code"' not in other.get("/login").text
        assert 'name="code"' not in sign_in(other, "nobody").text
        assert other.post("/login", data={"login": "approver", "password": PASSWORD}).url.path == "/"
        assert other.get(PAGE).status_code == 409
        assert "动态口令" not in other.get("/me").text


def test_an_address_that_leads_nowhere_shows_no_menu_to_who_may_open_nothing_yet(site, database):
    """It showed the whole menu, of which every entry led back to the setting up."""
    with database.write() as session:
        get_user(session, "maintainer").must_change_password = True
    for login in ("approver", "maintainer"):
        sign_in(site, login)
        for missing in (site.get("/no/such"), site.get("/units/x/y/z")):
            assert missing.status_code == 404
            assert "data-key" not in missing.text
            assert 'href="/me"' not in missing.text
            assert 'action="/logout"' in missing.text


def test_who_decides_is_led_to_set_one_up_and_nothing_else_opens(site, clock):
    assert sign_in(site, "approver").status_code == 303
    for address in ("/", "/units", "/changes", "/me", "/units?q=a"):
        led = site.get(address, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, PAGE), address
    part = site.get("/units", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-refresh"]) == (403, "true")
    for path in ("/me/tokens", "/changes/1/approve", "/me/password"):
        sent = site.post(path, data={"csrf": csrf(site, PAGE)}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, PAGE), path
    first = site.get(PAGE).text
    assert "不能办理其他事项" in first
    assert "secret=" not in first
    shown = post(site, PAGE).text
    secret = re.search(r"secret=([A-Z2-7]{32})", shown).group(1)
    assert re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', shown).group(1).replace(" ", "") == secret
    assert secret not in site.get(PAGE).text
    wrong = post(site, f"{PAGE}/confirm", code="12345")
    assert (wrong.status_code, secret in wrong.text) == (401, False)
    assert "动态口令不对" in wrong.text
    assert 'name="code"' in wrong.text
    again = post(site, f"{PAGE}/confirm", code="12345", secret=secret)
    assert (again.status_code, f'name="secret" value="{secret}"' in again.text) == (401, True), "the telephone has it"
    assert site.get("/units", follow_redirects=False).status_code == 303
    done = post(site, f"{PAGE}/confirm", code=Phone(secret, clock).code())
    assert (done.status_code, done.url.path) == (200, "/")
    assert site.get("/units").status_code == 200
    assert "已设置，登录时须输入" in site.get("/me").text


def test_afterwards_the_sign_in_takes_a_code_once(site, clock, database):
    phone = enrol(site, clock)
    told = [sign_in(site, "approver", code) for code in ("", "12345", phone.code())]
    told.append(sign_in(site, "approver", phone.next(), "Wrong-password-1"))
    assert {(one.status_code, "登录名、密码或动态口令不对" in one.text) for one in told} == {(401, True)}
    assert sign_in(site, "approver", phone.code()).status_code == 303
    assert sign_in(site, "approver", phone.code()).status_code == 401, "it was used"
    assert sign_in(site, "maintainer").status_code == 303
    site.app.state.access.flush()
    with database.read() as session:
        noted = session.execute(select(AccessEvent.subject).where(AccessEvent.event == "access:refused")).scalars()
        assert "sign-in approver" in list(noted)


def test_a_cookie_from_before_opens_nothing_once_there_is_a_second_factor(site, clock, database):
    before = signed_in(database, "approver")
    site.cookies.clear()
    assert site.get("/units", headers={"cookie": before}, follow_redirects=False).headers["location"] == PAGE
    enrol(site, clock)
    site.cookies.clear()
    led = site.get("/units", headers={"cookie": before}, follow_redirects=False)
    assert led.headers["location"].startswith("/login")


def test_another_telephone_is_brought_in_on_the_own_page(site, clock):
    phone = enrol(site, clock)
    sign_in(site, "approver", phone.next())
    assert "更换手机" in site.get("/me").text
    assert "原来的动态口令" in site.get(PAGE).text
    assert post(site, PAGE, code="12345").status_code == 401
    shown = post(site, PAGE, code=phone.next()).text
    other = Phone(re.search(r"secret=([A-Z2-7]{32})", shown).group(1), clock)
    assert post(site, f"{PAGE}/confirm", code=other.code()).url.path == "/me"
    assert sign_in(site, "approver", phone.next()).status_code == 401
    assert sign_in(site, "approver", other.code()).status_code == 303


def test_two_administrators_reset_a_lost_one(site, clock):
    enrol(site, clock)
    system, security = enrol(site, clock, "sysadmin"), enrol(site, clock, "secadmin")
    sign_in(site, "secadmin", security.next())
    assert "申请重置" not in site.get("/people/maintainer").text
    assert "申请重置" in site.get("/people/approver").text
    asked = post(site, "/people/approver/second-factor", at="/people/approver").text
    assert "重置动态口令" in asked
    waiting = site.get("/rights").text
    assert "重置动态口令" in waiting
    assert "/rights/1/withdraw" in waiting
    assert "/rights/1/confirm" not in waiting
    sign_in(site, "sysadmin", system.next())
    waiting = site.get("/rights").text
    assert "/rights/1/confirm" in waiting
    post(site, "/rights/1/confirm", at="/rights")
    assert "申请重置" not in site.get("/people/approver").text
    assert sign_in(site, "approver").status_code == 303
    assert site.get("/units", follow_redirects=False).headers["location"] == PAGE
