"""What a key or a person is told by check and feed: no name for whoever guessed a code, nothing beyond the area (D9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.accounts import verbs as accounts
from app.accounts.errors import BadNetwork, SurveyNotThere
from app.audit import sights
from app.core.address import is_within
from app.core.clock import Clock
from app.core.db import Database
from app.core.rights import OutOfArea
from app.core.settings import Settings
from app.domain.words import Reason
from app.main import create_app
from app.models import AccessEvent, ApiKeyLimit
from tests.factories.house import do, housing
from tests.factories.http import MORNING, as_person, as_system, serving
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import TODAY

NAME, BEYOND_NAME, HEIR_NAME = "重庆江北嘉陵建材有限公司", "渝北空港物流有限公司", "重庆江北承接有限公司"
BEYOND, GONE, HEIR = "91500105MA5U8K3N95", "915000002028123494", "91500105MA5UJ4LE48"
MOVED = date(2024, 6, 1)
BARE = {"id": 1, "code": USCC}


@pytest.fixture
def http(database: Database) -> Iterator[TestClient]:
    """A unit of the district, one of its neighbour, one that was merged into another."""
    with database.write() as session:
        make_unit(session, name=NAME)
        make_unit(session, uscc=BEYOND, name=BEYOND_NAME, area_code="500112001001")
        gone, heir = make_unit(session, uscc=GONE, name="旧公司"), make_unit(session, uscc=HEIR, name=HEIR_NAME)
        change_unit(session, gone, Reason.MERGE, on=MOVED, successor_id=heir)
    with serving(database) as client:
        yield client


def ask(http: TestClient, headers: dict[str, str], code: str = USCC, **told: str) -> dict[str, Any]:
    answer = http.get(f"/api/v1/check/{code}", params=told, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_whoever_guessed_a_code_hears_no_name(http: TestClient, database: Database) -> None:
    """D9: one POST of codes brought 6 525 names with areas."""
    head = as_system(database)
    answer = ask(http, head)
    assert (answer["result"], answer["may_report"], answer["unit"]) == ("registered", True, BARE)
    wrong = ask(http, head, name="别的公司")
    assert (wrong["result"], wrong["unit"]) == ("name_mismatch", BARE)
    merged = ask(http, head, GONE)
    assert (merged["result"], merged["successor"]) == ("merged", {"id": 4, "code": HEIR})
    assert HEIR in merged["reason"]["text"]
    for said in (answer, wrong, merged, ask(http, head, GONE, lang="en")):
        assert not any(name in str(said) for name in (NAME, HEIR_NAME, "500105006001"))


def test_whoever_says_the_name_or_holds_the_scope_is_told(http: TestClient, database: Database) -> None:
    whole = {**BARE, "name": NAME, "unit_type": "1", "area_code": "500105006001"}
    assert ask(http, as_system(database), name="重庆(江北)嘉陵建材 有限公司")["unit"] == whole
    assert ask(http, as_system(database, scopes="check units"))["unit"] == whole
    assert NAME in ask(http, as_system(database, scopes="check units"), name="别的公司")["reason"]["text"]
    with database.write() as session:
        change_unit(session, 1, Reason.CHANGE, on=MOVED, name="重庆新牌建材有限公司")
    former = ask(http, as_system(database), name=NAME)
    assert (former["reason"]["code"], former["unit"]["name"]) == ("former_name", "重庆新牌建材有限公司")
    assert "重庆新牌建材有限公司" in former["reason"]["text"]


def test_of_a_unit_outside_its_areas_a_key_hears_only_that_it_is_there(http: TestClient, database: Database) -> None:
    head = as_system(database, scopes="check units", areas=["500105"])
    beyond = ask(http, head, BEYOND, name=BEYOND_NAME)
    assert (beyond["result"], beyond["may_report"], "unit" in beyond) == ("registered", True, False)
    assert ask(http, head)["unit"]["name"] == NAME
    slip = BEYOND[:-1] + ("6" if BEYOND[-1] == "5" else "5")
    assert "candidates" not in ask(http, head, slip)
    assert ask(http, as_system(database, areas=["500112"]), slip)["candidates"] == [{"code": BEYOND}]


def test_persons_are_told_of_their_area_if_they_may_see_units(http: TestClient, database: Database) -> None:
    assert ask(http, as_person(database, "maintainer"))["unit"]["name"] == NAME
    assert "unit" not in ask(http, as_person(database, "maintainer"), BEYOND)
    assert "unit" not in ask(http, as_person(database, "neighbour"))
    assert ask(http, as_person(database, "neighbour"), BEYOND)["unit"]["name"] == BEYOND_NAME
    assert ask(http, as_person(database, "inspector"))["unit"] == BARE


def test_a_key_for_a_survey_is_refused_another(http: TestClient, database: Database) -> None:
    head = as_system(database, surveys=["retail"])
    assert ask(http, head, survey="retail")["result"] == "registered"
    other = http.get(f"/api/v1/check/{USCC}", params={"survey": "hotel"}, headers=head)
    assert (other.status_code, other.json()["code"]) == (403, "survey_not_for_key")
    assert ask(http, as_system(database), survey="hotel")["result"] == "registered"


def test_a_key_is_asked_with_from_its_networks_alone(database: Database) -> None:
    app = create_app(database, Clock(MORNING), Settings(proxies=["testclient"]))
    head = as_system(database, networks=["10.1.2.3/16", "192.168.0.7"])
    with database.write() as session:
        make_unit(session)
    with TestClient(app) as client:
        for address, status in {"10.1.9.9": 200, "192.168.0.7": 200, "10.2.0.1": 403, "nowhere": 403}.items():
            answer = client.get(f"/api/v1/check/{USCC}", headers={**head, "X-Forwarded-For": address})
            assert answer.status_code == status, address
        assert answer.json()["code"] == "outside_network"
        client.app.state.access.flush()
    with database.read() as session:
        refused = select(AccessEvent.actor).where(AccessEvent.event == "access:refused")
        assert set(session.execute(refused).scalars()) == {"client:直报平台"}


def test_an_address_lies_in_a_network_or_not() -> None:
    for told, networks, within in (
        ("10.1.2.3", ["10.1.0.0/16"], True), ("::ffff:10.1.2.3", ["10.1.0.0/16"], True), ("10.2.2.3", ["10.1.0.0/16"], False),
        ("fd00::1", ["fd00::/8"], True), ("fd00::1", ["10.0.0.0/8"], False), ("", ["0.0.0.0/0"], False), ("10.1.2.3", [], False),
    ):  # fmt: skip
        assert is_within(told, networks) == within, told


@pytest.mark.parametrize("kind", ["area", "survey", "network"])
def test_a_limit_that_has_ended_opens_nothing(http: TestClient, database: Database, kind: str) -> None:
    head = as_system(database, scopes="check units", surveys=["retail"], networks=["0.0.0.0/0"])
    with database.write() as session:
        session.execute(
            update(ApiKeyLimit).where(ApiKeyLimit.kind != kind, ApiKeyLimit.kind != "area").values(kind="x")
        )
        session.execute(update(ApiKeyLimit).where(ApiKeyLimit.kind == kind).values(valid_until=TODAY))
    answer = http.get(f"/api/v1/check/{USCC}", params={"survey": "retail"}, headers=head)
    told = (answer.status_code, answer.json().get("unit"))
    assert told == ((200, None) if kind == "area" else (403, None))


def feed(http: TestClient, headers: dict[str, str], **told: int) -> list[int]:
    """Units of all entries, page by page."""
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = http.get("/api/v1/changes", params={"after": after, **told}, headers=headers).json()
        found += [entry["unit_id"] for entry in page["items"]]
        after = page["next"]
    return found


def test_the_feed_tells_of_units_of_ones_area_alone(http: TestClient, database: Database) -> None:
    """D9: anybody's token read all codes."""
    with database.write() as session:
        change_unit(session, 1, Reason.CHANGE, on=MOVED, area_code="500112002002")
        change_unit(session, 1, Reason.CHANGE, on=date(2024, 7, 1), address="新址")
    maintainer, neighbour = as_person(database, "maintainer"), as_person(database, "neighbour")
    assert feed(http, maintainer) == feed(http, maintainer, limit=1) == [1, 3, 4, 3, 1]
    assert feed(http, neighbour) == [2, 1, 1]
    assert feed(http, as_system(database, areas=["500112"])) == [2, 1, 1]
    assert feed(http, as_system(database)) == feed(http, as_person(database, "approver")) == [1, 2, 3, 4, 3, 1, 1]
    refused = http.get("/api/v1/changes", headers=as_person(database, "inspector"))
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")


