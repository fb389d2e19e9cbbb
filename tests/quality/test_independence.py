"""D3: the audited department cannot see what it will be judged by, nor rewrite what was found."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text, update

from app.audit.proof import prove
from app.audit.queries import get_entry
from app.core.errors import PermissionMissing, VersionMoved, WrongState
from app.core.schema import downgrade, upgrade
from app.domain.roles import CHECKED, PERMISSIONS, Permission, Role
from app.home import verbs as home
from app.models import AccessEvent, AuditEvent, Office, SpotCheck, SpotCheckItem, UserAccount
from app.quality import verbs
from app.quality.errors import (
    CheckNotFound,
    FrameOrDefinition,
    NoChecker,
    NotStarted,
    NotTheChecker,
    StillSealed,
    TooSmall,
    UnitNotDrawn,
)
from app.register.conditions import InvalidDefinition
from app.trail.schemas import Chain
from tests.factories.house import do
from tests.factories.http import as_person, serving
from tests.factories.races import at_once
from tests.factories.units import make_unit
from tests.factories.world import make_user
from tests.quality.world import NEW, WRONG, begun

CHECKED_PEOPLE = ("maintainer", "section", "approver", "district_approver")
ALL_RIGHT = {"version": 1, "presence": "found", "verdicts": {"name": "right", "address": "right"}}


def drawn(house, **told):
    return {"check_id": do(house, verbs.draw, "survey", **(NEW | told)).check_id}


def test_no_role_that_is_checked_may_write_anything_of_a_check():
    """D3: whoever might propose might draw, record and close."""
    for role in CHECKED:
        assert PERMISSIONS[role].isdisjoint({Permission.SPOT_CHECK, Permission.VISIT})
    for verb in (verbs.options, verbs.draw, verbs.start, verbs.assign, verbs.correct, verbs.close):
        assert verb.permissions == (Permission.SPOT_CHECK,)
    assert verbs.record.permissions == (Permission.VISIT,)
    assert Permission.PROPOSE not in PERMISSIONS[Role.CHECKER]


@pytest.mark.parametrize("login", [*CHECKED_PEOPLE, "maintainer2", "post", "park"])
def test_the_maintaining_side_writes_nothing_of_a_check(house, login):
    """D3: the maintainer set the verdict of the survey team right, saved, and closed the check."""
    one = {"check_id": begun(house).check_id}
    do(house, verbs.record, "survey", **one, seq=1, **WRONG)
    for verb, told in (
        (verbs.draw, NEW | {"name": "自查"}),
        (verbs.options, {}),
        (verbs.start, one),
        (verbs.assign, one | {"checker": "survey"}),
        (verbs.record, one | {"seq": 1} | ALL_RIGHT | {"version": 2}),
        (verbs.correct, one | {"seq": 1}),
        (verbs.close, one),
    ):
        with pytest.raises(PermissionMissing):
            do(house, verb, login, **told)
    assert do(house, verbs.item, "survey", **one, seq=1).verdicts == WRONG["verdicts"]


@pytest.mark.parametrize("login", [*CHECKED_PEOPLE, "post", "park", "checker"])
def test_until_it_is_started_a_check_is_there_for_the_head_of_the_team_alone(house, login):
    """D3: maintainers saw the drawn list at once."""
    one = drawn(house)
    assert do(house, verbs.list_, login).items == []
    for verb, told in ((verbs.show, one), (verbs.item, one | {"seq": 1}), (verbs.results, one)):
        with pytest.raises(CheckNotFound):
            do(house, verb, login, **told)
    waiting = {queue.what: queue.count for queue in do(house, home.figures, login).queues}
    assert waiting["spot_checks"] == 0
    assert [check.check_id for check in do(house, verbs.list_, "survey").items] == [one["check_id"]]


def test_pages_and_routes_are_as_sealed_as_the_verbs(house):
    """D3, on the other roads: the same words whether the check is sealed or was never there."""
    one = drawn(house)["check_id"]
    with serving(house.database) as http:
        who = as_person(house.database, "maintainer")
        for number in (one, one + 1):
            for path in ("", "/items/1", "/results"):
                answer = http.get(f"/api/v1/spot-checks/{number}{path}", headers=who)
                assert (answer.status_code, answer.json()["code"]) == (404, "check_not_found")
        assert http.get("/api/v1/spot-checks", headers=who).json()["items"] == []


@pytest.mark.parametrize("login", CHECKED_PEOPLE)
def test_while_it_is_under_way_only_the_team_sees_what_was_met(house, login):
    """D3: every finding was on the page of those it was about."""
    one = {"check_id": begun(house, "checker").check_id}
    do(house, verbs.record, "checker", **one, seq=1, **WRONG, note="门锁着")
    seen = do(house, verbs.show, login, **one)
    assert (seen.sight, seen.leads, seen.visited, seen.first, seen.rates) == ("units", False, None, None, [])
    assert len(seen.items) == 2
    for line in seen.items:
        assert (line.presence, line.verdicts, line.wrong, line.note, line.checker) == (None, {}, 0, "", None)
        assert (line.version, line.checked_at, line.request_id) == (0, None, None)
    with pytest.raises(UnitNotDrawn):
        do(house, verbs.item, login, **one, seq=1)
    with pytest.raises(CheckNotFound):
        do(house, verbs.results, login, **one)
    do(house, verbs.close, "survey", **one, unvisited=1)
    told = do(house, verbs.show, login, **one)
    assert (told.sight, told.visited, told.items[0].wrong, told.items[0].note) == ("all", 1, 1, "门锁着")
    assert do(house, verbs.item, login, **one, seq=1).found == WRONG["found"]


def test_a_correction_tells_nobody_before_the_check_is_closed(house):
    """D3: a change request with the finding in it would be read by those who are checked."""
    one = {"check_id": begun(house).check_id}
    do(house, verbs.record, "survey", **one, seq=1, **WRONG)
    with pytest.raises(StillSealed):
        do(house, verbs.correct, "survey", **one, seq=1)
    do(house, verbs.close, "survey", **one, unvisited=1)
    assert do(house, verbs.correct, "survey", **one, seq=1).request_id


def test_a_checker_sees_and_writes_the_units_that_are_his(house):
    """D3: a unit had no checker, whoever came wrote it."""
    one = {"check_id": begun(house, "checker", "survey").check_id}
    own = do(house, verbs.show, "checker", **one)
    assert (own.sight, [line.seq for line in own.items], own.first) == ("own", [1], 1)
    assert do(house, verbs.show, "survey", **one).first == 2
    with pytest.raises(UnitNotDrawn):
        do(house, verbs.item, "checker", **one, seq=2)
    for login, seq in (("checker", 2), ("survey", 1)):
        with pytest.raises(NotTheChecker):
            do(house, verbs.record, login, **one, seq=seq, **WRONG)
    kept = do(house, verbs.record, "checker", **one, seq=1, **WRONG)
    assert (kept.version, kept.following) == (2, None)
    assert [check.check_id for check in do(house, verbs.list_, "checker").items] == [one["check_id"]]
    for verb in (verbs.start, verbs.close):
        with pytest.raises(PermissionMissing):
            do(house, verb, "checker", **one)


def test_the_head_of_the_team_names_another_checker_and_the_log_says_so(house):
    """D3: reassigning is a verb, traced; who had the unit before cannot write it any more."""
    one = {"check_id": begun(house, "checker").check_id}
    do(house, verbs.record, "checker", **one, seq=1, **WRONG)
    assert do(house, verbs.assign, "survey", **one, checker="survey", items=[1]).items == 1
    shown = do(house, verbs.item, "survey", **one, seq=1)
    assert (shown.version, shown.checker, shown.verdicts) == (3, "survey", WRONG["verdicts"])
    with pytest.raises(NotTheChecker):
        do(house, verbs.record, "checker", **one, seq=1, **(ALL_RIGHT | {"version": 3}))
    do(house, verbs.record, "survey", **one, seq=1, **(ALL_RIGHT | {"version": 3}))
    with pytest.raises(UnitNotDrawn):
        do(house, verbs.assign, "survey", **one, checker="checker", items=[7])
    (told,) = [payload for event, payload in entries(house) if event == "spot_check:assign"]
    assert (told["checker"], told["seqs"]) == ("survey", [1])


@pytest.mark.parametrize("login", ["maintainer", "approver", "neighbour", "sysadmin", "no such person"])
def test_only_people_of_the_team_are_named(house, login):
    one = drawn(house)
    with pytest.raises(NoChecker):
        do(house, verbs.start, "survey", **one, checkers=["checker", login])
    do(house, verbs.start, "survey", **one, checkers=["checker"])
    with pytest.raises(NoChecker):
        do(house, verbs.assign, "survey", **one, checker=login, items=[1])
    assert [person.login for person in do(house, verbs.options, "survey").checkers] == ["checker", "survey"]


def test_who_has_left_is_not_named(house):
    with house.database.write() as session:
        session.execute(update(UserAccount).where(UserAccount.login == "checker").values(is_active=False))
    with pytest.raises(NoChecker):
        begun(house, "checker")


def test_a_check_takes_its_steps_once(house):
    one = drawn(house)
    for verb, told in ((verbs.record, {"seq": 1} | WRONG), (verbs.assign, {"checker": "survey"})):
        with pytest.raises(NotStarted):
            do(house, verb, "survey", **one, **told)
    heard = at_once(*[lambda: do(house, verbs.start, "survey", **one, checkers=["survey"])] * 2)
    assert sorted(type(one).__name__ for one in heard) == ["CheckShown", "WrongState"]
    do(house, verbs.close, "survey", **one, unvisited=2)
    with pytest.raises(WrongState):
        do(house, verbs.start, "survey", **one, checkers=["survey"])


def test_of_two_telephones_on_one_unit_one_hears_what_stands_now(house):
    """D3: of two people on one item the last one won silently."""
    for turn in range(5):
        one = {"check_id": begun(house, "checker", name=f"抽查{turn}").check_id, "seq": 1}
        said = (WRONG, ALL_RIGHT)
        heard = at_once(
            *[lambda told=told, one=one: do(house, verbs.record, "checker", **one, **told) for told in said]
        )
        (moved,) = [answer for answer in heard if isinstance(answer, VersionMoved)]
        (kept,) = [answer for answer in heard if not isinstance(answer, VersionMoved)]
        assert (moved.details["version"], moved.details["now"], kept.version) == (1, 2, 2)
        assert do(house, verbs.item, "checker", **one).verdicts == kept.verdicts
        assert moved.details["verdicts"] == ", ".join(f"{name}={said}" for name, said in sorted(kept.verdicts.items()))


def test_what_was_looked_at_has_to_be_said(house):
    """D3: a record that names no version cannot be let in, it would write over whatever stands."""
    one = begun(house).check_id
    with serving(house.database) as http:
        who, path = as_person(house.database, "survey"), f"/api/v1/spot-checks/{one}/items/1"
        blind = {name: told for name, told in WRONG.items() if name != "version"}
        assert http.post(path, json=blind, headers=who).json()["code"] == "bad_payload"
        assert http.post(path, json=WRONG, headers=who).status_code == 200
        late = http.post(path, json=ALL_RIGHT, headers=who)
        assert (late.status_code, late.json()["code"]) == (409, "version_moved")
        assert (late.json()["details"]["presence"], late.json()["details"]["verdicts"]) == (
            "found",
            "address=wrong, name=right",
        )


def entries(house):
    with house.database.read() as session:
        held = session.execute(select(AuditEvent.seq, AuditEvent.event).order_by(AuditEvent.seq)).all()
        return [(event, get_entry(session, Chain.AUDIT, seq)[1]) for seq, event in held]


def test_neither_log_tells_which_units_are_drawn(house):
    """D3: the seed and the units stood in the payloads of the draw and the visits."""
    one = {"check_id": begun(house, seed="不可外传").check_id}
    do(house, verbs.record, "survey", **one, seq=1, **WRONG)
    do(house, verbs.item, "survey", **one, seq=1)
    house.access.flush()
    told = json.dumps([payload for event, payload in entries(house) if event.startswith("spot_check:")])
    assert json.dumps("不可外传") not in told
    assert '"unit"' not in told
    with house.database.read() as session:
        subjects = session.execute(select(AccessEvent.subject)).scalars().all()
        assert prove(session, every=True).intact
    assert subjects == [f"spot check {one['check_id']} item 1"]


BEFORE = "7c41e0b2d820"
"""The revision before checks were sealed."""


def test_checks_of_before_are_under_way_and_go_on_when_a_checker_is_named(house):
    """D3: an open check is not lost; its units have nobody until somebody is named."""
    one = {"check_id": begun(house).check_id}
    downgrade(house.database.engine, BEFORE)
    with house.database.read() as session:
        assert session.execute(text("SELECT status FROM spot_check")).scalar_one() == "open"
    upgrade(house.database.engine)
    with house.database.read() as session:
        assert session.execute(select(SpotCheck.status)).scalar_one() == "started"
        assert set(session.execute(select(SpotCheckItem.checker_id)).scalars()) == {None}
    with pytest.raises(NotTheChecker):
        do(house, verbs.record, "survey", **one, seq=1, **(WRONG | {"version": 0}))
    assert do(house, verbs.assign, "survey", **one, checker="checker").items == 2
    assert do(house, verbs.record, "checker", **one, seq=1, **WRONG).version == 2


def test_the_head_of_another_office_is_not_the_head(house):
    with house.database.write() as session:
        beside = session.execute(select(Office).where(Office.code == "district2")).scalar_one()
        make_user(session, "far", beside, ["survey_team"])
    one = drawn(house)
    for verb, told in ((verbs.show, one), (verbs.start, one), (verbs.close, one), (verbs.correct, one | {"seq": 1})):
        with pytest.raises(CheckNotFound):
            do(house, verb, "far", **told)


OWN = {name: told for name, told in NEW.items() if name != "frame"}


def units_of(house, check):
    with house.database.read() as session:
        own = select(SpotCheckItem.unit_id).where(SpotCheckItem.check_id == check.check_id)
        return list(session.execute(own.order_by(SpotCheckItem.seq)).scalars())


def test_the_survey_team_draws_from_the_register_without_anybodys_frame(house):
    """D3: the check needed a frozen frame, which the checked department had to confirm."""
    with house.database.write() as session:
        make_unit(session, uscc="", name="邻区公司", area_code="500112001001")
    first = do(house, verbs.draw, "survey", **OWN)
    assert (first.frame_id, first.population, first.definition["scope"]) == (None, 3, "500105")
    with house.database.write() as session:
        make_unit(session, uscc="", name="后来的公司")
    again = do(
        house, verbs.draw, "survey", **(OWN | {"name": "重抽"}), on=first.reference_date, known_at=first.known_at
    )
    assert again.population_sha256 == first.population_sha256
    assert units_of(house, again) == units_of(house, first)
    none = {"conditions": [{"field": "industry_code", "op": "eq", "value": "9999"}]}
    with pytest.raises(TooSmall):
        do(house, verbs.draw, "survey", **(OWN | {"name": "空"}), definition=none)
    with pytest.raises(InvalidDefinition):
        do(house, verbs.draw, "survey", **(OWN | {"name": "邻区"}), definition={"scope": "500112"})
    with pytest.raises(FrameOrDefinition):
        do(house, verbs.draw, "survey", **(NEW | {"name": "两样"}), definition={})
