"""What a verb is given beside its wish: the house it works in, and who calls, when and in which language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from app.audit.units import Units
from app.core.actor import Actor, Caller, Client
from app.core.clock import Clock, day_of
from app.core.db import Database
from app.core.turns import Own
from app.verbs.seen import units_in

T = TypeVar("T")


@dataclass
class Seen:
    """What the verb that runs says of units it shows, held back until its answer is known; `told`: it, or one within it,
    said something. `open` are entries that do not say which units."""

    entries: list[Entry] = field(default_factory=list)
    open: list[Entry] = field(default_factory=list)
    told: bool = False

    def say(self, entry: Entry, *, of_all: bool) -> None:
        (self.open if of_all else self.entries).append(entry)
        self.told = True

    def complete(self, answer: Any) -> None:
        """Let entries that do not say which units be about those that the answer names."""
        units = Units.of(units_in(answer)) if self.open else None
        self.entries += [replace(entry, units=units) for entry in self.open]
        self.open.clear()


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


@contextmanager
def seeing(call: Call) -> Iterator[Seen]:
    """What is said within the block of units that are shown goes to the access log at its end, however it ends."""
    outer, own = _seen.get(), Seen()
    token = _seen.set(own)
    try:
        yield own
    finally:
        _seen.reset(token)
        for entry in (*own.entries, *own.open):
            call.house.access.note(entry)
        if outer is not None:
            outer.told |= own.told


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

    def saw(
        self,
        tag: Tag,
        subject: str = "",
        payload: Mapping[str, Any] | None = None,
        *,
        units: Iterable[int] | None = None,
    ) -> None:
        """Note in the access log that unit records were looked at or taken out; written behind the answer.

        `units` are those; where they are not said, they are those of the verb's answer (`app.verbs.seen`).
        """
        packed = None if units is None else Units.of(units)
        entry = Entry(tag, self.caller_name, self.now, subject, payload=payload or {}, units=packed)
        seen = _seen.get()
        if seen is None:
            self.house.access.note(entry)
        else:
            seen.say(entry, of_all=units is None)

    @contextmanager
    def reading(self) -> Iterator[Call]:
        """The same call within a snapshot of its own, for verbs that open their own."""
        with self.house.database.read() as session:
            yield replace(self, opened=session)

    def writing(self, do: Callable[[Call], T]) -> T:
        """Do something in a transaction of its own, for verbs that open their own; lost races are begun anew."""
        return self.house.writing(lambda session: do(replace(self, opened=session, now=self.house.clock.now())))
