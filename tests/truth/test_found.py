"""What the long trials found, each as small as it can be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.period import FOREVER, STILL_KNOWN, Period
from app.domain.words import Reason
from app.models import identifier, relation
from app.register import sources, writer
from app.register.foreseen import foresee
from app.register.queries import AsOf, identifiers_at, revisions_of, versions_of
from app.register.rules import Write
from app.register.stated import Borne, Stated
from tests.factories.world import NOW
from tests.factories.writes import HAND, birth, change, change_unit, make_unit

USCC = "91500105MA60X0016Y"
BORN, MAY, JUNE, JULY = (date(2024, month, 1) for month in (3, 5, 6, 7))
BRANCH: dict[str, Any] = {"unit_type": "2", "uscc": "", "parent_uscc": USCC}


def test_branches_that_were_born_on_one_day_all_leave_their_parent_in_one_batch(session: Session) -> None:
    """Rows were told apart by what they say alone: of equal ones of one call, one was closed and the others stood on."""
    made = writer.apply(
        session, [birth(BORN, seq=n, **BRANCH) for n in (1, 2, 3)], request_id=1, actor="test", now=NOW
    ).units
    leave = [change(unit, MAY, revision=1, seq=n, parent_uscc="") for n, unit in made.items()]
    writer.apply(session, leave, request_id=2, actor="test", now=NOW)
    for table in (relation, identifier):
        believed = (table.c.unit_id.in_(made.values()), table.c.superseded_at == STILL_KNOWN)
        rows = session.execute(select(table).where(*believed)).mappings().all()
        assert {row["valid_until"] for row in rows} <= {MAY}
        assert len(rows) == (3 if table is relation else 0)


def stands(session: Session, unit: int, on: date) -> tuple[str, str]:
    row = versions_of(session, [unit], AsOf(on))[unit]
    return row["standing"], row["operating_status"]


def test_a_standing_that_follows_from_a_corrected_status_ends_where_that_does(session: Session) -> None:
    """An open correction closed a unit for ever, though it was told to pause later: closed, and 停业."""
    unit = make_unit(session, BORN)
    change_unit(session, unit, JULY, reason=Reason.PAUSE)
    change_unit(session, unit, MAY, reason=Reason.CORRECTION, operating_status="6")
    assert [stands(session, unit, on) for on in (BORN, MAY, JULY)] == [("live", "1"), ("closed", "6"), ("live", "2")]


def test_who_lived_after_all_lives_until_it_was_struck_off(session: Session) -> None:
    unit = make_unit(session, BORN)
    change_unit(session, unit, MAY, reason=Reason.CLOSED)
    change_unit(session, unit, JULY, reason=Reason.DEREGISTERED)
    change_unit(session, unit, MAY, reason=Reason.CORRECTION, operating_status="1")
    assert [stands(session, unit, on) for on in (MAY, JUNE, JULY)] == [("live", "1"), ("live", "1"), ("closed", "6")]


def test_who_is_meant_by_a_code_follows_the_kind_of_who_bears_it(session: Session) -> None:
    """A code that a legal unit and its branch bear means the legal one; what each was counted from its first word only."""
    child = make_unit(session, BORN, **{**BRANCH, "org_code": ""})
    small = make_unit(session, BORN, unit_type="2", uscc=USCC, name="甲一店")
    other = make_unit(session, BORN, unit_type="2", uscc="", org_code=USCC[8:17], name="甲二店", parent_uscc=USCC)
    assert meant(session, child) == {small}
    change_unit(session, small, MAY, unit_type="1")
    assert meant(session, child) == {small}
    third = make_unit(session, BORN, unit_type="2", uscc=USCC, name="甲三店", parent_uscc=USCC)
    assert (meant(session, child), other != third) == ({small}, True)
    change_unit(session, small, MAY, reason=Reason.CORRECTION, unit_type="2")
    assert meant(session, child) == {None}


def meant(session: Session, unit: int) -> set[int | None]:
    believed = (relation.c.unit_id == unit, relation.c.kind == "parent", relation.c.superseded_at == STILL_KNOWN)
    return set(session.execute(select(relation.c.target_unit_id).where(*believed)).scalars())


@pytest.mark.parametrize("later", [Reason.MOVE_WITHIN, Reason.PAUSE])
def test_what_happened_later_stays_what_it_was_where_a_value_runs_on_through_it(
    session: Session, later: Reason
) -> None:
    """The version of the later day was told to begin by whatever was learned last: the move was an address change."""
    unit = make_unit(session, BORN)
    change_unit(session, unit, JULY, reason=later, area_code="500105007001")
    change_unit(session, unit, MAY, employees=5)
    row = versions_of(session, [unit], AsOf(JULY))[unit]
    assert (row["began_by"], row["employees"], row["reason"]) == (str(later), 5, "change")


def laid(session: Session, write: Write, request: int) -> None:
    moment = NOW + timedelta(days=request)
    writer.apply(session, [write], request_id=request, actor="test", now=moment)


def told(
    session: Session, unit: int, on: date, request: int, *, reason: Reason = Reason.CHANGE, **changes: Any
) -> None:
    until = changes.pop("until", FOREVER)
    write = change(unit, on, revision=revisions_of(session, [unit])[unit], reason=reason, until=until, **changes)
    laid(session, write, request)


def undone(session: Session, unit: int, request: int) -> None:
    revision = revisions_of(session, [unit])[unit]
    laid(
        session, Write(1, unit, revision, Reason.UNDO, Period(BORN), "day", {}, sources.pack(HAND), undoes=request), 90
    )


def test_nobody_bears_a_code_before_there_was_anybody(session: Session) -> None:
    """A code beside the fields was borne from the day that was typed, however long before the first of its unit."""
    unit = make_unit(session, BORN)
    second = Stated(bears=(Borne("tax_no", "500105202812350", HAND),))
    laid(session, replace(change(unit, date(2023, 1, 1), revision=1), stated=second), 3)
    (row,) = [row for row in identifiers_at(session, unit, AsOf(MAY)) if row["scheme"] == "tax_no"]
    assert (row["valid_from"], row["valid_until"]) == (BORN, FOREVER)


def test_a_standing_stays_with_the_status_that_was_told_since(session: Session) -> None:
    """The undoing of a closing gave a unit back its life on days on which it was told since to be bankrupt: the database
    refused, after everybody had approved."""
    unit = make_unit(session, BORN)
    told(session, unit, MAY, 3, reason=Reason.CLOSED)
    told(session, unit, JUNE, 4, reason=Reason.CORRECTION, until=JULY, operating_status="5")
    undone(session, unit, 3)
    assert [stands(session, unit, on) for on in (MAY, JUNE, JULY)] == [("live", "1"), ("closed", "5"), ("live", "1")]


def test_a_first_day_that_is_taken_back_leaves_no_gap(session: Session) -> None:
    """Of days that a unit was told to have been there, those were taken away of which nothing was said since, and what lay
    between them and its first day stood alone."""
    unit = make_unit(session, JUNE)
    told(session, unit, MAY, 3, reason=Reason.CORRECTION, address="早址1号")
    early = MAY + timedelta(days=7)
    told(session, unit, early, 4, reason=Reason.CORRECTION, until=early + timedelta(days=2), employees=99)
    undone(session, unit, 3)
    assert versions_of(session, [unit], AsOf(MAY)) == {}
    days = [versions_of(session, [unit], AsOf(early + timedelta(days=n)))[unit] for n in range(30)]
    assert [row["employees"] for row in days[:3]] == [99, 99, 12]


def test_a_code_of_headquarters_or_of_a_parent_is_nobodys_alone_beside_the_fields_either(session: Session) -> None:
    """A proposal was refused for a code that the writer would have taken."""
    make_unit(session, BORN, org_code="MA60X001B", uscc="")
    unit = make_unit(session, BORN, **{**BRANCH, "name": "分店"})
    make_unit(session, BORN, **{**BRANCH, "uscc": USCC, "parent_uscc": "", "name": "他店"})
    for scheme, code in (("org_code", "MA60X001B"), ("uscc", USCC)):
        second = Stated(bears=(Borne(scheme, code, HAND),))
        assert foresee(session, replace(change(unit, MAY, revision=1), stated=second)) == []