def test_a_check_is_found_by_the_units_it_told_of(http: TestClient, database: Database) -> None:
    slip = USCC[:-1] + ("X" if USCC[-1] != "X" else "Y")
    for code in (USCC, GONE, BEYOND):
        ask(http, as_system(database, areas=["500105"]), code)
    ask(http, as_person(database, "maintainer"), slip)
    http.app.state.access.flush()  # type: ignore[attr-defined]
    with database.read() as session:
        saw = {unit: [entry.actor for entry, _ in sights.of_unit(session, unit).seen] for unit in (1, 2, 3, 4, 10)}
    system = "client:直报平台"
    assert saw == {1: ["maintainer", system], 2: [], 3: [system], 4: [system], 10: []}


def test_a_key_is_for_named_areas_of_the_issuers_and_few_checks_unless_said(database: Database) -> None:
    with housing(database) as house:
        do(house, accounts.issue_key, "secadmin", client="平台", areas=["50"])
        told = {"areas": ["500105", "500105", "500112"], "surveys": ["retail"], "networks": ["10.1.2.3/16"]}
        do(house, accounts.issue_key, "secadmin", client="平台", per_minute=60, **told)
        plain, limited = do(house, accounts.list_keys, "sysadmin").items
        for wrong, refusal in (
            ({"areas": ["51"]}, OutOfArea), ({"areas": ["5"]}, OutOfArea), ({"surveys": ["nowhere"]}, SurveyNotThere),
            ({"networks": ["10.1.0.0/33"]}, BadNetwork), ({"networks": ["here"]}, BadNetwork),
        ):  # fmt: skip
            with pytest.raises(refusal):
                do(house, accounts.issue_key, "secadmin", client="平台", **{"areas": ["50"], **wrong})
    assert (plain.per_minute, [(one.kind, one.value) for one in plain.limits]) == (10_000, [("area", "50")])
    assert [(one.kind, one.value, one.valid_from) for one in limited.limits] == [
        ("area", "500105", TODAY), ("area", "500112", TODAY), ("survey", "retail", TODAY), ("network", "10.1.0.0/16", TODAY),
    ]  # fmt: skip


def test_no_key_is_issued_for_checks_without_end(database: Database) -> None:
    with serving(database) as client:
        head = as_person(database, "secadmin")
        answers = [
            client.post(
                "/api/v1/keys", json={"client": "平台", "areas": ["50"], "per_minute": most}, headers=head
            ).status_code
            for most in (600_000, 600_001)
        ]
    assert answers == [201, 422]
