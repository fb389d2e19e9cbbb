"""What can be done about one's own account: password, second factor, tokens, sign-ins, language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from app.accounts import own_schemas, second_factor, service, sessions
from app.accounts.errors import (
    CommonPassword,
    SamePassword,
    SecondFactorNotBegun,
    SecondFactorOff,
    SessionNotFound,
    TokensMakeNoTokens,
    TokensSetNoSecondFactor,
    UserInactive,
    WeakPassword,
    WrongCode,
    WrongPassword,
    WrongSignIn,
    WrongSignInOrCode,
)
from app.accounts.limits import Held, Waits
from app.accounts.passwords import hash_password, password_fits
from app.accounts.people import get_user
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import Unauthenticated, WrongState
from app.core.rights import Reach, territory
from app.models import Office
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Done, Items, Nothing
from app.verbs.verb import PasswordMustChange, require_settled

_BY_PASSWORD = (WrongSignIn, WrongSignInOrCode)


@verb("me.show", route="GET /me", command="me show", reach=Reach.OWN)
def show_me(call: Call, _wish: Nothing) -> own_schemas.Me:
    """Who I am and what I may do."""
    office = call.session.get(Office, call.actor.office_id)
    assert office is not None, "every person has an office"
    return own_schemas.Me.of(call.actor, office, territory(call.actor, day_of(call.now)))


@verb("me.tokens", route="GET /me/tokens", reach=Reach.OWN)
def my_tokens(call: Call, _wish: Nothing) -> Items[own_schemas.TokenShown]:
    """My valid tokens, the newest first; never their secrets."""
    found = service.list_tokens(call.session, call.actor, now=call.now)
    return Items(items=[own_schemas.TokenShown.model_validate(token) for token in found])


@verb(
    "me.token",
    opens=Opens.OWN,
    errors=(UserInactive, *_BY_PASSWORD, TokensMakeNoTokens),
    route="POST /me/tokens",
    status=201,
    reach=Reach.OWN,
    by_password=True,
)
def issue_my_token(call: Call, wish: own_schemas.NewToken) -> own_schemas.TokenIssued:
    """A token for myself, shown this once: signed in, or by login and password; by a token none is made."""
    with _signed_in(call, wish.login, wish.password, wish.code) as actor:
        require_settled(actor)

        def issue(call: Call) -> str:
            return service.issue_token(call.session, actor, now=call.now, label=wish.label, days=wish.days)

        secret = call.writing(issue)
    return own_schemas.TokenIssued(token=secret)


@contextmanager
def _signed_in(call: Call, login: str, password: str, code: str) -> Iterator[Actor]:
    """Who is signed in, or signs in by login, password and code for as long as this lasts. Raises WrongSignIn, TooMany."""
    if not login:
        if not isinstance(call.caller, Actor):
            raise Unauthenticated
        yield call.caller
        return
    secret, asks_codes = (
        sessions.sign_in(call.house, sessions.Attempt(login, password, code=code)),
        call.house.asks_codes,
    )
    with call.reading() as read:
        signed = sessions.find_signed(read.session, secret, now=call.house.clock.now(), asks_codes=asks_codes)
    if signed is None:
        raise sessions.wrong_sign_in(call.house)
    try:
        yield signed.actor
    finally:
        call.writing(lambda call: sessions.sign_out(call.session, signed.actor, signed.session_id, now=call.now))


@verb("me.revoke_tokens", opens=Opens.WRITE, route="DELETE /me/tokens", command="me revoke-tokens", reach=Reach.OWN)
def revoke_my_tokens(call: Call, _wish: Nothing) -> own_schemas.Revoked:
    """End all my tokens, the one in use too."""
    revoked = service.revoke_tokens(call.session, call.actor, now=call.now)
    return own_schemas.Revoked(tokens=revoked)


@verb(
    "me.password",
    opens=Opens.OWN,
    errors=(WrongPassword, *_BY_PASSWORD, SamePassword, WeakPassword, CommonPassword),
    route="PUT /me/password",
    reach=Reach.OWN,
    by_password=True,
    first=True,
)
def set_my_password(call: Call, wish: own_schemas.OwnPassword) -> own_schemas.PasswordChanged:
    """Set my password, knowing the old one; I am signed out elsewhere, and my tokens end. Until then one set by another
    opens nothing."""
    with _signed_in(call, wish.login, wish.old, wish.code) as actor:
        return _set_own_password(call, actor, wish)


def _set_own_password(call: Call, actor: Actor, wish: own_schemas.OwnPassword) -> own_schemas.PasswordChanged:
    old = _own_password(call, actor, None if wish.login else wish.old)
    if wish.new == wish.old:
        raise SamePassword
    new = hash_password(wish.new, actor.login, actor.name)

    def settle(call: Call) -> own_schemas.PasswordChanged:
        closed = service.change_own_password(call.session, old, new, keep=wish.keep, actor=actor, now=call.now)
        return own_schemas.PasswordChanged(sessions=closed.sessions, tokens=closed.tokens)

    return call.writing(settle)


def _own_password(call: Call, actor: Actor, told: str | None) -> str:
    """What is stored of the password told, None where a sign-in has just proved it. Raises WrongPassword, TooMany."""
    with call.reading() as read:
        stored = get_user(read.session, actor.login).password_hash
    if told is None:
        return stored
    with call.house.one(Waits).trying([Held(("password", actor.login), sessions.FAILURES_HERE)], WrongPassword):
        if not password_fits(stored, told):
            raise WrongPassword
    return stored


_ENROLS = (*_BY_PASSWORD, WrongCode, SecondFactorOff, TokensSetNoSecondFactor)


@verb(
    "me.second_factor",
    opens=Opens.OWN,
    errors=_ENROLS,
    route="POST /me/second-factor",
    status=201,
    reach=Reach.OWN,
    by_password=True,
    first=True,
)
def offer_second_factor(call: Call, wish: own_schemas.FactorWanted) -> own_schemas.FactorOffered:
    """A new secret for my authenticator, shown this once; it holds once a code of it is shown, what I have until then."""
    on_device = call.house.clock.of_devices()
    with _enrolling(call, wish) as actor:
        if not wish.login:
            with _guessing(call, actor):
                call.writing(lambda call: second_factor.show_code(call.session, actor, wish.code, on_device=on_device))
        secret = call.writing(lambda call: second_factor.offer(call.session, actor, now=call.now))
    return own_schemas.FactorOffered.of(secret, actor.login)


@verb(
    "me.second_factor_confirm",
    opens=Opens.OWN,
    errors=(*_ENROLS, SecondFactorNotBegun),
    route="POST /me/second-factor/confirm",
    reach=Reach.OWN,
    by_password=True,
    first=True,
)
def confirm_second_factor(call: Call, wish: own_schemas.FactorConfirmed) -> own_schemas.Ended:
    """Have the new secret hold, by a code of it; I am signed out elsewhere."""
    with _enrolling(call, wish) as actor, _guessing(call, actor):

        def settle(call: Call) -> own_schemas.Ended:
            on_device = call.house.clock.of_devices()
            second_factor.confirm(call.session, actor, wish.new_code, keep=wish.keep, now=call.now, on_device=on_device)
            return own_schemas.Ended(sessions=sessions.end_others(call.session, actor, keep=wish.keep, now=call.now))

        return call.writing(settle)


@contextmanager
def _enrolling(call: Call, wish: own_schemas.FactorWanted) -> Iterator[Actor]:
    """Who sets up a second factor: never by a token, and not by a password that another knows."""
    if not call.house.asks_codes:
        raise SecondFactorOff
    with _signed_in(call, wish.login, wish.password, wish.code) as actor:
        if actor.by_token:
            raise TokensSetNoSecondFactor
        if actor.must_change_password:
            raise PasswordMustChange
        yield actor


def _guessing(call: Call, actor: Actor) -> AbstractContextManager[None]:
    """Codes of one's own second factor, tried as passwords are. Raises TooMany."""
    return call.house.one(Waits).trying([Held(("code", actor.login), sessions.FAILURES_HERE)], WrongCode)


