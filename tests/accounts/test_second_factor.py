"""A second factor for who decides or administers: by a setting, on every road, used once, ended by two (§5.17, D34)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from app.accounts import admins, myself, second_factor, verbs
from app.accounts.actor import get_actor
from app.accounts.entering import give_secret
from app.accounts.errors import (
    NobodyConfirms,
    NoSecondFactor,
    OwnSecondFactor,
    SecondFactorNotBegun,
    SecondFactorOff,
    TokensSetNoSecondFactor,
    WrongCode,
    WrongSignIn,
)
from app.accounts.limits import Waits
from app.accounts.people import get_user
from app.accounts.service import authenticate_token
from app.accounts.sessions import FAILURES_HERE, Attempt, Signed, find_signed, sign_in
from app.audit.proof import prove
from app.core.actor import Actor, Anybody
from app.core.db import Database
from app.core.errors import PermissionMissing, SecondPersonNeeded, TooMany, WrongState
from app.core.settings import Settings
from app.domain.roles import DECIDING, Role
from app.models import AccessEvent, AuditEvent, SecondFactor
from app.verbs import House, Verb, perform
from app.verbs.verb import PasswordMustChange, SecondFactorFirst, TokenWithoutSecondFactor
from tests.factories.house import housing
from tests.factories.http import serving
from tests.factories.people import hashed, hold_roles, knows
from tests.factories.phone import Phone, Standing
from tests.factories.races import at_once
from tests.factories.timer import Timer
from tests.factories.world import NOW, PASSWORD

PEOPLE = ("approver", "maintainer", "sysadmin", "secadmin", "audadmin")
WRONG = "Wrong-password-1"


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def plain(database: Database, clock: Standing, timer: Timer) -> Iterator[House]:
    """The house as it is installed: nobody is asked for a code."""
    for login in PEOPLE:
        knows(database, login)
    with housing(database) as house:
        yield replace(house, clock=clock, kept={Waits: Waits(timer)})


@pytest.fixture
def house(plain: House) -> House:
    """The house that asks who decides or administers for a code."""
    return replace(plain, asks_codes=True)


def enter(house: House, login: str = "approver", code: str = "", password: str = PASSWORD) -> str:
    """The secret of a new session."""
    return sign_in(house, Attempt(login, password, code=code))


def signed(house: House, secret: str) -> Signed | None:
    with house.database.read() as session:
        return find_signed(session, secret, now=house.clock.now(), asks_codes=house.asks_codes)


def actor_of(house: House, secret: str) -> Actor:
    found = signed(house, secret)
    assert found is not None
    return found.actor


def ended(house: House, login: str = "approver", code: str = "", password: str = PASSWORD) -> str:
    """How a try to sign in ends: `in`, or the code of its refusal."""
    try:
        enter(house, login, code, password)
    except (WrongSignIn, TooMany) as refused:
        return refused.code
    return "in"


def say(house: House, verb: Verb[Any, Any], caller: Any = None, /, **told: Any) -> Any:
    """Perform a verb as a person of this login or actor; as nobody where none is named."""
    if isinstance(caller, str):
        with house.database.read() as session:
            caller = get_actor(session, caller)
    return perform(house, verb, caller or Anybody(), verb.takes(**told))


def enrol(house: House, login: str = "approver") -> Phone:
    """Somebody sets up a first one by login and password; the code that confirmed it is used up."""
    offered = say(house, myself.offer_second_factor, login=login, password=PASSWORD)
    own = Phone(offered.secret, Standing(house.clock.of_devices()))
    say(house, myself.confirm_second_factor, login=login, password=PASSWORD, new_code=own.code())
    return Phone(offered.secret, house.clock)


def tags(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.execute(select(AuditEvent.event).order_by(AuditEvent.seq)).scalars())


# --- the setting


def test_nothing_is_asked_for_unless_it_is_set(plain: House) -> None:
    assert Settings().second_factor == "off"
    actor = actor_of(plain, enter(plain))
    assert (actor.must_enrol, actor.two_factors) == (False, False)
    token = say(plain, myself.issue_my_token, login="approver", password=PASSWORD).token
    with plain.database.read() as session:
        assert authenticate_token(session, token, now=NOW, asks_codes=plain.asks_codes).login == "approver"
    for verb, told in ((myself.offer_second_factor, {}), (myself.confirm_second_factor, {"new_code": "1"})):
        with pytest.raises(SecondFactorOff):
            say(plain, verb, login="approver", password=PASSWORD, **told)
    assert ended(plain, password=WRONG) == "wrong_sign_in"


def test_switched_off_again_the_password_is_enough(house: House) -> None:
    enrol(house)
    assert ended(replace(house, asks_codes=False)) == "in"


def test_who_approves_or_administers_needs_one_and_nobody_else() -> None:
    assert {Role.APPROVER, Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUD_ADMIN} == DECIDING


@pytest.mark.parametrize("login", PEOPLE)
def test_who_decides_and_has_none_is_let_in_to_set_one_up(house: House, login: str) -> None:
    actor = actor_of(house, enter(house, login))
    assert actor.must_enrol == (login != "maintainer")
    if not actor.must_enrol:
        assert say(house, myself.show_me, actor).login == login
        return
    for verb, told in (
        (myself.show_me, {}),
        (myself.my_tokens, {}),
        (myself.issue_my_token, {}),
        (verbs.list_offices, {}),
    ):
        with pytest.raises(SecondFactorFirst):
            say(house, verb, actor, **told)
    with pytest.raises(SecondFactorFirst):
        say(house, myself.issue_my_token, login=login, password=PASSWORD)
    assert say(house, myself.set_my_language, actor, language="en").language == "en"


def test_a_role_that_decides_asks_for_one_from_then_on(house: House) -> None:
    assert not actor_of(house, enter(house, "maintainer")).must_enrol
    with house.database.write() as session:
        hold_roles(session, "maintainer", ["maintainer", "approver"])
    assert actor_of(house, enter(house, "maintainer")).must_enrol


# --- signing in


def test_a_code_is_asked_for_and_what_fails_is_not_told(house: House, timer: Timer) -> None:
    phone = enrol(house)
    right = phone.next()
    wrong = "000000" if right != "000000" else "111111"
    for login, code, password in (
        ("approver", "", PASSWORD),
        ("approver", wrong, PASSWORD),
        ("approver", right, WRONG),
        ("nobody", right, PASSWORD),
    ):
        assert ended(house, login, code, password) == "wrong_sign_in_or_code"
    actor = actor_of(house, enter(house, code=right))
    assert (actor.two_factors, actor.must_enrol) == (True, False)
    assert ended(house, "maintainer", "", WRONG) == "wrong_sign_in_or_code"
    assert ended(house, "maintainer", "whatever") == "in"


def test_a_code_is_good_once(house: House) -> None:
    phone = enrol(house)
    assert ended(house, code=phone.code()) == "wrong_sign_in_or_code", "it confirmed the secret"
    house.clock.wait()  # type: ignore[attr-defined]
    assert ended(house, code=phone.code(1)) == "in"
    assert ended(house, code=phone.code(1)) == "wrong_sign_in_or_code"
    assert ended(house, code=phone.code()) == "wrong_sign_in_or_code", "an earlier one than the last that was used"
    house.clock.wait(60)  # type: ignore[attr-defined]
    assert ended(house, code=phone.code(-1)) == "wrong_sign_in_or_code", "the one that was used, in its drift"
    assert ended(house, code=phone.code()) == "in"


def test_codes_are_those_of_the_telephones_clock_whatever_the_house_says(house: House) -> None:
    """The demo's clock stands in 2024, and no real telephone was let in to it."""
    clock = house.clock
    assert isinstance(clock, Standing)
    clock.ahead = timedelta(days=700)
    phone = enrol(house)
    clock.wait()
    assert ended(house, code=phone.code()) == "wrong_sign_in_or_code"
    assert ended(house, code=Phone(phone.secret, Standing(clock.of_devices())).code()) == "in"


