"""No statement over a whole file: what one transaction writes, and what a row costs, stays as it is for four times the rows.

Counted, not timed: rows written by each transaction, and on SQLite the steps of its machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from app.changes import apply, outcomes, verbs
from app.core.db import Database
from app.frames import building
from app.frames import verbs as frames
from app.intake import service
from app.intake import verbs as intake
from app.intake.reading import import_file
from app.match import run as matching_run
from app.match import settling, storing
from app.verbs import House
from app.worker import run_all
from benchmarks.holds import write_file
from tests.conftest import Databases
from tests.factories.files import CLOCK, person
from tests.factories.frames import confirm
from tests.factories.house import do, housing

FEW, MANY = 100, 400
PARTS = {service: "PART", storing: "PART", settling: "PART", building: "PART", outcomes: "CHUNK_ITEMS"}
PART, CHUNK = 40, 2
MOST = 200
"""Rows that one transaction may write with parts of forty: four ways a row, or what eight items come to in all tables."""

SO_FAR = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
GRANULE = 100


@dataclass
class Work:
    """What a database was made to do: rows written by each transaction, steps of SQLite's machine in hundreds."""

    rows: list[int] = field(default_factory=list)
    steps: int = 0
    began: int = 0


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in PARTS.items():
        monkeypatch.setattr(room, name, PART)
    monkeypatch.setattr(apply, "CHUNK_ITEMS", CHUNK)


@contextmanager
def counted(database: Database) -> Iterator[Work]:
    work, engine = Work(), database.engine
    engine.dispose()

    def step() -> int:
        work.steps += 1
        return 0

    def connected(driver: Any, _record: Any) -> None:
        if database.is_sqlite:
            driver.set_progress_handler(step, GRANULE)

    def begun(connection: Connection) -> None:
        work.began = _written(connection)

    def committing(connection: Connection) -> None:
        work.rows.append(_written(connection) - work.began)

    listeners = {"connect": connected, "begin": begun, "commit": committing}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield work
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def _written(connection: Connection) -> int:
    """Rows written by this connection so far; PostgreSQL begins to count anew now and then, between transactions."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return int(driver.total_changes)
    with driver.cursor() as cursor:
        return int(cursor.execute(SO_FAR).fetchone()[0] or 0)


def whole_road(database: Database, folder: Path, rows: int) -> Work:
    """A file from its reading to its package, a frame given up, a file discarded and a request withdrawn."""
    whole, small = folder / f"{rows}.csv", folder / f"{rows}-small.csv"
    write_file(whole, rows, seed=1)
    write_file(small, rows // 3, seed=2)
    maintainer = person(database, "maintainer")
    with counted(database) as work, housing(database) as house:
        _taken(database, whole)
        first = matching_run.run(database, actor=maintainer, clock=CLOCK)
        do(house, verbs.withdraw, "maintainer", request_id=first.requests[0], comment="再来")
        run_all(database, CLOCK)
        for request_id in matching_run.run(database, actor=maintainer, clock=CLOCK).requests or _waiting(house):
            do(house, verbs.approve, "approver", request_id=request_id, version=1, comment="整批")
        run_all(database, CLOCK)
        _frames(house)
        do(house, intake.discard, "maintainer", batch_id=_taken(database, small))
        run_all(database, CLOCK)
    return work


def _taken(database: Database, path: Path) -> int:
    maintainer = person(database, "maintainer")
    return import_file(database, path, "census", actor=maintainer, clock=CLOCK, as_of=date(2024, 12, 31)).batch_id


def _waiting(house: House) -> list[int]:
    return [one.request_id for one in do(house, verbs.list_, "maintainer", status=["in_review"]).items]


def _frames(house: House) -> None:
    told = {"survey": "x", "period": "2025", "reference_date": date(2024, 12, 31), "definition": {"conditions": []}}
    for name in ("框", "弃"):
        do(house, frames.create, "maintainer2", name=name, build=True, **told)
    do(house, frames.discard, "section", reference="弃")
    for login, side in (("section", "section"), ("maintainer", "register")):
        confirm(house, login, reference="框", side=side)
    do(house, frames.freeze, "section", reference="框")
    Path(do(house, frames.export, "section", reference="框", purpose="年报", recipient="科").path).unlink()


def test_four_times_the_rows_are_four_times_the_transactions_each_as_small(
    databases: Databases, tmp_path: Path
) -> None:
    done = []
    for rows in (FEW, MANY):
        database = databases.fresh()
        done.append(whole_road(database, tmp_path, rows))
        databases.drop(database)
    few, many = done
    assert (max(few.rows), max(many.rows)) <= (MOST, MOST)
    assert len(many.rows) > 2 * len(few.rows), "the road was gone in parts"
    if many.steps:
        assert many.steps / MANY < 1.3 * few.steps / FEW