@verb(
    "me.language",
    opens=Opens.WRITE,
    route="PUT /me/language",
    command="me language {language}",
    reach=Reach.OWN,
    first=True,
)
def set_my_language(call: Call, wish: own_schemas.Spoken) -> own_schemas.Spoken:
    """The language of my screens and answers: zh or en."""
    sessions.set_language(call.session, call.actor, wish.language)
    return wish


@verb("me.sessions", route="GET /me/sessions", reach=Reach.OWN)
def my_sessions(call: Call, _wish: Nothing) -> Items[own_schemas.SessionShown]:
    """The browsers I am signed in at, the newest first."""
    found = sessions.list_sessions(call.session, call.actor, now=call.now)
    return Items(items=[own_schemas.SessionShown.model_validate(one) for one in found])


@verb(
    "me.end_session",
    opens=Opens.WRITE,
    errors=(SessionNotFound, WrongState),
    route="DELETE /me/sessions/{session_id}",
    command="me end-session {session_id:session}",
    reach=Reach.OWN,
)
def end_session(call: Call, wish: own_schemas.SessionWanted) -> Done:
    """Sign me out at one browser."""
    sessions.end_session(call.session, call.actor, wish.session_id, now=call.now)
    return Done()


@verb("me.end_other_sessions", opens=Opens.WRITE, route="DELETE /me/sessions", reach=Reach.OWN)
def end_other_sessions(call: Call, wish: own_schemas.OtherSessions) -> own_schemas.Ended:
    """Sign me out at all browsers but the one to keep."""
    return own_schemas.Ended(sessions=sessions.end_others(call.session, call.actor, keep=wish.keep, now=call.now))


@verb("me.sign_out", opens=Opens.WRITE, reach=Reach.OWN, first=True)
def sign_out(call: Call, wish: own_schemas.SessionWanted) -> Done:
    """Leave by the browser I am at."""
    sessions.sign_out(call.session, call.actor, wish.session_id, now=call.now)
    return Done()