def test_of_two_who_come_with_one_code_one_is_let_in(house: House) -> None:
    phone = enrol(house)
    for _ in range(5):
        code = phone.next()
        results = at_once(*(partial(enter, house, code=code),) * 3)
        assert sorted(isinstance(one, str) for one in results) == [False, False, True]
        assert {type(one).__name__ for one in results} == {"str", "WrongSignInOrCode"}


def test_a_step_is_taken_by_one_of_many(house: House) -> None:
    phone = enrol(house)
    with house.database.read() as session:
        factor = second_factor.find_factor(session, get_user(session, "approver").user_id)
    assert factor is not None

    def take(step: int) -> bool:
        return house.writing(lambda session: second_factor.take_step(session, factor, step))

    for later in range(1, 11):
        step = factor.last_step + later
        assert at_once(*(partial(take, step),) * 6).count(True) == 1
    assert not take(factor.last_step + 10)
    assert phone.secret == factor.secret


def test_a_code_of_a_factor_that_was_replaced_meanwhile_is_not_taken(house: House) -> None:
    phone = enrol(house)
    with house.database.read() as session:
        before = second_factor.find_factor(session, get_user(session, "approver").user_id)
    assert before is not None
    actor = actor_of(house, enter(house, code=phone.next()))
    other = say(house, myself.offer_second_factor, actor, code=phone.next()).secret
    say(house, myself.confirm_second_factor, actor, new_code=Phone(other, house.clock).code())
    with house.database.write() as session:
        assert not second_factor.take_step(session, before, before.last_step + 100)


