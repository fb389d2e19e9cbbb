"""What a reason says of a unit by itself (maintenance.md §3): the day of an ending, who is treated as a legal unit, who comes back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.words import Reason
from app.register.queries import AsOf, relations_at, versions_of
from app.register.rules import STATED
from app.register.steps import Guard
from tests.factories.units import USCC, change_unit, make_unit

MAY, JUNE, JULY = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)


def says(session: Session, unit_id: int, on: date, *names: str) -> tuple[Any, ...]:
    held = versions_of(session, [unit_id], AsOf(on))[unit_id]
    return tuple(held[name] for name in names)


@pytest.mark.parametrize(
    ("reason", "status"),
    [(Reason.CLOSED, "4"), (Reason.BANKRUPT, "5"), (Reason.DEREGISTERED, "6"), (Reason.REVOKED, "7")],
)
def test_an_ending_has_its_day(session: Session, reason: Reason, status: str) -> None:
    unit = make_unit(session)
    change_unit(session, unit, reason, on=MAY)
    assert says(session, unit, MAY, "standing", "operating_status", "closed_on") == ("closed", status, "2024-05-01")


def test_a_status_that_ends_the_unit_has_its_day_too(session: Session) -> None:
    unit = make_unit(session)
    change_unit(session, unit, Reason.CHANGE, on=MAY, operating_status="6")
    assert says(session, unit, MAY, "closed_on") == ("2024-05-01",)


def test_the_day_that_somebody_says_or_said_goes_before(session: Session) -> None:
    said, held, emptied = (make_unit(session, uscc=code) for code in (USCC, "91500105MA60X0024R", ""))
    change_unit(session, said, Reason.CLOSED, on=MAY, closed_on="2024-04")
    change_unit(session, held, Reason.CHANGE, on=date(2024, 4, 1), closed_on="2024-04-30")
    change_unit(session, held, Reason.CLOSED, on=MAY)
    change_unit(session, emptied, Reason.CLOSED, on=MAY, closed_on="")
    assert [says(session, unit, MAY, "closed_on")[0] for unit in (said, held, emptied)] == ["2024-04", "2024-04-30", ""]


def test_a_striking_off_after_a_closing_has_a_day_of_its_own(session: Session) -> None:
    unit = make_unit(session)
    change_unit(session, unit, Reason.CLOSED, on=MAY)
    change_unit(session, unit, Reason.DEREGISTERED, on=JULY)
    assert [says(session, unit, on, "closed_on")[0] for on in (MAY, JULY)] == ["2024-05-01", "2024-07-01"]


@pytest.mark.parametrize("reason", [Reason.REINSTATE, Reason.CORRECTION])
def test_who_lives_again_has_no_day_of_an_ending(session: Session, reason: Reason) -> None:
    unit = make_unit(session)
    change_unit(session, unit, Reason.CLOSED, on=MAY, closed_reason="歇业")
    change_unit(session, unit, reason, on=JULY, operating_status="1")
    assert says(session, unit, JULY, "standing", "closed_on", "closed_reason") == ("live", "", "")
    assert says(session, unit, MAY, "closed_on", "closed_reason") == ("2024-05-01", "歇业")


def test_the_day_of_an_ending_follows_where_it_is_corrected_both_ways(session: Session) -> None:
    """The check went on naming the first day that it was told."""
    earlier, later, told = (make_unit(session, uscc=code) for code in (USCC, "91500105MA60X0024R", ""))
    for unit in (earlier, later):
        change_unit(session, unit, Reason.CLOSED, on=JUNE)
    change_unit(session, told, Reason.CLOSED, on=JUNE, closed_on="2024-05-20")
    change_unit(session, earlier, Reason.CORRECTION, on=MAY, until=JUNE, operating_status="4")
    for unit in (later, told):
        change_unit(session, unit, Reason.CORRECTION, on=JUNE, until=JULY, operating_status="1")
    assert [says(session, earlier, on, "standing", "closed_on") for on in (MAY, JULY)] == [("closed", "2024-05-01")] * 2
    assert [says(session, later, on, "standing", "closed_on") for on in (JUNE, JULY)] == [
        ("live", ""),
        ("closed", "2024-07-01"),
    ]
    assert says(session, told, JULY, "closed_on") == ("2024-05-20",)


def test_a_unit_that_comes_in_as_gone_is_given_no_day_that_nobody_told(session: Session) -> None:
    unit = make_unit(session, operating_status="6", born=date(2020, 5, 1))
    assert says(session, unit, date(2024, 12, 31), "standing", "closed_on") == ("closed", "")


BRANCH = {"unit_type": "2", "uscc": "", "part_kind": "2", "parent_uscc": USCC, "parent_name": "甲公司", "org_type": ""}


def test_who_is_treated_as_legal_stands_below_its_legal_unit_and_is_no_establishment_of_it(session: Session) -> None:
    parent = make_unit(session, name="甲公司")
    branch = make_unit(session, name="一店", **BRANCH)
    change_unit(session, branch, Reason.TREATED_AS_LEGAL, on=MAY)
    names = (
        "unit_type",
        "treated_as_legal",
        "superior_uscc",
        "superior_name",
        "parent_uscc",
        "parent_name",
        "part_kind",
    )
    assert says(session, branch, MAY, *names) == ("1", "1", USCC, "甲公司", "", "", "")
    related = [(row["kind"], row["target_unit_id"]) for row in relations_at(session, branch, AsOf(MAY))]
    assert related == [("superior", parent)]
    assert relations_at(session, branch, AsOf(date(2024, 4, 1)))[0]["kind"] == "parent"


def test_what_the_author_states_of_it_goes_before_and_a_legal_unit_keeps_what_it_is(session: Session) -> None:
    branch, legal = make_unit(session, **BRANCH), make_unit(session, superior_uscc="")
    change_unit(session, branch, Reason.TREATED_AS_LEGAL, on=MAY, superior_uscc="91500105MA60X0024R")
    change_unit(session, legal, Reason.TREATED_AS_LEGAL, on=MAY)
    assert says(session, branch, MAY, "superior_uscc", "parent_uscc") == ("91500105MA60X0024R", "")
    assert says(session, legal, MAY, "unit_type", "treated_as_legal", "has_superior") == ("1", "1", "")


def test_who_moved_out_comes_back_with_its_history_and_nobody_else_does(session: Session) -> None:
    unit = make_unit(session)
    with pytest.raises(Guard):
        change_unit(session, unit, Reason.MOVE_IN, on=MAY, area_code="500105006002")
    change_unit(session, unit, Reason.MOVE_OUT, on=MAY)
    change_unit(session, unit, Reason.MOVE_IN, on=JULY, area_code="500105006002")
    assert [says(session, unit, on, "standing")[0] for on in (date(2024, 4, 1), JUNE, JULY)] == [
        "live",
        "moved_out",
        "live",
    ]
    assert says(session, unit, JULY, "area_code", "began_by") == ("500105006002", "move_in")


@pytest.mark.parametrize("reason", [Reason.PAUSE, Reason.MOVE_WITHIN, Reason.CODE_CHANGE, Reason.VOID, Reason.MOVE_OUT])
def test_other_reasons_bring_nothing_but_their_standing_and_status(session: Session, reason: Reason) -> None:
    unit = make_unit(session)
    before = says(session, unit, MAY, *STATED)
    change_unit(session, unit, reason, on=MAY, address="新路1号")
    after = says(session, unit, MAY, *STATED)
    moved = {name for name, one, other in zip(STATED, before, after, strict=True) if one != other}
    assert moved - {"standing", "operating_status"} == {"address"}
