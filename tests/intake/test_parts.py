"""A large file is staged, marked and dropped in short transactions, and comes out as if it were done in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app.changes import outcomes as following
from app.changes import service as changes
from app.core.db import Database
from app.core.turns import Own, ranges, until_done
from app.intake import service
from app.match import run as matching_run
from app.models import ImportBatch
from app.worker import run_all
from tests.factories.files import CLOCK, person
from tests.intake.test_intake import lines, outcomes, taken, written


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PART", 4)
    monkeypatch.setattr(following, "CHUNK_ITEMS", 4)


def held_batch(database: Database, folder: Path) -> ImportBatch:
    taken(database, written(folder, "a.csv", lines(30)))
    small = taken(database, written(folder, "b.csv", lines(10, first=100)))
    assert small.status == "held"
    return small


def discarded(database: Database, batch: ImportBatch) -> None:
    with database.write() as session:
        service.discard(session, batch.batch_id, actor=person(database, "maintainer"), now=CLOCK.now())


def test_ranges_cover_every_number_once() -> None:
    assert list(ranges(5, 12, 3)) == [(5, 7), (8, 10), (11, 12)]
    assert list(ranges(1, 0, 3)) == []


def test_repeats_are_found_across_parts_of_a_file_and_across_files(database: Database, tmp_path: Path) -> None:
    first = taken(database, written(tmp_path, "a.csv", lines(10) + lines(3)))
    assert outcomes(database, first) == {"pending": 10, "skipped": 3}
    again = taken(database, written(tmp_path, "b.csv", lines(11)))
    assert outcomes(database, again) == {"pending": 1, "skipped": 10}


def test_the_rows_of_a_large_batch_that_was_discarded_are_skipped_by_the_worker(
    database: Database, tmp_path: Path
) -> None:
    batch = held_batch(database, tmp_path)
    discarded(database, batch)
    assert outcomes(database, batch) == {"pending": 10}
    run_all(database, CLOCK)
    assert outcomes(database, batch) == {"skipped": 10}


def test_rows_of_a_discarded_batch_stand_in_nobodys_way_before_they_are_skipped(
    database: Database, tmp_path: Path
) -> None:
    discarded(database, held_batch(database, tmp_path))
    again = taken(database, written(tmp_path, "c.csv", lines(20, first=100)))
    assert outcomes(database, again) == {"pending": 20}


def test_the_rows_of_a_large_request_that_is_withdrawn_are_free_once_the_worker_was_there(
    database: Database, tmp_path: Path
) -> None:
    batch = taken(database, written(tmp_path, "a.csv", lines(10)))
    maintainer = person(database, "maintainer")
    request_id = matching_run.run(database, actor=maintainer, clock=CLOCK).requests[0]
    with database.write() as session:
        changes.withdraw(session, request_id, actor=maintainer, now=CLOCK.now())
    assert outcomes(database, batch) == {"pending": 4, "proposed": 6}
    with database.write() as session:  # the worker dies behind the next part
        assert not following.free_chunk(session, request_id, now=CLOCK.now())
    assert outcomes(database, batch) == {"pending": 8, "proposed": 2}
    again = matching_run.run(database, actor=maintainer, clock=CLOCK)
    assert again.ways["new"] == 8
    run_all(database, CLOCK)
    assert outcomes(database, batch) == {"pending": 2, "proposed": 8}, "rows of the new request are left to it"


def test_a_batch_that_broke_off_is_dropped_from_where_the_last_attempt_was_killed(
    database: Database, tmp_path: Path
) -> None:
    batch = held_batch(database, tmp_path)
    turns = Own(database)
    assert not turns.write(lambda session: service._drop_rows(service.SourceRecord, batch.batch_id, session))
    assert outcomes(database, batch) == {"pending": 6}
    until_done(turns, lambda session: service.drop_some(session, batch.batch_id))
    with database.read() as session:
        left = session.execute(text("SELECT count(*) FROM source_record")).scalar_one()
        batches = session.execute(text("SELECT count(*) FROM import_batch")).scalar_one()
    assert (left, batches) == (30, 2)
