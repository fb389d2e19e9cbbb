"""Who follows a unit and who stands above it, kept by the writer (T9; DESIGN.md, promise 14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.period import Period
from app.domain.words import Reason
from app.register import kin, writer
from app.register.kin import BadSuccessor, Circle
from app.register.rules import NotThen, Write
from tests.factories.world import NOW
from tests.factories.writes import birth, change, change_unit, end_history, make_unit

A, B, C = "91500105MA60X0016Y", "91500105MA5U8K3N95", "91500105MA60X0024R"
MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
LATER = NOW + timedelta(days=1)


def merge(unit_id: int, heir: int | None, on: date = MAY, seq: int = 1) -> Write:
    write = change(unit_id, on, revision=1, seq=seq, reason=Reason.MERGE)
    return Write(**{**write.__dict__, "successor_id": heir})


def laid(session: Session, *writes: Write) -> writer.Written:
    return writer.apply(session, writes, request_id=3, actor="test", now=LATER)


def family(session: Session, *codes: str, **changes: Any) -> list[int]:
    return [make_unit(session, uscc=code, name=f"{code}公司", **changes) for code in codes]


def test_parents_in_a_circle_are_refused_however_long_it_is(session: Session) -> None:
    one, two, three = family(session, A, B, C)
    change_unit(session, one, MAY, parent_uscc=B)
    change_unit(session, two, MAY, superior_uscc=C)
    with pytest.raises(Circle):
        change_unit(session, three, MAY, parent_org_code=A[8:17], now=LATER)


def test_a_code_that_comes_in_can_close_a_circle(session: Session) -> None:
    """What others state points to the newcomer by it."""
    family(session, A, parent_uscc=B)
    with pytest.raises(Circle):
        make_unit(session, uscc=B, name="乙公司", parent_uscc=A, now=LATER)


def test_units_that_follow_each_other_on_no_common_day_make_no_circle(session: Session) -> None:
    one, two = family(session, A, B)
    laid(session, merge(one, two))
    change_unit(session, one, JUNE, reason=Reason.REINSTATE, now=LATER)
    late = merge(two, one, JUNE)
    assert laid(session, late).units == {1: two}


def test_two_of_one_request_are_judged_by_what_stands_at_its_end(session: Session) -> None:
    one, two, three = family(session, A, B, C)
    with pytest.raises(BadSuccessor), session.begin_nested():
        laid(session, merge(one, two), merge(two, three, seq=2))
    with pytest.raises(Circle):
        laid(session, merge(one, two), merge(two, one, seq=2))


@pytest.mark.parametrize("heir", [1, 99, None])
def test_who_follows_is_another_unit_that_is_there(session: Session, heir: int | None) -> None:
    (one,) = family(session, A)
    with pytest.raises(BadSuccessor):
        laid(session, merge(one, heir))


def test_who_follows_lives_on_that_day_and_may_end_later(session: Session) -> None:
    one, two, three = family(session, A, B, C)
    change_unit(session, two, JUNE, reason=Reason.DEREGISTERED)
    with pytest.raises(BadSuccessor):
        laid(session, merge(three, two, JUNE))
    assert laid(session, merge(one, two, MAY)).units == {1: one}


def test_what_was_there_before_stops_nobody(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as unguarded:
        unguarded.setattr(kin, "unsound", lambda *_: {})
        one, two = family(session, A, B, unit_type="1")
        change_unit(session, one, MAY, parent_uscc=B)
        change_unit(session, two, MAY, parent_uscc=A)
        three, later = make_unit(session, uscc=C, name="丙公司"), make_unit(session, JUNE, uscc="", name="丁公司")
        laid(session, merge(three, later))
    assert change_unit(session, one, JUNE, address="新路2号", superior_uscc="91110000MA0000001X", now=LATER).units == {
        1: one
    }
    assert change_unit(session, 3, JUNE, address="新路3号", now=LATER).units == {1: 3}


def test_an_establishment_that_goes_by_its_parents_code_is_not_its_own_parent(session: Session) -> None:
    (branch,) = family(session, A, unit_type="2", parent_uscc=A)
    with pytest.raises(BadSuccessor):
        change_unit(session, branch, MAY, unit_type="1", parent_org_code=A[8:17], now=LATER)


def test_a_birth_has_no_end_and_a_unit_of_an_earlier_version_that_has_one_is_told_of(session: Session) -> None:
    """T13: the one blocked its unit, the other ended in StopIteration."""
    born = Write(**{**birth().__dict__, "period": Period(date(2020, 1, 1), date(2022, 1, 1))})
    with pytest.raises(ValueError, match="born with its end"):
        laid(session, born)
    (one,) = family(session, A)
    end_history(session, one, date(2022, 1, 1))
    with pytest.raises(NotThen):
        change_unit(session, one, MAY, address="新路2号", now=LATER)


def test_who_others_went_on_in_lives_on_that_day_and_may_end_later(session: Session) -> None:
    """T9: void from before, or closed before, who had come after others was dead as they were merged into him."""
    one, two = family(session, A, B)
    laid(session, merge(one, two))
    ends = ((Reason.VOID, date(2021, 1, 1)), (Reason.DEREGISTERED, MAY), (Reason.MOVE_OUT, date(2024, 1, 1)))
    for reason, on in ends:
        with pytest.raises(BadSuccessor) as refused, session.begin_nested():
            change_unit(session, two, on, reason=reason, now=LATER)
        assert refused.value.details["why"].code == kin.FOLLOWED
    assert change_unit(session, two, JUNE, reason=Reason.DEREGISTERED, now=LATER).units == {1: two}


def test_a_void_unit_went_on_in_nobody(session: Session) -> None:
    one, two = family(session, A, B)
    laid(session, merge(one, two))
    change_unit(session, one, date(2021, 1, 1), reason=Reason.VOID, now=LATER)
    assert change_unit(session, two, date(2021, 1, 1), reason=Reason.VOID, now=LATER + timedelta(days=1)).units == {
        1: two
    }


def test_a_unit_becomes_its_own_parent_by_no_code_of_its_own(session: Session) -> None:
    """T9: the parent was told first, by a code that was nobody's; the unit took it then."""
    (one,) = family(session, "", parent_uscc=A)
    for own in ({"uscc": A}, {"org_code": A[8:17]}):
        with pytest.raises(BadSuccessor), session.begin_nested():
            change_unit(session, one, MAY, reason=Reason.CODE_CHANGE, now=LATER, **own)
    assert change_unit(session, one, MAY, now=LATER, uscc=A, unit_type="2").units == {1: one}


def test_who_was_his_own_parent_before_is_changed_in_all_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unguarded:
        unguarded.setattr(kin, "unsound", lambda *_: {})
        (one,) = family(session, A, parent_uscc=A)
    assert change_unit(session, one, MAY, address="新路2号", now=LATER).units == {1: one}
