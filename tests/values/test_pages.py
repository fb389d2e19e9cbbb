"""The pages: a lock set and ended on the unit's page, a conflict settled in the list, a gap filled."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.changes import verbs as changes
from app.core.turns import Own
from app.records.losing import look
from app.values import verbs as values
from tests.factories.files import CLOCK
from tests.factories.http import serving
from tests.factories.people import own_secret, signed_in
from tests.values.world import Office, market_row, office

__all__ = ["office"]
PHONE = "13900009999"


class Browser:
    """A maintainer at a browser."""

    def __init__(self, client: TestClient, cookie: str) -> None:
        self._client, self._head = client, {"Cookie": cookie}

    def get(self, address: str) -> str:
        answer = self._client.get(address, headers=self._head)
        assert answer.status_code == 200, answer.text
        text: str = answer.text
        return text

    def send(self, page: str, address: str, **told: object) -> str:
        """A form of a page; returns where it leads."""
        found = re.search(r'name="csrf" content="([0-9a-f]+)"', self.get(page))
        assert found is not None
        data = {"csrf": found[1], **told}
        answer = self._client.post(address, headers=self._head, data=data, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        leads: str = answer.headers["location"]
        return leads


@pytest.fixture
def browser(office: Office) -> Iterator[Browser]:
    with serving(office.database, CLOCK) as client:
        cookie = signed_in(office.database, "maintainer", secret=own_secret(office.database, "maintainer"))
        yield Browser(client, cookie)


def test_a_lock_is_set_and_ended_on_the_page_of_the_unit(browser: Browser) -> None:
    assert "锁定栏目" in browser.get("/units/1")
    told = {"fields": ["contact", "legal_rep"], "until": "2025-06-30", "reason": "现场核实"}
    assert browser.send("/units/1/lock", "/units/1/lock", **told) == "/units/1?done=1"
    shown = browser.get("/units/1")
    assert 'name="fields" value="legal_rep"' in shown
    assert "锁定至 2025-06-30" in shown
    assert "现场核实" in browser.get("/values/locks")
    browser.send("/units/1", "/units/1/unlock", fields=["legal_rep", "tel"], reason="执照已更新")
    left = browser.get("/units/1")
    assert 'name="fields" value="legal_rep"' not in left
    assert 'name="fields" value="mobile"' in left


def test_a_conflict_is_settled_in_the_list(office: Office, browser: Browser) -> None:
    office.bring(market_row(phone=PHONE, industry="5165"), "2023-06-30")
    shown = browser.get("/values?field=mobile")
    assert "139****9999" in shown
    assert PHONE not in shown
    [number] = re.findall(r'action="/values/(\d+)/keep"', shown)
    led = browser.send("/values?field=mobile", f"/values/{number}/keep", note="电话已回访", at="field=mobile")
    assert led == "/values?field=mobile&done=1"
    assert "没有分歧" in browser.get("/values?field=mobile")
    assert "电话已回访" in browser.get("/values?status=kept")
    [number] = re.findall(r'action="/values/(\d+)/take"', browser.get("/values"))
    led = browser.send("/values", f"/values/{number}/take", comment="与实际一致")
    assert re.fullmatch(r"/changes/\d+", led)
    assert "的“行业代码”：重庆鑫源商贸有限公司" in browser.get(led)
    assert "没有采用的说法" in browser.get("/units/1")


def test_a_gap_is_filled_from_the_page_of_its_units(office: Office, browser: Browser) -> None:

    told = {"reason": "change", "unit_id": 1, "valid_from": "2024-12-31", "changes": {"established_on": ""}}
    office.approve(office.do(changes.propose, **told).request_id)
    look(Own(office.database), now=CLOCK.now())
    [address] = re.findall(r'<a href="(/values/gaps/units[^"]+)"', browser.get("/values/gaps"))
    address = address.replace("&amp;", "&")
    assert "2019-03-05" in browser.get(address)
    filling = {"field": "established_on", "source": "market", "kind": "empty", "street": "", "comment": "补"}
    led = browser.send(address, "/values/fill", **filling)
    assert "补“成立时间”（空缺），1 个单位" in browser.get(led)
    assert "没有可补的栏目" in browser.get("/values/gaps")


def test_the_approver_sees_a_lock_beside_the_field(office: Office) -> None:

    told = {"unit_id": 1, "fields": ["legal_rep"], "until": "2025-06-30", "reason": "现场核实，执照未更新"}
    office.do(values.lock, **told)
    [request] = office.bring(market_row(rep="王五"), "2024-06-30", vouched=True)
    with serving(office.database, CLOCK) as client:
        cookie = signed_in(office.database, "approver", secret=own_secret(office.database, "approver"))
        shown = Browser(client, cookie).get(f"/changes/{request}")
    assert "锁定至 2025-06-30" in shown
    assert "现场核实，执照未更新" in shown