def test_failed_codes_are_failed_sign_ins_and_keep_out_nobody_else(house: House, timer: Timer) -> None:
    phone = enrol(house)
    for _ in range(FAILURES_HERE):
        assert ended(house, code="12345") == "wrong_sign_in_or_code"
    assert ended(house, code=phone.next()) == "too_many"
    assert enter(house, "sysadmin")
    known = Attempt("approver", PASSWORD, device="his own browser", code=phone.code())
    assert sign_in(house, known)
    timer.seconds += 31
    assert ended(house, code=phone.next()) == "in"


# --- what was opened without a code


def test_a_session_from_before_lets_nobody_in_who_has_a_second_factor(plain: House, house: House) -> None:
    before = enter(plain)
    assert actor_of(plain, before).login == "approver"
    assert actor_of(house, before).must_enrol
    enrol(house)
    assert signed(house, before) is None
    assert actor_of(plain, enter(plain)).login == "approver"


def test_a_token_made_without_a_code_does_not_act_for_who_decides(plain: House, house: House) -> None:
    old = say(plain, myself.issue_my_token, login="approver", password=PASSWORD).token
    other = say(plain, myself.issue_my_token, login="maintainer", password=PASSWORD).token

    def acts(token: str) -> Actor:
        with house.database.read() as session:
            return authenticate_token(session, token, now=house.clock.now(), asks_codes=True)

    assert acts(other).login == "maintainer"
    with pytest.raises(TokenWithoutSecondFactor):
        acts(old)
    phone = enrol(house)
    with pytest.raises(TokenWithoutSecondFactor):
        acts(old)
    with pytest.raises(WrongSignIn):
        say(house, myself.issue_my_token, login="approver", password=PASSWORD)
    new = say(house, myself.issue_my_token, login="approver", password=PASSWORD, code=phone.next()).token
    assert (acts(new).login, acts(new).by_token, acts(new).two_factors) == ("approver", True, True)
    with house.database.write() as session:
        second_factor.forget(session, get_user(session, "approver"), now=NOW)
    with pytest.raises(Exception, match="not valid"):
        acts(new)


