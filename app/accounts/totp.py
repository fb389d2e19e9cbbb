"""One-time codes that follow the time (RFC 6238), as every authenticator makes them: HMAC-SHA-1, thirty seconds, six digits."""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

SECONDS, DIGITS = 30, 6
SECRET_BYTES = 20
"""As long as the digest, as RFC 4226 asks."""
DRIFT = 1
"""Steps by which a telephone may be slow or fast."""
ISSUER = "Minglu"


def new_secret() -> str:
    """A secret in base32, as people type it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(now: datetime) -> int:
    """The number of the thirty seconds that a moment lies in."""
    return int(now.replace(tzinfo=UTC).timestamp()) // SECONDS


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def step_shown(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The step that a code was made in, if it lies near enough and none so late was used before; else None.

    All are compared, and each in constant time, so that how long it takes says nothing of the code.
    """
    told, present = _plain(code), step_of(now)
    near = range(present - DRIFT, present + DRIFT + 1)
    fitting = [step for step in near if hmac.compare_digest(code_at(secret, step).encode(), told)]
    return max((step for step in fitting if step > after), default=None)


def _plain(code: str) -> bytes:
    """A code as it was meant: people type blanks within it, and digits as wide as a character of Chinese."""
    return "".join(unicodedata.normalize("NFKC", code).split()).encode(errors="replace")


def grouped(secret: str) -> str:
    """A secret as people copy it by hand."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def address_of(secret: str, login: str) -> str:
    """The `otpauth://` address by which an authenticator takes a secret over."""
    told = {"secret": secret, "issuer": ISSUER, "algorithm": "SHA1", "digits": DIGITS, "period": SECONDS}
    return f"otpauth://totp/{ISSUER}:{quote(login, safe='')}?{urlencode(told)}"
