"""What waits for somebody and the register in figures, alike on page and route."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient

from app.codelists.service import load_shipped
from app.core.db import Database
from app.domain.words import Reason
from tests.factories.http import as_person, serving
from tests.factories.units import change_unit, make_unit
from tests.factories.world import NOW


@pytest.fixture
def http(database: Database) -> Iterator[TestClient]:
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
        make_unit(session)
        make_unit(session, uscc="91500105MA5U8K3N95", industry_code="", operating_status="", born=date(2024, 11, 5))
        gone = make_unit(session, uscc="91500105MA60X0024R", born=date(2022, 1, 1))
        change_unit(session, gone, Reason.CLOSED, on=date(2024, 12, 2))
        make_unit(session, uscc="92500105MA60X0032K", area_code="500103001001")
    with serving(database) as client:
        yield client


def figures(http: TestClient, database: Database, login: str) -> dict:
    return http.get("/api/v1/home", headers=as_person(database, login)).json()


def test_the_register_in_figures_of_ones_area(http: TestClient, database: Database) -> None:
    units = figures(http, database, "maintainer")["units"]
    assert units["live"] == 2
    assert [(one["name"], one["count"]) for one in units["types"]] == [
        ("法人单位", 2), ("产业活动单位", 0), ("个体经营户", 0),
    ]  # fmt: skip
    assert units["areas"] == [{"code": "500105006", "name": "观音桥街道", "count": 2, "suppressed": False}]
    assert [(one["code"], one["name"]) for one in units["industries"]] == [("", ""), ("F", "批发和零售业")]
    assert {(one["code"], one["name"]) for one in units["statuses"]} == {("", ""), ("1", "正常运营")}
    months = {one["month"]: (one["entries"], one["exits"]) for one in units["months"]}
    assert len(months) == 13
    assert (months["2024-11"], months["2024-12"], months["2024-10"]) == ((1, 0), (0, 1), (0, 0))


def test_what_waits_follows_from_what_one_may_do(http: TestClient, database: Database) -> None:
    def waits(login: str) -> list[str]:
        return [queue["what"] for queue in figures(http, database, login)["queues"]]

    assert waits("maintainer") == ["pairs", "files", "own_requests", "frames", "spot_checks", "jobs"]
    assert "approvals" in waits("approver")
    assert waits("sysadmin") == ["jobs"]
    assert figures(http, database, "sysadmin")["units"] is None


def test_a_request_in_review_waits_for_who_approves(http: TestClient, database: Database) -> None:
    body = {"reason": "change", "unit_id": 1, "valid_from": "2024-12-01", "changes": {"address": "新华路8号"}}
    http.post("/api/v1/changes/requests", json=body, headers=as_person(database, "maintainer"))
    queues = {queue["what"]: queue["count"] for queue in figures(http, database, "approver")["queues"]}
    assert queues["approvals"] == 1
