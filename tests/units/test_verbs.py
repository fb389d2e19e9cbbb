"""Units over HTTP: found, counted, looked at on both clocks, taken out; each look noted, nothing personal in clear."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from app.audit.queries import browse, get_entry
from app.audit.service import ACCESS
from app.codelists.service import load_shipped
from app.core.clock import iso_moment
from app.core.db import Database
from app.domain.words import Reason
from tests.factories.http import as_person, serving
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import NOW

UNITS = "/api/v1/units"
EARLIER = NOW - timedelta(days=30)
OTHERS = [
    {"uscc": "91500105MA5U8K3N95", "name": "重庆江北长安餐饮管理有限公司", "area_code": "500105006002"},
    {"uscc": "91500105MA60X0024R", "name": "重庆渝中商贸有限公司", "area_code": "500103001001"},
    {"uscc": "92500105MA60X0032K", "name": "江北区老李面馆", "unit_type": "3", "area_code": "500105007001"},
]

HERE = {"address": "testclient"}


@pytest.fixture
def http(database: Database) -> Iterator[TestClient]:
    """Four units, one of another district; the first got its name a month after it was known."""
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
        first = make_unit(session, name="重庆江北旧名建材有限公司", now=EARLIER)
        change_unit(session, first, Reason.CORRECTION, on=date(2020, 5, 1), name="重庆江北嘉陵建材有限公司")
        for other in OTHERS:
            make_unit(session, **other)
    with serving(database) as client:
        client.headers.update(as_person(database, "maintainer"))
        yield client


def noted(client: TestClient, database: Database) -> list[tuple[str, str, str, dict]]:
    """What the access log says, in order: event, who, what, with what."""
    client.app.state.access.flush()  # type: ignore[attr-defined]
    with database.read() as session:
        entries = browse(session, ACCESS)
        found = [get_entry(session, ACCESS, entry.seq) for entry in entries]
        return [(entry.event, entry.actor, entry.subject, payload) for entry, payload in reversed(found)]


def names(answer: dict) -> list[str]:
    return [item["values"]["name"] for item in answer["items"]]


def test_a_list_holds_the_units_of_ones_area_with_names_for_codes(http: TestClient) -> None:
    answer = http.get(UNITS).json()
    assert (answer["total"], answer["next"], len(answer["items"])) == (3, None, 3)
    first = answer["items"][0]
    assert (first["unit_id"], first["standing"]) == (1, "live")
    assert list(first["values"]) == [
        "uscc", "name", "unit_type", "area_code", "address", "industry_code", "operating_status",
    ]  # fmt: skip
    assert first["names"]["operating_status"] == "正常运营"
    assert "重庆渝中商贸有限公司" not in names(answer)


def test_a_list_is_searched_filtered_sorted_and_paged(http: TestClient) -> None:
    def found(**wanted: object) -> list[str]:
        return names(http.get(UNITS, params=wanted).json())

    assert found(q="餐饮") == ["重庆江北长安餐饮管理有限公司"]
    assert found(q="MA60X0016") == ["重庆江北嘉陵建材有限公司"]
    assert found(q="#1") == ["重庆江北嘉陵建材有限公司"]
    assert found(unit_type="3") == ["江北区老李面馆"]
    assert found(area="500105007") == ["江北区老李面馆"]
    assert found(standing="closed") == []
    by_area = found(sort="area", desc=True)
    assert by_area[0] == "江北区老李面馆"
    first = http.get(UNITS, params={"sort": "area", "desc": "true", "limit": 2}).json()
    rest = http.get(UNITS, params={"sort": "area", "desc": "true", "limit": 2, "after": first["next"]}).json()
    assert names(first) + names(rest) == by_area
    assert (first["total"], rest["next"]) == (3, None)


def test_a_list_can_be_had_as_it_was_known(http: TestClient) -> None:
    then = {"known_at": iso_moment(EARLIER + timedelta(hours=1)), "q": "建材"}
    assert names(http.get(UNITS, params=then).json()) == ["重庆江北旧名建材有限公司"]
    assert names(http.get(UNITS, params={"q": "建材"}).json()) == ["重庆江北嘉陵建材有限公司"]
    assert http.get(f"{UNITS}/count", params={"known_at": then["known_at"]}).json()["total"] == 1


def test_columns_are_given_again_or_by_commas_and_personal_ones_are_masked(http: TestClient) -> None:
    again = http.get(UNITS, params=[("columns", "name"), ("columns", "legal_rep"), ("columns", "mobile")]).json()
    assert again == http.get(UNITS, params={"columns": "name,legal_rep,mobile"}).json()
    assert again["items"][0]["values"] == {
        "name": "重庆江北嘉陵建材有限公司", "legal_rep": "张**", "mobile": "138****1234",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"qq": "x"}, {"columns": "random_number"}, {"sort": "mobile"}, {"standing": "asleep"}, {"limit": 0},
        {"after": 2**63}, {"known_at": "yesterday"}, {"known_at": "0001-01-01T00:00:00+23:59"}, {"on": "0000-00-00"},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(http: TestClient, wrong: dict) -> None:
    answer = http.get(UNITS, params=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload")


def test_a_number_that_no_database_holds_is_the_number_of_nobody(http: TestClient) -> None:
    assert http.get(f"{UNITS}/%2399999999999999999999").json()["code"] == "unit_not_found"
    assert http.get(UNITS, params={"q": "#99999999999999999999"}).json()["total"] == 0


def test_a_former_name_leads_on_where_no_present_one_fits(http: TestClient, database: Database) -> None:
    with database.write() as session:
        change_unit(session, 1, Reason.CORRECTION, on=date(2020, 5, 1), former_names="重庆百灵建材厂")
    answer = http.get(UNITS, params={"q": "百灵"}).json()
    assert (answer["total"], answer["former"]) == (0, [{"unit_id": 1, "name": "重庆江北嘉陵建材有限公司"}])


def test_units_are_counted_by_what_is_asked(http: TestClient) -> None:
    def counts(**wanted: object) -> list[tuple]:
        items = http.get(f"{UNITS}/count", params=wanted).json()["items"]
        return [(item["code"], item["name"], item["count"]) for item in items]

    assert counts() == [("1", "法人单位", 2), ("3", "个体经营户", 1)]
    assert counts(by="area", digits=9) == [("500105006", "观音桥街道", 2), ("500105007", "五里店街道", 1)]
    assert counts(by="status", q="面馆") == [("1", "正常运营", 1)]
    assert counts(by="standing", standing="all") == [("live", "在库", 3)]


def test_what_lists_can_be_filtered_by(http: TestClient) -> None:
    offered = http.get(f"{UNITS}/filters").json()
    assert {"code": "500105006", "name": "观音桥街道"} in offered["areas"]
    assert {"code": "51", "name": "批发业"} in offered["industries"]
    assert {"code": "1", "name": "正常运营"} in offered["statuses"]


def test_a_unit_shows_what_led_to_each_value(http: TestClient) -> None:
    unit = http.get(f"{UNITS}/{USCC}").json()["items"][0]
    assert unit["values"]["legal_rep"] == "张**"
    assert unit["names"]["industry_code"] == "建材批发"
    assert unit["labels"]["name"] == "单位详细名称"
    assert unit["sources"]["name"] == {"source": "census", "record_id": 0, "on": "2020-05-01", "request_id": 1}
    assert len(unit["timeline"]) == 2
    english = http.get(f"{UNITS}/{USCC}", headers={"Accept-Language": "en"}).json()["items"][0]
    assert english["labels"]["name"] == "full registered name"


def test_personal_values_need_the_right_and_a_reason(http: TestClient, database: Database) -> None:
    def refused(**wanted: object) -> tuple[int, str]:
        answer = http.get(f"{UNITS}/{USCC}", params=wanted)
        return answer.status_code, answer.json()["code"]

    assert refused(reveal="legal_rep") == (422, "reason_missing")
    assert refused(reveal="address", reason="核实") == (422, "unknown_field")
    http.headers.update(as_person(database, "survey"))
    assert refused(reveal="legal_rep", reason="核实") == (403, "permission_missing")
    http.headers.update(as_person(database, "maintainer"))
    shown = http.get(f"{UNITS}/{USCC}", params={"reveal": "legal_rep", "reason": "核实"}).json()["items"][0]["values"]
    assert (shown["legal_rep"], shown["mobile"]) == ("张三丰", "138****1234")
    for nothing in (" ", ".", "1"):  # D34
        assert http.post(f"{UNITS}/{USCC}/unmask", json={"reason": nothing}).json()["code"] == "reason_missing"
    shown = http.post(f"{UNITS}/{USCC}/unmask", json={"reason": "核实"}).json()["items"][0]["values"]
    assert (shown["legal_rep"], shown["mobile"]) == ("张三丰", "13800001234")
    unmasked = [payload for event, _who, _what, payload in noted(http, database) if event == "unit:unmask"]
    assert unmasked == [
        {"fields": ["legal_rep"], "reason": "核实", **HERE},
        {"fields": ["legal_rep", "mobile"], "reason": "核实", **HERE},
    ]


def test_each_look_is_noted(http: TestClient, database: Database) -> None:
    http.get(UNITS, params={"q": "建材"})
    http.get(f"{UNITS}/{USCC}")
    assert noted(http, database) == [
        ("unit:list", "maintainer", "", {"q": "建材", "area": "", "rows": 1, **HERE}),
        ("unit:view", "maintainer", "unit 1", HERE),
    ]


def test_a_unit_outside_ones_area_is_not_there(http: TestClient) -> None:
    for path in ("", "/trail"):
        refused = http.get(f"{UNITS}/91500105MA60X0024R{path}")
        assert (refused.status_code, refused.json()["code"]) == (404, "unit_not_found")
        assert "没有找到这个单位" in refused.json()["zh"]


def test_what_led_to_a_unit(http: TestClient) -> None:
    body = {"reason": "change", "unit_id": 1, "valid_from": "2024-12-01", "changes": {"address": "新华路8号"}}
    request = http.post("/api/v1/changes/requests", json=body).json()
    trail = http.get(f"{UNITS}/{USCC}/trail").json()
    assert [one["request_id"] for one in trail["requests"]] == [request["request_id"]]
    assert (trail["records"], trail["pairs"]) == ([], [])


def test_a_list_goes_out_with_purpose_and_number_and_without_personal_values(
    http: TestClient, database: Database
) -> None:
    order = {"q": "建材", "purpose": "年报", "recipient": "贸易投资科", "columns": "uscc,name"}
    taken = http.get(f"{UNITS}/export", params=order)
    assert (taken.status_code, taken.headers["x-export-id"]) == (200, "1")
    with zipfile.ZipFile(io.BytesIO(taken.content)) as package:
        about = json.loads(package.read("datapackage.json"))
        lines = package.read("data.csv").decode("utf-8-sig").splitlines()
    assert (about["purpose"], about["recipient"], about["wanted"]["q"]) == ("年报", "贸易投资科", "建材")
    assert lines == ["unit_id,uscc,name", f"1,{USCC},重庆江北嘉陵建材有限公司"]
    then = {**order, "known_at": iso_moment(EARLIER + timedelta(hours=1))}
    with zipfile.ZipFile(io.BytesIO(http.get(f"{UNITS}/export", params=then).content)) as package:
        assert "重庆江北旧名建材有限公司" in package.read("data.csv").decode("utf-8-sig")
        assert json.loads(package.read("datapackage.json"))["knownAt"] == then["known_at"]
    for wrong, code in (
        ({"purpose": " "}, "reason_missing"),
        ({"columns": "mobile"}, "personal_field"),
        ({"format": "pdf"}, "bad_payload"),
    ):
        refused = http.get(f"{UNITS}/export", params={**order, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    http.headers.update(as_person(database, "post"))
    assert http.get(f"{UNITS}/export", params=order).status_code == 403


def test_the_document_describes_each_answer_and_refusal(http: TestClient) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    for path in ("/units", "/units/count", "/units/filters", "/units/{code}", "/units/{code}/trail", "/home"):
        operation = paths[f"/api/v1{path}"]["get"]
        assert "$ref" in operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert {"401", "422", "503"} <= operation["responses"].keys()
    assert "unit_not_found" in json.dumps(paths["/api/v1/units/{code}"]["get"]["responses"]["404"])
