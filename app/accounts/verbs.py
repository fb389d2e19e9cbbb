"""What can be done about people, offices, tokens, keys and one's own account."""

from __future__ import annotations

from app.accounts import schemas, service, sessions
from app.accounts.errors import (
    CommonPassword,
    KeyNotFound,
    LoginTaken,
    OfficeExists,
    OfficeNotFound,
    OwnRoles,
    RoleConflict,
    SessionNotFound,
    UserInactive,
    UserNotFound,
    WeakPassword,
    WrongPassword,
)
from app.accounts.limits import Held, Waits
from app.accounts.passwords import NO_PASSWORD, hash_password, password_fits
from app.core.clock import day_of
from app.core.errors import PermissionMissing, WrongState
from app.core.rights import Reach, territory
from app.domain.roles import Permission
from app.models import Office
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Done, Items, Nothing

_USERS, _KEYS, _OFFICES = Permission.MANAGE_USERS, Permission.MANAGE_KEYS, Permission.MANAGE_OFFICES


@verb("me.show", route="GET /me", command="me show", reach=Reach.OWN)
def show_me(call: Call, _wish: Nothing) -> schemas.Me:
    """Who I am and what I may do."""
    office = call.session.get(Office, call.actor.office_id)
    assert office is not None, "every person has an office"
    return schemas.Me.of(call.actor, office, territory(call.actor, day_of(call.now)))


@verb("me.tokens", route="GET /me/tokens", reach=Reach.OWN)
def my_tokens(call: Call, _wish: Nothing) -> Items[schemas.TokenShown]:
    """My valid tokens, the newest first; never their secrets."""
    found = service.list_tokens(call.session, call.actor, now=call.now)
    return Items(items=[schemas.TokenShown.model_validate(token) for token in found])


@verb("me.token", opens=Opens.WRITE, errors=(UserInactive,), route="POST /me/tokens", status=201, reach=Reach.OWN)
def issue_my_token(call: Call, wish: schemas.NewToken) -> schemas.TokenIssued:
    """A further token for myself, shown this once."""
    login, label, days = call.actor.login, wish.label, wish.days
    secret = service.issue_token(call.session, login, actor=call.actor, now=call.now, label=label, days=days)
    return schemas.TokenIssued(token=secret)


@verb("me.revoke_tokens", opens=Opens.WRITE, route="DELETE /me/tokens", command="me revoke-tokens", reach=Reach.OWN)
def revoke_my_tokens(call: Call, _wish: Nothing) -> schemas.Revoked:
    """End all my tokens, the one in use too."""
    revoked = service.revoke_tokens(call.session, call.actor.login, actor=call.actor, now=call.now)
    return schemas.Revoked(tokens=revoked)


@verb(
    "me.password",
    opens=Opens.OWN,
    errors=(WrongPassword, WeakPassword, CommonPassword),
    route="PUT /me/password",
    reach=Reach.OWN,
)
def set_my_password(call: Call, wish: schemas.OwnPassword) -> schemas.Ended:
    """Set my password, knowing the old one; I am signed out elsewhere."""
    old = _own_password(call, wish.old)
    new = hash_password(wish.new, call.actor.login, call.actor.name)

    def settle(call: Call) -> schemas.Ended:
        service.change_own_password(call.session, old, new, actor=call.actor, now=call.now)
        return schemas.Ended(sessions=sessions.end_others(call.session, call.actor, keep=wish.keep, now=call.now))

    return call.writing(settle)


def _own_password(call: Call, told: str) -> str:
    """What is stored of the password told. Raises WrongPassword, TooMany."""
    with call.reading() as read:
        stored = service.get_user(read.session, call.actor.login).password_hash
    with call.house.one(Waits).trying([Held(("password", call.actor.login), sessions.FAILURES_HERE)], WrongPassword):
        if not password_fits(stored, told):
            raise WrongPassword
    return stored


