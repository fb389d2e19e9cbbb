"""Rights are in two hands, passwords another set are for one sign-in, tokens are their owner's (D5, §5.17)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.accounts import admins, grants, myself, verbs
from app.accounts.actor import get_actor
from app.accounts.errors import (
    AdministratorsNotReady,
    AdministratorsPassword,
    AlreadyBootstrapped,
    OwnPassword,
    OwnRoles,
    PasswordNotOwn,
    PlaceTaken,
    RoleConflict,
    SectionNotFound,
    ThreePeople,
    TokensMakeNoTokens,
    WrongSignIn,
)
from app.accounts.service import authenticate_token, issue_token
from app.core.actor import Anybody
from app.core.db import Database
from app.core.errors import PermissionMissing, SecondPersonNeeded, Unauthenticated, WrongState
from app.core.rights import on_day
from app.domain.lives import KeyStatus, RightStatus
from app.domain.roles import Role
from app.domain.words import OfficeLevel
from app.models import ApiKey, OneTimePassword, UserAccount, UserRole
from app.verbs import House, Opens, Verb, perform
from app.verbs.verb import PasswordMustChange
from tests.conftest import Databases
from tests.factories.house import housing
from tests.factories.http import as_person, serving
from tests.factories.people import hashed, hold_roles, knows, token_of
from tests.factories.races import at_once
from tests.factories.world import NOW, PASSWORD, TODAY, user_named

OTHER = "Another-way-77"


@pytest.fixture
def house(database: Database) -> Any:
    with housing(database) as opened:
        yield opened


def do(house: House, verb: Verb[Any, Any], who: str, /, **told: Any) -> Any:
    """Perform a verb as somebody who is signed in; nobody where `who` is empty."""
    with house.database.read() as session:
        caller = get_actor(session, who) if who else Anybody()
    return perform(house, verb, caller, verb.takes(**told))


def give(house: House, login: str, *roles: str) -> list[int]:
    """The numbers of the rights that wait then."""
    return [one.right_id for one in do(house, verbs.set_roles, "secadmin", login=login, roles=list(roles)).pending]


def roles(house: House, login: str) -> list[str]:
    return [str(role) for role in do(house, verbs.show_user, "secadmin", login=login).roles]


def make(house: House, login: str = "zhao") -> str:
    """A new person, with the secret for the first sign-in."""
    return str(do(house, verbs.create_user, "sysadmin", login=login, name="赵工", office="district").secret)


def test_a_role_holds_when_a_second_administrator_has_confirmed_it(house: House) -> None:
    """D5: the security administrator alone made anybody anything."""
    (right,) = give(house, "post", "post", "maintainer")
    assert roles(house, "post") == ["post"]
    shown = do(house, verbs.confirm_right, "sysadmin", right_id=right)
    assert (shown.status, shown.given_by, shown.decided_by) == (RightStatus.CONFIRMED, "secadmin", "sysadmin")
    assert roles(house, "post") == ["maintainer", "post"]
    with pytest.raises(WrongState):
        do(house, verbs.confirm_right, "sysadmin", right_id=right)


@pytest.mark.parametrize("login", ["secadmin", "audadmin", "maintainer"])
def test_only_the_system_administrator_confirms(house: House, login: str) -> None:
    (right,) = give(house, "post", "post", "maintainer")
    for verb in (verbs.confirm_right, verbs.refuse_right):
        with pytest.raises(PermissionMissing):
            do(house, verb, login, right_id=right)


@pytest.mark.parametrize("login", ["sysadmin", "audadmin", "maintainer"])
def test_only_the_security_administrator_gives(house: House, login: str) -> None:
    for verb, told in (
        (verbs.set_roles, {"login": "post", "roles": ["maintainer"]}),
        (verbs.set_section, {"login": "post", "section": "trade"}),
        (verbs.issue_key, {"client": "平台", "areas": ["50"]}),
    ):
        with pytest.raises(PermissionMissing):
            do(house, verb, login, **told)


def test_who_gave_a_right_does_not_confirm_it_in_another_office(house: House) -> None:
    """The two hands are two people, also where one of them has changed places meanwhile."""
    (right,) = give(house, "post", "post", "maintainer")
    with house.database.write() as session:
        session.get_one(UserRole, (user_named(session, "secadmin").user_id, "sec_admin")).role = "sys_admin"
    with pytest.raises(SecondPersonNeeded):
        do(house, verbs.confirm_right, "secadmin", right_id=right)


def test_nobody_gives_or_confirms_what_is_about_himself(house: House) -> None:
    with pytest.raises(OwnRoles):
        do(house, verbs.set_roles, "secadmin", login="secadmin", roles=["sec_admin", "maintainer"])
    do(house, verbs.create_section, "sysadmin", office="municipal", section="it", name="信息科")
    do(house, verbs.set_section, "secadmin", login="sysadmin", section="it")
    with pytest.raises(SecondPersonNeeded):
        do(house, verbs.confirm_right, "sysadmin", right_id=1)


@pytest.mark.parametrize(
    ("verb", "by", "status"),
    [(verbs.refuse_right, "sysadmin", "refused"), (verbs.withdraw_right, "secadmin", "withdrawn")],
)
def test_a_right_not_confirmed_never_holds(house: House, verb: Verb[Any, Any], by: str, status: str) -> None:
    (right,) = give(house, "post", "post", "maintainer")
    assert do(house, verb, by, right_id=right).status == status
    with pytest.raises(WrongState):
        do(house, verbs.confirm_right, "sysadmin", right_id=right)
    assert roles(house, "post") == ["post"]
    assert give(house, "post", "post", "maintainer") != [right]


@pytest.mark.parametrize("by", ["secadmin", "sysadmin"])
def test_taking_away_is_done_by_either_and_at_once(house: House, by: str) -> None:
    do(house, verbs.take_role, by, login="post", role="post")
    assert roles(house, "post") == []
    make(house, f"zhao-{by}")
    assert do(house, verbs.deactivate, by, login=f"zhao-{by}").active is False


def test_what_is_not_named_any_more_ends_and_what_waits_twice_waits_once(house: House) -> None:
    first = give(house, "post", "maintainer", "section")
    assert roles(house, "post") == []
    assert give(house, "post", "maintainer", "section") == first
    (kept,) = give(house, "post", "section")
    assert kept in first
    states = {one.what: one.status for one in do(house, verbs.list_rights, "sysadmin", login="post").items}
    assert states == {"maintainer": "withdrawn", "section": "proposed"}


def test_roles_that_exclude_each_other_are_not_held_by_way_of_two_confirmations(house: House) -> None:
    with house.database.write() as session:
        actor = get_actor(session, "secadmin")
        grants.set_roles(session, "post", ["checker"], actor=actor, now=NOW)
        session.add(UserRole(user_id=user_named(session, "post").user_id, role="post"))
    with pytest.raises(RoleConflict):
        do(house, verbs.confirm_right, "sysadmin", right_id=1)


def test_a_right_is_confirmed_once_of_many_who_confirm_and_refuse_it_at_once(house: House) -> None:
    (right,) = give(house, "post", "post", "maintainer")

    def decide(verb: Verb[Any, Any], who: str) -> Any:
        return lambda: do(house, verb, who, right_id=right)

    made = at_once(
        *[decide(verbs.confirm_right, "sysadmin")] * 2,
        decide(verbs.refuse_right, "sysadmin"),
        decide(verbs.withdraw_right, "secadmin"),
    )
    assert sum(isinstance(one, WrongState) for one in made) == 3
    (done,) = (one for one in made if not isinstance(one, Exception))
    assert ("maintainer" in roles(house, "post")) == (done.status == RightStatus.CONFIRMED)


def test_a_key_opens_nothing_before_it_is_confirmed(database: Database) -> None:
    with serving(database) as http:
        sec, system = as_person(database, "secadmin"), as_person(database, "sysadmin")
        issued = http.post("/api/v1/keys", json={"client": "平台", "areas": ["50"]}, headers=sec).json()
        (right,) = issued["pending"]
        with database.read() as session:
            half = session.get_one(OneTimePassword, right["right_id"]).half
        asks = {"X-API-Key": issued["key"] + half}
        assert http.get("/api/v1/check/x", headers=asks).status_code == 401
        confirmed = http.post(f"/api/v1/rights/{right['right_id']}/confirm", headers=system)
        assert (confirmed.status_code, confirmed.json()["secret"]) == (200, half)
        assert http.get("/api/v1/check/x", headers=asks).status_code == 200


def test_neither_who_issues_a_key_nor_who_confirms_it_asks_by_it(database: Database) -> None:
    """The security administrator knew the key, and read by it what no administrator sees."""
    with serving(database) as http:
        sec, system = as_person(database, "secadmin"), as_person(database, "sysadmin")
        told = {"client": "平台", "areas": ["50"], "scopes": "check units feed"}
        issued = http.post("/api/v1/keys", json=told, headers=sec).json()
        right = issued["pending"][0]["right_id"]
        second = http.post(f"/api/v1/rights/{right}/confirm", headers=system).json()["secret"]
        for half in (issued["key"], second, f"mlk_{second}", second + issued["key"]):
            assert http.get("/api/v1/changes", headers={"X-API-Key": half}).status_code == 401
        assert http.get("/api/v1/changes", headers={"X-API-Key": issued["key"] + second}).status_code == 200
    with database.read() as session:
        assert session.query(OneTimePassword).all() == []


@pytest.mark.parametrize("ends", [verbs.refuse_right, verbs.withdraw_right])
def test_of_a_key_that_is_not_confirmed_no_half_is_kept(house: House, ends: Any) -> None:
    (waits,) = do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"]).pending
    do(house, ends, "sysadmin" if ends is verbs.refuse_right else "secadmin", right_id=waits.right_id)
    do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"])
    do(house, verbs.revoke_key, "secadmin", key_id=2)
    with house.database.read() as session:
        assert session.query(OneTimePassword).all() == []


def test_who_confirms_a_key_is_told_all_that_it_opens(house: House) -> None:
    """It was the client's name and a number: whoever confirmed it confirmed whatever it was."""
    limits = {"areas": ["500105"], "surveys": ["retail"], "networks": ["10.1.0.0/16"]}
    do(house, verbs.issue_key, "secadmin", client="平台", scopes="check units", per_minute=600, days=30, **limits)
    (waits,) = do(house, verbs.list_rights, "sysadmin", status="proposed").items
    assert waits.what == "#1 check units area=500105 survey=retail network=10.1.0.0/16 600/min until=2025-01-30"
    shown = waits.key
    assert (shown.client, shown.scopes, shown.per_minute) == ("平台", "check units", 600)
    assert [(one.kind, one.value) for one in shown.limits] == [
        ("area", "500105"),
        ("survey", "retail"),
        ("network", "10.1.0.0/16"),
    ]


