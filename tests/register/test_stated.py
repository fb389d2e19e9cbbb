"""Links that requests state beside the versions, who is meant after a merger, and taking back what a request wrote (T8, T10–T12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.period import FOREVER, STILL_KNOWN, Period
from app.domain.words import Reason
from app.models import identifier, relation, unit_version
from app.register import sources, writer
from app.register.queries import AsOf, get_unit_ids, identifiers_at, relations_at, revisions_of
from app.register.rules import STATED, Write
from app.register.stated import Borne, Follower, Stated
from app.register.taken import CodeTaken
from app.register.taking_back import pasts_of
from tests.factories.world import NOW
from tests.factories.writes import HAND, birth, change, change_unit, make_unit

A, B, C = "91500105MA60X0016Y", "91500105MA5U8K3N95", "91500105MA60X0024R"
BORN, MAY, JUNE = date(2020, 3, 1), date(2024, 5, 1), date(2024, 6, 1)
MERGER, UNDO = 30, 31
BRANCH = {"uscc": "", "unit_type": "2", "name": "测试分店"}


def stating(
    unit_id: int, on: date = MAY, *, revision: int = 1, seq: int = 1, until: date = FOREVER, **parts: Any
) -> Write:
    return replace(change(unit_id, on, revision=revision, seq=seq, until=until), stated=Stated(**parts))


def bearing(*codes: tuple[str, str]) -> tuple[Borne, ...]:
    return tuple(Borne(scheme, value, HAND) for scheme, value in codes)


def laid(session: Session, *writes: Write, request: int = MERGER, days: int = 1) -> writer.Written:
    now = NOW + timedelta(days=days)
    return writer.apply(session, writes, request_id=request, actor="test", now=now)


def codes(session: Session, unit_id: int, on: date = JUNE) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in identifiers_at(session, unit_id, AsOf(on)):
        if row["valid_from"] <= on < row["valid_until"] and not row["within"]:
            found.setdefault(row["scheme"], set()).add(row["value"])
    return found


def parent_of(session: Session, unit_id: int, on: date = JUNE) -> list[int | None]:
    rows = relations_at(session, unit_id, AsOf(on))
    return [row["target_unit_id"] for row in rows if row["kind"] == "parent" and row["unit_id"] == unit_id]


def heirs_of(session: Session, unit_id: int, on: date = JUNE) -> set[int]:
    rows = relations_at(session, unit_id, AsOf(on))
    return {row["target_unit_id"] for row in rows if row["kind"] == "succession" and row["unit_id"] == unit_id}


def test_two_tax_numbers_stand_together_and_what_else_happens_leaves_them_alone(session: Session) -> None:
    """T25: one value a scheme."""
    unit_id = make_unit(session, tax_no="500105202812349")
    laid(session, stating(unit_id, bears=bearing(("tax_no", "500105202812350"))))
    change_unit(session, unit_id, JUNE, tax_no="500105202812351", now=NOW + timedelta(days=2))
    assert codes(session, unit_id)["tax_no"] == {"500105202812350", "500105202812351"}
    assert codes(session, unit_id, MAY - timedelta(days=1))["tax_no"] == {"500105202812349"}
    assert get_unit_ids(session, "500105202812350") == [unit_id]


def test_a_code_in_addition_brings_its_part_and_has_one_live_bearer(session: Session) -> None:
    one, other = make_unit(session, uscc=A), make_unit(session, uscc=B, name="乙公司")
    laid(session, stating(one, bears=bearing(("uscc", C))))
    assert get_unit_ids(session, C[8:17]) == [one]
    with pytest.raises(CodeTaken):
        laid(session, stating(other, bears=bearing(("uscc", C))), request=32, days=2)
    with pytest.raises(CodeTaken):
        make_unit(session, uscc=C, name="丙公司", now=NOW + timedelta(days=2))


def test_a_code_that_moves_is_borne_by_one_up_to_a_day_and_by_another_from_it_on(session: Session) -> None:
    one, other = make_unit(session, uscc=A), make_unit(session, uscc=B, name="乙公司")
    laid(session, stating(one, bears=bearing(("uscc", C))))
    moves = (
        stating(one, JUNE, revision=2, drops=(("uscc", C),)),
        stating(other, JUNE, seq=2, bears=bearing(("uscc", C))),
    )
    laid(session, *moves, request=32, days=2)
    assert (codes(session, one)["uscc"], codes(session, other)["uscc"]) == ({A}, {B, C})
    assert codes(session, one, MAY)["uscc"] == {A, C}


def test_many_follow_one_and_one_of_them_is_added_by_the_same_request(session: Session) -> None:
    """T11: only the last of several that followed remained."""
    one, held = make_unit(session, uscc=A), make_unit(session, uscc=B, name="乙公司")
    split = replace(stating(one, followed_by=(Follower(held), Follower(item=2))), reason=Reason.SPLIT)
    written = laid(session, split, birth(MAY, seq=2, uscc=C, name="丙公司"))
    assert heirs_of(session, one) == {held, written.units[2]}


def test_children_mean_who_their_parent_was_merged_into_from_that_day_on(session: Session) -> None:
    """T8: a branch of the absorbed unit pointed to it, or to nobody, for ever."""
    one, heir = make_unit(session, uscc=A), make_unit(session, uscc=B, name="乙公司")
    child = make_unit(session, parent_uscc=A, **BRANCH)
    laid(session, merging(one, heir), stating(heir, seq=2, bears=bearing(("uscc", A))))
    assert (parent_of(session, child, BORN), parent_of(session, child)) == ([one], [heir])
    late = make_unit(session, parent_uscc=A, now=NOW + timedelta(days=2), **BRANCH)
    assert (parent_of(session, late, BORN), parent_of(session, late)) == ([one], [heir])
    change_unit(session, child, JUNE, address="新址2号", now=NOW + timedelta(days=3))
    assert (parent_of(session, child, BORN), parent_of(session, child)) == ([one], [heir])


def test_children_go_along_a_chain_of_mergers_and_back(session: Session) -> None:
    units = [make_unit(session, uscc=code, name=f"{code}公司") for code in (A, B, C)]
    child = make_unit(session, parent_uscc=A, **BRANCH)
    laid(session, merging(units[0], units[1]))
    laid(session, merging(units[1], units[2], on=JUNE), request=32, days=2)
    assert [parent_of(session, child, on) for on in (BORN, MAY, JUNE)] == [[unit] for unit in units]
    laid(session, undoing(session, units[1], 32), request=UNDO, days=3)
    assert [parent_of(session, child, on) for on in (BORN, MAY, JUNE)] == [[units[0]], [units[1]], [units[1]]]


def merging(unit_id: int, heir: int, *, on: date = MAY, seq: int = 1) -> Write:
    write = change(unit_id, on, revision=1, seq=seq, reason=Reason.MERGE)
    return replace(write, successor_id=heir)


def undoing(session: Session, unit_id: int, request: int, *, seq: int = 1) -> Write:
    revision = revisions_of(session, [unit_id])[unit_id]
    return Write(seq, unit_id, revision, Reason.UNDO, Period(MAY), "day", {}, sources.pack(HAND), undoes=request)


def _state(session: Session) -> Any:
    """All that is believed of units, values and links, without who wrote it when."""
    known = {"version_id", "recorded_at", "superseded_at", "request_id", "reason", "identifier_id", "relation_id"}
    tables = {}
    for table in (unit_version, identifier, relation):
        rows = session.execute(select(table).where(table.c.superseded_at == STILL_KNOWN)).mappings()
        kept = [{name: value for name, value in row.items() if name not in known} for row in rows]
        tables[table.name] = sorted(map(str, kept))
    return tables


def test_a_merger_that_is_taken_back_leaves_nothing(session: Session) -> None:
    """T12: `reinstate` of the absorbed unit left what the other one took."""
    one = make_unit(session, uscc=A, tax_no="500105202812349")
    heir = make_unit(session, uscc="", name="乙公司", mobile="")
    make_unit(session, parent_uscc=A, **BRANCH)
    before = _state(session)
    takes = change(heir, MAY, revision=1, seq=2, uscc=A, mobile="13800000001")
    takes = replace(takes, stated=Stated(bearing(("tax_no", "500105202812349"))))
    laid(session, merging(one, heir), takes)
    assert _state(session) != before
    laid(session, undoing(session, one, MERGER), undoing(session, heir, MERGER, seq=2), request=UNDO, days=2)
    assert _state(session) == before
    again = (undoing(session, one, UNDO), undoing(session, heir, UNDO, seq=2))
    laid(session, *again, request=33, days=3)
    assert codes(session, heir) == {"uscc": {A}, "tax_no": {"500105202812349"}}


def test_what_was_written_since_stays(session: Session) -> None:
    one, heir = make_unit(session, uscc=A), make_unit(session, uscc=B, name="乙公司", address="旧址1号")
    laid(session, merging(one, heir), change(heir, MAY, revision=1, seq=2, address="并址1号", employees=80))
    change_unit(session, heir, JUNE, address="新址9号", now=NOW + timedelta(days=2))
    laid(session, undoing(session, one, MERGER), undoing(session, heir, MERGER, seq=2), request=UNDO, days=3)
    told = {on: (row["address"], row["employees"]) for on in (MAY, JUNE) for row in [_at(session, heir, on)]}
    assert told == {MAY: ("旧址1号", 12), JUNE: ("新址9号", 12)}
    assert _at(session, one, JUNE)["standing"] == "live"


def test_a_unit_that_a_request_brought_is_none_once_that_is_taken_back(session: Session) -> None:
    one = make_unit(session, uscc=A)
    split = replace(stating(one, followed_by=(Follower(item=2),)), reason=Reason.SPLIT)
    part = laid(session, split, birth(MAY, seq=2, uscc=C, name="丙公司")).units[2]
    laid(session, undoing(session, one, MERGER), undoing(session, part, MERGER, seq=2), request=UNDO, days=2)
    assert _at(session, part, MAY)["standing"] == _at(session, part, JUNE)["standing"] == "void"
    assert heirs_of(session, one) == set()
    assert get_unit_ids(session, C) == [part], "old codes lead there for ever"


def _at(session: Session, unit_id: int, on: date) -> Any:
    days = (unit_version.c.valid_from <= on, unit_version.c.valid_until > on)
    own = (unit_version.c.unit_id == unit_id, unit_version.c.superseded_at == STILL_KNOWN)
    return session.execute(select(unit_version).where(*own, *days)).mappings().one()


DAYS = [date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1)]
_writes = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from([None, *DAYS]),
        st.sampled_from(["address", "employees"]),
        st.integers(1, 3),
    ),
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_writes, undone=_writes, after=_writes)
def test_taking_back_is_what_the_rest_alone_would_have_said_wherever_nobody_spoke_since(
    session: Session, before: Any, undone: Any, after: Any
) -> None:
    """Day by day against a slow replay: a value that the request changed, and that still stands, is as before."""
    with session.begin_nested() as trial:
        unit_id = make_unit(session)
        moments = []
        for number, part in ((40, before), (41, undone), (42, after)):
            moments.append(_told(session, unit_id))
            _lay(session, unit_id, part, number)
        moments.append(_told(session, unit_id))
        if pasts_of(session, [unit_id], 41):
            laid(session, undoing(session, unit_id, 41), request=43, days=50)
        _, was, did, now = moments
        for on, told in _told(session, unit_id).items():
            for name, value in told.items():
                expected = was[on][name] if was[on][name] != did[on][name] == now[on][name] else now[on][name]
                assert value == expected, (on, name)
        trial.rollback()


def _lay(session: Session, unit_id: int, part: Any, number: int) -> None:
    """All of one request in one call, each on the unit as it is."""
    writes = []
    revision = revisions_of(session, [unit_id])[unit_id]
    for seq, (start, end, name, value) in enumerate(part, 1):
        until = end if end is not None and end > start else FOREVER
        reason = Reason.CORRECTION if until != FOREVER else Reason.CHANGE
        told = {"address": f"{value}号"} if name == "address" else {"employees": value}
        writes.append(change(unit_id, start, revision=revision, seq=seq, reason=reason, until=until, **told))
    if writes:
        laid(session, *[replace(one, expects={"name": [["2020-03-01", "测试甲商贸有限公司"]]}) for one in writes],
             request=number, days=number)  # fmt: skip


def _told(session: Session, unit_id: int) -> dict[date, dict[str, Any]]:
    days = [BORN, *(day + timedelta(days=shift) for day in DAYS for shift in (-1, 0))]
    held = {on: _at(session, unit_id, on) for on in days}
    return {on: {name: row[name] for name in STATED} for on, row in held.items()}
