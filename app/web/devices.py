"""Browsers that people have signed in at: a mark of its own for each, which says whose it is and nothing more.

Who signs in at such a browser waits for his own failures alone, not for those of others who try his login elsewhere.
"""

from __future__ import annotations

import secrets

import jwt
from fastapi import Request, Response

from app.core.crypto import Keys
from app.http.deps import get_database

COOKIE = "minglu_device"
YEAR = 31536000
PEOPLE = 8
"""Of those who share a browser, so many of the last are known there."""


def device_of(request: Request, login: str) -> str:
    """The mark of a browser where this person signed in before; nothing at any other."""
    mark, logins = _read(request)
    return mark if login in logins else ""


def know_device(request: Request, response: Response, login: str) -> None:
    """From now on this browser is one that the person has signed in at."""
    mark, logins = _read(request)
    known = [login, *(other for other in logins if other != login)][:PEOPLE]
    value = jwt.encode({"d": mark or secrets.token_urlsafe(16), "l": known}, _key(get_database(request).keys), "HS256")
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, value, max_age=YEAR, path="/login", httponly=True, samesite="lax", secure=secure)


def _read(request: Request) -> tuple[str, list[str]]:
    try:
        told = jwt.decode(request.cookies.get(COOKIE, ""), _key(get_database(request).keys), algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return "", []
    return str(told["d"]), [str(login) for login in told["l"]]


def _key(keys: Keys) -> bytes:
    return keys.derive("web-device")
