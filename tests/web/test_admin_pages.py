"""Administrators' pages and one's own account, over HTTP on both databases."""

from __future__ import annotations

import re

import pytest

from app.accounts.actor import get_actor
from app.accounts.service import set_password
from app.codelists.service import load_shipped
from app.models import UserAccount
from tests.factories.http import serving
from tests.factories.people import hashed
from tests.factories.world import NOW
from tests.web.test_pages import PASSWORD, csrf, sign_in


@pytest.fixture
def site(database):
    known = hashed(PASSWORD)
    with database.write() as session:
        admin = get_actor(session, "secadmin")
        for login in ("secadmin", "sysadmin", "audadmin", "maintainer"):
            set_password(session, login, known, actor=admin, now=NOW)
        load_shipped(session, actor="test", now=NOW)
    with serving(database) as client:
        yield client


def post(client, path, /, at="/", **data):
    return client.post(path, data={"csrf": csrf(client, at), **data})


def test_a_person_is_made_given_roles_and_ended(site, database):
    sign_in(site, "secadmin")
    form = {"login": "zhao", "name": "赵工", "office": "district", "password": PASSWORD, "roles": ["post"]}
    assert "赵工" in post(site, "/people", **form).text
    assert post(site, "/people", **form).status_code == 409
    assert "三员" in post(site, "/people/zhao/roles", roles=["sec_admin", "maintainer"]).text
    assert post(site, "/people/secadmin/roles", roles=["sec_admin"]).status_code == 403
    assert sign_in(site, "zhao").status_code == 303
    sign_in(site, "secadmin")
    post(site, "/people/zhao/deactivate")
    assert sign_in(site, "zhao").status_code == 401


def test_only_the_security_administrator_sees_people_and_keys(site):
    for login in ("sysadmin", "audadmin", "maintainer"):
        sign_in(site, login)
        assert site.get("/people").status_code == 403
        assert site.get("/keys").status_code == 403


def test_a_key_is_shown_once_works_and_can_be_revoked(site):
    sign_in(site, "secadmin")
    shown = post(site, "/keys", client="直报平台", per_minute="1000", days="30").text
    key = re.search(r"mlk_[\w-]+", shown).group(0)
    assert key not in site.get("/keys").text
    asked = {"X-API-Key": key}
    assert site.get("/api/v1/check/91500105MA5U8K3N95", headers=asked).status_code == 200
    post(site, "/keys/1/revoke")
    assert site.get("/api/v1/check/91500105MA5U8K3N95", headers=asked).status_code == 401


def test_a_key_out_of_bounds_is_refused_and_one_revoked_twice_says_so(site):
    sign_in(site, "secadmin")
    assert post(site, "/keys", client="直报平台", per_minute="0").status_code == 422
    post(site, "/keys", client="直报平台")
    post(site, "/keys/1/revoke")
    second = post(site, "/keys/1/revoke")
    assert (second.status_code, "密钥 1 现在是" in second.text) == (409, True)


def test_an_address_that_leads_nowhere_keeps_menu_and_language(site):
    """A25: a 404 dropped the menu and was Chinese for everybody."""
    sign_in(site)
    post(site, "/me/language", language="en")
    missing = site.get("/no/such")
    assert missing.status_code == 404
    assert 'href="/units"' in missing.text
    assert "there is nothing here by that name" in missing.text
    site.cookies.clear()
    assert 'href="/units"' not in site.get("/no/such").text
    site.cookies.set("minglu_language", "en")
    assert "there is nothing here by that name" in site.get("/no/such").text


def test_a_refusal_is_a_page_in_the_language_spoken_without_words_of_the_other(site):
    """A22: what stood behind the code was English for everybody."""
    sign_in(site, "secadmin")
    form = {"login": "zhao", "name": "赵工", "office": "no-such", "password": PASSWORD, "roles": ["post"]}
    missing = post(site, "/people", **form)
    assert (missing.status_code, "没有代码为 no-such 的机构" in missing.text) == (404, True)
    assert "there is no" not in missing.text
    weak = post(site, "/people/maintainer/password", password="short")
    assert (weak.status_code, "密码至少10位" in weak.text) == (422, True)
    post(site, "/me/language", language="en")
    assert "there is no office no-such" in post(site, "/people", **form).text
    assert post(site, "/people", login="x").status_code == 422


