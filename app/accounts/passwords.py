"""Passwords: argon2id, never while the register's writer is held, and what a password must be (confidentiality.md §3)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.accounts.errors import CommonPassword, WeakPassword
from app.core.db import is_writing
from app.core.errors import TooMany

MIN_LENGTH = 10
MIN_CLASSES = 3
MIN_OWN = 5
"""Different characters that must be left where all that others use too is taken out."""

AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
"""Hashings at once: 64 MiB and four threads each."""
WAITING = 8
"""Who waits for a turn holds a thread of the server, so few may."""

Hashed = NewType("Hashed", str)
"""What is stored of a password. Whatever works within a transaction takes this, never the password."""
NO_PASSWORD = Hashed("")
"""Of an account that nobody signs in to."""

_hasher = PasswordHasher()


@contextmanager
def at_little_cost() -> Iterator[None]:
    """Passwords are hashed with the least work within the block: those of the demo, which everybody is told. One that is set
    later costs what others cost."""
    global _hasher
    dear, _hasher = _hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    try:
        yield
    finally:
        _hasher = dear


class Gate:
    """Lets few in at once and few wait."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._turn = threading.BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn, waited for. Raises TooMany where too many wait already."""
        if not self._room.acquire(blocking=False):
            raise TooMany(retry_after=1)
        try:
            with self._turn:
                yield
        finally:
            self._room.release()


_gate = Gate(AT_ONCE, WAITING)


@contextmanager
def _hashing() -> Iterator[None]:
    """A turn at hashing. Raises TooMany, and RuntimeError within a transaction: all who write would wait for it."""
    if is_writing():
        raise RuntimeError("a password is hashed while the writer is held")
    with _gate.turn():
        yield


def hash_password(password: str, *about: str) -> Hashed:
    """The argon2id hash to store. Raises what `check_password` raises, and TooMany where too many are hashed just now."""
    check_password(password, *about)
    with _hashing():
        return Hashed(_hasher.hash(password))


def check_password(password: str, *about: str) -> None:
    """`about` is what everybody knows of its owner: login and name. Raises WeakPassword, CommonPassword."""
    held = len({_kind(character) for character in password})
    if len(password) < MIN_LENGTH or held < MIN_CLASSES:
        raise WeakPassword(length=MIN_LENGTH, classes=MIN_CLASSES)
    if len(set(own_part(password, *about))) < MIN_OWN:
        raise CommonPassword


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper() or character.islower():
        return "upper" if character.isupper() else "lower"
    return "other"


def own_part(password: str, *about: str) -> str:
    """What is left of a password without common words, runs of the keyboard and of the alphabet, years, repetitions,
    and the login and name of its owner; written as usual (P@ssw0rd) or not."""
    plain = _YEAR.sub("", password.lower())
    ways = (_without(text, about) for text in (plain, plain.translate(_AS_LETTERS)))
    return min(ways, key=lambda left: len(set(left)))


def _without(text: str, about: tuple[str, ...]) -> str:
    for word in sorted({part.lower() for part in about if len(part) > 1}, key=len, reverse=True):
        text = text.replace(word, "").replace(word[::-1], "")
    for word in _common():
        text = text.replace(word, "")
    return _REPEATED.sub(r"\1", _without_runs(text))


def _without_runs(text: str) -> str:
    """A text without stretches of four and more that lie side by side on a keyboard or in the alphabet."""
    left, at = [], 0
    while at < len(text):
        run = next((size for size in range(len(text) - at, 3, -1) if text[at : at + size] in _runs()), 0)
        left += [] if run else [text[at]]
        at += run or 1
    return "".join(left)


_AS_LETTERS = str.maketrans("@4301!5$7", "aaeoiisst")
_REPEATED = re.compile(r"(.+?)\1+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "!@#$%^&*()", "1qaz2wsx3edc")


@lru_cache
def _runs() -> frozenset[str]:
    ways = [way for row in _ROWS for way in (row, row[::-1])]
    return frozenset(way[a:b] for way in ways for a in range(len(way)) for b in range(a + 4, len(way) + 1))


@lru_cache
def _common() -> tuple[str, ...]:
    """The words that stand in most lists of stolen passwords, the longest first."""
    words = files("app.accounts").joinpath("common_words.txt").read_text("utf-8").split()
    return tuple(sorted(set(words), key=lambda word: (-len(word), word)))


def password_fits(stored: str, password: str) -> bool:
    """Whether a password is the one stored. Where none is stored nothing fits, and it takes as long to say so.

    Raises TooMany where too many are hashed just now.
    """
    with _hashing():
        try:
            return _hasher.verify(stored or _nobodys(), password) and bool(stored)
        except (Argon2Error, InvalidHashError):
            return False


@lru_cache
def _nobodys() -> str:
    return _hasher.hash(os.urandom(16).hex())
