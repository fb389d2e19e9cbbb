"""A valid code belongs to one live unit on every day (T1; DESIGN.md, promise 14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.words import Reason
from app.register import taken, writer
from app.register.foreseen import foresee
from app.register.taken import CodeTaken
from matching.standardise.codes import org_check_character, uscc_check_character
from tests.factories.world import NOW
from tests.factories.writes import birth, change, change_unit, make_unit

USCC, ORG, OTHER, REG = "91500105MA60X0016Y", "MA60X0016", "91500105MA5U8K3N95", "500105000012342"
MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "codes", [{"uscc": USCC}, {"uscc": "", "org_code": ORG}, {"uscc": f"92500106{ORG}E"}, {"uscc": "", "reg_no": REG}]
)
def test_a_second_live_unit_with_a_code_is_refused(session: Session, codes: dict[str, Any]) -> None:
    """Also where the one bears as a part what the other bears by itself."""
    make_unit(session, reg_no=REG)
    codes = {name: value if value != f"92500106{ORG}E" else _checked("92500106", ORG) for name, value in codes.items()}
    with pytest.raises(CodeTaken) as refused:
        make_unit(session, name="测试乙有限公司", now=LATER, **codes)
    assert set(refused.value.details) == {"scheme", "value", "standing", "area"}
    assert (refused.value.details["standing"], refused.value.details["area"]) == ("live", "500105")


def _checked(front: str, body: str) -> str:
    return f"{front}{body}{uscc_check_character(front + body)}"


def test_two_additions_of_one_request_are_judged_together(session: Session) -> None:
    writes = [birth(seq=1), birth(seq=2, name="测试乙有限公司")]
    with pytest.raises(CodeTaken):
        writer.apply(session, writes, request_id=3, actor="test", now=NOW)


def test_a_code_is_free_before_and_after_its_holder_lived(session: Session) -> None:
    closed = make_unit(session)
    change_unit(session, closed, MAY, reason=Reason.DEREGISTERED, operating_status="6")
    follower = make_unit(session, MAY, name="测试乙有限公司", now=LATER)
    with pytest.raises(CodeTaken):
        change_unit(session, closed, JUNE, reason=Reason.REINSTATE, now=LATER + timedelta(days=1))
    assert follower != closed


def test_a_swap_of_codes_is_judged_by_what_stands_at_its_end(session: Session) -> None:
    one, other = make_unit(session), make_unit(session, uscc=OTHER, name="测试乙有限公司")
    swap = [
        change(one, MAY, revision=1, seq=1, reason=Reason.CODE_CHANGE, uscc=OTHER),
        change(other, MAY, revision=1, seq=2, reason=Reason.CODE_CHANGE, uscc=USCC),
    ]
    assert writer.apply(session, swap, request_id=3, actor="test", now=LATER).units == {1: one, 2: other}


def test_an_establishment_goes_by_its_parents_code(session: Session) -> None:
    make_unit(session)
    branch = {"unit_type": "2", "name": "测试甲渝北分店"}
    first = make_unit(session, now=LATER, **branch)
    second = make_unit(session, parent_uscc=USCC, uscc="", org_code=ORG, now=LATER, **branch)
    third = make_unit(session, parent_uscc=USCC, now=LATER, **branch)
    make_unit(session, uscc="", org_code="MA60X001B", now=LATER, **branch)
    make_unit(session, uscc="", org_code="MA60X001B", now=LATER, **branch)
    assert len({first, second, third}) == 3


def test_a_code_that_fails_its_check_stops_nobody(session: Session) -> None:
    wrong = "91500105MA60X0016X"
    assert make_unit(session, uscc=wrong) != make_unit(session, uscc=wrong, name="测试乙有限公司", now=LATER)


def test_what_was_there_before_stops_nobody(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_unit(session)
    with monkeypatch.context() as unguarded:
        unguarded.setattr(taken, "not_free", lambda *_: {})
        make_unit(session, name="测试乙有限公司")
    assert change_unit(session, one, MAY, address="新路2号", now=LATER).units == {1: one}
    with pytest.raises(CodeTaken):
        make_unit(session, name="测试丙有限公司", now=LATER + timedelta(days=1))


def test_a_proposal_hears_of_the_holder_before_anybody_approves(session: Session) -> None:
    one = make_unit(session)
    for values in ({}, {"uscc": "", "org_code": ORG}):
        with pytest.raises(CodeTaken):
            foresee(session, birth(MAY, **values))
    foresee(session, change(one, MAY, revision=1, address="新路2号"))
    foresee(session, birth(MAY, unit_type="2", parent_uscc=USCC))
    foresee(session, birth(MAY, uscc=OTHER))


def test_a_proposal_is_judged_by_the_days_on_which_it_would_hold(session: Session) -> None:
    """Refused were a code that another code follows before its next bearer came, and a newcomer that lives on no day."""
    gone = make_unit(session)
    change_unit(session, gone, MAY, reason=Reason.CODE_CHANGE, uscc="", now=LATER)
    make_unit(session, JUNE, uscc=OTHER, name="测试乙有限公司", now=LATER)
    early = change(gone, date(2021, 1, 1), revision=2, reason=Reason.CODE_CHANGE, uscc=OTHER)
    assert foresee(session, early) == ["uscc"]
    ended = {"operating_status": "6", "closed_on": "2024-05-01"}
    assert "uscc" in foresee(session, birth(JUNE, uscc=OTHER, **ended))
    assert writer.apply(session, [early], request_id=3, actor="test", now=LATER).units == {1: gone}


def test_who_named_the_code_as_its_parents_once_does_not_bear_it_for_ever(session: Session) -> None:
    """An establishment that went by a code of its parent's for a while bore it beside a live one ever after."""
    branch = {"unit_type": "2", "uscc": "", "org_code": ORG}
    make_unit(session, name="测试甲一店", **branch)
    other = make_unit(session, name="测试甲二店", parent_org_code=ORG, now=LATER, **branch)
    with pytest.raises(CodeTaken):
        change_unit(session, other, MAY, parent_org_code="", now=LATER)


def test_a_credit_code_whose_check_character_is_a_b_is_taken_as_any_other(session: Session) -> None:
    """Only the nine characters of a 本部 end in a B that says nothing of who bears them; the proposal left out both.

    Of these codes the part that is an organisation code fails its own check, as of some published ones: it says nothing.
    """
    codes = (_checked("91500105", f"MA60X{number:03}X") for number in range(100))
    ends_in_b = next(code for code in codes if code.endswith("B") and org_check_character(code[8:16]) != "X")
    make_unit(session, uscc=ends_in_b)
    with pytest.raises(CodeTaken):
        foresee(session, birth(MAY, uscc=ends_in_b))
    make_unit(session, uscc="", org_code="MA60X001B", name="测试甲有限公司本部", now=LATER)
    foresee(session, birth(MAY, uscc="", org_code="MA60X001B"))