def test_a_key_that_was_refused_is_revoked_and_one_revoked_waits_no_more(house: House) -> None:
    first, second = (
        do(house, verbs.issue_key, "secadmin", client=name, areas=["50"]).pending[0].right_id for name in "ab"
    )
    do(house, verbs.refuse_right, "sysadmin", right_id=first)
    do(house, verbs.revoke_key, "secadmin", key_id=2)
    with pytest.raises(WrongState):
        do(house, verbs.confirm_right, "sysadmin", right_id=second)
    with house.database.read() as session:
        assert {one.status for one in session.query(ApiKey)} == {KeyStatus.REVOKED}


def test_a_section_is_a_right_too(house: House) -> None:
    do(house, verbs.create_section, "sysadmin", office="district", section="price", name="价格科")
    (right,) = do(house, verbs.set_section, "secadmin", login="section", section="price").pending
    assert do(house, verbs.show_user, "sysadmin", login="section").section == "trade"
    do(house, verbs.confirm_right, "sysadmin", right_id=right.right_id)
    assert do(house, verbs.show_user, "sysadmin", login="section").section == "price"
    with pytest.raises(SectionNotFound):
        do(house, verbs.set_section, "secadmin", login="neighbour", section="price")
    shown = do(house, verbs.list_sections, "sysadmin", office="district").items
    assert {one.section for one in shown} == {"industry", "price", "trade"}