def test_a_password_is_changed_with_a_code_too(house: House) -> None:
    phone = enrol(house)
    told = {"login": "approver", "old": PASSWORD, "new": "Quite-new-pass-1"}
    with pytest.raises(WrongSignIn):
        say(house, myself.set_my_password, **told)
    say(house, myself.set_my_password, **told, code=phone.next())
    assert ended(house, code=phone.next(), password="Quite-new-pass-1") == "in"


# --- setting one up


def test_a_second_factor_is_confirmed_by_a_code_of_its_secret(house: House) -> None:
    here, there = enter(house), enter(house)
    found = signed(house, here)
    assert found is not None
    with pytest.raises(SecondFactorNotBegun):
        say(house, myself.confirm_second_factor, found.actor, new_code="123456")
    first = say(house, myself.offer_second_factor, found.actor)
    offered = say(house, myself.offer_second_factor, found.actor)
    assert offered.secret != first.secret
    assert offered.groups.replace(" ", "") == offered.secret
    phone = Phone(offered.secret, house.clock)
    with pytest.raises(WrongCode):
        say(house, myself.confirm_second_factor, found.actor, new_code=Phone(first.secret, house.clock).code())
    assert actor_of(house, here).must_enrol
    done = say(house, myself.confirm_second_factor, found.actor, new_code=phone.code(), keep=found.session_id)
    assert done.sessions == 1
    assert (actor_of(house, here).two_factors, actor_of(house, here).must_enrol) == (True, False)
    assert signed(house, there) is None
    with pytest.raises(SecondFactorNotBegun):
        say(house, myself.confirm_second_factor, found.actor, new_code=phone.next())
    assert [tag for tag in tags(house.database) if tag.startswith("second_factor")] == [
        "second_factor:begin",
        "second_factor:begin",
        "second_factor:set",
    ]


def test_of_two_confirmations_one_holds(house: House) -> None:
    actor = actor_of(house, enter(house))
    phone = Phone(say(house, myself.offer_second_factor, actor).secret, house.clock)
    results = at_once(*(lambda: say(house, myself.confirm_second_factor, actor, new_code=phone.code()),) * 3)
    assert sorted(type(one).__name__ for one in results) == ["Ended", "SecondFactorNotBegun", "SecondFactorNotBegun"]


def test_guessing_the_code_that_confirms_waits(house: House) -> None:
    actor = actor_of(house, enter(house))
    say(house, myself.offer_second_factor, actor)
    for _ in range(FAILURES_HERE):
        with pytest.raises(WrongCode):
            say(house, myself.confirm_second_factor, actor, new_code="12345")
    with pytest.raises(TooMany):
        say(house, myself.confirm_second_factor, actor, new_code="12345")


def test_a_token_sets_up_none(plain: House, house: House) -> None:
    """A token that was stolen before the setting would else bring its thief a telephone of his own."""
    token = say(plain, myself.issue_my_token, login="maintainer", password=PASSWORD).token
    with house.database.read() as session:
        actor = authenticate_token(session, token, now=NOW, asks_codes=True)
    for verb, told in ((myself.offer_second_factor, {}), (myself.confirm_second_factor, {"new_code": "1"})):
        with pytest.raises(TokensSetNoSecondFactor):
            say(house, verb, actor, **told)


def test_a_password_that_another_knows_sets_up_none(house: House) -> None:
    one_time = hashed("One-time-word-1")
    with house.database.write() as session:
        give_secret(session, get_user(session, "approver"), one_time, by="secadmin", now=NOW)
    with pytest.raises(PasswordMustChange):
        say(house, myself.offer_second_factor, login="approver", password="One-time-word-1")


