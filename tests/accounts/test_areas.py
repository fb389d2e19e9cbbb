"""What an office's people see is in two hands too: an area waits until a second administrator has confirmed it (D6)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.accounts import admins, verbs
from app.accounts.actor import get_actor
from app.accounts.errors import (
    AdministratorsNotReady,
    AreaEndsInPast,
    AreaExists,
    AreaNotFound,
    AreaOfNoDay,
    AreaOutsideParent,
    OfficeNotFound,
    ParkCodeNeeded,
)
from app.core.db import Database
from app.core.errors import AppError, PermissionMissing, SecondPersonNeeded, WrongState
from app.domain.lives import RightStatus
from app.domain.words import OfficeLevel
from app.models import AuditEvent, Office, OfficeArea, UserRole
from app.units.verbs import list_ as list_units
from app.verbs import House, Verb
from tests.conftest import Databases
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import hashed
from tests.factories.races import at_once
from tests.factories.units import make_unit
from tests.factories.world import NOW, TODAY, user_named

STREET = "500105007"


@pytest.fixture
def house(database: Database) -> Any:
    with housing(database) as opened:
        yield opened


def give(house: House, code: str = "empty", area_prefix: str = STREET, **told: Any) -> int:
    """The number of the right that waits then."""
    (waits,) = do(house, verbs.give_area, "sysadmin", code=code, area_prefix=area_prefix, **told).pending
    return int(waits.right_id)


def confirm(house: House, right: int, who: str = "secadmin") -> Any:
    return do(house, verbs.confirm_right, who, right_id=right)


def area_of(house: House, code: str = "empty") -> str:
    return next(one.area for one in do(house, verbs.list_offices, "sysadmin").items if one.code == code)


def units_seen(house: House, login: str) -> int:
    return len(do(house, list_units, login).items)


def test_d6_an_area_opens_nothing_before_a_second_administrator_has_confirmed_it(house: House) -> None:
    """Whoever made offices alone gave the people of one all units of another district."""
    with house.database.write() as session:
        make_unit(session, name="重庆甲商贸有限公司", area_code="500105007001")
    right = give(house)
    assert (area_of(house), units_seen(house, "nowhere")) == ("–", 0)
    shown = confirm(house, right)
    assert (shown.kind, shown.whose, shown.name, shown.what) == ("area", "empty", "没有辖区的机构", STREET)
    assert (shown.status, shown.given_by, shown.decided_by) == (RightStatus.CONFIRMED, "sysadmin", "secadmin")
    assert (area_of(house), units_seen(house, "nowhere")) == (STREET, 1)


def test_d6_a_new_office_sees_nothing_before_its_area_is_confirmed(house: House) -> None:
    new = {"code": "x", "name": "新", "level": "post", "parent": "district", "area_prefix": STREET}
    made = do(house, verbs.create_office, "sysadmin", **new)
    (waits,) = made.pending
    assert (made.area, waits.what, waits.status) == ("–", STREET, RightStatus.PROPOSED)
    assert do(house, verbs.show_user, "secadmin", login="nowhere").pending == []
    confirm(house, waits.right_id)
    assert area_of(house, "x") == STREET
    with house.database.read() as session:
        (kept,) = session.query(OfficeArea).filter_by(area_prefix=STREET)
        assert (kept.valid_from, kept.valid_until) == (date.min, date(9999, 12, 31))


@pytest.mark.parametrize("login", ["sysadmin", "audadmin", "maintainer"])
def test_only_the_security_administrator_confirms_an_area(house: House, login: str) -> None:
    right = give(house)
    for verb in (verbs.confirm_right, verbs.refuse_right):
        with pytest.raises(PermissionMissing):
            do(house, verb, login, right_id=right)


@pytest.mark.parametrize("login", ["secadmin", "audadmin", "maintainer"])
def test_only_who_makes_offices_gives_an_area(house: House, login: str) -> None:
    with pytest.raises(PermissionMissing):
        do(house, verbs.give_area, login, code="empty", area_prefix=STREET)


def test_who_gave_an_area_does_not_confirm_it_in_another_place(house: House) -> None:
    right = give(house)
    with house.database.write() as session:
        session.get_one(UserRole, (user_named(session, "sysadmin").user_id, "sys_admin")).role = "sec_admin"
    with pytest.raises(SecondPersonNeeded):
        confirm(house, right, "sysadmin")


@pytest.mark.parametrize(
    ("verb", "by", "status"),
    [(verbs.refuse_right, "secadmin", "refused"), (verbs.withdraw_right, "sysadmin", "withdrawn")],
)
def test_an_area_not_confirmed_is_never_kept(house: House, verb: Verb[Any, Any], by: str, status: str) -> None:
    right = give(house)
    assert do(house, verb, by, right_id=right).status == status
    with pytest.raises(WrongState):
        confirm(house, right)
    assert area_of(house) == "–"
    assert give(house) != right


def test_an_area_given_anew_waits_once(house: House) -> None:
    """What waited before is withdrawn, so that nobody confirms days that are not meant any more."""
    first, second = give(house, valid_until="2030-01-01"), give(house, valid_until="2025-07-01")
    with pytest.raises(WrongState):
        confirm(house, first)
    assert confirm(house, second).valid_until == date(2025, 7, 1)
    assert {one.status for one in do(house, verbs.list_rights, "secadmin").items} == {"withdrawn", "confirmed"}


def test_an_office_lies_in_its_parent_and_a_park_names_its_code(house: House) -> None:
    """D6: the area need not lie in the parent's, and a functional office was like any other."""
    new = {"code": "x", "name": "新", "level": "post", "parent": "district"}
    wrong: list[tuple[dict[str, Any], type[AppError]]] = [
        ({"area_prefix": "500112"}, AreaOutsideParent),
        ({"area_prefix": "50"}, AreaOutsideParent),
        ({"area_prefix": "000000"}, AreaOutsideParent),
        ({"parent": "empty", "area_prefix": "500105"}, AreaOutsideParent),
        ({"area_prefix": "500105", "kind": "functional"}, ParkCodeNeeded),
        ({"area_prefix": "500105", "park_code": "P9"}, ParkCodeNeeded),
    ]
    for told, refusal in wrong:
        with pytest.raises(refusal):
            do(house, verbs.create_office, "sysadmin", **{**new, **told})
    made = do(house, verbs.create_office, "sysadmin", **new, area_prefix="500105", kind="functional", park_code="P9")
    assert confirm(house, made.pending[0].right_id).what == "500105·P9"
    assert area_of(house, "x") == "500105·P9"


