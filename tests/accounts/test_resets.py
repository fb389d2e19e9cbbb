"""Who sets another's password alone acts in his name alone: a password of who proposes or decides is in two hands (§5.17)."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import myself, sessions, verbs
from app.accounts.actor import get_actor
from app.accounts.errors import AdministratorsPassword, NobodyConfirms, UserInactive, WeakPassword, WrongSignIn
from app.accounts.service import authenticate_token, list_tokens
from app.accounts.sessions import Attempt, sign_in
from app.core.actor import Anybody
from app.core.db import Database
from app.core.errors import PermissionMissing, SecondPersonNeeded, WrongState
from app.domain.lives import RightStatus
from app.models import AuditEvent, OneTimePassword, UserRole
from app.verbs import House, Verb, perform
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import hold_roles, knows, signed_in, token_of
from tests.factories.races import at_once
from tests.factories.world import NOW, PASSWORD, TODAY, user_named

FIRST = "Another-way-77"
OWN = "Quite-new-lamp-1"
LOGIN = "approver"


@pytest.fixture
def house(database: Database) -> Any:
    with housing(database) as opened:
        yield opened


def ask(house: House, by: str = "secadmin", login: str = LOGIN, new: str = FIRST) -> Any:
    return do(house, verbs.set_password, by, login=login, new=new)


def asked(house: House, by: str = "secadmin", login: str = LOGIN) -> int:
    """The number of the right that waits then."""
    (waits,) = ask(house, by, login).pending
    return int(waits.right_id)


def confirm(house: House, right: int, by: str = "sysadmin") -> Any:
    return do(house, verbs.confirm_right, by, right_id=right)


def enters(house: House, password: str, login: str = LOGIN) -> bool:
    try:
        sign_in(house, Attempt(login, password))
    except WrongSignIn:
        return False
    return True


def change(house: House, old: str, new: str = OWN, login: str = LOGIN) -> Any:
    """Whoever knows it makes a one-time password one's own."""
    return perform(
        house, myself.set_my_password, Anybody(), myself.set_my_password.takes(login=login, old=old, new=new)
    )


@pytest.mark.parametrize(("asks", "confirms"), [("secadmin", "sysadmin"), ("sysadmin", "secadmin")])
def test_neither_of_two_administrators_signs_in_as_a_person_whose_password_they_reset(
    house: House, asks: str, confirms: str
) -> None:
    """One set the approver's password, made it his own, made a token for 366 days, and had both hands."""
    knows(house.database, LOGIN)
    (waits,) = ask(house, asks).pending
    assert (waits.kind, waits.whose, waits.what, waits.given_by) == ("password", LOGIN, "", asks)
    assert (enters(house, FIRST), enters(house, PASSWORD)) == (False, True), "nothing is set before it is confirmed"
    with pytest.raises(SecondPersonNeeded):
        confirm(house, waits.right_id, asks)
    with pytest.raises(PermissionMissing):
        confirm(house, waits.right_id, "audadmin")
    done = confirm(house, waits.right_id, confirms)
    assert (done.status, len(done.secret) > 20) == (RightStatus.CONFIRMED, True)
    assert [enters(house, one) for one in (FIRST, done.secret, PASSWORD)] == [False] * 3
    change(house, FIRST + done.secret)
    assert enters(house, OWN)


def test_the_second_half_is_told_once_and_nothing_of_it_is_kept(house: House) -> None:
    right = asked(house)
    half = confirm(house, right).secret
    with pytest.raises(WrongState):
        confirm(house, right)
    with house.database.read() as session:
        assert session.query(OneTimePassword).all() == []
    assert half not in str(do(house, verbs.list_rights, "secadmin"))


@pytest.mark.parametrize(
    ("verb", "by"),
    [(verbs.refuse_right, "sysadmin"), (verbs.withdraw_right, "secadmin"), (verbs.deactivate, "sysadmin")],
)
def test_a_password_that_is_not_confirmed_is_forgotten(house: House, verb: Verb[Any, Any], by: str) -> None:
    right = asked(house)
    do(house, verb, by, **({"login": LOGIN} if verb is verbs.deactivate else {"right_id": right}))
    with house.database.read() as session:
        assert session.query(OneTimePassword).all() == []
    with pytest.raises(WrongState):
        confirm(house, right)


def test_asked_anew_the_earlier_one_waits_no_more(house: House) -> None:
    first, second = asked(house), asked(house, "sysadmin")
    with pytest.raises(WrongState):
        confirm(house, first)
    with pytest.raises(SecondPersonNeeded):
        confirm(house, second, "sysadmin")
    change(house, FIRST + confirm(house, second, "secadmin").secret)


def test_a_reset_is_confirmed_once_of_two_at_once(house: House) -> None:
    with house.database.write() as session:
        hold_roles(session, "general_office", ["sec_admin"])
    right = asked(house, "sysadmin")
    made = at_once(*[lambda by=by: confirm(house, right, by) for by in ("secadmin", "general_office")])
    assert sorted(type(one).__name__ for one in made) == ["RightConfirmed", "WrongState"]


def test_the_first_half_is_a_good_password_by_itself(house: House) -> None:
    """Else whoever confirms would guess it."""
    with pytest.raises(WeakPassword):
        ask(house, new="1")