def test_another_telephone_needs_a_code_of_the_one_before(house: House) -> None:
    phone = enrol(house)
    session = enter(house, code=phone.next())
    actor = actor_of(house, session)
    with pytest.raises(WrongCode):
        say(house, myself.offer_second_factor, actor)
    with pytest.raises(WrongCode):
        say(house, myself.offer_second_factor, actor, code=phone.code())  # it opened the session
    other = Phone(say(house, myself.offer_second_factor, actor, code=phone.next()).secret, house.clock)
    assert ended(house, code=phone.next()) == "in", "the one before holds until the other is confirmed"
    say(house, myself.confirm_second_factor, actor, new_code=other.code(), keep=signed(house, session).session_id)  # type: ignore[union-attr]
    assert ended(house, code=phone.next()) == "wrong_sign_in_or_code"
    assert ended(house, code=other.code()) == "in"


def test_whoever_sets_one_up_is_asked_for_it(house: House) -> None:
    phone = enrol(house, "maintainer")
    assert ended(house, "maintainer") == "wrong_sign_in_or_code"
    assert ended(house, "maintainer", phone.next()) == "in"


def test_the_secret_lies_sealed_and_the_log_vouches_for_it(house: House) -> None:
    phone = enrol(house)
    say(house, myself.offer_second_factor, login="approver", password=PASSWORD, code=phone.next())
    with house.database.read() as session:
        (row,) = session.execute(text("SELECT secret, offered FROM second_factor")).all()
        assert all(phone.secret.encode() not in bytes(value) for value in row)
        assert prove(session, every=True).intact
    with house.database.write() as session:
        session.connection().execute(text("DELETE FROM second_factor"))
    with house.database.read() as session:
        assert [one.table for one in prove(session, every=True).differences] == ["second_factor"]


# --- in two hands


@pytest.mark.parametrize(("asks", "confirms"), [("sysadmin", "secadmin"), ("secadmin", "sysadmin")])
def test_a_lost_one_is_ended_by_two(house: House, asks: str, confirms: str) -> None:
    phone = enrol(house)
    session = enter(house, code=phone.next())
    token = say(house, myself.issue_my_token, login="approver", password=PASSWORD, code=phone.next()).token
    asked = say(house, verbs.reset_second_factor, asks, login="approver")
    assert (asked.kind, asked.whose, asked.what, asked.status) == ("second_factor", "approver", "", "proposed")
    assert say(house, verbs.reset_second_factor, confirms, login="approver").right_id == asked.right_id
    with pytest.raises(SecondPersonNeeded):
        say(house, verbs.confirm_right, asks, right_id=asked.right_id)
    with pytest.raises(PermissionMissing):
        say(house, verbs.confirm_right, "audadmin", right_id=asked.right_id)
    assert actor_of(house, session).two_factors
    say(house, verbs.confirm_right, confirms, right_id=asked.right_id)
    assert signed(house, session) is None
    with house.database.read() as read, pytest.raises(Exception, match="not valid"):
        authenticate_token(read, token, now=house.clock.now(), asks_codes=True)
    assert actor_of(house, enter(house)).must_enrol
    with pytest.raises(WrongState):
        say(house, verbs.confirm_right, confirms, right_id=asked.right_id)
    reset = [tag for tag in tags(house.database) if "reset" in tag]
    assert reset == ["second_factor:ask_reset", "second_factor:reset"]
    enrol(house)


@pytest.mark.parametrize(("verb", "who"), [(verbs.refuse_right, "secadmin"), (verbs.withdraw_right, "sysadmin")])
def test_a_reset_that_is_refused_or_taken_back_ends_nothing(house: House, verb: Verb[Any, Any], who: str) -> None:
    phone = enrol(house)
    asked = say(house, verbs.reset_second_factor, "sysadmin", login="approver")
    say(house, verb, who, right_id=asked.right_id)
    assert ended(house, code=phone.next()) == "in"
    assert say(house, verbs.reset_second_factor, "sysadmin", login="approver").right_id != asked.right_id


def test_of_two_who_confirm_a_reset_one_does(house: House) -> None:
    enrol(house)
    knows(house.database, "general_office")
    with house.database.write() as session:
        hold_roles(session, "general_office", ["sec_admin"])
    asked = say(house, verbs.reset_second_factor, "sysadmin", login="approver")
    calls = [
        lambda who=who: say(house, verbs.confirm_right, who, right_id=asked.right_id)
        for who in ("secadmin", "general_office")
    ]
    assert sorted(type(one).__name__ for one in at_once(*calls)) == ["RightConfirmed", "WrongState"]