def test_no_right_is_given_while_one_of_the_three_has_not_signed_in(house: House) -> None:
    with house.database.write() as session:
        user_named(session, "audadmin").settled_at = None
    with pytest.raises(AdministratorsNotReady) as refused:
        give(house, "post", "post", "maintainer")
    assert "审计管理员" in refused.value.text("zh")
    with pytest.raises(AdministratorsNotReady):
        do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"])
    do(house, verbs.take_role, "secadmin", login="post", role="post")  # the safer side waits for nobody


def test_a_password_another_set_opens_nothing_but_its_own_change(database: Database) -> None:
    """D5: the security administrator set anybody's password and was he from then on."""
    with serving(database) as http:
        path = "/api/v1/users/statistician/password"
        assert http.put(path, json={"new": OTHER}, headers=as_person(database, "secadmin")).json() == {"pending": []}
        own = as_person(database, "statistician")  # as if one could be made
        for path in ("units", "me", "me/tokens", "offices"):
            assert http.get(f"/api/v1/{path}", headers=own).json()["code"] == "password_must_change", path
        told = {"login": "statistician", "password": OTHER}
        assert http.post("/api/v1/me/tokens", json=told).json()["code"] == "password_must_change"
        same = {"login": "statistician", "old": OTHER, "new": OTHER}
        assert http.put("/api/v1/me/password", json=same).json()["code"] == "same_password"
        assert http.put("/api/v1/me/password", json={**same, "new": PASSWORD}).status_code == 200
        assert http.get("/api/v1/me", headers=own).json()["code"] == "bad_credentials", "tokens end with it"
        made = http.post("/api/v1/me/tokens", json={**told, "password": PASSWORD}).json()["token"]
        assert http.get("/api/v1/me", headers={"Authorization": f"Bearer {made}"}).status_code == 200