def test_an_office_is_made_below_another(site):
    sign_in(site, "sysadmin")
    form = {
        "code": "park2",
        "name": "测试园区",
        "level": "post",
        "parent": "district",
        "area_prefix": "500105",
        "kind": "functional",
    }
    assert "测试园区" in post(site, "/offices", **form).text
    assert post(site, "/offices", **form).status_code == 409


def test_code_lists_are_browsed_searched_and_brought_in(site, tmp_path):
    sign_in(site, "sysadmin")
    assert "批发和零售业" in site.get("/codelists/industry").text
    assert "F" in site.get("/codelists/industry", params={"q": "批发和零售"}).text
    file = ("parks.csv", "code,name\nP1,测试园\n".encode(), "text/csv")
    data = {"csrf": csrf(site), "name": "park", "edition": "1", "title": "园区", "valid_from": "2024-01-01"}
    assert "测试园" in site.post("/codelists", data=data, files={"file": file}).text
    assert site.post("/codelists", data=data, files={"file": file}).status_code == 409
    bad = ("x.csv", b"a,b\n1,2\n", "text/csv")
    refused = site.post("/codelists", data={**data, "edition": "2"}, files={"file": bad})
    assert (refused.status_code, "code 和 name" in refused.text) == (422, True)
    assert site.get("/codelists/no-such-list").status_code == 404


def test_the_log_is_read_filtered_and_verified(site):
    sign_in(site, "audadmin")
    page = site.get("/log", params={"event": "session:open"}).text
    assert page.count("登录</td>") >= 1
    first = re.search(r"/log/audit/(\d+)", site.get("/log").text).group(1)
    assert "散列值" in site.get(f"/log/audit/{first}").text
    verified = post(site, "/log/verify").text
    assert verified.count("完整") == 2
    assert "动过" in post(site, "/log/verify", known="0" * 64).text
    assert site.get("/log/audit/999999").status_code == 404


def test_rows_that_the_log_does_not_bear_out_are_shown(site, database):
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE policy SET ground = 'x' WHERE policy_id = 1")
    sign_in(site, "audadmin")
    shown = post(site, "/log/verify").text
    assert "名录库：1 行与日志不符" in shown
    assert ("<code>policy</code>" in shown, "被改动" in shown, "<code>ground</code>" in shown) == (True, True, True)


def test_one_changes_password_language_and_ends_other_sessions(site, database):
    sign_in(site)
    elsewhere = site.cookies["minglu_session"]
    sign_in(site)
    here = site.cookies["minglu_session"]
    assert site.get("/me").text.count("登录中的浏览器") == 1
    post(site, "/me/sessions/end-others")
    site.cookies.set("minglu_session", elsewhere)
    assert site.get("/me", follow_redirects=False).status_code == 303
    site.cookies.clear()
    site.cookies.set("minglu_session", here)
    assert "My account" in post(site, "/me/language", language="en", back="/me").text
    wrong = post(site, "/me/password", old="x", new="New-password-1", again="New-password-1")
    assert wrong.status_code == 401
    differ = post(site, "/me/password", old=PASSWORD, new="New-password-1", again="New-password-2")
    assert differ.status_code == 422
    assert post(site, "/me/password", old=PASSWORD, new="New-password-1", again="New-password-1").status_code == 200
    assert sign_in(site, password=PASSWORD).status_code == 401
    assert sign_in(site, password="New-password-1").status_code == 303
    with database.read() as session:
        assert session.get(UserAccount, get_actor(session, "maintainer").user_id).language == "en"


def test_a_token_of_ones_own_works_and_is_shown_once(site):
    sign_in(site)
    token = re.search(r"mlp_[\w-]+", post(site, "/me/tokens", label="命令行").text).group(0)
    asked = {"Authorization": f"Bearer {token}"}
    assert site.get("/api/v1/frames", headers=asked).status_code == 200
    assert token not in site.get("/me").text
    post(site, "/me/tokens/revoke")
    assert site.get("/api/v1/frames", headers=asked).status_code == 401
