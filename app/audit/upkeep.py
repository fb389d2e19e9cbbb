"""When the rows themselves have to change: a migration, seals made anew, a table vouched for from now on.

What changes without saying so is proven before and vouched for after within one transaction, so that nobody writes in
between; seals say what they write, a page at a time. What the log did not bear out before is left as it is, and goes on
being named. Begin and end are entries, so that a process that dies in between is taken up where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.proof import Comparison, known_layouts, prove, vouched_layouts, walked
from app.audit.queries import EntryAltered, payload_of
from app.audit.sayings import Sayings
from app.audit.service import AUDIT, hold_chain, record_event
from app.audit.tags import Tag
from app.core.db import Database
from app.core.dialect import altering
from app.core.rows import Key, Layout
from app.core.types import current_keys
from app.core.vouched import settle, touch
from app.models import AuditEvent, AuditRows, ChainHead, metadata

OF_ROWS = ("altered", "missing", "extra")
"""Differences that are of a row itself, and not of a file or a program beside it."""

Rows = frozenset[tuple[str, Key]]
"""Rows, by table and key."""


@dataclass(frozen=True)
class Upkeep:
    """One piece of work on the rows. `left_out` are not what the log says, and not vouched for anew."""

    database: Database
    actor: str
    now: datetime
    left_out: Rows = frozenset()
    damaged: tuple[str, ...] = ()
    """Kept files that did not open, and stayed as they are."""
    unread: tuple[int, ...] = ()
    """Entries about such work that were altered: whatever they said, it broke off."""

    def touch(self, session: Session, layout: Layout, keys: Iterable[Key]) -> None:
        """Vouch for rows that were written, but for those that differed before."""
        touch(session, metadata.tables[layout.table], self._fit(layout, keys))

    def _fit(self, layout: Layout, keys: Iterable[Key]) -> list[Key]:
        return [key for key in keys if (layout.table, key) not in self.left_out]

    def finish(self) -> None:
        """The work is over: whatever is not as the log says from now on was altered."""
        with self.database.write() as session:
            self._log(session, phase="end", seals=current_keys().current, tables=_tables_wanted())

    def _begin(self, session: Session) -> None:
        differ = [
            [table, *(repr(cell) if isinstance(cell, bytes) else cell for cell in key)] for table, key in self.left_out
        ]
        self._log(session, phase="begin", differ=sorted(differ, key=str))

    def _vouch(self, session: Session) -> None:
        """Say of every row that the log does not say as it is now what it is."""
        for layout, keys in _outdated(session):
            if part := self._fit(layout, keys):
                self._log(session, phase="rows", table=layout.table, rows=len(part))
                self.touch(session, layout, part)
                settle(session)
        self._log(session, phase="vouched", tables=_tables_wanted())

    def _log(self, session: Session, **payload: Any) -> None:
        record_event(session, Tag.ROWS_VOUCH, actor=self.actor, at=self.now, payload=payload)


Change = Callable[[Connection], None]
"""What writes rows and says nothing of it: a migration."""


def begin(database: Database, *, actor: str, now: datetime, change: Change | None = None) -> Upkeep:
    """Begin, or take up what broke off: what differs now is written down, and nothing of it vouched for.

    With a `change`, or where tables are vouched for otherwise than before, the rows are as the log says when this returns;
    what is killed meanwhile was never begun.
    """
    work = Upkeep(database, actor, now)
    if change is not None or _tables_lag(database):
        return _changed(work, change or (lambda _connection: None))
    with database.read() as session:
        work = _informed(work, session)
    with database.write() as session:
        work._begin(session)
    return work


def _changed(work: Upkeep, change: Change) -> Upkeep:
    """Prove, change, vouch, all in one transaction: between two of them an alteration would pass for the change."""
    with altering(work.database.engine.execution_options(minglu_write=True)) as connection:
        with Session(connection) as before:
            if _has(before, ChainHead):
                hold_chain(before)
            if _has(before, AuditRows):
                work = _informed(work, before)
        change(connection)
        with Session(connection) as after:
            work._begin(after)
            work._vouch(after)
            after.commit()
    return work


def _informed(work: Upkeep, session: Session) -> Upkeep:
    """The work, and what is known from before."""
    broken_off = list(takewhile(lambda found: found["phase"] != "end", _payloads(session)))
    before = {(table, tuple(key)) for found in broken_off for table, *key in found.get("differ", ())}
    unread = tuple(found["seq"] for found in broken_off if found["phase"] == "altered")
    return replace(work, left_out=_differing(session) | before, unread=unread)


def is_due(database: Database) -> bool:
    """Whether rows wait: work broke off, a table or column is vouched for that was not, seals are of an earlier key."""
    with database.read() as session:
        last = next(_payloads(session), None)
    if last is None or last["phase"] != "end":
        return True
    return (last["tables"], last["seals"]) != (_tables_wanted(), current_keys().current)


def were_bound(session: Session) -> bool:
    """Whether such work came to its end since seals are bound to their place: from then on no other seal is taken."""
    return any(found["phase"] == "end" for found in _payloads(session))


def _tables_wanted() -> dict[str, str]:
    """How tables are vouched for now."""
    return {layout.table: layout.id.hex() for layout in vouched_layouts()}


def _tables_lag(database: Database) -> bool:
    with database.read() as session:
        return _tables_vouched(session) != _tables_wanted()


def _tables_vouched(session: Session) -> dict[str, str] | None:
    """How every table was vouched for when all of its rows were; None before that was ever so."""
    return next((found["tables"] for found in _payloads(session) if "tables" in found), None)


def _payloads(session: Session) -> Iterator[dict[str, Any]]:
    """What was written down of such work, the newest first. One that was destroyed was work done, on all tables; one that
    was altered tells nothing but that something broke off."""
    numbers = select(col(AuditEvent.seq)).where(col(AuditEvent.event) == str(Tag.ROWS_VOUCH))
    for seq in session.execute(numbers.order_by(col(AuditEvent.seq).desc())).scalars():
        try:
            yield payload_of(session, seq) or {"phase": "end", "tables": {}, "seals": 0}
        except (EntryAltered, InvalidTag, ValueError):
            yield {"phase": "altered", "seq": seq}


def _differing(session: Session) -> Rows:
    """Every row that is not as the log says, read by the columns that the database has by now.

    A row of which nothing was ever said is one of them where all of its table's rows were once vouched for.
    """
    vouched, there = _tables_vouched(session), inspect(session.connection())
    ever: dict[str, set[str]] = {}
    for layout in known_layouts(session).values():
        ever.setdefault(layout.table, set()).update(layout.columns)
    layouts = [
        replace(layout, columns=tuple(name for name in columns if name in ever[layout.table]))
        for layout in vouched_layouts()
        if there.has_table(layout.table) and (columns := [one["name"] for one in there.get_columns(layout.table)])
    ]
    found = (one for one in prove(session, every=True, layouts=layouts).differences if one.what in OF_ROWS)
    return frozenset((one.table, one.key) for one in found if one.what != "extra" or _is_old(one.table, vouched))


def _is_old(table: str, vouched: dict[str, str] | None) -> bool:
    return vouched is not None and (not vouched or table in vouched)


def _outdated(session: Session) -> Iterator[tuple[Layout, list[Key]]]:
    """Rows that the log does not say, or says otherwise, or by an earlier layout: a page at a time."""
    with (
        TemporaryDirectory(prefix="minglu-rows-") as folder,
        Sayings(Path(folder) / "sayings", known_layouts(session)) as sayings,
    ):
        walked(session, AUDIT, sayings)
        comparison = Comparison(session, sayings, vouched_layouts())
        for layout in vouched_layouts():
            for keys in comparison.outdated(layout):
                yield layout, keys


def _has(session: Session, model: type[Any]) -> bool:
    return inspect(session.connection()).has_table(str(model.__tablename__))