def test_a_browser_is_led_to_the_change_of_a_password_another_set(database: Database) -> None:
    stored = hashed(OTHER)
    with database.write() as session:
        user = user_named(session, "maintainer")
        user.password_hash, user.must_change_password = stored, True
    with serving(database) as site:
        enters(site, OTHER)
        for path in ("/", "/units", "/me", "/jobs"):
            assert site.get(path, follow_redirects=False).headers["location"] == "/me/own-password", path
        asked = site.get("/me/own-password").text
        assert "一次性密码" in asked
        told = {"csrf": csrf(asked), "old": OTHER, "new": PASSWORD, "again": PASSWORD}
        assert site.post("/me/password", data=told, follow_redirects=False).headers["location"] == "/?done=1"
        assert site.get("/units").status_code == 200


def enters(site: TestClient, password: str, login: str = "maintainer") -> None:
    sent = site.post("/login", data={"login": login, "password": password}, follow_redirects=False)
    assert sent.status_code == 303


def csrf(text: str) -> str:
    return text.partition('name="csrf" content="')[2].partition('"')[0]


def test_nobody_sets_the_password_of_an_administrator_or_his_own_without_the_old_one(house: House) -> None:
    """Who could would have both hands of every right."""
    for by, whose, refusal in (
        ("secadmin", "sysadmin", AdministratorsPassword),
        ("sysadmin", "secadmin", AdministratorsPassword),
        ("secadmin", "audadmin", AdministratorsPassword),
        ("secadmin", "secadmin", OwnPassword),
        ("maintainer", "post", PermissionMissing),
        ("maintainer", "maintainer", PermissionMissing),
    ):
        with pytest.raises(refusal):
            do(house, verbs.set_password, by, login=whose, new=OTHER)


def test_an_administrator_is_confirmed_when_nobody_else_knows_his_password(house: House) -> None:
    make(house)
    given = do(house, verbs.set_roles, "secadmin", login="zhao", roles=["sec_admin"])
    password, right = (one.right_id for one in given.pending)
    secret = given.secret + do(house, verbs.confirm_right, "sysadmin", right_id=password).secret
    with pytest.raises(PasswordNotOwn):
        do(house, verbs.confirm_right, "sysadmin", right_id=right)
    do(house, myself.set_my_password, "", login="zhao", old=secret, new=PASSWORD)
    do(house, verbs.confirm_right, "sysadmin", right_id=right)
    assert roles(house, "zhao") == ["sec_admin"]