def test_whether_an_area_lies_in_the_parents_is_judged_again_when_it_is_confirmed(house: House) -> None:
    """What the parent keeps may have ended while the area waited."""
    right = give(house)
    do(house, verbs.end_area, "sysadmin", code="district", area_prefix="500105")
    with pytest.raises(AreaOutsideParent):
        confirm(house, right)
    assert area_of(house) == "–"


def test_below_an_area_that_waits_none_is_given(house: House) -> None:
    right = give(house)
    do(house, verbs.create_office, "sysadmin", code="x", name="新", level="post", parent="empty")
    with pytest.raises(AreaOutsideParent):
        give(house, "x", f"{STREET}001")
    confirm(house, right)
    assert confirm(house, give(house, "x", f"{STREET}001")).status == RightStatus.CONFIRMED


def test_an_area_lies_in_the_parents_all_its_days(house: House) -> None:
    """The first day alone was looked at: what the parent keeps until summer was given for ever."""
    do(house, verbs.end_area, "sysadmin", code="district", area_prefix="500105", on="2025-07-01")
    for told in ({}, {"valid_until": "2025-07-02"}, {"valid_from": "2025-07-01"}):
        with pytest.raises(AreaOutsideParent):
            give(house, **told)
    confirm(house, give(house, valid_until="2025-07-01"))
    assert area_of(house) == STREET


@pytest.mark.parametrize("by", ["sysadmin", "secadmin"])
def test_an_area_is_ended_by_either_alone_and_at_once(house: House, by: str) -> None:
    """Taking is the safer side."""
    right = give(house)
    confirm(house, right)
    do(house, verbs.end_area, by, code="empty", area_prefix=STREET)
    assert area_of(house) == "–"
    (ended,) = do(house, verbs.list_rights, "secadmin").items
    assert (ended.right_id, ended.status, ended.decided_by) == (right, "ended", by)
    with pytest.raises(AreaNotFound):
        do(house, verbs.end_area, by, code="empty", area_prefix=STREET)
    with pytest.raises(PermissionMissing):
        do(house, verbs.end_area, "audadmin", code="district", area_prefix="500105")


