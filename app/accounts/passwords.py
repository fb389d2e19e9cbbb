"""Passwords: argon2id, and what a password must be (confidentiality.md §3)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.core.errors import Invalid

MIN_LENGTH = 10
MIN_CLASSES = 3

_hasher = PasswordHasher()


class WeakPassword(Invalid):
    code = "weak_password"


def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises WeakPassword."""
    classes = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
    held = sum(any(test(character) for character in password) for test in classes)
    if len(password) < MIN_LENGTH or held < MIN_CLASSES:
        raise WeakPassword(f"a password has at least {MIN_LENGTH} characters of {MIN_CLASSES} classes")
    return _hasher.hash(password)


def password_fits(stored: str, password: str) -> bool:
    """Whether a password is the one stored; an account without one fits nothing."""
    try:
        return bool(stored) and _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