@pytest.mark.parametrize(
    "login", ["maintainer", "section", "post", "park", "survey", "district_approver", "inspector", "checker"]
)
def test_of_who_proposes_or_decides_it_takes_two(house: House, login: str) -> None:
    assert ask(house, login=login).pending


@pytest.mark.parametrize("login", ["statistician", "general_office"])
def test_of_others_one_administrator_resets_it_at_once(house: House, login: str) -> None:
    assert ask(house, login=login).pending == []
    change(house, FIRST, login=login)


def test_nobody_is_asked_where_nobody_could_confirm(house: House) -> None:
    with house.database.write() as session:
        session.delete(session.get_one(UserRole, (user_named(session, "sysadmin").user_id, "sys_admin")))
    with pytest.raises(NobodyConfirms):
        ask(house)
    do(house, verbs.deactivate, "secadmin", login=LOGIN)
    with pytest.raises(UserInactive):
        ask(house)


def test_who_became_an_administrator_meanwhile_is_not_reset(house: House) -> None:
    """Of an administrator's password the operator alone hands out a new one."""
    right = asked(house, login="survey")
    with house.database.write() as session:
        user = user_named(session, "survey").user_id
        session.delete(session.get_one(UserRole, (user, "survey_team")))
        session.add(UserRole(user_id=user, role="sec_admin"))
    with pytest.raises(AdministratorsPassword):
        confirm(house, right)


def inside(house: House, login: str = LOGIN) -> tuple[int, int]:
    """How many sessions and tokens of somebody open something."""
    with house.database.read() as session:
        actor = get_actor(session, login)
        return len(sessions.list_sessions(session, actor, now=NOW)), len(list_tokens(session, actor, now=NOW))


def opened(house: House, login: str = LOGIN) -> None:
    signed_in(house.database, login)
    token_of(house.database, login)
    assert inside(house, login) == (1, 1)


def test_a_reset_ends_what_is_open_once_it_is_confirmed(house: House) -> None:
    opened(house)
    right = asked(house)
    assert inside(house) == (1, 1)
    confirm(house, right)
    assert inside(house) == (0, 0)


def test_a_reset_by_one_ends_what_is_open(house: House) -> None:
    opened(house, "statistician")
    ask(house, login="statistician")
    assert inside(house, "statistician") == (0, 0)


def test_a_token_does_not_outlive_its_owners_new_password(house: House) -> None:
    """What somebody had opened in his name went on for up to 366 days."""
    knows(house.database, LOGIN)
    token = token_of(house.database, LOGIN)
    sign_in(house, Attempt(LOGIN, PASSWORD))
    keep = do(house, myself.my_sessions, LOGIN).items[0].session_id
    sign_in(house, Attempt(LOGIN, PASSWORD))
    ended = do(house, myself.set_my_password, LOGIN, old=PASSWORD, new=OWN, keep=keep)
    assert (ended.sessions, ended.tokens) == (1, 1)
    assert [one.session_id for one in do(house, myself.my_sessions, LOGIN).items] == [keep]
    with house.database.read() as session, pytest.raises(Exception, match="token or key is not valid"):
        authenticate_token(session, token, now=NOW, asks_codes=False)


def test_a_new_administrator_begins_with_what_he_opens_from_then_on(house: House) -> None:
    """What was opened before, maybe with a password that another had set, would have been an administrator's."""
    knows(house.database, "general_office")
    opened(house, "general_office")
    with house.database.write() as session:
        hold_roles(session, "general_office", ["aud_admin"])
    assert inside(house, "general_office") == (0, 0)


def test_the_owner_is_told_who_set_his_password_and_when(database: Database) -> None:
    with serving(database) as http:
        heads = {login: as_person(database, login) for login in ("secadmin", "sysadmin")}
        path = f"/api/v1/users/{LOGIN}/password"
        (waits,) = http.put(path, json={"new": FIRST}, headers=heads["secadmin"]).json()["pending"]
        assert "secret" not in waits
        done = http.post(f"/api/v1/rights/{waits['right_id']}/confirm", headers=heads["sysadmin"]).json()
        secret = FIRST + done["secret"]
        http.post("/login", data={"login": LOGIN, "password": secret})
        page = http.get("/me/own-password").text
        assert all(part in page for part in ("secadmin, sysadmin", str(TODAY)))
        http.cookies.clear()
        told = {"login": LOGIN, "old": secret, "new": OWN}
        assert http.put("/api/v1/me/password", json=told).status_code == 200
        token = http.post("/api/v1/me/tokens", json={"login": LOGIN, "password": OWN}).json()["token"]
        me = http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
        assert (me["password_set_by"], me["password_set_at"][:10]) == ("secadmin, sysadmin", str(TODAY))
        own = http.get("/api/v1/me", headers=heads["sysadmin"]).json()
        assert (own["password_set_by"], own["password_set_at"]) == ("", None)


def test_the_log_says_who_asked_and_who_confirmed(house: House) -> None:
    confirm(house, asked(house))
    with house.database.read() as session:
        said = [(one.event, one.actor) for one in session.query(AuditEvent).filter_by(subject=f"user {LOGIN}")]
    assert said == [("user:ask_password", "secadmin"), ("user:change", "sysadmin")]
