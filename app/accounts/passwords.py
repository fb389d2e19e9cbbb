"""Passwords: argon2id, and what a password must be (confidentiality.md §3)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.accounts.errors import WeakPassword

MIN_LENGTH = 10
MIN_CLASSES = 3

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises WeakPassword."""
    held = len({_kind(character) for character in password})
    if len(password) < MIN_LENGTH or held < MIN_CLASSES:
        raise WeakPassword(length=MIN_LENGTH, classes=MIN_CLASSES)
    return _hasher.hash(password)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper() or character.islower():
        return "upper" if character.isupper() else "lower"
    return "other"


def password_fits(stored: str, password: str) -> bool:
    """Whether a password is the one stored; an account without one fits nothing."""
    try:
        return bool(stored) and _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
