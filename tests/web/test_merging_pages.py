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