def test_a_token_is_made_by_its_owner_alone_and_not_by_a_token(database: Database) -> None:
    """D5: the security administrator was given the approver's token; a token renewed itself for 366 days."""
    knows(database, "approver")
    with serving(database) as http:
        sec, own = as_person(database, "secadmin"), as_person(database, "approver")
        assert http.post("/api/v1/users/approver/tokens", json={}, headers=sec).status_code in (404, 405)
        assert http.post("/api/v1/me/tokens", json={}, headers=own).json()["code"] == "tokens_make_no_tokens"
        assert http.post("/api/v1/me/tokens", json={}).json()["code"] == "unauthenticated"
        wrong = {"login": "approver", "password": OTHER}
        assert http.post("/api/v1/me/tokens", json=wrong).json()["code"] == "wrong_sign_in"
        made = http.post("/api/v1/me/tokens", json={"login": "approver", "password": PASSWORD})
        head = {"Authorization": f"Bearer {made.json()['token']}"}
        assert http.get("/api/v1/me", headers=head).json()["login"] == "approver"
        long = {"login": "approver", "password": PASSWORD, "days": 367}
        assert http.post("/api/v1/me/tokens", json=long).json()["code"] == "bad_payload"


def test_the_sign_in_that_makes_a_token_is_over_with_it(house: House) -> None:
    knows(house.database, "post")
    do(house, myself.issue_my_token, "", login="post", password=PASSWORD)
    assert do(house, myself.my_sessions, "post").items == []
    for told, refusal in (({}, Unauthenticated), ({"login": "post", "password": OTHER}, WrongSignIn)):
        with pytest.raises(refusal):
            do(house, myself.issue_my_token, "", **told)


def test_by_a_token_no_token_is_made_on_any_road(database: Database) -> None:
    with database.write() as session:
        actor = authenticate_token(session, token_of_in(session, "post"), now=NOW, asks_codes=False)
        with pytest.raises(TokensMakeNoTokens):
            issue_token(session, actor, now=NOW)


def token_of_in(session: Any, login: str) -> str:
    return issue_token(session, get_actor(session, login), now=NOW)


