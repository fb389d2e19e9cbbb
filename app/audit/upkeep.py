"""When the rows themselves have to change: a migration, seals made anew, a table vouched for from now on.

What the log bears out before is vouched for again after; what it does not is left as it is, and goes on being named.
Begin and end are entries, so that a process that dies in between is taken up where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.proof import Comparison, known_layouts, prove, vouched_layouts, walked
from app.audit.queries import payload_of
from app.audit.sayings import Sayings
from app.audit.service import AUDIT, record_event
from app.audit.tags import Tag
from app.core.db import Database
from app.core.rows import Key, Layout
from app.core.types import current_keys
from app.core.vouched import touch
from app.models import AuditEvent, AuditRows, metadata

OF_ROWS = ("altered", "missing", "extra")
"""Differences that are of a row itself, and not of a file or a program beside it."""

CHUNK = 2000
"""Rows vouched for in one transaction, well under half a second of the writer."""


@dataclass(frozen=True)
class Upkeep:
    """One piece of work on the rows. `left_out` differed before it began, and is not vouched for anew."""

    database: Database
    actor: str
    now: datetime
    left_out: frozenset[tuple[str, Key]]
    damaged: tuple[str, ...] = ()
    """Kept files that did not open, and stayed as they are."""

    def touch(self, session: Session, layout: Layout, keys: Iterable[Key]) -> None:
        """Vouch for rows that were written, but for those that differed before."""
        table = metadata.tables[layout.table]
        touch(session, table, [key for key in keys if (layout.table, key) not in self.left_out])

    def finish(self) -> int:
        """Vouch for every row that the log does not say as it is now; returns how many. Then the work is over."""
        count = sum(self._vouch(layout, keys) for layout, keys in self._outdated())
        with self.database.write() as session:
            _log(session, self.actor, self.now, {"phase": "end", "rows": count, **_wanted()})
        return count

    def _vouch(self, layout: Layout, keys: list[Key]) -> int:
        count = 0
        for start in range(0, len(keys), CHUNK):
            part = [key for key in keys[start : start + CHUNK] if (layout.table, key) not in self.left_out]
            if part:
                with self.database.write() as session:
                    _log(session, self.actor, self.now, {"phase": "rows", "table": layout.table, "rows": len(part)})
                    self.touch(session, layout, part)
                count += len(part)
        return count

    def _outdated(self) -> Iterator[tuple[Layout, list[Key]]]:
        """One snapshot is read while the chunks are written beside it."""
        with (
            self.database.read() as session,
            TemporaryDirectory(prefix="minglu-rows-") as folder,
            Sayings(Path(folder) / "sayings", known_layouts(session)) as sayings,
        ):
            walked(session, AUDIT, sayings)
            comparison = Comparison(session, sayings, vouched_layouts())
            for layout in vouched_layouts():
                for keys in comparison.outdated(layout):
                    yield layout, keys


def is_due(database: Database) -> bool:
    """Whether rows wait: work broke off, a table or column is vouched for that was not, seals are of an earlier key."""
    with database.read() as session:
        last = _last(session)
    return last is None or last["phase"] != "end" or {name: last[name] for name in _wanted()} != _wanted()


def were_bound(session: Session) -> bool:
    """Whether such work came to its end since seals are bound to their place: from then on no other seal is taken."""
    return any(found["phase"] == "end" for found in _payloads(session))


def begin(database: Database, *, actor: str, now: datetime) -> Upkeep:
    """Begin, or take up what broke off: what differs now is written down before anything changes."""
    with database.read() as session:
        can_say = inspect(session.connection()).has_table(AuditRows.__tablename__)
        last = _last(session) if can_say else None
        if last is not None and last["phase"] != "end":
            return _taken_up(database, session, actor, now)
        differ = [] if last is None else _differing(session, last["tables"])
    if can_say:
        with database.write() as session:
            _log(session, actor, now, {"phase": "begin", "differ": differ})
    return Upkeep(database, actor, now, _left_out(differ))


def _taken_up(database: Database, session: Session, actor: str, now: datetime) -> Upkeep:
    begun = next(found for found in _payloads(session) if found["phase"] == "begin")
    return Upkeep(database, actor, now, _left_out(begun["differ"]))


def _left_out(differ: Iterable[list[Any]]) -> frozenset[tuple[str, Key]]:
    return frozenset((table, tuple(key)) for table, *key in differ)


def _wanted() -> dict[str, Any]:
    """What holds when such work is over: how tables are vouched for, and the number of the key that seals."""
    return {"tables": {layout.table: layout.id.hex() for layout in vouched_layouts()}, "seals": current_keys().current}


def _last(session: Session) -> dict[str, Any] | None:
    return next(_payloads(session), None)


def _payloads(session: Session) -> Iterator[dict[str, Any]]:
    """What was written down of such work, the newest first. One that was destroyed was work done, on all tables."""
    numbers = select(col(AuditEvent.seq)).where(col(AuditEvent.event) == str(Tag.ROWS_VOUCH))
    for seq in session.execute(numbers.order_by(col(AuditEvent.seq).desc())).scalars():
        yield payload_of(session, seq) or {"phase": "end", "tables": {}, "seals": 0}


def _differing(session: Session, tables: Mapping[str, str]) -> list[list[Any]]:
    """Table and key of every row that differs, read by the columns that the database has by now.

    `tables` are those that were vouched for when such work last ended; of rows of others nothing can be said yet.
    """
    there = inspect(session.connection())
    ever: dict[str, set[str]] = {}
    for layout in known_layouts(session).values():
        ever.setdefault(layout.table, set()).update(layout.columns)
    layouts = [
        replace(layout, columns=tuple(name for name in columns if name in ever[layout.table]))
        for layout in vouched_layouts()
        if layout.table in (tables or [layout.table])
        if there.has_table(layout.table) and (columns := [one["name"] for one in there.get_columns(layout.table)])
    ]
    found = prove(session, every=True, layouts=layouts).differences
    return [[one.table, *one.key] for one in found if one.what in OF_ROWS]


def _log(session: Session, actor: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, Tag.ROWS_VOUCH, actor=actor, at=now, payload=payload)
