"""An approver finds the units of a batch by what he judges them by (D12: twelve closed samples, and page after page)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.changes import looking, verbs
from app.codelists.service import load_shipped
from app.core.db import Database
from app.match import verbs as matching
from app.verbs import House
from tests.factories.files import taken
from tests.factories.house import do, housing
from tests.factories.http import serving
from tests.factories.people import hashed, set_own_password
from tests.factories.world import NOW, PASSWORD

CENSUS = (
    "单位类型,单位详细名称,统一社会信用代码,单位所在地区划代码,运营状态,行业代码\n"
    "1,重庆鑫源商贸有限公司,91500105MA60X0016Y,500105006001,1,5199\n"
    "1,重庆宏达建材有限公司,91500105MA5U8K3N95,500105006002,1,5165\n"
    "2,重庆百家药房,,500105007001,1,52\n"
    "2,重庆小南面馆,,500105007002,1,\n"
)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


@pytest.fixture
def batch(house: House, tmp_path: Path) -> int:
    """A request of four additions, one with a problem in its row, one without an industry."""
    taken(house.database, tmp_path, CENSUS)
    return int(do(house, matching.run, "maintainer").requests[0])


def found(house: House, batch: int, **wanted: Any) -> list[int]:
    return [item.seq for item in do(house, verbs.items, "approver", request_id=batch, **wanted).items]


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        ({}, [1, 2, 3, 4]),
        ({"kind": "2"}, [3, 4]),
        ({"street": "500105006"}, [1, 2]),
        ({"industry": "51", "kind": "1"}, [1, 2]),
        ({"industry": "-"}, [4]),
        ({"q": "建材"}, [2]),
        ({"q": "ma60x"}, [1]),
        ({"q": "南面", "kind": "1"}, []),
        ({"problem": "industry_incomplete"}, [3]),
        ({"problem": "industry_incomplete", "kind": "1"}, []),
        ({"only": [4, 2, 99]}, [2, 4]),
        ({"kind": "2", "after": 3}, [4]),
    ],
)
def test_items_are_found_by_sort_name_code_and_problem(
    house: House, batch: int, wanted: dict[str, Any], seqs: list[int]
) -> None:
    assert found(house, batch, **wanted) == seqs


def test_an_item_says_what_is_wrong_in_its_row_and_what_its_codes_mean(house: House, batch: int) -> None:
    item = do(house, verbs.items, "approver", request_id=batch, only=[3]).items[0]
    assert [(one.level, one.code) for one in item.problems] == [("warning", "industry_incomplete")]
    assert item.problems[0].text == "行业代码不足4位"


def test_codes_in_differences_are_called_by_name_an_area_by_its_street(house: House, batch: int) -> None:
    """Codes stood alone beside each other."""
    with house.database.write() as session:
        load_shipped(session, actor="test", now=NOW)
    item = do(house, verbs.items, "approver", request_id=batch, only=[1]).items[0]
    called = {one.field: one.new_name for one in item.diff}
    assert (called["unit_type"], called["industry_code"], called["name"]) == ("法人单位", "其他未列明批发业", "")
    assert called["area_code"]


def test_so_many_items_are_looked_through_for_one_answer_and_the_next_goes_on(
    house: House, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items are sealed: without a bound one search opens three hundred thousand of them."""
    monkeypatch.setattr(looking, "LOOKED", 2)
    first = do(house, verbs.items, "approver", request_id=batch, q="面馆")
    assert (first.items, first.next) == ([], 2)
    later = do(house, verbs.items, "approver", request_id=batch, q="面馆", after=first.next)
    assert [item.seq for item in later.items] == [4]
    assert do(house, verbs.items, "approver", request_id=batch, q="面馆", after=later.next or 4).items == []


@pytest.fixture
def site(house: House) -> Iterator[TestClient]:
    known = hashed(PASSWORD)
    with house.database.write() as session:
        set_own_password(session, "approver", known)
    with serving(house.database) as client:
        client.post("/login", data={"login": "approver", "password": PASSWORD})
        yield client


def token(site: TestClient) -> str:
    found = re.search(r'name="csrf" content="([0-9a-f]+)"', site.get("/").text)
    assert found
    return found[1]


def speak(site: TestClient, language: str) -> None:
    site.post("/me/language", data={"csrf": token(site), "language": language})


def test_what_was_ticked_goes_along_from_page_to_page(site: TestClient, batch: int) -> None:
    """Ticks of items to be refused were lost with the page they stood on."""
    page = site.get(f"/changes/{batch}/items?except=1&except=4&kind=1").text
    assert re.search(r'name="except" value="1" form="weigh" checked', page)
    assert '<input type="hidden" name="except" value="4">' in page
    assert "不批准：2 项" in page
    assert "重庆小南面馆" not in page


def test_problems_and_counts_lead_to_their_units(site: TestClient, batch: int) -> None:
    page = html.unescape(site.get(f"/changes/{batch}").text)
    assert f'href="/changes/{batch}/items?problem=industry_incomplete"' in page
    assert f'href="/changes/{batch}/items?street=500105006"' in page
    assert f'href="/changes/{batch}/items?industry=-"' in page
    assert "重庆百家药房" in site.get(f"/changes/{batch}/items?problem=industry_incomplete").text
    assert "没有这样的单位" in site.get(f"/changes/{batch}/items?q=没有").text


@pytest.mark.parametrize(
    ("language", "some", "every"),
    [("zh", "批准 2 项，退回 2 项", "批准全部 4 项"), ("en", "Approve 2, refuse 2", "Approve all 4")],
)
def test_the_button_says_the_decision_in_words_and_numbers(
    site: TestClient, batch: int, language: str, some: str, every: str
) -> None:
    speak(site, language)
    assert every in site.get(f"/changes/{batch}/approve").text
    page = site.get(f"/changes/{batch}/approve?except=1&except=3").text
    assert some in page
    assert "重庆鑫源商贸有限公司" in page
    assert "重庆百家药房" in page


def test_what_cannot_be_left_out_is_said_before_the_decision(site: TestClient, batch: int) -> None:
    page = site.get(f"/changes/{batch}/approve?except=99&except=2&except=x").text
    assert "没有可以不批准的第 99、x 项" in page
    assert "批准 3 项，退回 1 项" in page


def test_a_refused_approval_stands_again_with_its_ticks_and_comment(site: TestClient, batch: int) -> None:
    """A refusal was a page of its own: the ticks and the comment were gone."""
    every = [str(seq) for seq in range(1, 5)]
    step = f"/changes/{batch}/approve?version=1&" + "&".join(f"except={seq}" for seq in every)
    told = {"csrf": token(site), "came_from": step, "version": "1", "except": every, "comment": "都核实过"}
    answer = site.post(f"/changes/{batch}/approve", data=told)
    assert answer.status_code == 422
    assert "除外之后没有剩下要批准的单位" in answer.text
    assert answer.text.count('name="except"') == 4
    assert "都核实过" in answer.text
    assert f'action="/changes/{batch}/approve"' in answer.text


def test_single_items_are_refused_by_their_ticks(site: TestClient, house: House, batch: int) -> None:
    told = {"csrf": token(site), "version": "1", "except": ["2", "4"], "comment": ""}
    assert site.post(f"/changes/{batch}/approve", data=told).status_code == 200
    assert do(house, verbs.show, "approver", request_id=batch).counts.status == {"excluded": 2, "open": 2}