@pytest.fixture
def empty(databases: Databases) -> Any:
    """An installation with offices and people taken out: as new."""
    fresh = databases.fresh()
    with fresh.write() as session:
        for table in ("user_role", "user_account", "office_area", "survey", "section", "office"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    yield fresh
    databases.drop(fresh)


def install(database: Database, text: str = "sys,sec,aud") -> dict[str, str]:
    secrets = {login: admins.new_secret() for login in admins.three_logins(text)}
    stored = {login: hashed(secret) for login, secret in secrets.items()}
    with database.write() as session:
        admins.install(
            session,
            stored,
            office_code="root",
            office_name="统计局",
            level=OfficeLevel.MUNICIPAL,
            area_prefix="50",
            by="operator",
            now=NOW,
        )
    return secrets


def test_a_new_installation_has_three_administrators_and_gives_no_right_before_all_have_signed_in(
    empty: Database,
) -> None:
    """D5: it had one, who made the other two."""
    secrets = install(empty)
    with housing(empty) as house:
        settled = []
        for login, secret in secrets.items():
            with pytest.raises(PasswordMustChange):
                do(house, myself.show_me, login)
            do(house, myself.set_my_password, "", login=login, old=secret, new=PASSWORD)
            settled.append(login)
            if "sec" in settled and len(settled) < 3:
                with pytest.raises(AdministratorsNotReady):
                    do(house, verbs.issue_key, "sec", client="平台", areas=["50"])
        do(house, verbs.create_user, "sys", login="zhao", name="赵工", office="root")
        _password, right = do(house, verbs.set_roles, "sec", login="zhao", roles=["maintainer"]).pending
        do(house, verbs.confirm_right, "sys", right_id=right.right_id)
        with empty.read() as session:
            held = {login: get_actor(session, login).roles for login in ("sys", "sec", "aud", "zhao")}
            assert str(on_day(get_actor(session, "zhao").areas, TODAY)) == "50"
    assert held == {
        "sys": {Role.SYS_ADMIN},
        "sec": {Role.SEC_ADMIN},
        "aud": {Role.AUD_ADMIN},
        "zhao": {Role.MAINTAINER},
    }
    with pytest.raises(AlreadyBootstrapped):
        install(empty)


@pytest.mark.parametrize("text", ["", "a", "a,b", "a,b,c,d", "a,a,b", "a,,b", "a,b,c/d", "a,b,\tc d\x00"])
def test_three_administrators_are_three_people(text: str) -> None:
    with pytest.raises(ThreePeople):
        admins.three_logins(text)


def fill(database: Database, login: str, **told: str) -> str:
    secret = admins.new_secret()
    stored, named = hashed(secret), {"name": "", "in_place_of": "", **told}
    with database.write() as session:
        admins.fill(session, Role.SEC_ADMIN, login, stored, **named, by="operator", now=NOW)
    return secret


def test_the_operator_fills_a_vacant_place_and_no_other(house: House) -> None:
    database = house.database
    for login in ("newsec", "maintainer"):
        with pytest.raises(PlaceTaken):
            fill(database, login)
    vacate(database, "secadmin", "sec_admin")
    with pytest.raises(RoleConflict):
        fill(database, "maintainer")
    secret = fill(database, "newsec")
    with pytest.raises(AdministratorsNotReady):
        give_by(house, "newsec")
    do(house, myself.set_my_password, "", login="newsec", old=secret, new=PASSWORD)
    assert do(house, verbs.set_roles, "newsec", login="post", roles=["post", "section"]).pending


def vacate(database: Database, login: str, role: str) -> None:
    """The place of an administrator is empty, as if his role had been ended by two others."""
    with database.write() as session:
        session.delete(session.get_one(UserRole, (user_named(session, login).user_id, role)))


def give_by(house: House, login: str) -> None:
    """As if the one-time password could be used to give a right: the place counts as vacant until its own is set."""
    with house.database.write() as session:
        grants.set_roles(session, "post", ["maintainer"], actor=get_actor(session, login), now=NOW)


def test_an_administrator_who_leaves_is_replaced_and_one_who_forgot_is_handed_a_new_secret(house: House) -> None:
    again = fill(house.database, "secadmin")
    do(house, myself.set_my_password, "", login="secadmin", old=again, new=PASSWORD)
    fill(house.database, "newsec", in_place_of="secadmin", name="新安全员")
    shown = {one.login: one for one in do(house, verbs.list_users, "sysadmin").items}
    assert (shown["secadmin"].active, shown["newsec"].name, shown["newsec"].roles) == (False, "新安全员", ["sec_admin"])


def test_people_of_the_tests_are_given_roles_by_the_same_road(database: Database) -> None:
    with database.write() as session:
        hold_roles(session, "post", ["maintainer"])
        assert get_actor(session, "post").roles == {Role.MAINTAINER}
        assert session.query(UserAccount).filter_by(login="post").one().is_active
    assert token_of(database, "post")


IN_TWO_HANDS = {
    "user.roles",
    "user.section",
    "key.issue",
    "office.create",
    "office.give_area",
    "user.reset_second_factor",
    "user.password",
}
THE_HANDS = {"right.confirm", "right.refuse", "right.withdraw"}
TAKES = {"user.take_role", "office.end_area", "key.revoke", "user.deactivate"}
OPENS_NOTHING = {"user.create", "section.create"}


def test_every_verb_that_writes_rights_is_known_to_be_in_one_hand_or_in_two() -> None:
    """The whole kind: a new verb about people or offices is put on a line of the decision, or this fails."""
    writing = {verb.name for verb in vars(verbs).values() if isinstance(verb, Verb) and verb.opens is not Opens.READ}
    named = IN_TWO_HANDS | THE_HANDS | TAKES | OPENS_NOTHING
    assert {name for name in writing if not name.startswith("me.")} == named
    page = Path("docs/decisions/0029-two-hands.md").read_text("utf-8")
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []
