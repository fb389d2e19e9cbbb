"""People, offices, keys and one's own account: over HTTP, by command and as verbs, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import myself, sessions, verbs
from app.accounts.actor import get_actor
from app.accounts.errors import (
    LoginTaken,
    OfficeExists,
    OwnRoles,
    RoleConflict,
    SessionNotFound,
    UserInactive,
    WrongPassword,
)
from app.accounts.service import list_tokens
from app.core.db import Database
from app.core.errors import PermissionMissing, WrongState
from app.domain.lives import KeyStatus, SessionStatus
from app.models import ApiClient, ApiKey, PersonalToken, UserAccount, WebSession
from app.verbs import House, Verb, perform
from tests.factories.house import housing
from tests.factories.http import as_person, as_system, serving
from tests.factories.people import hashed, knows, set_own_password
from tests.factories.races import at_once
from tests.factories.world import NOW, PASSWORD

NEW = {"login": "zhao", "name": "赵工", "office": "district"}


@pytest.fixture
def house(database: Database):
    with housing(database) as opened:
        yield opened


@pytest.fixture
def http(database: Database):
    with serving(database) as client:
        client.headers.update(as_person(database, "secadmin"))
        yield client


def do(house: House, verb: Verb[Any, Any], who: str, /, **told: Any) -> Any:
    """Perform a verb as somebody; `login` may be part of what it is told."""
    with house.database.read() as session:
        actor = get_actor(session, who)
    return perform(house, verb, actor, verb.takes(**told))


def signed_in(house: House, login: str = "maintainer", times: int = 1) -> list[int]:
    """Numbers of sign-ins of somebody whose password is known."""
    known = hashed(PASSWORD)
    with house.database.write() as session:
        set_own_password(session, login, known)
    for _ in range(times):
        sessions.sign_in(house, sessions.Attempt(login, PASSWORD, agent="browser"))
    with house.database.read() as session:
        return [one.session_id for one in sessions.list_sessions(session, get_actor(session, login), now=NOW)]


def test_lists_are_items_and_moments_say_that_they_are_utc(http) -> None:
    key = http.post("/api/v1/keys", json={"client": "平台", "areas": ["50"]})
    assert key.status_code == 201
    for path in ("users", "offices", "keys", "me/tokens", "me/sessions"):
        assert set(http.get(f"/api/v1/{path}").json()) == {"items", "next"}, path
    shown = http.get("/api/v1/keys").json()["items"][0]
    assert (shown["client"], shown["status"], shown["revoked"]) == ("平台", "pending", False)
    assert shown["expires_at"].endswith("Z")
    assert key.json()["key"] not in http.get("/api/v1/keys").text


def test_what_is_not_known_or_out_of_bounds_is_refused(http) -> None:
    """D26, D27: a key of no checks a minute was unlimited, one of ten million days a fault of ours."""
    wrong = [
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "per_minute": 0}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "days": 10_000_000}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "per_minit": 5}),
        ("/api/v1/keys", {"client": "x\x00"}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "per_minute": -5}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "days": -1}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "scopes": "banana"}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "scopes": "check banana"}),
        ("/api/v1/keys", {"areas": ["50"], "client": "x", "scopes": ""}),
        ("/api/v1/keys", {"client": "x", "areas": []}),
        ("/api/v1/keys", {"client": "x"}),
        ("/api/v1/me/tokens", {"label": "x" * 65}),
    ]
    for path, body in wrong:
        answer = http.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_payload"), (path, body)
    assert http.put("/api/v1/users/post/roles", json={"roles": ["emperor"]}).json()["code"] == "bad_payload"
    assert http.get("/api/v1/users", params={"ofice": "x"}).status_code == 422


def test_a_person_is_made_shown_given_roles_and_ended(http, database: Database) -> None:
    system = as_person(database, "sysadmin")
    made = http.post("/api/v1/users", json=NEW, headers=system)
    assert (made.status_code, made.json()["login"], made.json()["pending"]) == (201, "zhao", [])
    again = http.post("/api/v1/users", json=NEW, headers={**system, "Accept-Language": "en"})
    assert (again.status_code, again.json()["code"], again.json()["title"]) == (
        409,
        "login_taken",
        "the login zhao is taken",
    )
    given = http.put("/api/v1/users/zhao/roles", json={"roles": ["section", "post"]}).json()
    assert (given["roles"], [one["what"] for one in given["pending"]]) == ([], ["", "post", "section"])
    told = [http.post(f"/api/v1/rights/{one['right_id']}/confirm", headers=system).json() for one in given["pending"]]
    assert [one["status"] for one in told] == ["confirmed"] * 3
    assert http.get("/api/v1/users/zhao").json()["roles"] == ["post", "section"]
    own = _own_token(http, "zhao", given["secret"] + told[0]["secret"])
    assert http.get("/api/v1/me", headers=own).json()["office"] == "district"
    assert http.delete("/api/v1/users/zhao").json()["active"] is False
    assert http.get("/api/v1/me", headers=own).status_code == 401
    assert http.get("/api/v1/users/nobody").json()["code"] == "user_not_found"


def _own_token(http, login: str, secret: str) -> dict[str, str]:
    """Somebody sets his own password with the secret he was given, and makes a token by it."""
    told = {"login": login, "old": secret, "new": PASSWORD}
    assert http.put("/api/v1/me/password", json=told).status_code == 200
    made = http.post("/api/v1/me/tokens", json={"login": login, "password": PASSWORD})
    return {"Authorization": f"Bearer {made.json()['token']}"}


def test_tokens_of_ones_own_are_listed_and_all_ended(http, database: Database) -> None:
    knows(database, "secadmin")
    told = {"login": "secadmin", "password": PASSWORD, "label": "夜间"}
    token = http.post("/api/v1/me/tokens", json=told).json()["token"]
    assert [one["label"] for one in http.get("/api/v1/me/tokens").json()["items"]] == ["夜间", ""]
    assert http.delete("/api/v1/me/tokens").json() == {"tokens": 2}
    assert http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with database.read() as session:
        assert list_tokens(session, get_actor(session, "secadmin"), now=NOW) == []
        assert set(session.execute(select(PersonalToken.status)).scalars()) == {KeyStatus.REVOKED}


def test_a_key_ends_once(house: House) -> None:
    do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"])
    do(house, verbs.confirm_right, "sysadmin", right_id=1)
    ended = do(house, verbs.revoke_key, "secadmin", key_id=1)
    assert (ended.status, ended.revoked_at is not None) == (KeyStatus.REVOKED, True)
    with pytest.raises(WrongState):
        do(house, verbs.revoke_key, "secadmin", key_id=1)


def test_ones_own_sign_ins_are_listed_and_ended(house: House) -> None:
    first, second, third = reversed(signed_in(house, times=3))
    assert [one.session_id for one in do(house, myself.my_sessions, "maintainer").items] == [third, second, first]
    do(house, myself.end_session, "maintainer", session_id=first)
    with pytest.raises(WrongState):
        do(house, myself.end_session, "maintainer", session_id=first)
    with pytest.raises(SessionNotFound):
        do(house, myself.end_session, "section", session_id=second)
    assert do(house, myself.end_other_sessions, "maintainer", keep=third).sessions == 1
    do(house, myself.sign_out, "maintainer", session_id=third)
    do(house, myself.sign_out, "maintainer", session_id=third)  # pressed twice: it is ended, and that is all
    with house.database.read() as session:
        assert set(session.execute(select(WebSession.status)).scalars()) == {SessionStatus.ENDED}


def test_a_new_password_needs_the_old_one_and_ends_what_is_open_elsewhere(house: House) -> None:
    here, elsewhere = signed_in(house, times=2)
    with pytest.raises(WrongPassword):
        do(house, myself.set_my_password, "maintainer", old="x", new="New-password-1", keep=here)
    ended = do(house, myself.set_my_password, "maintainer", old=PASSWORD, new="New-password-1", keep=here)
    assert ended.sessions == 1
    assert [one.session_id for one in do(house, myself.my_sessions, "maintainer").items] == [here]
    assert elsewhere != here


def test_the_language_is_kept_and_answers_come_in_it(house: House) -> None:
    do(house, myself.set_my_language, "maintainer", language="en")
    assert do(house, myself.show_me, "maintainer").language == "en"
    with pytest.raises(ValueError, match="zh"):
        myself.set_my_language.takes(language="fr")


def test_nobody_gives_himself_roles_or_mixes_administrators(house: House) -> None:
    with pytest.raises(OwnRoles):
        do(house, verbs.set_roles, "secadmin", login="secadmin", roles=["sec_admin"])
    with pytest.raises(RoleConflict):
        do(house, verbs.set_roles, "secadmin", login="post", roles=["sec_admin", "maintainer"])


@pytest.mark.parametrize("login", ["audadmin", "maintainer"])
def test_people_and_keys_are_for_two_administrators(house: House, login: str) -> None:
    for verb in (verbs.list_users, verbs.list_keys):
        with pytest.raises(PermissionMissing):
            do(house, verb, login)


def test_two_who_create_the_same_login_at_once_make_one_person(house: House) -> None:
    """D17: the second was a fault of ours on PostgreSQL."""
    made = at_once(*[lambda: do(house, verbs.create_user, "sysadmin", **NEW)] * 4)
    assert sorted(type(one).__name__ for one in made) == ["LoginTaken", "LoginTaken", "LoginTaken", "PersonMade"]
    assert any(isinstance(one, LoginTaken) for one in made)


def test_two_who_create_the_same_office_at_once_make_one(house: House) -> None:
    new = {"code": "park2", "name": "园区", "level": "post", "parent": "district"}
    made = at_once(*[lambda: do(house, verbs.create_office, "sysadmin", **new)] * 4)
    assert sum(isinstance(one, OfficeExists) for one in made) == 3
    assert [one.path.count("/") for one in made if not isinstance(one, Exception)] == [4]


def test_two_who_issue_a_key_to_a_new_client_at_once_share_the_client(house: House) -> None:
    made = at_once(*[lambda: do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"])] * 4)
    assert len({one.key for one in made}) == 4
    with house.database.read() as session:
        assert len(session.execute(select(ApiClient)).all()) == 1
        assert len(session.execute(select(ApiKey)).all()) == 4


def test_two_who_change_the_roles_of_one_person_at_once_leave_the_roles_of_one(house: House) -> None:
    """D17: both deleted the old roles and both inserted the same new one."""
    wanted = [["section", "post"], ["section", "maintainer"]] * 2

    def change(roles: list[str]):
        return lambda: do(house, verbs.set_roles, "secadmin", login="post", roles=roles)

    made = at_once(*[change(roles) for roles in wanted])
    assert [one for one in made if isinstance(one, Exception)] == []
    shown = do(house, verbs.show_user, "secadmin", login="post")
    held = sorted([*shown.roles, *(one.what for one in shown.pending)])
    assert held in (["post", "section"], ["maintainer", "section"])


def test_two_who_end_one_person_or_key_at_once_end_it_once(house: House) -> None:
    do(house, verbs.issue_key, "secadmin", client="平台", areas=["50"])
    do(house, verbs.confirm_right, "sysadmin", right_id=1)
    keys = at_once(*[lambda: do(house, verbs.revoke_key, "secadmin", key_id=1)] * 3)
    assert sum(isinstance(one, WrongState) for one in keys) == 2
    people = at_once(*[lambda: do(house, verbs.deactivate, "secadmin", login="post")] * 3)
    assert sum(isinstance(one, UserInactive) for one in people) == 2


def test_a_key_past_its_day_is_not_let_in_though_nobody_revoked_it(database: Database) -> None:
    with serving(database) as client:
        headers = as_system(database, days=1)
        assert client.get("/api/v1/check/x", headers=headers).status_code == 200
        with database.write() as session:
            session.execute(select(ApiKey)).scalar_one().expires_at = datetime(2024, 12, 1) - timedelta(days=1)
        refused = client.get("/api/v1/check/x", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_credentials")
        assert refused.json()["zh"] == "令牌或密钥无效、已收回或已过期。"


def test_a_system_actor_is_no_person_who_signs_in(house: House) -> None:
    with house.database.write() as session:
        session.add(UserAccount(login="machine", name="m", office_id=1, is_system=True, created_at=NOW))
    shown = do(house, verbs.show_user, "secadmin", login="machine")
    assert (shown.system, shown.roles) == (True, [])