def test_a_third_administrator_confirms_the_reset_of_another(house: House) -> None:
    enrol(house, "secadmin")
    with house.database.write() as session:
        hold_roles(session, "general_office", ["sec_admin"])
    asked = say(house, verbs.reset_second_factor, "sysadmin", login="secadmin")
    for login in ("sysadmin", "secadmin"):
        with pytest.raises(SecondPersonNeeded):
            say(house, verbs.confirm_right, login, right_id=asked.right_id)


def test_nobody_resets_his_own_or_what_is_not_there(house: House) -> None:
    with pytest.raises(OwnSecondFactor):
        say(house, verbs.reset_second_factor, "sysadmin", login="sysadmin")
    with pytest.raises(NoSecondFactor):
        say(house, verbs.reset_second_factor, "sysadmin", login="approver")
    say(house, myself.offer_second_factor, login="approver", password=PASSWORD)
    with pytest.raises(NoSecondFactor):
        say(house, verbs.reset_second_factor, "sysadmin", login="approver")


def test_an_administrators_own_is_ended_by_the_operator(house: House) -> None:
    """Of two administrators one cannot be both hands for the other."""
    enrol(house, "secadmin")
    with pytest.raises(NobodyConfirms):
        say(house, verbs.reset_second_factor, "sysadmin", login="secadmin")
    assert say(house, verbs.list_rights, "sysadmin").items == []
    handed = hashed("One-time-word-1")
    with house.database.write() as session:
        told = {"name": "", "in_place_of": "", "by": "operator:x", "now": NOW}
        admins.fill(session, Role.SEC_ADMIN, "secadmin", handed, **told)  # type: ignore[arg-type]
        assert session.execute(select(SecondFactor)).first() is None
    actor = actor_of(house, enter(house, "secadmin", password="One-time-word-1"))
    assert (actor.must_change_password, actor.must_enrol) == (True, True)


# --- by route


@pytest.fixture
def served(house: House, database: Database, clock: Standing) -> Iterator[TestClient]:
    with serving(database, clock, Settings(second_factor="deciders")) as client:
        yield client


def test_the_whole_way_by_route(served: TestClient, plain: House, clock: Standing) -> None:
    old = say(plain, myself.issue_my_token, login="approver", password=PASSWORD).token
    refused = served.get("/api/v1/me", headers={"Authorization": f"Bearer {old}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "token_without_second_factor")
    who = {"login": "approver", "password": PASSWORD}
    assert served.post("/api/v1/me/tokens", json=who).json()["code"] == "second_factor_first"
    begun = served.post("/api/v1/me/second-factor", json=who)
    assert begun.status_code == 201
    assert begun.json()["uri"].startswith("otpauth://totp/Minglu:approver?secret=")
    phone = Phone(begun.json()["secret"], clock)
    wrong = served.post("/api/v1/me/second-factor/confirm", json={**who, "new_code": "12345"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
    done = served.post("/api/v1/me/second-factor/confirm", json={**who, "new_code": phone.code()})
    assert done.status_code == 200
    assert served.post("/api/v1/me/tokens", json=who).json()["code"] == "wrong_sign_in_or_code"
    served.app.state.access.flush()  # type: ignore[attr-defined]
    with plain.database.read() as session:
        assert "sign-in approver" in list(session.execute(select(AccessEvent.subject)).scalars())
    made = served.post("/api/v1/me/tokens", json={**who, "code": phone.next()})
    assert made.status_code == 201
    head = {"Authorization": f"Bearer {made.json()['token']}"}
    assert served.get("/api/v1/me", headers=head).json()["login"] == "approver"
    assert served.post("/api/v1/me/tokens", headers=head, json={}).json()["code"] == "tokens_make_no_tokens"