@verb("me.language", opens=Opens.WRITE, route="PUT /me/language", command="me language {language}", reach=Reach.OWN)
def set_my_language(call: Call, wish: schemas.Spoken) -> schemas.Spoken:
    """The language of my screens and answers: zh or en."""
    sessions.set_language(call.session, call.actor, wish.language)
    return wish


@verb("me.sessions", route="GET /me/sessions", reach=Reach.OWN)
def my_sessions(call: Call, _wish: Nothing) -> Items[schemas.SessionShown]:
    """The browsers I am signed in at, the newest first."""
    found = sessions.list_sessions(call.session, call.actor, now=call.now)
    return Items(items=[schemas.SessionShown.model_validate(one) for one in found])


@verb(
    "me.end_session",
    opens=Opens.WRITE,
    errors=(SessionNotFound, WrongState),
    route="DELETE /me/sessions/{session_id}",
    command="me end-session {session_id:session}",
    reach=Reach.OWN,
)
def end_session(call: Call, wish: schemas.SessionWanted) -> Done:
    """Sign me out at one browser."""
    sessions.end_session(call.session, call.actor, wish.session_id, now=call.now)
    return Done()


@verb("me.end_other_sessions", opens=Opens.WRITE, route="DELETE /me/sessions", reach=Reach.OWN)
def end_other_sessions(call: Call, wish: schemas.OtherSessions) -> schemas.Ended:
    """Sign me out at all browsers but the one to keep."""
    return schemas.Ended(sessions=sessions.end_others(call.session, call.actor, keep=wish.keep, now=call.now))


@verb("me.sign_out", opens=Opens.WRITE, reach=Reach.OWN)
def sign_out(call: Call, wish: schemas.SessionWanted) -> Done:
    """Leave by the browser I am at."""
    sessions.sign_out(call.session, call.actor, wish.session_id, now=call.now)
    return Done()


@verb("user.list", _USERS, route="GET /users", reach=Reach.HOUSE)
def list_users(call: Call, _wish: Nothing) -> Items[schemas.PersonShown]:
    """Everybody with roles and office."""
    return Items(items=[schemas.PersonShown.of(person) for person in service.list_people(call.session)])


@verb(
    "user.show",
    _USERS,
    errors=(UserNotFound,),
    route="GET /users/{login}",
    command="user show {login}",
    reach=Reach.HOUSE,
)
def show_user(call: Call, wish: schemas.Login) -> schemas.PersonShown:
    """A person with office, roles and lock."""
    return schemas.PersonShown.of(service.get_person(call.session, wish.login))


@verb(
    "user.create",
    _USERS,
    opens=Opens.OWN,
    errors=(OfficeNotFound, LoginTaken, RoleConflict, WeakPassword, CommonPassword),
    route="POST /users",
    status=201,
    reach=Reach.HOUSE,
)
def create_user(call: Call, wish: schemas.NewUser) -> schemas.PersonShown:
    """A new person of an office with roles."""
    password = hash_password(wish.password, wish.login, wish.name) if wish.password else NO_PASSWORD
    told = {**wish.model_dump(), "password": password}

    def settle(call: Call) -> schemas.PersonShown:
        service.create_user(call.session, **told, actor=call.actor, now=call.now)
        return _person(call, wish.login)

    return call.writing(settle)


@verb(
    "user.roles",
    _USERS,
    opens=Opens.WRITE,
    errors=(UserNotFound, OwnRoles, RoleConflict),
    route="PUT /users/{login}/roles",
    reach=Reach.HOUSE,
)
def set_roles(call: Call, wish: schemas.NewRoles) -> schemas.PersonShown:
    """Replace a person's roles."""
    service.set_roles(call.session, wish.login, wish.roles, actor=call.actor, now=call.now)
    return _person(call, wish.login)


