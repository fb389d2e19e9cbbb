"""A survey goes to another section by two people, and is the old one's until then (one person gave it away before)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from app.audit.queries import get_entry
from app.core.db import Database
from app.core.errors import AppError, PermissionMissing, SecondPersonNeeded
from app.frames import verbs as frames
from app.home import verbs as home
from app.home.schemas import Waits
from app.models import AuditEvent, Office, Section, Survey, UserRole
from app.surveys import verbs
from app.surveys.errors import NotTheGiver, NotTheSection, OwnerNotWaiting, UnknownSection, UnknownSurvey
from app.trail.schemas import Chain
from app.verbs import House
from tests.factories.frames import confirm
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.races import at_once
from tests.factories.surveys import hand_over
from tests.factories.units import make_unit
from tests.factories.world import PEOPLE, make_user, user_named
from tests.surveys.test_verbs import built

TO = {"code": "retail", "section": "industry", "office": "district"}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.write() as session:
        make_unit(session)
        make_user(session, "municipal_maintainer", user_office(session, "approver"), ["maintainer"])
        in_trade = make_user(session, "trade_maintainer", user_office(session, "section"), ["maintainer"])
        in_trade.section_id = user_named(session, "section").section_id
    with housing(database) as house:
        yield house


def user_office(session: Any, login: str) -> Any:
    return session.get_one(Office, user_named(session, login).office_id)


def nobodys(house: House) -> None:
    """The survey as those stand that lists of earlier versions name."""
    with house.database.write() as session:
        session.execute(update(Survey).where(Survey.code == "retail").values(section_id=None))


def proposed(house: House, by: str = "maintainer") -> Any:
    return do(house, verbs.change, by, code="retail", section="industry", office="district")


def section(house: House) -> str:
    return str(do(house, verbs.show, "post", code="retail").section)


def who_confirms(house: House) -> set[str]:
    """Of all people of the world those who confirm, tried one by one, each time proposed anew by the maintainer."""
    found = set()
    with house.database.read() as session:
        before = session.execute(select(Survey.section_id).where(Survey.code == "retail")).scalar_one()
    for login in (*PEOPLE, "municipal_maintainer", "trade_maintainer"):
        proposed(house)
        shown = do(house, verbs.show, login, code="retail").proposed
        try:
            do(house, verbs.confirm_owner, login, **TO)
        except (PermissionMissing, NotTheGiver, SecondPersonNeeded):
            assert not shown.may_confirm, login
            assert section(house) != "industry", login
        else:
            assert shown.may_confirm, login
            found.add(login)
            with house.database.write() as session:
                session.execute(update(Survey).where(Survey.code == "retail").values(section_id=before))
    return found


def test_until_it_is_confirmed_the_survey_is_the_old_sections_in_every_decision(house: House) -> None:
    one = built(house, "maintainer", "retail")
    answer = do(house, verbs.change, "maintainer", **TO, name="批零调查")
    assert (answer.name, answer.section, answer.proposed.section) == ("批零调查", "trade", "industry")
    with pytest.raises(NotTheSection):
        confirm(house, "section2", **one, side="section")
    assert do(house, frames.show, "section2", **one).may_confirm == []
    assert do(house, verbs.show, "section", code="retail").mine
    assert not do(house, verbs.show, "section2", code="retail").mine
    confirm(house, "section", **one, side="section")
    done = do(house, verbs.confirm_owner, "section", **TO)
    assert (done.section, done.proposed) == ("industry", None)
    assert do(house, verbs.show, "section2", code="retail").mine


def test_the_giving_section_confirms_or_who_decides_above_it_and_nobody_else(house: House) -> None:
    assert who_confirms(house) == {"section", "approver"}


def test_of_a_survey_that_is_nobodys_the_register_side_that_receives_it_confirms_or_who_decides_above(
    house: House,
) -> None:
    nobodys(house)
    assert who_confirms(house) == {"maintainer2", "municipal_maintainer", "trade_maintainer", "approver"}


def test_who_proposed_it_never_confirms_it_whatever_else_he_is(house: House) -> None:
    with house.database.write() as session:
        give_roles(session, "trade_maintainer", ["section"])
    proposed(house, "trade_maintainer")
    with pytest.raises(SecondPersonNeeded):
        do(house, verbs.confirm_owner, "trade_maintainer", **TO)
    nobodys(house)
    with pytest.raises(SecondPersonNeeded):
        do(house, verbs.confirm_owner, "trade_maintainer", **TO)
    do(house, verbs.confirm_owner, "maintainer", **TO)


def give_roles(session: Any, login: str, roles: list[str]) -> None:
    session.add_all(UserRole(user_id=user_named(session, login).user_id, role=role) for role in roles)


def test_what_a_colleague_proposes_again_is_still_whose_it_was(house: House) -> None:
    """Or the one who proposed it first would confirm his own."""
    nobodys(house)
    proposed(house)
    assert proposed(house, "maintainer2").proposed.by == "maintainer"
    with pytest.raises(SecondPersonNeeded):
        do(house, verbs.confirm_owner, "maintainer", **TO)
    do(house, verbs.confirm_owner, "maintainer2", **TO)


def test_who_proposed_it_takes_it_back_and_who_could_confirm_it_refuses(house: House) -> None:
    for login, others in (
        ("maintainer", ("maintainer2", "section2", "district_approver")),
        ("section", ("neighbour",)),
    ):
        proposed(house)
        for other in others:
            with pytest.raises(NotTheGiver):
                do(house, verbs.refuse_owner, other, **TO)
        assert do(house, verbs.refuse_owner, login, **TO).proposed is None
        assert section(house) == "trade"
        for verb in (verbs.refuse_owner, verbs.confirm_owner):
            with pytest.raises(OwnerNotWaiting):
                do(house, verb, "section", **TO)


def test_only_the_section_that_was_looked_at_is_confirmed(house: House) -> None:
    """What waits may have become another since."""
    with house.database.write() as session:
        session.add(Section(office_id=user_named(session, "section").office_id, code="energy", name="能源科"))
    proposed(house)
    do(house, verbs.change, "maintainer2", code="retail", section="energy")
    with pytest.raises(OwnerNotWaiting):
        do(house, verbs.confirm_owner, "section", **TO)
    with pytest.raises(OwnerNotWaiting):
        do(house, verbs.confirm_owner, "approver", code="retail", section="energy")  # of no office named: one's own
    with pytest.raises(UnknownSurvey):
        do(house, verbs.confirm_owner, "section", **TO | {"code": "novel"})
    do(house, verbs.confirm_owner, "section", code="retail", section="energy")
    assert section(house) == "energy"


def test_a_survey_is_proposed_by_who_keeps_it_to_what_is_his(house: House) -> None:
    for login in ("neighbour", "nowhere"):
        with pytest.raises(UnknownSection):
            proposed(house, login)
    for login in ("section", "approver", "survey"):
        with pytest.raises(PermissionMissing):
            proposed(house, login)
    assert proposed(house, "municipal_maintainer").proposed.by == "municipal_maintainer"
    do(house, verbs.change, "maintainer", code="retail", section="trade", name="批零")
    assert do(house, verbs.show, "section", code="retail").proposed.by == "municipal_maintainer"


@pytest.mark.parametrize("turn", range(4))
def test_of_two_who_settle_it_at_once_one_is_first(house: House, turn: int) -> None:
    proposed(house)
    other = verbs.refuse_owner if turn % 2 else verbs.confirm_owner
    who = "maintainer" if turn == 3 else "approver"
    heard = at_once(lambda: do(house, verbs.confirm_owner, "section", **TO), lambda: do(house, other, who, **TO))
    refused = [type(one) for one in heard if isinstance(one, Exception)]
    assert refused == [OwnerNotWaiting], heard
    confirmed = not isinstance(heard[0], AppError) or other is verbs.confirm_owner
    assert section(house) == ("industry" if confirmed else "trade")


def test_what_waits_is_shown_where_people_look_and_each_step_is_in_the_log(house: House) -> None:
    def waits(login: str) -> int:
        queues = {queue.what: queue.count for queue in do(house, home.figures, login).queues}
        return queues.get(Waits.SURVEYS, 0)

    assert waits("section") == 0
    proposed(house)
    assert {login: waits(login) for login in ("section", "approver", "maintainer", "section2", "audadmin")} == {
        "section": 1, "approver": 1, "maintainer": 0, "section2": 0, "audadmin": 0,
    }  # fmt: skip
    (one,) = do(house, verbs.list_, "section", waiting=True).items
    told = one.proposed
    assert (one.code, told.by, told.office, told.section_name) == ("retail", "maintainer", "district", "工交能源科")
    do(house, verbs.refuse_owner, "section", **TO)
    proposed(house)
    do(house, verbs.refuse_owner, "maintainer", **TO)
    hand_over(house, "retail", "industry")
    with house.database.read() as session:
        held = session.execute(select(AuditEvent).where(AuditEvent.subject == "survey retail").order_by(AuditEvent.seq))
        seen = [(one.seq, one.event, one.actor) for one in held.scalars()]
        facts = get_entry(session, Chain.AUDIT, seen[-1][0])[1]
    steps = [(event.removeprefix("survey:").removesuffix("_owner"), who) for _seq, event, who in seen]
    assert steps == [
        ("propose", "maintainer"), ("refuse", "section"), ("propose", "maintainer"), ("withdraw", "maintainer"),
        ("propose", "maintainer"), ("confirm", "approver"),
    ]  # fmt: skip
    assert set(facts) == {"from", "to", "proposed_by"}


def test_over_http(database: Database) -> None:
    with serving(database) as http:
        maintainer, trade = as_person(database, "maintainer"), as_person(database, "section")
        given = http.patch("/api/v1/surveys/retail", json={"section": "industry"}, headers=maintainer).json()
        assert (given["section"], given["proposed"]["section"]) == ("trade", "industry")
        listed = http.get("/api/v1/surveys", params={"waiting": True}, headers=trade).json()["items"]
        assert [one["code"] for one in listed] == ["retail"]
        sent = {"section": "industry"}
        own = http.post("/api/v1/surveys/retail/confirm-owner", json=sent, headers=maintainer)
        assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
        done = http.post("/api/v1/surveys/retail/confirm-owner", json=sent, headers=trade)
        assert (done.status_code, done.json()["section"]) == (200, "industry")
        late = http.post("/api/v1/surveys/retail/refuse-owner", json=sent, headers=trade)
        assert (late.status_code, late.json()["code"]) == (409, "owner_not_waiting")
