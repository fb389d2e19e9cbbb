"""Nobody waits for the writer longer than for one short transaction, however many of them another takes (D29)."""

from __future__ import annotations

from threading import Event, Thread

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.turns import LONG, SHORT, Own, Pace, keep_statistics, until_done
from app.models import Office, table_of


def test_one_who_waits_is_let_in_between_two_parts_of_whoever_works_through_a_file(database: Database) -> None:
    """With SQLite's own waiting he came in behind dozens of parts, or never."""
    parts, let_in, working = [0], [0], Event()

    def part(session: Session) -> bool:
        session.execute(text("UPDATE office SET name = name"))
        _spend_time(session)
        parts[0] += 1
        working.set()
        return bool(let_in[0]) or parts[0] == 200

    bulk = Thread(target=until_done, args=(Own(database), part))
    bulk.start()
    working.wait()
    with database.write() as session:
        session.execute(text("UPDATE office SET name = name"))
    let_in[0] = parts[0]
    bulk.join()
    assert let_in[0] < 40


def _spend_time(session: Session) -> None:
    """Long enough to count as long, whatever the machine."""
    counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) SELECT count(*) FROM n"
    session.execute(text(counted))


def test_statistics_are_taken_on_both_databases(database: Database) -> None:
    keep_statistics(Own(database), table_of(Office))
    with database.read() as session:
        held = session.execute(select(func.count()).select_from(table_of(Office))).scalar_one()
        told = "SELECT stat FROM sqlite_stat1 WHERE tbl = 'office' LIMIT 1"
        if not database.is_sqlite:
            told = "SELECT reltuples::int::text FROM pg_class WHERE relname = 'office'"
        assert session.execute(text(told)).scalar_one().split()[0] == str(held)


def test_turns_grow_while_they_are_short_and_shrink_where_the_machine_has_other_work() -> None:
    pace, sizes = Pace(75, 300), []
    for took in (SHORT / 2, SHORT / 2, SHORT / 2, SHORT, LONG, 2 * LONG, 2 * LONG):
        pace.note(took)
        sizes.append(pace.size)
    assert sizes == [150, 300, 300, 300, 300, 150, 75]
    for _ in range(9):
        pace.note(2 * LONG)
    assert pace.size == 1
