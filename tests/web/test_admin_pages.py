"""Administrators' pages and one's own account, over HTTP on both databases."""

from __future__ import annotations

import re

import pytest

from app.accounts.actor import get_actor
from app.codelists.service import load_shipped
from app.models import UserAccount
from tests.factories.http import serving
from tests.factories.people import hashed, set_own_password
from tests.factories.world import NOW
from tests.web.test_pages import PASSWORD, csrf, sign_in


@pytest.fixture
def site(database):
    known = hashed(PASSWORD)
    with database.write() as session:
        for login in ("secadmin", "sysadmin", "audadmin", "maintainer"):
            set_own_password(session, login, known)
        load_shipped(session, actor="test", now=NOW)
    with serving(database) as client:
        yield client


def post(client, path, /, at="/", **data):
    return client.post(path, data={"csrf": csrf(client, at), **data})


def test_a_person_is_made_by_one_given_roles_by_another_and_ended(site, database):
    sign_in(site, "sysadmin")
    form = {"login": "zhao", "name": "赵工", "office": "district", "password": ""}
    made = post(site, "/people", **form).text
    secret = re.search(r"一次性密码只显示这一次，请交给本人：<code>([^<]+)</code>", made).group(1)
    assert secret not in site.get("/people/zhao").text
    assert post(site, "/people", **form).status_code == 409
    assert post(site, "/people/zhao/roles", roles=["post"]).status_code == 403
    sign_in(site, "secadmin")
    assert "三员" in post(site, "/people/zhao/roles", roles=["sec_admin", "maintainer"]).text
    assert post(site, "/people/secadmin/roles", roles=["sec_admin"]).status_code == 403
    given = post(site, "/people/zhao/roles", roles=["post", "maintainer"]).text
    first = re.search(r"前半段只显示这一次[^<]+<code>([^<]+)</code>", given).group(1)
    assert "待确认" in given
    assert secret != first
    assert first not in site.get("/people/zhao").text
    post(site, "/rights/2/withdraw")
    sign_in(site, "sysadmin")
    assert "赵工" in site.get("/people").text
    assert "街道统计员" in site.get("/rights").text
    second = re.search(r"后半段只显示这一次[^<]+<code>([^<]+)</code>", post(site, "/rights/3/confirm").text).group(1)
    assert "没有待确认的权限" in site.get("/rights").text
    assert "已撤回" in site.get("/rights?all=true").text
    assert "取消角色 街道统计员" in site.get("/people/zhao").text
    assert sign_in(site, "zhao", secret).status_code == 401
    secret = first + second
    assert sign_in(site, "zhao", secret).status_code == 303
    assert site.get("/units", follow_redirects=False).headers["location"] == "/me/own-password"
    asked = csrf(site, "/me/own-password")
    changed = {"csrf": asked, "old": secret, "new": PASSWORD, "again": PASSWORD}
    assert site.post("/me/password", data=changed).status_code == 200
    assert site.get("/units").status_code == 200
    sign_in(site, "sysadmin")
    post(site, "/people/zhao/roles/post/take")
    post(site, "/people/zhao/deactivate")
    assert sign_in(site, "zhao").status_code == 401


def test_a_right_is_refused_and_a_section_given_on_pages(site):
    sign_in(site, "sysadmin")
    post(site, "/offices/sections", code="district", section="price", name="价格科")
    sign_in(site, "secadmin")
    assert "价格科" in post(site, "/people/section2/section", section="price").text
    sign_in(site, "sysadmin")
    post(site, "/rights/1/refuse")
    assert "未予确认" in site.get("/rights?all=true").text


def test_an_area_is_given_by_one_and_confirmed_by_another_on_pages(site):
    sign_in(site, "sysadmin")
    assert "500105007 待确认" in post(site, "/offices/areas", code="empty", area_prefix="500105007").text
    waits = site.get("/rights").text
    assert "机构辖区" in waits
    assert "500105007 五里店街道" in re.sub(r"\s+", " ", waits)
    assert "没有辖区的机构" in waits
    assert "撤回权限 1" in waits
    assert "确认权限 1" not in waits
    assert post(site, "/rights/1/confirm").status_code == 403
    sign_in(site, "secadmin")
    assert "确认权限 1" in site.get("/rights").text
    assert "没有待确认的权限" in post(site, "/rights/1/confirm").text
    assert "500105007 待确认" not in site.get("/offices").text
    assert "500105007" in site.get("/offices").text
    assert "500105007" not in post(site, "/offices/areas/end", code="empty", area_prefix="500105007").text


