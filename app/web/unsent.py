"""A form that comes after its session ended stands again, as it was typed, once the same person has signed in.

What was typed is kept nowhere on the server. It goes back to the browser that sent it, sealed to the person whose session it was, in
the page that asks for the sign-in; of anybody else who signs in there nothing of it is opened. Nothing is done before another click.
"""

from __future__ import annotations

import base64
import binascii

import orjson
from cryptography.exceptions import InvalidTag
from fastapi import Request
from starlette.types import Receive

from app.core.crypto import Keys, same_secret
from app.core.errors import Unauthenticated
from app.http.deps import get_database
from app.web.again import Again, refused
from app.web.i18n import _
from app.web.visitor import csrf_for, secret_of

MOST = 8 << 10
"""Bytes of a form that is kept so: sealed it still fits into the sign-in."""
_FORMS = "application/x-www-form-urlencoded"


def is_worth_reading(request: Request) -> bool:
    """Whether a form comes with the cookie of a session that was, is small, and no part of a page asks. Nobody else is read."""
    length = request.headers.get("content-length", "")
    small = length.isdecimal() and int(length) <= MOST
    whole = not (request.headers.get("HX-Request") or request.headers.get("X-Part"))
    typed = request.headers.get("content-type", "").partition(";")[0].strip() == _FORMS
    return small and whole and typed and secret_of(request) is not None


async def keep(request: Request, receive: Receive) -> None:
    """Note the form, sealed, where it carries the token of the session that its cookie names."""
    keys, secret = get_database(request).keys, secret_of(request)
    form = await Request(request.scope, receive).form()
    if secret is None or not same_secret(str(form.get("csrf", "")), csrf_for(keys, secret)):
        return
    request.state.form = form
    again = refused(request, Unauthenticated(), "")
    if again.page:
        request.state.unsent = _sealed(keys, again, secret)


def unsent_of(request: Request) -> str:
    """The form that came too late, sealed; empty where there is none."""
    return str(getattr(request.state, "unsent", ""))


def opened(keys: Keys, sealed: str, secret: str) -> Again | None:
    """The form, for the person whose new session this is; None for any other, and where it was altered."""
    try:
        told = orjson.loads(keys.unseal(base64.urlsafe_b64decode(sealed), _place(secret)))
    except (InvalidTag, binascii.Error, ValueError):
        return None
    action, page, typed = told
    return Again(action, page, _("您已重新登录。刚才的表单没有提交；您填写的内容在下面，请核对后再提交。"), typed=typed)


def _sealed(keys: Keys, again: Again, secret: str) -> str:
    told = orjson.dumps([again.action, again.page, again.typed])
    return base64.urlsafe_b64encode(keys.seal(told, _place(secret))).decode()


def _place(secret: str) -> bytes:
    """The person of a session, whose secret begins with his number."""
    return b"unsent:" + secret.partition(".")[0].encode()
