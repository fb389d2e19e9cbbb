"""An administrator's role ends in two hands: who alone could take the auditor's would be watched by nobody (D5)."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import verbs
from app.accounts.actor import get_actor
from app.accounts.errors import AdministratorsAccess, NobodyConfirms, RoleNotHeld
from app.core.db import Database
from app.core.errors import PermissionMissing, SecondPersonNeeded, WrongState
from app.domain.lives import RightStatus
from app.domain.roles import Role
from app.verbs import House, Verb
from tests.factories.house import do, housing
from tests.factories.people import hold_roles, knows
from tests.factories.races import at_once
from tests.factories.world import user_named

AUDITOR = {"login": "audadmin", "role": "aud_admin"}


@pytest.fixture
def house(database: Database) -> Any:
    with housing(database) as opened:
        yield opened


def roles(house: House, login: str = "audadmin") -> set[Role]:
    with house.database.read() as session:
        return set(get_actor(session, login).roles)


def waits(house: House) -> list[Any]:
    return list(do(house, verbs.list_rights, "secadmin", status="proposed").items)


@pytest.fixture
def fourth(house: House) -> str:
    """A second security administrator."""
    knows(house.database, "general_office")
    with house.database.write() as session:
        hold_roles(session, "general_office", ["sec_admin"])
    return "general_office"


@pytest.mark.parametrize(("asks", "confirms"), [("secadmin", "sysadmin"), ("sysadmin", "secadmin")])
def test_d5_the_auditors_role_ends_when_a_second_administrator_has_confirmed_it(
    house: House, asks: str, confirms: str
) -> None:
    """Either of the two took it alone and at once, and nobody read the log any more."""
    (asked,) = do(house, verbs.take_role, asks, **AUDITOR).pending
    assert roles(house) == {Role.AUD_ADMIN}
    assert (asked.kind, asked.whose, asked.what, asked.given_by) == ("role_end", "audadmin", "aud_admin", asks)
    for login, refusal in ((asks, SecondPersonNeeded), ("audadmin", PermissionMissing)):
        with pytest.raises(refusal):
            do(house, verbs.confirm_right, login, right_id=asked.right_id)
    assert do(house, verbs.confirm_right, confirms, right_id=asked.right_id).status == RightStatus.CONFIRMED
    assert roles(house) == set()
    with pytest.raises(RoleNotHeld):
        do(house, verbs.take_role, asks, **AUDITOR)


def test_d5_neither_other_roles_nor_the_end_of_an_access_take_an_administrators(house: House) -> None:
    do(house, verbs.set_roles, "secadmin", login="audadmin", roles=["maintainer"])
    assert roles(house) == {Role.AUD_ADMIN}
    assert [(one.kind, one.what) for one in waits(house)] == [("role_end", "aud_admin"), ("role", "maintainer")]
    for by in ("secadmin", "sysadmin"):
        with pytest.raises(AdministratorsAccess):
            do(house, verbs.deactivate, by, login="audadmin")
    do(house, verbs.confirm_right, "sysadmin", right_id=waits(house)[0].right_id)
    assert do(house, verbs.deactivate, "secadmin", login="audadmin").active is False
    assert waits(house) == []


def test_the_end_of_a_role_asked_for_twice_waits_once(house: House) -> None:
    for by in ("secadmin", "sysadmin"):
        do(house, verbs.take_role, by, **AUDITOR)
    (asked,) = waits(house)
    assert asked.given_by == "secadmin"


@pytest.mark.parametrize(("verb", "who"), [(verbs.refuse_right, "sysadmin"), (verbs.withdraw_right, "secadmin")])
def test_the_end_of_a_role_not_confirmed_ends_nothing(house: House, verb: Verb[Any, Any], who: str) -> None:
    (asked,) = do(house, verbs.take_role, "secadmin", **AUDITOR).pending
    do(house, verb, who, right_id=asked.right_id)
    with pytest.raises(WrongState):
        do(house, verbs.confirm_right, "sysadmin", right_id=asked.right_id)
    assert roles(house) == {Role.AUD_ADMIN}
    assert do(house, verbs.take_role, "secadmin", **AUDITOR).pending[0].right_id != asked.right_id


def test_where_no_third_administrator_could_confirm_it_is_refused(house: House) -> None:
    """The operator puts another in his place."""
    with pytest.raises(NobodyConfirms):
        do(house, verbs.take_role, "sysadmin", login="secadmin", role="sec_admin")
    (asked,) = do(house, verbs.take_role, "sysadmin", login="sysadmin", role="sys_admin").pending
    do(house, verbs.confirm_right, "secadmin", right_id=asked.right_id)
    assert roles(house, "sysadmin") == set()


def test_whose_role_it_is_neither_confirms_nor_stops_its_end(house: House, fourth: str) -> None:
    (asked,) = do(house, verbs.take_role, "sysadmin", login="secadmin", role="sec_admin").pending
    for verb in (verbs.confirm_right, verbs.refuse_right, verbs.withdraw_right):
        with pytest.raises(SecondPersonNeeded):
            do(house, verb, "secadmin", right_id=asked.right_id)
    do(house, verbs.confirm_right, fourth, right_id=asked.right_id)
    assert roles(house, "secadmin") == set()


def test_a_role_ends_also_while_one_of_the_three_has_not_signed_in(house: House) -> None:
    """It gives nobody anything."""
    with house.database.write() as session:
        user_named(session, "audadmin").settled_at = None
    (asked,) = do(house, verbs.take_role, "secadmin", **AUDITOR).pending
    do(house, verbs.confirm_right, "sysadmin", right_id=asked.right_id)
    assert roles(house) == set()


def test_the_end_of_a_role_is_confirmed_once_of_two_at_once(house: House, fourth: str) -> None:
    (asked,) = do(house, verbs.take_role, "sysadmin", **AUDITOR).pending
    made = at_once(
        *(lambda who=who: do(house, verbs.confirm_right, who, right_id=asked.right_id) for who in ("secadmin", fourth))
    )
    assert sorted(type(one).__name__ for one in made) == ["RightConfirmed", "WrongState"]
    ended = [one for one in do(house, verbs.list_rights, "secadmin", login="audadmin").items if one.kind == "role_end"]
    assert [one.status for one in ended] == ["confirmed"]
