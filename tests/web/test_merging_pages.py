"""What people see before they click: whom a change would concern, beside the form and on the approver's page."""

from __future__ import annotations

import re

from tests.factories.units import USCC, make_unit
from tests.web.test_pages import csrf, sign_in, site, timer

__all__ = ["site", "timer"]

BRANCH = {"unit_type": "2", "uscc": "", "parent_uscc": USCC, "org_type": ""}


def branches(database, *names):
    with database.write() as session:
        for name in names:
            make_unit(session, name=name, **BRANCH)


def test_the_form_and_the_approver_are_told_the_live_branches_of_a_parent_that_closes(site, database):
    branches(database, "一店", "二店", "三店", "四店")
    sign_in(site)
    told = {"unit_id": "1", "reason": "closed", "valid_from": "2024-12-31", "evidence": "电话核实", "csrf": csrf(site)}
    spoken = site.post("/units/propose/findings", data=told, headers={"HX-Request": "true"}).text
    assert "名下有在库的产业活动单位 4 个" in spoken
    assert '<a href="/units/2">一店</a>' in spoken
    change = site.post("/units/propose", data=told)
    sign_in(site, "approver")
    number = re.search(r"/changes/(\d+)", str(change.url)).group(1)
    assert "名下有在库的产业活动单位 4 个" in site.get(f"/changes/{number}").text
    site.post("/me/language", data={"language": "en", "csrf": csrf(site)})
    assert "live establishments that belong to it: 4" in site.get(f"/changes/{number}").text


def test_what_concerns_nobody_says_nothing_of_it(site):
    sign_in(site)
    told = {"unit_id": "1", "reason": "change", "valid_from": "2024-12-31", "address": "新路1号", "csrf": csrf(site)}
    spoken = site.post("/units/propose/findings", data=told, headers={"HX-Request": "true"}).text
    assert "牵涉到" not in spoken


def test_the_preview_of_a_merger_tells_whose_value_wins_and_why(site, database):
    with database.write() as session:
        make_unit(session, name="宏泰建材有限公司", uscc="91500105MA60X0024R", reg_address="新华路2号")
    sign_in(site)
    assert "/units/1/merge" in site.get("/units/1").text
    assert "填写要并入的单位编号" in site.get("/units/1/merge").text
    page = site.get("/units/1/merge", params={"absorbed": "#2", "on": "2024-12-31"}).text
    assert "存续单位没有，补上" in page
    assert "<strong>新华路2号</strong>" in page
    assert "张三丰" not in page
    assert site.get("/units/1/merge?absorbed=2、1").text.count("须改") == 1
    told = {"absorbed": ["2"], "valid_from": "2024-12-31", "evidence": "电话核实", "csrf": csrf(site)}
    told |= {"w_name": "1", "was_name": "2", "w_reg_address": "2", "was_reg_address": "2"}
    request = site.post("/units/1/merge", data=told)
    assert (request.status_code, request.url.path) == (200, "/changes/1")
    assert "新华路2号" in request.text
    assert '<th scope="row">单位详细名称</th>' not in request.text  # it was chosen to stay
    assert site.get("/units/1/merge?absorbed=99").status_code == 404
    assert site.get("/units/1/merge?absorbed=甲").status_code == 422
