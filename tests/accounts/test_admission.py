"""Who is admitted to propose or decide comes in by a password that no administrator alone knows (§5.17)."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import myself, verbs
from app.accounts.errors import PasswordNotOwn, PasswordOfOneHand, WrongSignIn
from app.accounts.service import authenticate_token
from app.accounts.sessions import Attempt, sign_in
from app.core.actor import Anybody
from app.core.db import Database
from app.core.errors import Unauthenticated
from app.verbs import House, perform
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import knows
from tests.factories.world import NOW

OWN, MINE, LOGIN = "Quite-new-lamp-1", "Of-one-hand-only-7", "zhang"


@pytest.fixture
def house(database: Database) -> Any:
    with housing(database) as opened:
        yield opened


def made(house: House) -> str:
    """A new person, and the secret that who made him knows."""
    return str(do(house, verbs.create_user, "sysadmin", login=LOGIN, name="张工", office="district").secret)


def change(house: House, old: str, new: str = OWN, login: str = LOGIN) -> None:
    perform(house, myself.set_my_password, Anybody(), myself.set_my_password.takes(login=login, old=old, new=new))


def token(house: House, login: str = LOGIN) -> str:
    return str(do(house, myself.issue_my_token, login, label="", days=366).token)


def give(house: House, *roles: str, login: str = LOGIN) -> Any:
    return do(house, verbs.set_roles, "secadmin", login=login, roles=list(roles))


def confirm(house: House, right: Any, by: str = "sysadmin") -> Any:
    return do(house, verbs.confirm_right, by, right_id=right.right_id)


def rights(given: Any) -> dict[str, Any]:
    return {one.kind: one for one in given.pending}


def roles(house: House, login: str = LOGIN) -> list[str]:
    return [str(role) for role in do(house, verbs.show_user, "secadmin", login=login).roles]


def opens(house: House, secret: str) -> bool:
    try:
        with house.database.read() as session:
            authenticate_token(session, secret, now=NOW, asks_codes=False)
    except Unauthenticated:
        return False
    return True


def enters(house: House, password: str, login: str = LOGIN) -> bool:
    try:
        sign_in(house, Attempt(login, password))
    except WrongSignIn:
        return False
    return True


def test_who_made_an_account_is_not_the_approver_that_it_becomes(house: House) -> None:
    """He set a password with the secret that he was told, made a token for a year, and confirmed the role himself."""
    change(house, made(house), MINE)
    before = token(house)
    given = give(house, "approver")
    assert sorted(rights(given)) == ["password", "role"]
    told = confirm(house, rights(given)["role"])
    assert (roles(house), opens(house, before), enters(house, MINE)) == (["approver"], False, False)
    assert [enters(house, one) for one in (given.secret, told.secret)] == [False, False]
    change(house, given.secret + told.secret)
    assert enters(house, OWN)


def test_the_new_password_may_be_confirmed_by_itself_first(house: House) -> None:
    made(house)
    given = give(house, "approver")
    half = confirm(house, rights(given)["password"]).secret
    assert confirm(house, rights(given)["role"]).secret == ""
    change(house, given.secret + half)
    assert roles(house) == ["approver"]


def test_who_resets_between_two_roles_is_not_their_holder(house: House) -> None:
    """The role was ended, the password set alone, a token made, and the role given back."""
    knows(house.database, "approver")
    do(house, verbs.take_role, "secadmin", login="approver", role="approver")
    assert do(house, verbs.set_password, "secadmin", login="approver", new=MINE).pending == []
    change(house, MINE, login="approver")
    before = token(house, "approver")
    given = give(house, "approver", login="approver")
    confirm(house, rights(given)["role"])
    assert (opens(house, before), enters(house, OWN, "approver")) == (False, False)


def test_a_password_set_alone_while_the_role_waits_takes_two(house: House) -> None:
    made(house)
    given = give(house, "approver")
    confirm(house, rights(given)["password"])
    assert len(do(house, verbs.set_password, "sysadmin", login=LOGIN, new=MINE).pending) == 1
    confirm(house, rights(given)["role"])
    assert roles(house) == ["approver"]


def test_without_a_password_of_two_hands_the_role_is_not_confirmed(house: House) -> None:
    made(house)
    given = give(house, "approver")
    do(house, verbs.refuse_right, "sysadmin", right_id=rights(given)["password"].right_id)
    with pytest.raises(PasswordOfOneHand):
        confirm(house, rights(given)["role"])
    (own,) = do(house, verbs.set_password, "sysadmin", login=LOGIN, new=MINE).pending
    with pytest.raises(PasswordOfOneHand):
        confirm(house, rights(given)["role"])
    confirm(house, own, "secadmin")
    confirm(house, rights(given)["role"])
    assert roles(house) == ["approver"]


def test_an_administrator_has_made_the_password_of_two_hands_his_own_before(house: House) -> None:
    change(house, made(house), MINE)
    given = give(house, "aud_admin")
    with pytest.raises(PasswordOfOneHand):
        confirm(house, rights(given)["role"])
    half = confirm(house, rights(given)["password"]).secret
    with pytest.raises(PasswordNotOwn):
        confirm(house, rights(given)["role"])
    change(house, given.secret + half)
    confirm(house, rights(given)["role"])
    assert roles(house) == ["aud_admin"]


def test_who_only_looks_is_admitted_with_the_secret_there_is(house: House) -> None:
    secret = made(house)
    given = give(house, "statistician")
    assert (sorted(rights(given)), given.secret) == (["role"], "")
    confirm(house, rights(given)["role"])
    change(house, secret)


def test_a_role_that_acts_begins_with_nothing_open(house: House) -> None:
    knows(house.database, "statistician")
    before = token(house, "statistician")
    (role,) = give(house, "statistician", "maintainer", login="statistician").pending
    confirm(house, role)
    assert not opens(house, before)


def test_the_half_that_is_told_once_is_not_told_again_to_the_same_key(database: Database) -> None:
    """For a day whoever held the confirmer's key was told the second half anew."""
    with serving(database) as http:
        heads = {login: as_person(database, login) for login in ("secadmin", "sysadmin")}
        told = {"new": MINE}
        (waits,) = http.put("/api/v1/users/approver/password", json=told, headers=heads["secadmin"]).json()["pending"]
        keyed = {**heads["sysadmin"], "Idempotency-Key": "once"}
        first, again = (http.post(f"/api/v1/rights/{waits['right_id']}/confirm", headers=keyed) for _ in range(2))
        assert len(first.json()["secret"]) > 20
        assert (again.status_code, again.json()) == (200, {**first.json(), "secret": ""})
