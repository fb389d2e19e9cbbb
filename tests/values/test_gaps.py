"""Empty and stale fields that a source could fill: counted before and after, filled as one request."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.changes import verbs as changes
from app.core.turns import Own
from app.domain.words import LostWhy
from app.records.losing import look
from app.register.losing import Claim, keep
from app.register.queries import latest_versions_of
from app.register.sources import Origin
from app.values import service
from app.values import verbs as values
from app.values.errors import NothingToFill
from app.values.schemas import GapKind
from tests.factories.files import CLOCK
from tests.values.world import UNIT, Office, market_row, office

__all__ = ["office"]
PHONE = "13900009999"


def gaps(office: Office, **told: Any) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    found = office.do(values.gaps, **told).items
    return {(str(one.kind), one.field, one.source): (one.before, one.after, one.fills) for one in found}


@pytest.fixture
def emptied(office: Office) -> Office:
    """The day of founding was taken out by hand; the registrar had said it, and nobody is asked about that any more."""
    told = {"reason": "change", "unit_id": UNIT, "valid_from": "2024-12-31"}
    office.approve(office.do(changes.propose, **told, changes={"established_on": ""}).request_id)
    look(Own(office.database), now=CLOCK.now())
    return office


def test_a_gap_is_counted_before_and_after(emptied: Office) -> None:
    assert gaps(emptied) == {("empty", "established_on", "market"): (3, 2, 1)}
    [one] = emptied.do(values.fillable, field="established_on", source="market").items
    assert (one.unit_id, one.held.value, one.other.value, one.why) == (UNIT, "", "2019-03-05", "not_taken")


def test_a_gap_is_filled_by_one_request_that_somebody_approves(emptied: Office) -> None:
    filled = emptied.do(values.fill, field="established_on", source="market", comment="补成立时间")
    assert (filled.units, filled.left, filled.unreadable, filled.status) == (1, 0, [], "in_review")
    assert (gaps(emptied), emptied.says("established_on")) == ({}, "")
    request = emptied.do(changes.show, "approver", request_id=filled.request_id)
    assert (request.is_batch, request.items) == (True, 1)
    emptied.approve(filled.request_id)
    assert (emptied.says("established_on"), emptied.losing()) == ("2019-03-05", {})
    with pytest.raises(NothingToFill):
        emptied.do(values.fill, field="established_on", source="market")


def test_an_item_refused_while_the_rest_is_approved_is_settled(office: Office) -> None:
    ids = two_stale(office)
    filled = office.do(values.fill, field="mobile", source="market", kind=GapKind.STALE)
    assert filled.units == 2
    office.approve(filled.request_id, excluded=[2])
    with office.database.read() as session:
        left = session.execute(text("SELECT unit_id, why, status FROM losing_value WHERE field = 'mobile'")).all()
    assert [tuple(row) for row in left] == [(ids[1], "refused", "kept")]
    assert office.says("mobile", ids[0]) == "13900000000"


def test_more_than_one_request_takes_become_several(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was beyond the first 500 had to be asked for again, and again."""
    ids = two_stale(office)
    monkeypatch.setattr(service, "MOST_FILLED", 1)
    filled = office.do(values.fill, field="mobile", source="market", kind=GapKind.STALE)
    assert (filled.units, filled.left, len(filled.requests)) == (2, 0, 2)
    for request in filled.requests:
        office.approve(request)
    assert [office.says("mobile", unit) for unit in ids] == ["13900000000", "13900000001"]


@pytest.mark.parametrize("most", [1, 2])
def test_one_call_makes_so_many_requests_and_says_how_many_units_are_left(
    office: Office, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    two_stale(office)
    monkeypatch.setattr(service, "MOST_FILLED", 1)
    monkeypatch.setattr(values, "MOST_FILLINGS", most)
    filled = office.do(values.fill, field="mobile", source="market", kind=GapKind.STALE)
    assert (filled.units, filled.left, len(filled.requests)) == (most, 2 - most, most)


def two_stale(office: Office) -> list[int]:
    """Two units whose telephone the registrar said anew, and of whose requests nothing came."""

    with office.database.write() as session:
        versions = latest_versions_of(session, [1, 2])
        told = [
            Claim(unit, "mobile", Origin("market", 4, "2024-06-30"), f"1390000000{n}", LostWhy.WEAKER)
            for n, unit in enumerate((1, 2))
        ]
        keep(session, told, versions, CLOCK.now())
    return [1, 2]


def test_filling_leads_no_unit_out_of_the_area(office: Office) -> None:
    """Among many units one that moves is a person's to judge: its receiver read all the others beside it."""
    places = ("500105007001", "500112001001")
    with office.database.write() as session:
        told = [
            Claim(unit, "area_code", Origin("market", 4, "2024-06-30"), place, LostWhy.WEAKER)
            for unit, place in zip((1, 2), places, strict=True)
        ]
        keep(session, told, latest_versions_of(session, [1, 2]), CLOCK.now())
    filled = office.do(values.fill, field="area_code", source="market", kind=GapKind.STALE)
    assert (filled.units, filled.left, filled.unreadable) == (1, 0, [2])
    assert office.do(changes.show, request_id=filled.request_id).receiver is None


def test_a_stale_field_is_one_of_which_a_source_says_something_newer(office: Office) -> None:
    two_stale(office)
    office.bring(market_row(industry="5165"), "2023-06-30")  # older than what is in force: no gap
    assert gaps(office) == {("stale", "mobile", "market"): (2, 0, 2)}
    assert gaps(office, street="500105001") == {}
    assert gaps(office, field="fax") == {}


def test_of_two_sources_the_older_word_leaves_the_field_stale(office: Office) -> None:
    two_stale(office)
    with office.database.write() as session:
        newer = Claim(1, "mobile", Origin("household", 9, "2024-09-30"), "13912340000", LostWhy.WEAKER)
        keep(session, [newer], latest_versions_of(session, [1]), CLOCK.now())
    assert gaps(office) == {("stale", "mobile", "market"): (2, 1, 2), ("stale", "mobile", "household"): (2, 1, 1)}


def test_a_look_over_the_register_finds_what_the_files_say_and_keeps_what_people_said(office: Office) -> None:
    """Installations from before losing values were kept come to them by the nightly look."""
    [request] = office.bring(market_row(phone=PHONE), "2024-06-30")
    office.reject(request)
    before = office.losing()
    for _ in range(2):
        look(Own(office.database), now=CLOCK.now())
        assert office.losing() == before
    with office.database.write() as session:
        session.execute(text("DELETE FROM losing_value"))
    look(Own(office.database), now=CLOCK.now())
    assert office.losing() == {("mobile", "market"): ("weaker_source", "open", "census", "2023-12-31")}


@pytest.mark.parametrize("login", ["neighbour", "nowhere"])
def test_gaps_of_others_are_not_there(emptied: Office, login: str) -> None:
    assert emptied.do(values.gaps, login).items == []
    with pytest.raises(NothingToFill):
        emptied.do(values.fill, login, field="established_on", source="market")
