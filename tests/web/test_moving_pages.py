"""The page of a move between two offices, as giver, approver and receiver see it."""

from __future__ import annotations

import re

from tests.factories.people import set_own_password
from tests.web.test_pages import PASSWORD, csrf, hashed, sign_in, site, timer

__all__ = ["site", "timer"]

APPROVES = 'formaction="/changes/{}/approve"'


def test_the_page_of_a_move_offers_the_receiver_his_word_and_the_approver_none_before(site, database):
    with database.write() as session:
        set_own_password(session, "neighbour", hashed(PASSWORD))
    sign_in(site)
    told = {"unit_id": "1", "reason": "move_within", "valid_from": "2024-12-31", "area_code": "500112001001"}
    change = site.post("/units/propose", data={**told, "csrf": csrf(site)})
    number = re.search(r"/changes/(\d+)", str(change.url)).group(1)
    sign_in(site, "approver")
    before = site.get(f"/changes/{number}").text
    assert "接收机构同意后方可批准。" in before
    assert (APPROVES.format(number) in before, f"/changes/{number}/reject" in before) == (False, True)
    sign_in(site, "neighbour")
    asked = site.get(f"/changes/{number}").text
    assert "迁入单位" in asked
    assert "91500105MA60X0016Y" in asked
    assert f'href="/changes/{number}"' in site.get("/changes?status=in_review&asked=1").text
    agreed = site.post(f"/changes/{number}/consent", data={"csrf": csrf(site)})
    assert "已同意接收" in agreed.text
    sign_in(site, "approver")
    assert APPROVES.format(number) in site.get(f"/changes/{number}").text
    site.post("/me/language", data={"language": "en", "csrf": csrf(site)})
    assert "agreed to take it over" in site.get(f"/changes/{number}").text
