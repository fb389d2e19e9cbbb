"""Who looks at a page: the cookie, its limits in time, the token that forms carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import jwt
from fastapi import Depends, Request, Response

from app.accounts.sessions import ABSOLUTE, IDLE, Signed, find_signed
from app.core.actor import Actor
from app.core.crypto import Keys, same_secret
from app.core.errors import Forbidden
from app.domain.roles import Permission
from app.http.deps import get_database, get_now
from app.http.house import house_of
from app.web.i18n import speak

COOKIE, LANGUAGE = "minglu_session", "minglu_language"
_REFRESH = 60


class NotSignedIn(Exception):
    """Nobody is signed in, or not any more: the page leads to the sign-in."""


class ForgedForm(Forbidden):
    """The form does not carry this session's token."""

    code = "forged_form"
    zh = "页面已过期，请重新打开后再提交。"
    en = "the page is out of date: open it again and send the form from there"


class OwnPasswordFirst(Exception):
    """Who is signed in has a password that another set: the page leads to where it is changed."""


class SecondFactorNeeded(Exception):
    """Who is signed in has to set up a second factor: the page leads to where that is done."""


SECOND_FACTOR = "/me/second-factor"
OWN_PASSWORD = "/me/own-password"  # noqa: S105 - an address
_ANYHOW = frozenset({"/me/language", "/logout"})
_BEFORE = frozenset({OWN_PASSWORD, "/me/password", *_ANYHOW})
"""What somebody may whose password was set by another."""
_ENROLLING = frozenset({SECOND_FACTOR, f"{SECOND_FACTOR}/confirm", *_ANYHOW})
"""What somebody may of whom a second factor is asked, and who has none."""


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser. `csrf` is what their forms carry."""

    signed: Signed
    secret: str
    csrf: str
    seen_at: datetime

    @property
    def actor(self) -> Actor:
        return self.signed.actor

    def may(self, permission: str) -> bool:
        return self.actor.may(Permission(permission))


def cookie_for(keys: Keys, secret: str, now: datetime) -> str:
    """The session's secret with the moment it was last used, signed: the idle limit needs no write on reading."""
    seen = int(now.replace(tzinfo=UTC).timestamp())
    return jwt.encode({"s": secret, "t": seen}, keys.derive("web-session"), algorithm="HS256")


def csrf_for(keys: Keys, secret: str) -> str:
    return keys.digest(b"csrf:" + secret.encode()).hex()


def set_cookie(request: Request, response: Response, value: str) -> None:
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _claims(request: Request) -> dict[str, Any] | None:
    """What the cookie says; None when there is none, or it was altered."""
    key = get_database(request).keys.derive("web-session")
    try:
        return jwt.decode(request.cookies.get(COOKIE, ""), key, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return None


def secret_of(request: Request) -> str | None:
    """The secret of the session that the cookie is of, be it over or not."""
    claims = _claims(request)
    return str(claims["s"]) if claims else None


def find_visitor(request: Request) -> Visitor | None:
    """Who sent the cookie; None when there is none, it was altered, or its session ended or lay idle."""
    database, now, claims = get_database(request), get_now(request), _claims(request)
    if claims is None:
        return None
    seen_at = datetime.fromtimestamp(claims["t"], UTC).replace(tzinfo=None)
    if now - seen_at > IDLE:
        return None
    with database.read(brief=True) as session:
        signed = find_signed(session, claims["s"], now=now, asks_codes=house_of(request).asks_codes)
    return Visitor(signed, claims["s"], csrf_for(database.keys, claims["s"]), seen_at) if signed else None


def visitor(request: Request) -> Visitor:
    """The visitor of a page. Raises NotSignedIn, OwnPasswordFirst, SecondFactorNeeded."""
    found = visitor_of(request) or find_visitor(request)
    if found is None:
        raise NotSignedIn
    request.state.visitor = found
    if found.actor.must_change_password and request.url.path not in _BEFORE:
        raise OwnPasswordFirst
    if found.actor.must_enrol and not found.actor.must_change_password and request.url.path not in _ENROLLING:
        raise SecondFactorNeeded
    return found


def visitor_of(request: Request) -> Visitor | None:
    """Who was found to look at this page, if anybody."""
    return cast("Visitor | None", getattr(request.state, "visitor", None))


def language_of(request: Request) -> str:
    """The visitor's language; before the sign-in the one chosen there."""
    found = visitor_of(request)
    return found.actor.language if found else request.cookies.get(LANGUAGE, "zh")


def inside(address: str) -> str:
    """Only addresses of our own are gone to."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


async def checked_form(request: Request) -> None:
    """Every form, and every request by script, carries the token of its session. Raises ForgedForm.

    Also says which language is spoken: what a dependency in a thread sets would not reach the page's own thread.
    """
    found = visitor_of(request)
    speak(language_of(request))
    if request.method in {"GET", "HEAD"}:
        return
    sent = request.headers.get("X-CSRF-Token")
    if not sent:
        request.state.form = await request.form()
        sent = str(request.state.form.get("csrf", ""))
    if found is None or not same_secret(sent, found.csrf):
        raise ForgedForm


def refresh_cookie(request: Request, response: Response) -> None:
    """Note that the session was used, once a minute."""
    found = visitor_of(request)
    now = get_now(request)
    if found and (now - found.seen_at).total_seconds() > _REFRESH and "set-cookie" not in response.headers:
        set_cookie(request, response, cookie_for(get_database(request).keys, found.secret, now))


TheVisitor = Annotated[Visitor, Depends(visitor)]
