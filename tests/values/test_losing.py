"""Values that lose are kept beside their unit, with why, until their source says something else or they come into force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.changes import verbs as changes
from app.core.personal import mask
from app.domain.words import LostWhy
from app.register.losing import Claim, facts_of, follow, keep, known
from app.register.queries import latest_versions_of
from app.register.sources import Origin
from app.units import verbs as units
from app.units.schemas import UnitsShown
from tests.factories.files import CENSUS, MARKET_HEADER
from tests.factories.units import make_unit
from tests.factories.world import NOW
from tests.values.world import UNIT, USCC, Office, market_row, office

__all__ = ["office"]
OTHER_PHONE = "13900009999"


def shown(office: Office, **told: object) -> UnitsShown:
    verb = units.unmask if "reason" in told else units.show
    found: UnitsShown = office.do(verb, code=USCC, **told)
    return found


def test_a_row_whose_values_all_lose_is_kept_with_why(office: Office) -> None:
    """T22: it ended `unchanged`, and what it said was lost to the register."""
    before = office.outcomes()
    assert office.bring(market_row(phone=OTHER_PHONE, rep="王五"), "2023-06-30") == []
    assert office.outcomes() == before | {"unchanged": 1}
    assert office.losing() == {
        ("legal_rep", "market"): ("older", "open", "census", "2023-12-31"),
        ("mobile", "market"): ("weaker_source", "open", "census", "2023-12-31"),
    }


def test_the_unit_shows_it_beside_the_value_in_force_personal_ones_masked(office: Office) -> None:
    office.bring(market_row(phone=OTHER_PHONE, industry="5165"), "2023-06-30")
    lost = {one.field: one for one in shown(office).items[0].lost}
    assert lost["mobile"].value == mask(OTHER_PHONE) != OTHER_PHONE
    assert (lost["industry_code"].value, lost["industry_code"].source, lost["industry_code"].on) == (
        "5165", "market", "2023-06-30",
    )  # fmt: skip
    clear = {one.field: one.value for one in shown(office, reason="核对电话").items[0].lost}
    assert clear["mobile"] == OTHER_PHONE


def test_what_is_kept_is_sealed_and_found_by_no_value(office: Office) -> None:
    office.bring(market_row(phone=OTHER_PHONE), "2023-06-30")
    with office.database.read() as session:
        rows = session.execute(text("SELECT * FROM losing_value")).mappings().all()
    told = [
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in rows[0].values()
    ]
    assert len(rows) == 1
    assert not any(OTHER_PHONE.encode() in value for value in told)
    assert facts_of(1, "mobile", OTHER_PHONE) != facts_of(2, "mobile", OTHER_PHONE)


def test_of_each_source_the_latest_counts_whatever_the_order_of_the_files(office: Office) -> None:
    office.bring(market_row(phone="13911111111"), "2023-06-30")
    office.bring(market_row(phone="13922222222"), "2022-06-30")
    office.bring(market_row(phone="13933333333"), "2023-09-30")
    assert [one.on for one in shown(office).items[0].lost] == ["2023-09-30"]


def test_a_source_that_says_what_is_in_force_has_lost_nothing_any_more(office: Office) -> None:
    office.bring(market_row(phone=OTHER_PHONE), "2023-06-30")
    assert office.bring(market_row() + "\n", "2023-09-30") == []
    assert office.losing() == {}


def test_what_a_weaker_source_says_later_is_before_somebody_and_in_force_once_approved(office: Office) -> None:
    [request] = office.bring(market_row(phone=OTHER_PHONE), "2024-06-30")
    assert office.losing() == {("mobile", "market"): ("weaker_source", "proposed", "census", "2023-12-31")}
    office.approve(request)
    assert (office.says("mobile"), office.losing()) == (OTHER_PHONE, {})


def test_what_was_refused_is_kept_as_refused_and_not_put_to_anybody_again(office: Office) -> None:
    """It was proposed anew with every file: whoever had refused it in March refused it in April, May and June."""
    [request] = office.bring(market_row(phone=OTHER_PHONE), "2024-06-30")
    office.reject(request)
    refused = ("refused", "kept", "census", "2023-12-31")
    assert office.losing() == {("mobile", "market"): refused}
    assert office.bring(market_row(phone=OTHER_PHONE) + "\n", "2024-07-31") == []
    assert office.losing() == {("mobile", "market"): refused}
    assert len(office.bring(market_row(phone="13944444444"), "2024-08-31")) == 1
    assert office.losing()["mobile", "market"][:2] == ("weaker_source", "proposed")


def test_a_request_taken_back_leaves_nothing_before_anybody(office: Office) -> None:
    [request] = office.bring(market_row(phone=OTHER_PHONE), "2024-06-30")
    office.do(changes.withdraw, request_id=request)
    assert office.losing()["mobile", "market"][1] == "open"


def test_what_loses_against_another_value_is_open_again(office: Office) -> None:
    """Whoever settled it looked at two values, of which one is another now."""
    [request] = office.bring(market_row(phone=OTHER_PHONE), "2024-06-30")
    office.reject(request)
    told = {"reason": "change", "unit_id": UNIT, "valid_from": "2024-12-31"}
    by_hand = office.do(changes.propose, **told, changes={"mobile": "13955555555"})
    office.approve(by_hand.request_id)
    assert office.losing() == {("mobile", "market"): ("refused", "open", "hand", "2024-12-31")}


def test_a_value_that_comes_into_force_by_any_hand_has_lost_no_longer(office: Office) -> None:
    office.bring(market_row(phone=OTHER_PHONE), "2023-06-30")
    told = {"reason": "change", "unit_id": UNIT, "valid_from": "2024-12-31"}
    office.approve(office.do(changes.propose, **told, changes={"mobile": OTHER_PHONE}).request_id)
    assert office.losing() == {}


def test_the_records_of_a_new_unit_leave_what_they_disagree_about_beside_it(office: Office) -> None:
    """One unit of two files that came together: what the weaker one says travels with the proposal, and is kept."""
    name, road, code = "重庆青禾园林绿化有限公司", "北滨一路88号", "91500105MA5U8K3N95"
    census = f"{CENSUS}1,{name},{code},李四,13811112222,500105006001,{road},1,园林绿化,7840\n"
    office.stage(census, "2023-12-31", source="census")
    rows = f"{MARKET_HEADER}{code},{name},有限责任公司,李四,2019-03-05,{road},7840,存续,{OTHER_PHONE}\n"
    for request in office.bring(rows, "2024-06-30"):
        office.approve(request)
    with office.database.read() as session:
        [row] = session.execute(text("SELECT unit_id, field, source, why FROM losing_value")).all()
        held = latest_versions_of(session, [row[0]])[row[0]]
    assert tuple(row)[1:] == ("mobile", "market", "weaker_source")
    assert "l" not in held["sources"]


def questions(session: Session, units: int) -> int:
    """How many statements it takes to keep what a source says of so many units, to hear it again, and to follow a write."""
    ids = [make_unit(session, uscc="", name=f"重庆第{units}{n}商店") for n in range(units)]
    claims = [Claim(unit, "address", Origin("market", 1, "2019-01-01"), f"{unit}号", LostWhy.OLDER) for unit in ids]
    said: list[str] = []
    connection = session.connection()

    def heard(*told: Any) -> None:
        said.append(told[2])

    event.listen(connection, "before_cursor_execute", heard)
    keep(session, claims, latest_versions_of(session, ids), NOW)
    again = [replace(claim, origin=Origin("market", 2, "2019-02-01")) for claim in claims]
    keep(session, again, latest_versions_of(session, ids), NOW)
    follow(session, ids)
    event.remove(connection, "before_cursor_execute", heard)
    assert {row["said_on"] for row in known(session, ids).values()} == {"2019-02-01"}
    return len(said)


def test_a_chunk_asks_as_many_questions_whatever_its_size(session: Session) -> None:
    assert questions(session, 3) == questions(session, 30) <= 12
