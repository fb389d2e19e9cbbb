"""The access log, written behind the answers: reading never waits for the register's writer.

Entries gather in memory and go to the access chain in batches, by a thread of their own and at the end.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.audit.service import ACCESS, Entry, append
from app.audit.tags import Tag
from app.core.address import address
from app.core.away import of_access_log
from app.core.db import Database
from app.core.dialect import storable

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two batches: what a killed process can lose at most."""
PART = 2000
"""Entries in one transaction, well under half a second of the writer."""


MOST_REFUSED = 1000
"""Refusals of different callers between two batches; more are an attack that the first of them tell of."""


def _addressed(entry: Entry) -> Entry:
    return replace(entry, payload={**entry.payload, "address": address()}) if address() else entry


class AccessLog:
    """Takes entries at once and writes them soon. Use as a context, or `start` and `close`."""

    def __init__(self, database: Database, *, every: float = EVERY) -> None:
        self._database, self._every = database, every
        self._waiting: list[Entry] = []
        self._refused: dict[tuple[str, ...], dict[str, Any]] = {}
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)

    def start(self) -> AccessLog:
        self._thread.start()
        return self

    def note(self, entry: Entry) -> None:
        """Take an entry, with the address of whoever calls."""
        with self._lock:
            self._waiting.append(_addressed(entry))

    def refused(self, who: str, what: str, code: str, *, at: datetime) -> None:
        """Somebody was not let in, or may not. The same again before the next batch is counted in the one entry, so
        that whoever tries without end fills no disk."""
        # what a request says of itself may hold anything, and one entry that is refused would hold up all behind it
        who, what = storable(who)[:64], storable(what)[:128]
        key = (address(), who, code, what)
        with self._lock:
            if key in self._refused:
                self._refused[key]["times"] += 1
            elif len(self._refused) < MOST_REFUSED:
                told = self._refused[key] = {"code": code, "times": 1, "address": address()}
                self._waiting.append(Entry(Tag.REFUSED, who, at, what, payload=told))

    def flush(self) -> int:
        """Write all that waits; returns how many. What cannot be written goes on waiting, in order."""
        with self._flushing:
            written = 0
            while part := self._take():
                try:
                    with self._database.write() as session:
                        append(session, ACCESS, part)
                except BaseException:  # the driver's own errors too: bulk inserts go round SQLAlchemy
                    self._put_back(part)
                    raise
                written += len(part)
            return written

    def close(self) -> None:
        """Stop the thread and write the rest."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def __enter__(self) -> AccessLog:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> list[Entry]:
        with self._lock:
            part, self._waiting = self._waiting[:PART], self._waiting[PART:]
            self._refused.clear()
            return part

    def _put_back(self, part: list[Entry]) -> None:
        with self._lock:
            self._waiting = part + self._waiting

    def _run(self) -> None:
        outage = of_access_log()
        while not self._stop.wait(outage.wait(self._every)):
            try:
                if self.flush():
                    outage.over()
            except Exception as fault:
                if outage.met(fault) is None:
                    log.exception("the access log could not be written; it is kept and tried again")