def test_an_area_ended_twice_on_one_day_is_given_back(house: House) -> None:
    """The row that held on no day was in the way of the one that was to come (`area_exists`)."""
    for _ in range(3):
        confirm(house, give(house))
        do(house, verbs.end_area, "sysadmin", code="empty", area_prefix=STREET)
        assert area_of(house) == "–"
    confirm(house, give(house, valid_until="2025-07-01"))
    assert area_of(house) == STREET
    assert [str(one.status) for one in do(house, verbs.list_rights, "secadmin").items] == ["ended"] * 3 + ["confirmed"]
    with house.database.read() as session:
        (kept,) = session.query(OfficeArea).filter_by(area_prefix=STREET)
        assert (kept.valid_from, kept.valid_until) == (TODAY, date(2025, 7, 1))


def test_an_area_ends_today_or_later(house: House) -> None:
    """One administrator alone took what an office had kept last month, and what its people saw then was beyond it."""
    for by in ("sysadmin", "secadmin"):
        with pytest.raises(AreaEndsInPast):
            do(house, verbs.end_area, by, code="district", area_prefix="500105", on=str(TODAY - timedelta(days=1)))
    do(house, verbs.end_area, "secadmin", code="district", area_prefix="500105", on=str(TODAY))
    assert area_of(house, "district") == "–"


LATER, LATEST = str(TODAY + timedelta(days=30)), str(TODAY + timedelta(days=60))


@pytest.mark.parametrize("second", [LATER, str(TODAY)])
def test_two_stretches_of_an_area_do_not_overlap(house: House, second: str) -> None:
    """One of two was ended, and on a later day the office saw all of the area again."""
    confirm(house, give(house, valid_until=LATEST))
    with pytest.raises(AreaExists):
        give(house, valid_from=second)
    waits = give(house, valid_from=LATEST)
    do(house, verbs.end_area, "sysadmin", code="empty", area_prefix=STREET, on=LATER)
    confirm(house, waits)


def test_an_overlap_is_judged_again_when_it_is_confirmed(house: House) -> None:
    right = give(house, valid_from=LATER)
    with house.database.write() as session:
        office = session.query(Office).filter_by(code="empty").one().office_id
        days = {"valid_from": TODAY, "valid_until": date(9999, 12, 31)}
        session.add(OfficeArea(office_id=office, area_prefix=STREET, park_code="", **days))
    with pytest.raises(AreaExists):
        confirm(house, right)


def test_an_ended_area_does_not_come_back_by_itself(house: House) -> None:
    """What begins later is in the lists with its days, and ends with the rest."""
    confirm(house, give(house, valid_until=LATER))
    confirm(house, give(house, valid_from=LATER, valid_until=LATEST))
    shown = next(one for one in do(house, verbs.list_offices, "sysadmin").items if one.code == "empty")
    assert [(one.area, str(one.valid_from), str(one.valid_until)) for one in shown.to_come] == [(STREET, LATER, LATEST)]
    ended = do(house, verbs.end_area, "secadmin", code="empty", area_prefix=STREET)
    assert (ended.area, ended.to_come) == ("–", [])
    with house.database.read() as session:
        kept = session.query(OfficeArea).filter_by(area_prefix=STREET)
        assert [one for one in kept if one.valid_from < one.valid_until and one.valid_until > TODAY] == []
    assert [str(one.status) for one in do(house, verbs.list_rights, "secadmin").items] == ["ended"] * 2
    confirm(house, give(house))


@pytest.mark.parametrize("on", [str(TODAY), LATER])
def test_what_offices_below_keep_of_an_area_ends_with_it(house: House, on: str) -> None:
    """They went on seeing and writing units that the office above them did not keep any more."""
    confirm(house, give(house))
    do(house, verbs.create_office, "sysadmin", code="x", name="新", level="post", parent="empty")
    confirm(house, give(house, "x", f"{STREET}001"))
    confirm(house, give(house, "x", f"{STREET}002", valid_from=LATER, valid_until=LATEST))
    beside = area_of(house, "district")
    ended = do(house, verbs.end_area, "secadmin", code="empty", area_prefix=STREET, on=on)
    told = {(one.office, one.area, str(one.valid_until)) for one in ended.below}
    assert told == {("x", f"{STREET}001", on), ("x", f"{STREET}002", LATER)}
    with house.database.read() as session:
        later = (OfficeArea.area_prefix.startswith(STREET), OfficeArea.valid_until > date.fromisoformat(on))
        assert [one for one in session.query(OfficeArea).filter(*later) if one.valid_from < one.valid_until] == []
    assert {str(one.status) for one in do(house, verbs.list_rights, "secadmin").items} == {"ended"}
    assert area_of(house, "district") == beside
    confirm(house, give(house, valid_from=on))
    confirm(house, give(house, "x", f"{STREET}001", valid_from=on))


