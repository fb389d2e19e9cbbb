"""Fields that a person locked: no file's value goes over them, but is kept and put to a person who sees the lock."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.audit.proof import prove
from app.changes import verbs as changes
from app.core.errors import AppError, BadPayload
from app.match import verbs as matching
from app.register.queries import UnitNotFound
from app.units import verbs as units
from app.values import verbs as values
from app.values.errors import LockDay, NotLocked
from app.verbs.faults import wish_from
from app.worker import run_all
from tests.factories.files import CLOCK
from tests.factories.races import at_once
from tests.factories.world import TODAY
from tests.values.world import UNIT, USCC, Office, market_row, office

__all__ = ["office"]
UNTIL = date(2025, 6, 30)
WHY = "现场核实，执照未更新"


def lock(office: Office, *fields: str, login: str = "maintainer", **told: Any) -> Any:
    more = {"unit_id": UNIT, "until": UNTIL, "reason": WHY} | told
    return office.do(values.lock, login, fields=list(fields), **more)


def test_a_lock_is_shown_on_the_unit_with_why_by_whom_and_until_when(office: Office) -> None:
    lock(office, "legal_rep", "contact")
    found = office.do(units.show, code=USCC).items[0].locks
    assert {(one.reason, one.by, one.until) for one in found} == {(WHY, "maintainer", UNTIL)}
    names = {one.field for one in found}
    assert {"legal_rep", "tel", "mobile", "email"} <= names
    assert "name" not in names
    listed = office.do(values.list_locks, "section", field="mobile").items
    assert [(one.unit_id, one.field) for one in listed] == [(UNIT, "mobile")]


def test_no_file_goes_over_a_lock_but_a_person_who_sees_it_may(office: Office) -> None:
    """A registrar's word on a registration field, vouched for, is taken without anybody; a locked one is not."""
    lock(office, "legal_rep")
    [request] = office.bring(market_row(rep="王五"), "2024-06-30", vouched=True)
    assert office.says("legal_rep") == "张三丰"
    assert office.losing() == {("legal_rep", "market"): ("locked", "proposed", "census", "2023-12-31")}
    [item] = office.do(changes.items, "approver", request_id=request).items
    assert [(one.field, one.locked_until, one.locked_why) for one in item.diff] == [("legal_rep", UNTIL, WHY)]
    office.approve(request)
    assert (office.says("legal_rep"), office.losing()) == ("王五", {})


def test_an_empty_field_can_be_locked_too(office: Office) -> None:
    lock(office, "established_on")
    office.bring(market_row().replace("2019-03-05", "2019-03-06"), "2024-06-30", vouched=True)
    assert office.says("established_on") == "2019-03-05"


def test_what_no_longer_holds_locks_nothing(office: Office) -> None:
    lock(office, "legal_rep", until=TODAY + timedelta(days=1))
    office.do(values.unlock, "maintainer2", unit_id=UNIT, fields=["registration"], reason="执照已更新")
    assert office.do(units.show, code=USCC).items[0].locks == []
    office.bring(market_row(rep="王五"), "2024-06-30", vouched=True)
    assert office.says("legal_rep") == "王五"
    with pytest.raises(NotLocked):
        office.do(values.unlock, unit_id=UNIT, fields=["legal_rep"], reason="再次解除")


def test_a_lock_set_while_a_file_is_on_its_way_holds(office: Office) -> None:
    """The batch was let through by a policy before the lock was there: whoever set it had seen the value in force."""

    office.stage(market_row(rep="王五"), "2024-06-30", source="market", vouched=True)
    [request] = office.do(matching.run).requests
    assert office.do(changes.show, request_id=request).status == "approved"
    lock(office, "legal_rep")
    run_all(office.database, CLOCK)
    assert office.says("legal_rep") == "张三丰"
    assert office.losing()["legal_rep", "market"][:2] == ("locked", "proposed")


def test_a_lock_gives_way_to_a_later_one_and_both_are_kept(office: Office) -> None:
    lock(office, "mobile")
    lock(office, "mobile", login="maintainer2", until=date(2025, 12, 31), reason="延长一年")
    [held] = office.do(units.show, code=USCC).items[0].locks
    assert (held.by, held.until) == ("maintainer2", date(2025, 12, 31))
    with office.database.read() as session:
        told = session.execute(text("SELECT status, ended_why FROM field_lock ORDER BY lock_id")).all()
        assert [tuple(row) for row in told] == [("ended", "延长一年"), ("held", "")]


def test_of_two_who_lock_a_field_at_once_one_lock_holds(office: Office) -> None:
    answers = at_once(lambda: lock(office, "mobile"), lambda: lock(office, "mobile", login="maintainer2"))
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert len(office.do(units.show, code=USCC).items[0].locks) == 1


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1), date(2099, 1, 1)])
def test_a_lock_has_an_end_that_somebody_can_answer_for(office: Office, until: date) -> None:
    with pytest.raises(LockDay):
        lock(office, "mobile", until=until)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"reason": "。"}, "says_nothing"), ({"fields": ["nonsense"]}, "no_unit_field"), ({"fields": []}, "part_too_few")],
)
def test_a_lock_names_fields_and_says_why(wrong: dict[str, Any], code: str) -> None:
    told = {"unit_id": UNIT, "fields": ["mobile"], "until": "2025-06-30", "reason": WHY} | wrong
    with pytest.raises(BadPayload) as refused:
        wish_from(values.lock.takes, told)
    assert [fault.code for fault in refused.value.details["faults"]] == [code]


@pytest.mark.parametrize("login", ["neighbour", "nowhere"])
def test_nobody_locks_a_unit_beyond_his_area(office: Office, login: str) -> None:
    with pytest.raises(UnitNotFound):
        lock(office, "mobile", login=login)
    assert office.do(values.list_locks, login).items == []


def test_who_only_looks_sets_no_lock(office: Office) -> None:
    with pytest.raises(AppError) as refused:
        lock(office, "mobile", login="statistician")
    assert refused.value.code == "permission_missing"


def test_whoever_alters_a_lock_behind_the_log_is_found_out(office: Office) -> None:
    lock(office, "mobile")
    with office.database.write() as session:
        assert prove(session, every=True).intact
    with office.database.write() as session:
        session.connection().exec_driver_sql("UPDATE field_lock SET until = '2025-01-01'")
    with office.database.write() as session:
        assert [(one.table, one.id) for one in prove(session, every=True).differences] == [("field_lock", 1)]
