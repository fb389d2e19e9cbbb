"""Where the two databases differ they do the same; what one of them gave up for a race is begun anew."""

from __future__ import annotations

from threading import Barrier

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.dialect import bulk_insert, chunked, insert_or_skip, is_lost_race
from app.core.turns import TRIES
from app.models import Job, Office, table_of
from app.verbs import House
from tests.factories.races import at_once
from tests.factories.world import NOW

JOBS = table_of(Job)


def row(key: str) -> dict[str, object]:
    job = Job(task="t", key=key, open_key=key, args={"中": 1}, created_at=NOW, message=None)
    return job.model_dump(exclude={"job_id"})


class Lost(Exception):
    """As a driver tells of a broken deadlock, inside what SQLAlchemy raises."""

    def __init__(self, sqlstate: str) -> None:
        self.orig = type("Orig", (Exception,), {"sqlstate": sqlstate})()


@pytest.mark.parametrize(("sqlstate", "lost"), [("40001", True), ("40P01", True), ("23505", False), ("", False)])
def test_a_lost_race_is_told_from_other_faults(sqlstate: str, lost: bool) -> None:
    assert is_lost_race(Lost(sqlstate)) is lost
    assert is_lost_race(ValueError("no")) is False


def test_rows_that_meet_a_unique_constraint_are_left_alone_and_not_counted(session: Session) -> None:
    assert insert_or_skip(session, JOBS, [row("a"), row("b")]) == 2
    assert insert_or_skip(session, JOBS, [row("b"), row("c")]) == 1
    assert insert_or_skip(session, JOBS, []) == 0
    assert sorted(session.execute(select(JOBS.c.key)).scalars()) == ["a", "b", "c"]


def test_columns_go_in_by_the_kinds_of_the_table(session: Session) -> None:
    rows = [row("a"), row("b")]
    assert bulk_insert(session, JOBS, {name: [one[name] for one in rows] for name in rows[0]}) == 2
    assert bulk_insert(session, JOBS, {name: [] for name in rows[0]}) == 0
    kept = session.execute(select(Job).where(JOBS.c.key == "a")).scalar_one()
    assert (kept.args, kept.created_at, kept.message) == ({"中": 1}, NOW, None)


def test_a_sequence_comes_in_parts() -> None:
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunked([], 2)) == []


def house(database: Database) -> House:
    return House(database, None, None, None)  # type: ignore[arg-type]  # only its database is asked


def test_a_transaction_that_lost_a_race_is_begun_anew(database: Database) -> None:
    tried: list[int] = []

    def once_lost(session: Session) -> str:
        insert_or_skip(session, JOBS, [row(f"try {len(tried)}")])
        tried.append(1)
        if len(tried) == 1:
            raise Lost("40P01")
        return "done"

    assert house(database).writing(once_lost) == "done"
    with database.read() as session:
        assert list(session.execute(select(JOBS.c.key)).scalars()) == ["try 1"]


def test_who_loses_every_time_hears_of_it_and_another_fault_is_not_tried_again(database: Database) -> None:
    tried: list[str] = []

    def lost(_session: Session) -> None:
        tried.append("lost")
        raise Lost("40001")

    def broken(_session: Session) -> None:
        tried.append("broken")
        raise ValueError("no race")

    with pytest.raises(Lost):
        house(database).writing(lost)
    with pytest.raises(ValueError, match="no race"):
        house(database).writing(broken)
    assert tried == ["lost"] * TRIES + ["broken"]


def test_two_that_hold_what_the_other_wants_both_come_through(database: Database) -> None:
    """A deadlock on PostgreSQL; on SQLite the second waits at the beginning."""
    met = Barrier(2)
    waits = 5 if not database.is_sqlite else 0.2

    def rename(first: str, then: str) -> object:
        def do(session: Session) -> None:
            for code in (first, then):
                session.execute(update(Office).where(Office.code == code).values(name=f"by {first}"))
                if code == first and not met.broken:
                    _meet(met, waits)

        return house(database).writing(do)

    told = at_once(lambda: rename("district", "post"), lambda: rename("post", "district"))
    assert told == [None, None]
    with database.read() as session:
        names = session.execute(select(Office.name).where(Office.code.in_(["district", "post"]))).scalars()  # type: ignore[attr-defined]
        assert len(set(names)) == 1


def _meet(met: Barrier, seconds: float) -> None:
    """Wait for the other one until it is clear that it does not come: who is begun anew comes alone."""
    try:
        met.wait(seconds)
    except Exception:
        met.abort()