def test_an_administrators_role_is_asked_back_by_one_and_ends_by_another_on_pages(site):
    sign_in(site, "secadmin")
    assert "申请取消" in site.get("/people/audadmin").text
    assert "取消管理员角色" in post(site, "/people/audadmin/roles/aud_admin/take").text
    assert "确认权限 1" not in site.get("/rights").text
    assert post(site, "/people/audadmin/deactivate").status_code == 403
    sign_in(site, "sysadmin")
    assert "确认权限 1" in site.get("/rights").text
    post(site, "/rights/1/confirm")
    assert "申请取消" not in site.get("/people/audadmin").text


def test_a_password_is_reset_by_two_on_pages_and_its_owner_is_told(site):
    sign_in(site, "secadmin")
    assert "这里填前半段" in site.get("/people/maintainer").text
    assert "这里填前半段" not in site.get("/people/statistician").text
    assert "重设密码" in post(site, "/people/maintainer/password", password="Another-way-77").text
    assert "确认权限 1" not in site.get("/rights").text
    sign_in(site, "sysadmin")
    shown = post(site, "/rights/1/confirm", at="/rights").text
    half = re.search(r"接在前半段之后输入：\s*<code>([^<]+)</code>", shown).group(1)
    assert half not in site.get("/rights?all=true").text
    assert "secadmin, sysadmin" in site.get("/people/maintainer").text
    assert sign_in(site, "maintainer", "Another-way-77").status_code == 401
    assert sign_in(site, "maintainer", f"Another-way-77{half}").status_code == 303
    asked = site.get("/me/own-password")
    assert "由 secadmin, sysadmin 于" in asked.text
    changed = {"old": f"Another-way-77{half}", "new": PASSWORD, "again": PASSWORD}
    post(site, "/me/password", at="/me/own-password", **changed)
    assert "上一次由他人设置密码：secadmin, sysadmin" in site.get("/me").text


def test_only_two_administrators_see_people_and_keys(site):
    for login in ("audadmin", "maintainer"):
        sign_in(site, login)
        for path in ("/people", "/keys", "/rights"):
            assert site.get(path).status_code == 403


def test_a_key_is_shown_once_works_when_confirmed_and_can_be_revoked(site):
    sign_in(site, "secadmin")
    limits = {"scopes": ["check", "units"], "areas": "500105，500112", "networks": "10.1.0.0/16 0.0.0.0/0"}
    assert "bad_network" in post(site, "/keys", client="直报平台", **{**limits, "networks": "here"}).text
    limits["networks"] = ""
    shown = post(site, "/keys", client="直报平台", per_minute="1000", days="30", **limits).text
    assert all(part in shown for part in ("<td>check units</td>", "500105, 500112"))
    key = re.search(r"mlk_[\w-]+", shown).group(0)
    assert key not in site.get("/keys").text
    sign_in(site, "sysadmin")
    waits = re.sub(r"<[^>]*>|\s", "", site.get("/rights").text)
    for part in ("核对是否在库查看单位名称区划500105,500112调查不限网络不限每分钟1,000有效至",):
        assert part in waits, part
    told = re.search(r"密钥后半段[^<]*<code>([\w-]+)</code>", post(site, "/rights/1/confirm").text)
    assert told is not None
    asked = {"X-API-Key": key + told.group(1)}
    assert site.get("/api/v1/check/91500105MA5U8K3N95", headers={"X-API-Key": key}).status_code == 401
    assert site.get("/api/v1/check/91500105MA5U8K3N95", headers=asked).status_code == 200
    post(site, "/keys/1/revoke")
    assert site.get("/api/v1/check/91500105MA5U8K3N95", headers=asked).status_code == 401


def test_a_key_out_of_bounds_is_refused_and_one_revoked_twice_says_so(site):
    sign_in(site, "secadmin")
    assert post(site, "/keys", client="直报平台", areas="50", per_minute="0").status_code == 422
    assert post(site, "/keys", client="直报平台").status_code == 422, "for no area named"
    post(site, "/keys", client="直报平台", areas="50")
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
    assert "There is nothing here by that name." in missing.text
    site.cookies.clear()
    assert 'href="/units"' not in site.get("/no/such").text
    site.cookies.set("minglu_language", "en")
    assert "There is nothing here by that name." in site.get("/no/such").text


def test_a_refusal_is_a_page_in_the_language_spoken_without_words_of_the_other(site):
    """A22: what stood behind the code was English for everybody."""
    sign_in(site, "sysadmin")
    form = {"login": "zhao", "name": "赵工", "office": "no-such", "password": PASSWORD}
    missing = post(site, "/people", **form)
    assert (missing.status_code, "没有代码为 no-such 的机构" in missing.text) == (404, True)
    assert "there is no" not in missing.text
    weak = post(site, "/people/maintainer/password", password="short")
    assert (weak.status_code, "密码至少10位" in weak.text) == (422, True)
    post(site, "/me/language", language="en")
    assert "There is no office no-such" in post(site, "/people", **form).text
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
        "park_code": "P02",
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
