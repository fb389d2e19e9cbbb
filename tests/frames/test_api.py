"""A frame's life over HTTP: drafted by the register side, built by the section, confirmed by two people, frozen, exported."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from app.models import AccessEvent
from tests.factories.http import as_person, serving
from tests.factories.units import USCC, make_unit
from tests.frames.world import TRADE

DRAFT = {
    "name": "限上批零2025",
    "survey": "retail",
    "period": "2025",
    "definition": TRADE,
    "reference_date": "2024-12-31",
}
PATH = "/api/v1/frames/限上批零2025"


@pytest.fixture
def http(database):
    with database.write() as session:
        make_unit(session)
        make_unit(session, uscc="", name="重庆第二商贸有限公司")
    with serving(database) as client:
        yield client


@pytest.fixture
def section(database):
    return as_person(database, "section")


@pytest.fixture
def maintainer(database):
    return as_person(database, "maintainer")


@pytest.fixture
def drafter(database):
    return as_person(database, "maintainer2")


def frozen(http, section, maintainer, drafter):
    for path, body, who in (
        ("", DRAFT, drafter),
        ("/build", {}, section),
        ("/confirm", {"side": "section", "version": 2}, section),
        ("/confirm", {"side": "register", "version": 2}, maintainer),
        ("/freeze", None, section),
    ):
        answer = http.post((PATH if path else "/api/v1/frames") + path, json=body, headers=who)
        assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_frame_goes_from_draft_to_package(http, section, maintainer, drafter):
    assert frozen(http, section, maintainer, drafter)["status"] == "frozen"
    assert http.get(f"{PATH}/verify", headers=maintainer).json()["intact"] is True
    order = {"purpose": "年报", "recipient": "贸易投资科"}
    answer = http.post(f"{PATH}/exports", json=order, headers=section)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert USCC in archive.read("data.csv").decode("utf-8-sig")
    descriptor = json.loads(archive.read("datapackage.json"))
    assert str(descriptor["exportId"]) == answer.headers["x-export-id"]
    listed = http.get(f"{PATH}/exports", headers=section).json()["items"]
    assert [(line["purpose"], line["rows"]) for line in listed] == [("年报", 2)]


def test_a_frozen_list_decides_who_may_report(http, section, maintainer, drafter):
    frozen(http, section, maintainer, drafter)
    asked = {"survey": "retail", "on": "2025-06-01"}
    assert http.get(f"/api/v1/check/{USCC}", params=asked, headers=section).json()["may_report"] is True
    other = asked | {"survey": "hotel"}
    assert http.get(f"/api/v1/check/{USCC}", params=other, headers=section).json()["may_report"] is False


def test_the_two_sides_look_at_the_units_before_they_confirm(http, section, maintainer, database):
    http.post("/api/v1/frames", json=DRAFT, headers=section)
    http.post(f"{PATH}/build", json={}, headers=section)
    first = http.get(f"{PATH}/units", params={"limit": 1}, headers=maintainer).json()
    rest = http.get(f"{PATH}/units", params={"after": first["next"]}, headers=maintainer).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == [
        "重庆江北嘉陵建材有限公司",
        "重庆第二商贸有限公司",
    ]
    assert rest["next"] is None
    http.app.state.access.flush()
    with database.read() as session:
        assert session.execute(select(AccessEvent.event)).scalars().all() == ["unit:list", "unit:list"]


def test_one_persons_two_confirmations_are_refused_and_nothing_is_frozen(http, section, drafter):
    http.post("/api/v1/frames", json=DRAFT, headers=drafter)
    http.post(f"{PATH}/build", json={}, headers=section)
    http.post(f"{PATH}/confirm", json={"side": "section", "version": 2}, headers=section)
    refused = http.post(f"{PATH}/confirm", json={"side": "register", "version": 2}, headers=section)
    assert refused.status_code == 403
    early = http.post(f"{PATH}/freeze", headers=section)
    assert (early.status_code, early.json()["code"]) == (409, "frame_not_confirmed")


def test_a_slip_in_a_definition_is_named(http, section):
    definition = {"conditions": [{"field": "mobile", "op": "eq", "value": "1"}]}
    answer = http.post("/api/v1/frames/preview", json={"definition": definition}, headers=section)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_definition")
    assert answer.json()["details"]["where"] == "conditions[0].field"


def test_a_preview_counts(http, section):
    body = http.post("/api/v1/frames/preview", json={"definition": TRADE}, headers=section).json()
    assert (body["total"], body["in_area"], len(body["conditions"])) == (2, 2, 3)


def test_an_export_that_is_refused_leaves_no_row(http, section, maintainer, drafter):
    frozen(http, section, maintainer, drafter)
    order = {"purpose": "年报", "recipient": "科", "personal": ["mobile"], "reason": "催报"}
    assert http.post(f"{PATH}/exports", json=order, headers=section).status_code == 403
    assert http.get(f"{PATH}/exports", headers=section).json()["items"] == []