@verb(
    "user.password",
    opens=Opens.OWN,
    errors=(PermissionMissing, UserNotFound, WeakPassword, CommonPassword),
    route="PUT /users/{login}/password",
    reach=Reach.HOUSE,
)
def set_password(call: Call, wish: schemas.NewPassword) -> Done:
    """Set a password: one's own, or another's as security administrator."""
    if wish.login != call.actor.login:
        call.actor.require(Permission.MANAGE_USERS)
    with call.reading() as read:
        name = service.get_user(read.session, wish.login).name
    new = hash_password(wish.new, wish.login, name)

    def settle(call: Call) -> Done:
        service.set_password(call.session, wish.login, new, actor=call.actor, now=call.now)
        return Done()

    return call.writing(settle)


@verb(
    "user.token",
    opens=Opens.WRITE,
    errors=(PermissionMissing, UserNotFound, UserInactive),
    route="POST /users/{login}/tokens",
    status=201,
    reach=Reach.HOUSE,
)
def issue_token(call: Call, wish: schemas.TokenFor) -> schemas.TokenIssued:
    """A new personal token, shown this once to who hands it over."""
    secret = service.issue_token(call.session, **wish.model_dump(), actor=call.actor, now=call.now)
    return schemas.TokenIssued(token=secret)


@verb(
    "user.deactivate",
    _USERS,
    opens=Opens.WRITE,
    errors=(UserNotFound, UserInactive),
    route="DELETE /users/{login}",
    command="user deactivate {login}",
    reach=Reach.HOUSE,
)
def deactivate(call: Call, wish: schemas.Login) -> schemas.PersonShown:
    """End a person's access; what he did stays in the trail."""
    service.deactivate(call.session, wish.login, actor=call.actor, now=call.now)
    return _person(call, wish.login)


def _person(call: Call, login: str) -> schemas.PersonShown:
    call.session.flush()
    return schemas.PersonShown.of(service.get_person(call.session, login))


@verb("office.list", route="GET /offices", reach=Reach.HOUSE)
def list_offices(call: Call, _wish: Nothing) -> Items[schemas.OfficeShown]:
    """All offices from the top down."""
    kept = service.areas_of(call.session, day_of(call.now))
    offices = service.list_offices(call.session)
    return Items(items=[schemas.OfficeShown.of(office, kept.get(office.office_id)) for office in offices])


@verb(
    "office.create",
    _OFFICES,
    opens=Opens.WRITE,
    errors=(OfficeNotFound, OfficeExists),
    route="POST /offices",
    status=201,
    reach=Reach.HOUSE,
)
def create_office(call: Call, wish: schemas.NewOffice) -> schemas.OfficeShown:
    """A new office under its parent."""
    made = service.create_office(call.session, **wish.model_dump(), actor=call.actor, now=call.now)
    return schemas.OfficeShown.of(made, service.areas_of(call.session, day_of(call.now)).get(made.office_id))


@verb("key.list", _KEYS, route="GET /keys", reach=Reach.HOUSE)
def list_keys(call: Call, _wish: Nothing) -> Items[schemas.KeyShown]:
    """Keys with client, limits and expiry; never the keys themselves."""
    return Items(items=[schemas.KeyShown.of(key, client) for key, client in service.list_keys(call.session)])


@verb("key.issue", _KEYS, opens=Opens.WRITE, route="POST /keys", status=201, reach=Reach.HOUSE)
def issue_key(call: Call, wish: schemas.NewKey) -> schemas.KeyIssued:
    """A new key for a collection system, shown this once."""
    return schemas.KeyIssued(key=service.issue_key(call.session, **wish.model_dump(), actor=call.actor, now=call.now))


@verb(
    "key.revoke",
    _KEYS,
    opens=Opens.WRITE,
    errors=(KeyNotFound, WrongState),
    route="DELETE /keys/{key_id}",
    command="key revoke {key_id:key}",
    reach=Reach.HOUSE,
)
def revoke_key(call: Call, wish: schemas.KeyWanted) -> schemas.KeyShown:
    """End a key."""
    service.revoke_key(call.session, wish.key_id, actor=call.actor, now=call.now)
    return schemas.KeyShown.of(*service.list_keys(call.session, wish.key_id)[0])
