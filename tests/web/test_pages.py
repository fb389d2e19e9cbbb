"""Pages over HTTP, on both databases: signing in, limits in time, forged forms, who may see what."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from app.accounts.limits import Waits
from app.accounts.sessions import FAILURES_HERE, IDLE
from app.models import AccessEvent
from app.web.visitor import COOKIE, cookie_for
from tests.factories.http import serving
from tests.factories.people import hashed, set_own_password
from tests.factories.scans import ABOUT, PNG
from tests.factories.timer import Timer
from tests.factories.units import make_unit
from tests.factories.world import PASSWORD

PEOPLE = ("maintainer", "approver", "section", "survey")


@pytest.fixture
def timer():
    return Timer()


@pytest.fixture
def site(database, timer):
    known = hashed(PASSWORD)
    with database.write() as session:
        for login in PEOPLE:
            set_own_password(session, login, known)
        make_unit(session)
    with serving(database) as client:
        client.headers["accept-language"] = "zh"
        client.app.state.house.kept[Waits] = Waits(timer)
        yield client


def sign_in(client, login="maintainer", password=PASSWORD):
    client.cookies.clear()
    return client.post("/login", data={"login": login, "password": password}, follow_redirects=False)


def csrf(client, path="/"):
    return re.search(r'name="csrf" content="([0-9a-f]+)"', client.get(path).text).group(1)


@pytest.mark.parametrize("path", ["/login", "/units", "/nowhere", "/static/app.css", "/docs"])
def test_head_is_answered_as_get_without_the_body(site, path):
    assert sign_in(site).status_code == 303
    asked, got = site.head(path, follow_redirects=False), site.get(path, follow_redirects=False)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert got.content or got.is_redirect
    changing = {"date", "set-cookie", "content-length"}
    assert {k: v for k, v in asked.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(site):
    answer = site.get("/units?q=a", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/units%3Fq%3Da")
    there = site.post("/login", data={"login": "maintainer", "password": PASSWORD, "next": "/units?q=a"})
    assert there.url.path == "/units"


def test_the_sign_in_leads_nowhere_outside(site):
    for place in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        data = {"login": "maintainer", "password": PASSWORD, "next": place}
        assert site.post("/login", data=data, follow_redirects=False).headers["location"] == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites(site):
    header = sign_in(site).headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header


def test_who_fails_too_often_waits_and_the_wait_ends(site, timer):
    for _ in range(FAILURES_HERE):
        assert sign_in(site, password="Wrong-password-1").status_code == 401
    waits = sign_in(site)
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "30")
    assert "30 秒后再试" in waits.text
    timer.seconds += 31
    assert sign_in(site).status_code == 303


def test_who_signed_in_here_before_is_not_kept_out_by_others(site):
    """D34: five tries each quarter of an hour kept the approver out for good."""
    sign_in(site, "approver")
    known = site.cookies["minglu_device"]
    for _ in range(FAILURES_HERE + 1):
        refused = sign_in(site, "approver", "Wrong-password-1")
    assert refused.status_code == 429
    site.cookies.clear()
    site.cookies.set("minglu_device", known, path="/login")
    mine = site.post("/login", data={"login": "approver", "password": PASSWORD}, follow_redirects=False)
    assert mine.status_code == 303


def test_a_refused_sign_in_does_not_tell_whether_there_is_such_a_login(site):
    """D34: the lock of an account told that there was one."""
    told = [
        [sign_in(site, login, "Wrong-password-1") for _ in range(FAILURES_HERE + 1)]
        for login in ("approver", "no-such-login")
    ]
    some, none = (
        [(one.status_code, one.text.replace(login, "")) for one in answers]
        for login, answers in zip(("approver", "no-such-login"), told, strict=True)
    )
    assert some == none


def test_an_idle_session_ends(site, database):
    sign_in(site)
    assert site.get("/units", follow_redirects=False).status_code == 200

    claims = jwt.decode(site.cookies[COOKIE], database.keys.derive("web-session"), algorithms=["HS256"])
    old = cookie_for(database.keys, claims["s"], site.app.state.clock.now() - IDLE - timedelta(minutes=1))
    site.cookies.clear()
    site.cookies.set(COOKIE, old)
    assert site.get("/units", follow_redirects=False).status_code == 303


def test_a_form_without_its_token_is_refused(site):
    sign_in(site)
    data = {
        "reason": "change",
        "unit_id": "1",
        "valid_from": "2024-12-01",
        "name": "x",
        "was_name": "y",
        "evidence": "e",
    }
    assert site.post("/units/propose", data=data).status_code == 403
    for forged in ("00", "名", "\x00", ""):
        assert site.post("/units/propose", data={**data, "csrf": forged}).status_code == 403, forged


def test_signing_out_ends_the_session_itself(site):
    sign_in(site)
    kept = site.cookies[COOKIE]
    site.post("/logout", data={"csrf": csrf(site)})
    site.cookies.set(COOKIE, kept)
    assert site.get("/units", follow_redirects=False).status_code == 303


def test_pages_carry_a_strict_content_policy_and_are_not_kept(site):
    sign_in(site)
    answer = site.get("/units")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


def test_buttons_one_may_not_press_are_absent_and_the_service_still_refuses(site):
    sign_in(site, "section")
    page = site.get("/imports")
    assert page.status_code == 403
    assert "/imports" not in site.get("/").text
    refused = site.post("/review/1/decision", data={"verdict": "same", "csrf": csrf(site)})
    assert refused.status_code == 403


def test_a_change_proposed_by_hand_holds_only_what_was_changed(site):
    sign_in(site)
    form = site.get("/units/1/propose").text
    was = dict(re.findall(r'name="was_(\w+)" value="([^"]*)"', form))
    data = {f"was_{name}": value for name, value in was.items()} | was
    data |= {
        "unit_id": "1",
        "reason": "correction",
        "valid_from": "2024-06-01",
        "evidence": "电话核实",
        "base_revision": "1",
    }
    page = site.post("/units/propose", data={**data, "address": "新华路8号", "csrf": csrf(site)})
    assert page.status_code == 200
    assert "新华路8号" in re.sub(r"</?mark>", "", page.text)
    assert page.text.count('<th scope="row">') == 1


def test_personal_values_are_masked_until_a_reason_is_given(site):
    sign_in(site)
    assert "张三丰" not in site.get("/units/1").text
    assert site.post("/units/1/unmask", data={"csrf": csrf(site), "reason": " "}).status_code == 422
    assert "张三丰" in site.post("/units/1/unmask", data={"csrf": csrf(site), "reason": "核实"}).text


def test_a_unit_outside_the_area_is_not_there(site, database):
    with database.write() as session:
        make_unit(session, uscc="91500105MA5U8K3N95", area_code="500106001001")
    sign_in(site)
    assert site.get("/units/2").status_code == 404
    assert "91500105MA5U8K3N95" not in site.get("/units?q=91500105").text


def test_a_name_is_found_by_its_middle_and_a_code_by_any_part(site):
    sign_in(site)
    held = site.get("/units").text
    name = re.search(r"<td>(\S+公司)</td>", held).group(1)
    for part in (name[3:6], "105"):
        assert name in site.get("/units", params={"q": part}).text
    assert "没有符合条件的单位" in site.get("/units", params={"q": "没有这个名称"}).text


def test_unknown_addresses_are_pages_below_the_root_and_problems_below_the_api(site):
    assert site.get("/no/such").headers["content-type"].startswith("text/html")
    assert site.get("/api/v1/no-such").json()["code"] == "not_found"


def test_badly_formed_input_is_one_refusal_in_words_that_people_know(site):
    """Pages called it `bad_form`, and named fields of the program, once parted by commas and once by semicolons."""
    sign_in(site)
    token = {"csrf": csrf(site)}
    by_form = site.post("/units/export", data=token)
    by_verb = site.post("/units/export", data={**token, "purpose": "x" * 3000, "recipient": "局"})
    by_address = site.get("/units?page=0&known_at=never")
    assert (by_form.status_code, "reason_missing" in by_form.text) == (422, True)  # the verb decides, not the form
    for answer in (by_verb, by_address):
        assert (answer.status_code, "bad_payload" in answer.text) == (422, True)
    assert "“用途”最多" in by_verb.text
    assert "“页码”不能小于 1" in by_address.text
    assert "moment" not in by_address.text


def test_a_method_that_is_not_taken_and_a_form_that_is_none_are_told_by_their_codes(site):
    sign_in(site)
    wrong = site.delete("/units", headers={"X-CSRF-Token": csrf(site)})
    assert (wrong.status_code, "method_not_allowed" in wrong.text) == (405, True)
    broken = site.post("/units/export", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=y"})
    assert (broken.status_code, "bad_form" in broken.text, "multipart" in broken.text) == (400, True, False)


def test_a_list_goes_out_as_a_package_with_purpose_and_number_but_no_personal_value(site, database):
    sign_in(site)
    token = csrf(site)
    refused = site.post("/units/export", data={"csrf": token, "purpose": " ", "recipient": "x"})
    assert refused.status_code in {400, 422}
    form = {"csrf": token, "purpose": "年报", "recipient": "贸易投资科", "address": "?q=公司&cols=uscc,name,legal_rep"}
    taken = site.post("/units/export", data=form)
    with zipfile.ZipFile(io.BytesIO(taken.content)) as package:
        about = json.loads(package.read("datapackage.json"))
        data = package.read("data.csv").decode("utf-8-sig")
    assert (about["exportId"], about["purpose"], about["recipient"]) == (1, "年报", "贸易投资科")
    assert data.splitlines()[0] == "unit_id,uscc,name"
    assert len(data.splitlines()) == 2
    assert "张三丰" not in data
    site.app.state.access.flush()
    with database.read() as session:
        events = session.execute(select(AccessEvent.event)).scalars().all()
    assert "unit:export" in events


def proposed(client):
    data = {
        "csrf": csrf(client),
        "unit_id": "1",
        "reason": "correction",
        "valid_from": "2024-06-01",
        "base_revision": "1",
    }
    page = client.post(
        "/units/propose", data={**data, "evidence": "电话核实", "address": "新华路8号", "was_address": ""}
    )
    return page.url.path


def version_on(page):
    """The version of the request that a page of it carries."""
    return re.search(r'name="version" value="(\d+)"', page)[1]


def test_a_request_is_discussed_returned_refreshed_and_submitted_again(site):
    sign_in(site)
    request = proposed(site)
    assert "电话核实" in site.get(request).text
    sign_in(site, "approver")
    token = {"csrf": csrf(site)}
    assert site.post(f"{request}/return", data={**token, "comment": ""}).status_code == 422
    assert "材料呢" in site.post(f"{request}/comment", data={**token, "comment": "材料呢"}).text
    assert "已退回" in site.post(f"{request}/return", data={**token, "comment": "请补材料"}).text
    sign_in(site)
    token = {"csrf": csrf(site)}
    assert "项我的申请要处理" in site.get("/").text
    site.post(f"{request}/refresh", data=token)
    assert "待审批" in site.post(f"{request}/submit", data={**token, "comment": "已补"}).text
    sign_in(site, "approver")
    looked_at = {"csrf": csrf(site), "version": version_on(site.get(request).text)}
    shown = site.post(f"{request}/approve", data=looked_at).text
    assert 'data-hotkey="a"' not in shown  # no key approves the next request unseen
    assert "新华路8号" in site.get("/units/1").text
    assert site.post(f"{request}/approve", data=looked_at).status_code == 409


def test_ones_own_request_cannot_be_approved_by_a_forged_press(site):
    sign_in(site)
    request = proposed(site)
    page = site.get(request).text
    assert 'data-hotkey="a"' not in page
    refused = site.post(f"{request}/approve", data={"csrf": csrf(site), "version": "1"})
    assert (refused.status_code, "不能由您审批" in refused.text) == (403, True)
    withdrawn = site.post(f"{request}/withdraw", data={"csrf": csrf(site)})
    assert "已撤回" in withdrawn.text


def test_a_written_approval_is_recorded_and_countersigned_on_the_page(site):
    sign_in(site, "survey")
    request = proposed(site)
    sign_in(site)
    page = site.get(request).text
    assert f'action="{request}/written-approval"' in page
    data = {"csrf": csrf(site), **ABOUT}
    page = site.post(f"{request}/written-approval", data=data, files={"document": ("批复.png", PNG)}).text
    assert ABOUT["number"] in page
    assert "countersign" not in page
    scan = re.search(rf'<img class="scan" src="({request}/documents/\d+)"', page).group(1)
    sign_in(site, "approver")
    shown = site.get(scan)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert shown.headers["content-disposition"].startswith("inline")
    version = re.search(r'action="[^"]*/countersign".*?name="version" value="(\d+)"', site.get(request).text, re.S)
    told = {"csrf": csrf(site), "version": version.group(1)}
    assert "已入库" in site.post(f"{request}/countersign", data=told).text


def test_a_unit_that_follows_is_proposed_on_the_form_and_who_decides_sees_it(site, database):
    with database.write() as session:
        heir = make_unit(session, name="存续公司", uscc="")
    sign_in(site)
    assert 'name="successor_id"' in site.get("/units/1/propose").text
    data = {"csrf": csrf(site), "unit_id": "1", "reason": "merge", "valid_from": "2024-06-01", "evidence": "合并"}
    proposed_ = site.post("/units/propose", data={**data, "successor_id": str(heir)})
    assert proposed_.url.path.startswith("/changes/")
    assert f'href="/units/{heir}"' in proposed_.text
    itself = site.post("/units/propose", data={**data, "successor_id": "1"})
    assert (itself.status_code, "就是该单位自己" in itself.text) == (409, True)
    assert site.post("/units/propose", data={**data, "successor_id": "x"}).status_code == 422


def test_a_survey_is_given_a_section_from_the_list_and_its_open_days_are_called_so(site, database):
    """The section was typed by hand, and open days were shown as 1949 and 9999."""
    sign_in(site)
    shown = site.get("/surveys").text
    assert '<option value="district/industry">工交能源科</option>' in shown
    assert "不限" in shown
    assert "9999" not in shown
    token = {"csrf": csrf(site)}
    told = {"code": "N1", "name": "能耗调查", "document_no": "", "form_no": "", "section": "district/industry"}
    made = site.post("/surveys", data={**token, **told, "valid_from": "2025-01-01", "valid_until": ""})
    assert made.url.path == "/surveys/N1"
    assert '<option value="district/industry" selected>' in made.text
    assert 'value="2025-01-01"' in made.text
    changed = site.post("/surveys/N1", data={**token, **told, "valid_from": "", "valid_until": "2026-01-01"}).text
    assert "2025-01-01" not in changed
    assert 'value="2026-01-01"' in changed
    assert "1949" not in changed


def test_a_survey_waits_on_its_page_until_a_second_person_says_whose_it_is(site, database):
    sign_in(site)
    told = {"csrf": csrf(site), "name": "批零", "document_no": "", "form_no": "", "valid_from": "", "valid_until": ""}
    shown = site.post("/surveys/retail", data={**told, "section": "district/industry"}).text
    assert "归口变更待确认" in shown
    assert "/surveys/retail/confirm-owner" not in shown
    assert "撤回" in shown
    assert "待确认归口到工交能源科" in site.get("/surveys").text
    sign_in(site, "section")
    assert "/surveys?waiting=true" in site.get("/").text
    waits = site.get("/surveys?waiting=true").text
    assert "/surveys/retail" in waits
    assert "/surveys/hotel" not in waits
    sent = {"csrf": csrf(site), "section": "district/industry"}
    confirmed = site.post("/surveys/retail/confirm-owner", data=sent)
    assert (confirmed.status_code, confirmed.url.path) == (200, "/surveys/retail")
    assert "归口变更待确认" not in confirmed.text
    assert "工交能源科" in confirmed.text
    assert site.post("/surveys/retail/refuse-owner", data=sent).status_code == 409


def test_a_merger_is_proposed_on_the_form_shown_whole_and_undone_on_its_page(site, database):
    """T9: on screen the reasons merge and split had no field for the other unit."""
    with database.write() as session:
        make_unit(session, name="重庆宏泰建材有限公司", uscc="91500105MA5U8K3N95", address="")
    sign_in(site)
    form = site.get("/units/1/propose").text
    assert 'name="absorbed"' in form
    assert 'name="into_children_0"' in form
    data = {"unit_id": "1", "reason": "merge", "valid_from": "2024-05-01", "evidence": "登记机关文件", "absorbed": "2", "csrf": csrf(site)}  # fmt: skip
    data |= {"code_scheme_0": "tax_no", "code_value_0": "500105202812349", "winners": "name=2"}
    shown = site.post("/units/propose/findings", data=data).text
    assert "不能提交" not in shown
    page = site.post("/units/propose", data=data)
    assert page.status_code == 200
    for said in ("91500105MA5U8K3N95", "500105202812349", "重庆宏泰建材有限公司", "合并"):
        assert said in page.text, said
    request = page.url.path
    sign_in(site, "approver")
    version = version_on(site.get(request).text)
    done = site.post(f"{request}/approve", data={"comment": "", "version": version, "csrf": csrf(site)})
    assert "已入库" in done.text
    sign_in(site)
    assert f'action="{request}/undo"' in site.get(request).text
    undo = site.post(f"{request}/undo", data={"comment": "认错了单位", "csrf": csrf(site)})
    assert undo.url.path != request
    assert f'href="{request}"' in undo.text
