"""What a verb is given beside its wish: the house it works in, and who calls, when and in which language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from app.audit.access import AccessLog
from app.audit.service import Entry, record_event
from app.audit.tags import Tag
from app.core.actor import Actor, Caller, Client
from app.core.clock import Clock, day_of
from app.core.db import Database
from app.core.turns import Own

T = TypeVar("T")
_seen: ContextVar[list[bool] | None] = ContextVar("seen", default=None)
"""Whether the access log was told within the verb that runs."""


@contextmanager
def seeing() -> Iterator[list[bool]]:
    """Whether the access log is told within the block: empty while it is not."""
    outer, own = _seen.get(), list[bool]()
    token = _seen.set(own)
    try:
        yield own
    finally:
        _seen.reset(token)
        if outer is not None:
            outer += own


def note_seen() -> None:
    seen = _seen.get()
    if seen is not None:
        seen.append(True)


@dataclass(frozen=True)
class House:
    """One opened installation. `kept` holds what lives as long as the process: limits, what was last known.

    `asks_codes`: who approves or administers shows a second factor (`Settings.second_factor`).
    """

    database: Database
    clock: Clock
    access: AccessLog
    files_dir: Path
    kept: dict[Callable[[], Any], Any] = field(default_factory=dict)
    asks_codes: bool = False

    def one(self, make: Callable[[], T]) -> T:
        """The one thing of its kind in this process, made when it is first asked for."""
        if make not in self.kept:
            self.kept.setdefault(make, make())  # of two threads that come first, one thing is kept
        return cast(T, self.kept[make])

    def writing(self, do: Callable[[Session], T]) -> T:
        """Do something in one transaction; begun anew where the database broke a deadlock or a serialisation at its cost."""
        return self.turns.write(do)

    @property
    def turns(self) -> Own:
        """For verbs that work in many short transactions."""
        return Own(self.database)


@dataclass(frozen=True)
class Call:
    """One call of a verb. `opened` is the session its kind asks for; a verb that opens its own has none."""

    house: House
    caller: Caller
    now: datetime
    language: str = "zh"
    opened: Session | None = None

    @property
    def session(self) -> Session:
        assert self.opened is not None, "this verb opens its own transactions"
        return self.opened

    @property
    def actor(self) -> Actor:
        """The person who calls; the permission of a verb for persons was asked before."""
        assert isinstance(self.caller, Actor), "a verb for persons"
        return self.caller

    @property
    def today(self) -> date:
        """The day on which it is called."""
        return day_of(self.now)

    @property
    def caller_name(self) -> str:
        """Who calls, as the logs name them."""
        return f"client:{self.caller.name}"[:64] if isinstance(self.caller, Client) else self.caller.login

    def log(
        self, tag: Tag, subject: str, payload: Mapping[str, Any] | None = None, *, request_id: int | None = None
    ) -> None:
        """Write to the audit chain, in this call's transaction."""
        record_event(
            self.session,
            tag,
            actor=self.caller_name,
            at=self.now,
            subject=subject,
            request_id=request_id,
            payload=payload,
        )

    def saw(self, tag: Tag, subject: str = "", payload: Mapping[str, Any] | None = None) -> None:
        """Note in the access log that unit records were looked at or taken out; written behind the answer."""
        self.house.access.note(Entry(tag, self.caller_name, self.now, subject, payload=payload or {}))
        note_seen()

    @contextmanager
    def reading(self) -> Iterator[Call]:
        """The same call within a snapshot of its own, for verbs that open their own."""
        with self.house.database.read() as session:
            yield replace(self, opened=session)

    def writing(self, do: Callable[[Call], T]) -> T:
        """Do something in a transaction of its own, for verbs that open their own; lost races are begun anew."""
        return self.house.writing(lambda session: do(replace(self, opened=session, now=self.house.clock.now())))
