"""Proving the register: rows a second of `audit verify`, its memory, and what being proven costs who writes.

Yardsticks in the same run: a loop that reads the same rows with the bare driver, joins their columns and hashes them (to
reach: half its speed); the same chunk of 500 items applied while nothing is gathered for the log (to reach: a tenth slower).

    python -m benchmarks.proof [--units 100000] [--database URL]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from app.accounts.actor import get_actor
from app.audit.proof import Proof, prove, vouched_layouts
from app.changes import apply, drafting, service
from app.changes.rules import ItemDraft
from app.core import dialect, moves, vouched
from app.core.clock import Clock
from app.core.crypto import load_keys
from app.core.db import Database, open_database
from app.demo.folder import CLOCK
from app.domain.words import Reason
from app.register import sources
from benchmarks.screens import fill, values_of

ITEMS, CHUNKS = 500, 16
HALF, TENTH = 0.5, 1.1


def bare_loop(database: Database) -> int:
    """Every row that is vouched for, read, joined and hashed as simply as can be."""
    count = 0
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        for layout in vouched_layouts():
            cursor = driver.cursor() if database.is_sqlite else driver.cursor(name="bare")
            if not database.is_sqlite:
                cursor.itersize = 4000
            cursor.execute(f'SELECT {", ".join(layout.columns)} FROM "{layout.table}"')
            for row in cursor:
                hashlib.sha256("|".join(map(str, row)).encode()).digest()
                count += 1
            cursor.close()
    return count


def proven(database: Database) -> Proof:
    with database.read() as session:
        return prove(session, every=True)


@contextmanager
def nothing_gathered() -> Iterator[None]:
    """As if the log vouched for no table."""
    with (
        mock.patch.object(vouched, "layout_of", return_value=None),
        mock.patch.object(dialect, "layout_of", return_value=None),
        mock.patch.object(moves, "layout_of", return_value=None),
    ):
        yield


def chunk_seconds(database: Database, clock: Clock, seed: int) -> float:
    """Processor time of the median chunk of a batch of additions."""
    rng = random.Random(seed)
    ground = sources.pack(sources.Origin("census", 1, "2023-12-31"))
    with database.write() as session:
        maintainer, approver = get_actor(session, "maintainer"), get_actor(session, "approver")
        drafts = [ItemDraft(Reason.FOUND_MISSING, clock.today(), values_of(rng), ground) for _ in range(ITEMS * CHUNKS)]
        request = drafting.draft(session, drafts, actor=maintainer, now=clock.now(), title="批", is_batch=True)
        service.submit(session, request.request_id, actor=maintainer, now=clock.now())
        service.approve(session, request.request_id, actor=approver, now=clock.now())
    spent, done = [], False
    while not done:
        began = time.process_time()
        with database.write() as session:
            done = apply.apply_chunk(session, request.request_id, actor="bench", now=clock.now(), size=ITEMS)
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--units", type=int, default=100_000)
    given.add_argument(
        "--database", default="", help="an empty PostgreSQL database; else SQLite in a folder of its own"
    )
    asked = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="minglu-bench-") as folder:
        url = asked.database or f"sqlite:///{folder}/minglu.db"
        database, clock = open_database(url, load_keys(Path(folder) / "keys.json")), Clock(CLOCK)
        fill(database, clock, asked.units, 0)
        _verify(database)
        _cost(database, clock)
        database.engine.dispose()


def _verify(database: Database) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        count = bare_loop(database)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        found = proven(database)
        own = time.perf_counter() - began
        assert found.intact, found.differences[:5]
        assert found.rows == count
        rates.append((bare, own))
    bare, own = (statistics.median(side) for side in zip(*rates, strict=True))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{count} rows: {count / own:,.0f} rows/s, the bare loop {count / bare:,.0f}: ratio {bare / own:.2f} of {HALF}"
    )
    print(f"memory above what filling took: {grown:.0f} MB")


def _cost(database: Database, clock: Clock) -> None:
    with nothing_gathered():
        chunk_seconds(database, clock, 1)
    pairs = []
    for turn in range(3):
        with nothing_gathered():
            bare = chunk_seconds(database, clock, 10 + turn)
        pairs.append((bare, chunk_seconds(database, clock, 20 + turn)))
    bare, own = (min(side) for side in zip(*pairs, strict=True))
    print(f"a chunk of {ITEMS}: {1000 * own:.0f} ms, unproven {1000 * bare:.0f} ms: ratio {own / bare:.2f} of {TENTH}")


if __name__ == "__main__":
    main()
