"""An approved batch on its way to units: applying it, beside a raw insert of the very rows that it ends in.

The batch goes through the verbs and the worker as any does, in chunks, each guarded and vouched for. The yardstick puts the
rows of every table that grew meanwhile (units, versions, identifiers, relations, feed, log) into a database of the same
schema, indexes and durability, by `executemany` (SQLite) or `COPY` (PostgreSQL), in transactions of 10 000 rows. To reach,
of the whole way from the file (F4): three times as long, 2 000 units a second. The cost of a unit may grow from the
smallest size to the largest by less than 1.3 (F9).

    python -m benchmarks.applied [--units 100000,300000,1000000] [--db sqlite|postgres|both]
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from app.accounts.actor import get_actor
from app.changes import drafting, judging, service
from app.changes.rules import ItemDraft
from app.codelists.service import load_shipped, load_standard_policies
from app.core import schema
from app.core.clock import Clock
from app.core.crypto import load_keys
from app.core.db import Database, open_database
from app.demo import people
from app.demo.build import house_of_demo
from app.demo.folder import CLOCK
from app.domain.words import Reason
from app.models.base import metadata
from app.register import sources
from app.worker import run_all
from benchmarks.holds import postgres
from benchmarks.screens import values_of

PART = 10_000
"""Rows of one raw transaction, and items that are laid down at once."""
GREW = ("unit", "unit_version", "identifier", "relation", "change_feed", "audit_event", "audit_payload", "audit_rows")
THREE_TIMES, A_SECOND, GROWTH = 3.0, 2_000, 1.3


@dataclass
class Figures:
    units: int
    applied: float
    worked: float
    raw: float
    rows: int

    def told(self) -> str:
        rate = self.units / self.applied
        return (
            f"  {self.units:>9,} units: {self.applied:7.1f} s ({self.worked:.1f} of the processor), {rate:,.0f} a second of "
            f"{A_SECOND:,}; {self.rows:,} rows raw {self.raw:.1f} s: ratio {self.applied / self.raw:.1f} of {THREE_TIMES}"
        )


def prepare(database: Database, clock: Clock) -> None:
    schema.upgrade(database.engine)
    with database.write() as session:
        load_shipped(session, actor="bench", now=clock.now())
        load_standard_policies(session, actor="bench", now=clock.now())
    with house_of_demo(database, clock, Path(tempfile.gettempdir())) as house:
        people.settle(house)


def approved(database: Database, clock: Clock, units: int, seed: int) -> None:
    """A batch of additions, laid down as a match run lays it, and approved."""
    rng, ground = random.Random(seed), sources.pack(sources.Origin("census", 1, "2023-12-31"))
    items = [ItemDraft(Reason.FOUND_MISSING, clock.today(), values_of(rng), ground) for _ in range(units)]
    now = clock.now()
    with database.write() as session:
        maintainer = get_actor(session, "maintainer")
        judged = judging.require_inside(session, items, maintainer, now)
        told: dict[str, Any] = {"title": "批", "is_batch": True, "judged": judged}
        request_id = drafting.open_request(session, items, actor=maintainer, now=now, **told).request_id
    for start in range(0, units, PART):
        with database.write() as session:
            drafting.add_items(session, request_id, items[start : start + PART], first=start + 1)
    with database.write() as session:
        service.bring_out(session, request_id, actor=maintainer, now=now)
        service.approve(session, request_id, actor=get_actor(session, "approver"), now=now)


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            name: session.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one() for name in GREW
        }


def rows_of(database: Database, table: Table, skip: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table behind the first so many, as the driver knows them, in parts."""
    key = ", ".join(column.name for column in table.primary_key)
    names = ", ".join(column.name for column in table.columns)
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        cursor = driver.cursor() if database.is_sqlite else driver.cursor(name="grown")
        cursor.execute(f"SELECT {names} FROM {table.name} ORDER BY {key} LIMIT -1 OFFSET {skip}" if database.is_sqlite
                       else f"SELECT {names} FROM {table.name} ORDER BY {key} OFFSET {skip}")  # fmt: skip
        while part := cursor.fetchmany(PART):
            yield part
        cursor.close()


def put(database: Database, table: Table, rows: Sequence[tuple[Any, ...]]) -> float:
    """Seconds that a raw insert of rows takes, with its commit."""
    names = ", ".join(column.name for column in table.columns)
    connection = database.engine.raw_connection()
    try:
        began = time.perf_counter()
        cursor = connection.cursor()
        if database.is_sqlite:
            marks = ", ".join("?" * len(table.columns))
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        else:
            cursor.execute("SET session_replication_role = replica")  # programs of the log say nothing here
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        connection.commit()
        return time.perf_counter() - began
    finally:
        connection.close()


def raw(source: Database, beside: Database, before: dict[str, int]) -> tuple[float, int]:
    seconds, count = 0.0, 0
    for name in GREW:
        table = metadata.tables[name]
        for part in rows_of(source, table, before[name]):
            seconds += put(beside, table, part)
            count += len(part)
    return seconds, count


def measure(url: str, beside_url: str, key_file: Path, units: int) -> Figures:
    clock, keys = Clock(CLOCK), load_keys(key_file)
    beside, database = open_database(beside_url, keys), open_database(url, keys)
    schema.upgrade(beside.engine)
    prepare(database, clock)
    approved(database, clock, units, 20241231)
    before = counts(database)
    began, worked = time.perf_counter(), time.process_time()
    run_all(database, clock)
    applied, worked = time.perf_counter() - began, time.process_time() - worked
    assert counts(database)["unit"] - before["unit"] == units
    seconds, rows = raw(database, beside, before)
    for one in (database, beside):
        one.engine.dispose()
    return Figures(units, applied, worked, seconds, rows)


def run_on(kind: str, units: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="minglu-applied-") as made:
        folder = Path(made)
        key_file = folder / "keys.json"
        if kind == "sqlite":
            return measure(f"sqlite:///{folder}/minglu.db", f"sqlite:///{folder}/beside.db", key_file, units)
        with postgres() as (url, beside):
            return measure(url, beside, key_file, units)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--units", default="100000,300000,1000000")
    given.add_argument("--db", choices=["sqlite", "postgres", "both"], default="both")
    asked = given.parse_args()
    sizes = [int(size) for size in asked.units.split(",")]
    for kind in ("sqlite", "postgres") if asked.db == "both" else (asked.db,):
        print(kind, flush=True)
        found = [_told(run_on, kind, size) for size in sizes]
        grown = (found[-1].applied / found[-1].units) / (found[0].applied / found[0].units)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  cost of a unit, largest over smallest: {grown:.2f} of {GROWTH}; peak memory {peak:,.0f} MB", flush=True
        )


def _told(measured: Callable[[str, int], Figures], kind: str, units: int) -> Figures:
    figures = measured(kind, units)
    print(figures.told(), flush=True)
    return figures


if __name__ == "__main__":
    main()
