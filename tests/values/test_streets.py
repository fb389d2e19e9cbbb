"""A new unit whose file names no street lies in its office's area: that is a finding, and the district is no street."""

from __future__ import annotations

import pytest

from app.changes import verbs as changes
from app.codelists.service import load_shipped
from app.domain.places import street_of
from app.home import verbs as home
from app.rules import verbs as rules
from app.rules.service import load_standard_rules
from app.units import verbs as units
from app.worker import run_all
from tests.factories.files import CLOCK, MARKET_HEADER
from tests.factories.world import NOW
from tests.values.world import Office, office

__all__ = ["office"]


@pytest.mark.parametrize(
    ("area", "street"),
    [
        ("500105006001", "500105006"), ("500105100000", "500105100"), ("500105006", "500105006"),
        ("500105000000", ""), ("500105", ""), ("500105000", ""), ("50010500", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_street_is_what_a_code_says_beyond_the_county(area: str, street: str) -> None:
    assert street_of(area) == street


@pytest.fixture
def unplaced(office: Office) -> Office:
    """A unit of the registrar, who says where it is registered and not where it lies."""
    with office.database.write() as session:
        load_shipped(session, actor="test", now=NOW)
        load_standard_rules(session, actor="test", now=NOW)
    row = "91500105MA5U8K3N95,重庆青禾园林绿化有限公司,有限责任公司,李四,2019-03-05,北滨一路88号,7840,存续,13811112222"
    [request] = office.bring(f"{MARKET_HEADER}{row}\n", "2024-06-30")
    [item] = office.do(changes.items, "approver", request_id=request).items
    assert "A07" in [one.rule for one in item.findings if one.brought]
    shown = office.do(changes.show, "approver", request_id=request)
    assert [(one.code, one.count) for one in shown.counts.by["street"]] == [("", 1)]
    assert [one.seq for one in office.do(changes.items, "approver", request_id=request, street="-").items] == [1]
    office.approve(request)
    return office


def test_the_district_is_drawn_as_no_street(unplaced: Office) -> None:
    """T22: none of 1,346 lay in a street, and 江北区 was drawn as one."""
    figures = unplaced.do(home.figures).units
    assert [(one.code, one.count) for one in figures.areas] == [("500105006", 3)]
    assert (figures.unplaced.code, figures.unplaced.name, figures.unplaced.count) == (
        "500105000",
        "未落到街道（镇）",
        1,
    )
    assert figures.live == 4


def test_entries_and_exits_by_street_balance_with_those_in_none(unplaced: Office) -> None:
    found = unplaced.do(units.demography, **{"from": "2019-01-01", "until": "2024-12-31", "by": "street"})
    assert {one.key: one.closing for one in found.items} == {"": 1, "500105006": 3}


def test_it_is_a_finding_over_the_register(unplaced: Office) -> None:
    unplaced.do(rules.look)
    run_all(unplaced.database, CLOCK)
    assert [one.unit_id for one in unplaced.do(rules.list_, rule="A07").items] == [4]