def test_what_an_office_above_keeps_otherwise_its_offices_below_keep_too(house: House) -> None:
    confirm(house, give(house))
    confirm(house, give(house, area_prefix="500105"))
    do(house, verbs.create_office, "sysadmin", code="x", name="新", level="post", parent="empty")
    confirm(house, give(house, "x", f"{STREET}001"))
    assert do(house, verbs.end_area, "secadmin", code="empty", area_prefix=STREET).below == []
    assert area_of(house, "x") == f"{STREET}001"


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1)])
def test_an_area_of_no_day_is_not_given(house: House, until: date) -> None:
    with pytest.raises(AreaOfNoDay):
        give(house, valid_until=str(until))


def test_what_is_kept_already_or_of_no_office_is_not_given(house: House) -> None:
    confirm(house, give(house))
    for code, refusal in (("empty", AreaExists), ("nosuch", OfficeNotFound)):
        with pytest.raises(refusal):
            give(house, code)


def test_no_area_is_given_while_one_of_the_three_has_not_signed_in(house: House) -> None:
    right = give(house)
    with house.database.write() as session:
        user_named(session, "audadmin").settled_at = None
    new = {"code": "x", "name": "新", "level": "post", "parent": "district"}
    for call in (
        lambda: give(house),
        lambda: confirm(house, right),
        lambda: do(house, verbs.create_office, "sysadmin", **new, area_prefix=STREET),
    ):
        with pytest.raises(AdministratorsNotReady):
            call()
    assert do(house, verbs.create_office, "sysadmin", **new).area == "–"


def test_an_area_is_confirmed_once_of_many_who_decide_at_once(house: House) -> None:
    right = give(house)
    made = at_once(
        *[lambda: confirm(house, right)] * 2,
        lambda: do(house, verbs.refuse_right, "secadmin", right_id=right),
        lambda: do(house, verbs.withdraw_right, "sysadmin", right_id=right),
    )
    assert sum(isinstance(one, WrongState) for one in made) == 3
    (done,) = (one for one in made if not isinstance(one, Exception))
    assert (area_of(house) == STREET) == (done.status == RightStatus.CONFIRMED)


def test_two_who_give_the_same_area_at_once_leave_one_that_waits(house: House) -> None:
    made = at_once(*[lambda: do(house, verbs.give_area, "sysadmin", code="empty", area_prefix=STREET)] * 4)
    assert not [one for one in made if isinstance(one, Exception)]
    waits = [one for one in do(house, verbs.list_rights, "secadmin").items if one.status == "proposed"]
    assert len(waits) == 1


def test_an_area_waits_on_every_road(database: Database) -> None:
    with serving(database) as http:
        sec, system = as_person(database, "secadmin"), as_person(database, "sysadmin")
        made = http.post("/api/v1/offices/empty/areas", json={"area_prefix": STREET}, headers=system)
        assert (made.status_code, made.json()["area"]) == (201, "–")
        (waits,) = http.get("/api/v1/rights?status=proposed", headers=sec).json()["items"]
        assert (waits["kind"], waits["whose"], waits["valid_from"]) == ("area", "empty", str(TODAY))
        path = f"/api/v1/rights/{waits['right_id']}/confirm"
        assert http.post(path, headers=system).json()["code"] == "permission_missing"
        assert http.post(path, headers=sec).json()["status"] == "confirmed"


def test_the_area_of_the_first_office_is_the_operators_and_logged(databases: Databases) -> None:
    """At an installation nobody is there who could confirm."""
    fresh = databases.fresh()
    try:
        with fresh.write() as session:
            for table in ("user_role", "user_account", "office_area", "survey", "section", "office"):
                session.connection().exec_driver_sql(f"DELETE FROM {table}")
        told = {"office_code": "root", "office_name": "统计局", "level": OfficeLevel.MUNICIPAL, "area_prefix": "50"}
        secrets = {login: hashed(admins.new_secret()) for login in ("sys", "sec", "aud")}
        with fresh.write() as session:
            admins.install(session, secrets, **told, by="operator", now=NOW)
        with fresh.read() as session:
            assert [one.prefix for one in get_actor(session, "sys").areas] == ["50"]
            (logged,) = session.query(AuditEvent).filter_by(subject="office root")
            assert logged.actor == "operator"
    finally:
        databases.drop(fresh)
