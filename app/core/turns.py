"""Work in short transactions, each whole, so that nobody waits for the writer longer than one of them takes.

Half a second of the writer is the most (DESIGN.md, promise 12). What is larger comes in parts: how far it is stands in
the same transaction as what was done, and what has to appear at once is shown by one last short change of state.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.dialect import analyse, is_lost_race

T = TypeVar("T")

TRIES = 4
"""How often a transaction is begun anew where the database gave it up only because another ran beside it."""


class Turns(Protocol):
    """Where work takes its turns at the database."""

    def write(self, do: Callable[[Session], T]) -> T:
        """Do something in one transaction of its own."""

    def read(self, do: Callable[[Session], T]) -> T:
        """Read something in one snapshot, which no writer waits for."""


_guard, _writing = threading.Lock(), [0]


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected while a turn is taken: over the millions of objects of a large file that takes longer than
    the turn itself, and all who wait for the writer would wait for it."""
    with _guard:
        _writing[0] += 1
        gc.disable()
    try:
        yield
    finally:
        with _guard:
            _writing[0] -= 1
            if not _writing[0]:
                gc.enable()


def keep_statistics(turns: Turns, *tables: Table) -> None:
    """Let the planner know how large the tables have become, as soon as a bulk went in: what it believed of an empty
    table made statements over a file grow with the square of its rows."""
    for table in tables:
        turns.write(partial(analyse, table))


SHORT, LONG = 0.1, 0.25
"""Seconds of the writer: what is short grows, what is long gets smaller."""


class Own:
    """Turns at a database, each a transaction that is begun anew where it lost a race."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, do: Callable[[Session], T]) -> T:
        for attempt in range(1, TRIES):
            try:
                return self._write(do)
            except Exception as fault:
                if not is_lost_race(fault):
                    raise
            time.sleep(0.02 * attempt)
        return self._write(do)

    def _write(self, do: Callable[[Session], T]) -> T:
        with _uncollected(), self._database.write() as session:
            return do(session)

    def read(self, do: Callable[[Session], T]) -> T:
        with self._database.read() as session:
            found = do(session)
            session.expunge_all()  # what was read can be used behind the snapshot
            return found


@dataclass
class Pace:
    """How many things one turn does: more while turns are short, fewer where the machine has other work, so that nobody waits
    for the writer longer than a quarter of a second and little time goes into turns themselves."""

    size: int
    most: int

    def note(self, seconds: float) -> None:
        """What the last turn took."""
        if seconds < SHORT:
            self.size = min(2 * self.size, self.most)
        elif seconds > LONG:
            self.size = max(self.size // 2, 1)


def until_done(turns: Turns, do: Callable[[Session], bool]) -> None:
    """Take turns until `do` says that nothing is left."""
    while not turns.write(do):
        pass


def ranges(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    """The numbers from `first` to `last` in ranges of at most `size`, both ends included."""
    for low in range(first, last + 1, size):
        yield low, min(low + size - 1, last)


def within(column: Any, part: tuple[int, int]) -> Any:
    """The condition that a number lies in one of these ranges."""
    return column.between(*part)
