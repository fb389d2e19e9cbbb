"""Nothing is lost on the way in: what a dead reader left, what repeats it, what comes again (D14, D15)."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import service as changes
from app.core import kept
from app.core.db import Database
from app.core.errors import WrongState
from app.core.said import said
from app.core.turns import Own
from app.domain.words import Source
from app.intake import queries, reading, verbs
from app.intake import run as taking
from app.intake.errors import BeingRead, NothingToHandIn
from app.jobs import service as jobs
from app.jobs.service import WORKER_DIED
from app.match import run as matching_run
from app.models import ImportBatch, Job, SourceRecord, notes
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS_HEADER, CLOCK, person, taken
from tests.factories.house import do, housing
from tests.factories.races import at_once

ROW = "1,重庆测云{n}号商贸有限公司,,张{n},1380000{n:04},500105006001,测云路{n}号,1,批发日用品,5199\n"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def rows(*numbers: int) -> str:
    return CENSUS_HEADER + "".join(ROW.format(n=n) for n in numbers)


def file(folder: Path, text: str, name: str = "file.csv") -> dict[str, Any]:
    path = folder / name
    path.write_text(text, "utf-8")
    return {"path": path, "source": Source.CENSUS, "as_of": "2024-12-31"}


def counted(database: Database, batch_id: int) -> dict[str, int]:
    with database.read() as session:
        return queries.counts_of(session, batch_id)


def reasons(database: Database, batch_id: int) -> list[tuple[str, str]]:
    with database.read() as session:
        statement = select(col(SourceRecord.outcome), col(SourceRecord.outcome_reason))
        found = session.execute(statement.where(col(SourceRecord.batch_id) == batch_id).order_by("record_id"))
        return [(outcome, why.code if why else "") for outcome, why in found]


def matched(database: Database) -> list[int]:
    return matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK).requests


def decided(database: Database, request_id: int, how: Any) -> None:
    with database.write() as session:
        approver = person(database, "approver")
        how(session, request_id, actor=approver, now=CLOCK.now(), comment="看过")


# ---------------------------------------------------------------------------------------- what a dead reader left


def begun_and_dead(house: House, folder: Path, staged: int = 3) -> int:
    """A batch of five rows whose reader died behind the first few of them; its heartbeat is old."""
    started = do(house, verbs.start, "maintainer", **file(folder, rows(1, 2, 3, 4, 5)))
    with house.database.write() as session:
        job = jobs.claim(session, now=CLOCK.now())
        assert job is not None
        batch = queries.get_batch(session, started.batch_id)
        session.flush()
    with kept.opened(batch.file_sha256, "file.csv", house.files_dir) as path:
        taking.stage(Own(house.database), batch, path, taking.Given(), lambda _rows: None)
    with house.database.write() as session:
        session.execute(update(Job).values(heartbeat_at=CLOCK.now() - timedelta(days=9)))
        last = select(col(SourceRecord.record_id)).order_by(col(SourceRecord.record_id)).offset(staged)
        session.execute(SourceRecord.__table__.delete().where(col(SourceRecord.record_id).in_(last)))  # type: ignore[attr-defined]
    return started.batch_id


def test_the_worker_takes_a_dead_readers_file_up_by_itself(house: House, tmp_path: Path) -> None:
    batch = begun_and_dead(house, tmp_path)
    assert do(house, verbs.show, "maintainer", batch_id=batch).outcomes == {}
    run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "maintainer", batch_id=batch)
    assert (shown.status, shown.rows, shown.outcomes) == ("staged", 5, {"pending": 5})
    assert shown.columns["单位详细名称"] == "name"
    assert shown.sheets == {"": 5}


def test_the_same_file_handed_up_again_goes_on_with_the_batch_that_broke_off(house: House, tmp_path: Path) -> None:
    """A killed import and its file again: 19 999 of 25 000 rows were skipped as repeats of rows nobody would finish."""
    batch = begun_and_dead(house, tmp_path)
    again = taken(house.database, tmp_path, rows(1, 2, 3, 4, 5))
    assert (again.batch_id, again.status, again.rows) == (batch, "staged", 5)
    assert counted(house.database, batch) == {"pending": 5}


def test_rows_of_a_reading_that_broke_off_set_no_row_aside(house: House, tmp_path: Path) -> None:
    begun_and_dead(house, tmp_path)
    other = taken(house.database, tmp_path, rows(1, 2, 3, 4, 6), name="other.csv")
    assert counted(house.database, other.batch_id) == {"pending": 5}


def test_a_reading_that_broke_off_is_dropped_when_a_person_says_so(house: House, tmp_path: Path) -> None:
    batch = begun_and_dead(house, tmp_path)
    assert do(house, verbs.discard, "maintainer", batch_id=batch).status == "discarded"
    assert counted(house.database, batch) == {}
    run_all(house.database, CLOCK)
    assert do(house, verbs.show, "maintainer", batch_id=batch).status == "discarded"
    again = taken(house.database, tmp_path, rows(1, 2, 3, 4, 5))
    assert (again.repeat_of, again.rows) == (None, 5)


def test_a_file_that_is_being_read_is_not_dropped_and_not_read_twice(house: House, tmp_path: Path) -> None:
    started = do(house, verbs.start, "maintainer", **file(tmp_path, rows(1, 2)))
    with house.database.write() as session:
        assert jobs.claim(session, now=CLOCK.now(), heard=reading.heartbeat.moment()) is not None
    with pytest.raises(BeingRead):
        do(house, verbs.discard, "maintainer", batch_id=started.batch_id)
    assert do(house, verbs.resume, "maintainer", batch_id=started.batch_id) == started
    assert do(house, verbs.start, "maintainer", **file(tmp_path, rows(1, 2))) == started


def test_a_reader_that_comes_back_after_another_took_over_writes_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(house, verbs.start, "maintainer", **file(tmp_path, rows(1, 2, 3)))
    stage, todo = taking.stage, [True]

    def slow(*args: Any) -> None:
        if todo:
            todo.pop()
            with house.database.write() as session:
                session.execute(update(Job).values(heartbeat_at=CLOCK.now() - timedelta(days=9)))
            run_all(house.database, CLOCK)  # another worker finds the first one silent
        stage(*args)

    monkeypatch.setattr(taking, "stage", slow)
    run_all(house.database, CLOCK)
    with house.database.read() as session:
        (job,) = jobs.list_jobs(session, get_actor(session, "maintainer"))
        assert (job.status, job.attempts) == ("succeeded", 2)
        assert session.execute(select(func.count()).select_from(SourceRecord)).scalar_one() == 3


def test_a_file_that_kills_every_reader_is_refused_and_says_why_and_may_be_tried_again(
    house: House, tmp_path: Path
) -> None:
    batch = begun_and_dead(house, tmp_path)
    with house.database.write() as session:
        session.execute(update(Job).values(attempts=jobs.MAX_ATTEMPTS))
    assert run_all(house.database, CLOCK) == 0
    shown = do(house, verbs.show, "maintainer", batch_id=batch)
    assert (shown.status, shown.refused.code) == ("refused", WORKER_DIED)
    assert "中断" in shown.refused.zh
    resumed = do(house, verbs.resume, "maintainer", batch_id=batch)
    assert resumed.batch_id == batch
    run_all(house.database, CLOCK)
    assert do(house, verbs.show, "maintainer", batch_id=batch).outcomes == {"pending": 5}
    with pytest.raises(WrongState):
        do(house, verbs.resume, "maintainer", batch_id=batch)


def test_two_who_hand_up_one_file_at_once_get_one_batch(house: House, tmp_path: Path) -> None:
    given = file(tmp_path, rows(1, 2, 3))
    first, second = at_once(*(lambda: do(house, verbs.start, "maintainer", **given) for _ in range(2)))
    assert first == second
    run_all(house.database, CLOCK)
    assert counted(house.database, first.batch_id) == {"pending": 3}


KILLED = """
import sys
from pathlib import Path
from app.core.db import open_database
from app.intake import service
from app.intake.reading import import_file
from tests.factories.files import CLOCK, person
from tests.factories.world import TEST_KEYS
from datetime import date
database = open_database(sys.argv[1], TEST_KEYS)
whole = service.stage_chunk
def told(*args):
    print("chunk", flush=True)
    sys.stdin.readline()
    return whole(*args)
service.stage_chunk = told
import_file(database, Path(sys.argv[2]), "census", actor=person(database, "maintainer"), clock=CLOCK,
            as_of=date(2024, 12, 31), keep_in=Path(sys.argv[3]))
"""


def test_a_killed_command_is_seen_to_be_gone_and_its_file_is_taken_up_at_once(house: House, tmp_path: Path) -> None:
    path = file(tmp_path, rows(*range(1, 12)))["path"]
    url = house.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, url, str(path), str(house.files_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "chunk\n"
        process.send_signal(signal.SIGKILL)
    again = taken(house.database, tmp_path, rows(*range(1, 12)))
    assert (again.status, again.rows, counted(house.database, again.batch_id)) == ("staged", 11, {"pending": 11})
    with house.database.read() as session:
        assert [(job.status, job.attempts) for job in jobs.list_jobs(session, get_actor(session, "maintainer"))] == [
            ("succeeded", 2)
        ]


# ------------------------------------------------------------------------------------ what was set aside comes back


def held_and_mended(database: Database, folder: Path) -> tuple[ImportBatch, ImportBatch]:
    """A file that asks, and the same with one row mended, whose other rows repeat it."""
    taken(database, folder, rows(*range(900, 930)), name="last.csv")
    asks = taken(database, folder, rows(1, 2, 3, 4, 5, 6), name="a.csv")
    mended = taken(database, folder, rows(1, 2, 3, 4, 5, 7), name="a_fix.csv")
    assert (asks.status, mended.status) == ("held", "held")
    assert counted(database, mended.batch_id) == {"pending": 1, "skipped": 5}
    return asks, mended


@pytest.mark.parametrize("discarded_first", [True, False])
def test_rows_set_aside_for_a_file_come_back_when_that_is_discarded(
    discarded_first: bool, house: House, tmp_path: Path
) -> None:
    """Import, see a mistake, import it mended, discard the first: five of six rows were skipped for good."""
    asks, mended = held_and_mended(house.database, tmp_path)
    answers = [(verbs.discard, asks), (verbs.confirm, mended)]
    for verb, batch in answers if discarded_first else answers[::-1]:
        do(house, verb, "maintainer2", batch_id=batch.batch_id)
    run_all(house.database, CLOCK)
    matched(house.database)
    assert counted(house.database, mended.batch_id) == {"proposed": 6}
    assert counted(house.database, asks.batch_id) == {"skipped": 6}


def test_rows_that_come_back_behind_a_run_are_matched_without_anybody_asking(house: House, tmp_path: Path) -> None:
    asks, mended = held_and_mended(house.database, tmp_path)
    do(house, verbs.confirm, "maintainer2", batch_id=mended.batch_id)
    matched(house.database)
    do(house, verbs.discard, "maintainer", batch_id=asks.batch_id)
    assert reasons(house.database, mended.batch_id).count(("pending", notes.GIVEN_BACK)) == 5
    run_all(house.database, CLOCK)
    assert counted(house.database, mended.batch_id) == {"proposed": 6}


def test_of_rows_that_repeat_one_another_the_first_comes_back_and_the_next_waits_for_it(
    house: House, tmp_path: Path
) -> None:
    first = taken(house.database, tmp_path, rows(1, 2), name="a.csv")
    second = taken(house.database, tmp_path, rows(1, 3), name="b.csv")
    third = taken(house.database, tmp_path, rows(1, 4), name="c.csv")
    (request,) = [r for r in matched(house.database) if title_batch(house.database, r) == first.batch_id]
    decided(house.database, request, changes.reject)
    assert ("pending", notes.GIVEN_BACK) in reasons(house.database, second.batch_id)
    assert ("skipped", notes.REPEATED_OPEN) in reasons(house.database, third.batch_id)


def title_batch(database: Database, request_id: int) -> int | None:
    with database.read() as session:
        return changes.get_request(session, request_id).batch_id


@pytest.mark.parametrize("how", ["reject", "withdraw"])
def test_rows_set_aside_for_a_proposed_row_come_back_when_that_is_refused_or_taken_back(
    how: str, house: House, tmp_path: Path
) -> None:
    taken(house.database, tmp_path, rows(1, 2), name="a.csv")
    (request,) = matched(house.database)
    repeats = taken(house.database, tmp_path, rows(1, 2, 3), name="b.csv")
    assert counted(house.database, repeats.batch_id) == {"pending": 1, "skipped": 2}
    if how == "reject":
        decided(house.database, request, changes.reject)
    else:
        with house.database.write() as session:
            changes.withdraw(session, request, actor=person(house.database, "maintainer"), now=CLOCK.now())
    assert counted(house.database, repeats.batch_id) == {"pending": 3}
    run_all(house.database, CLOCK)
    assert counted(house.database, repeats.batch_id)["proposed"] >= 1
    assert "skipped" not in counted(house.database, repeats.batch_id)


# ---------------------------------------------------------------------------------------------- refused, and again


def test_a_file_whose_rows_were_all_rejected_is_taken_in_again(house: House, tmp_path: Path) -> None:
    first = taken(house.database, tmp_path, rows(1, 2))
    for request in matched(house.database):
        decided(house.database, request, changes.reject)
    assert counted(house.database, first.batch_id) == {"skipped": 2}
    again = taken(house.database, tmp_path, rows(1, 2))
    assert (again.repeat_of, counted(house.database, again.batch_id)) == (None, {"pending": 2})
    assert taken(house.database, tmp_path, rows(1, 2)).repeat_of == again.batch_id


def test_rejected_rows_are_handed_in_again_with_a_reason(house: House, tmp_path: Path) -> None:
    batch = taken(house.database, tmp_path, rows(1, 2)).batch_id
    for request in matched(house.database):
        decided(house.database, request, changes.reject)
    assert do(house, verbs.show, "maintainer", batch_id=batch).again == 2
    do(house, verbs.hand_in_again, "maintainer", batch_id=batch, row_no=2, reason="补交了营业执照")
    assert sorted(reasons(house.database, batch)) == [
        ("pending", notes.HANDED_IN_AGAIN),
        ("skipped", notes.REQUEST_REJECTED),
    ]
    do(house, verbs.hand_in_again, "maintainer", batch_id=batch, reason="补交了营业执照")
    run_all(house.database, CLOCK)
    assert counted(house.database, batch) == {"proposed": 2}
    with pytest.raises(NothingToHandIn):
        do(house, verbs.hand_in_again, "maintainer", batch_id=batch, reason="再来")


def test_a_job_that_was_asked_for_again_while_it_was_done_is_followed_by_another(house: House) -> None:
    """Rows staged while the office's match job ran waited for nobody: the job that was on was taken for theirs."""
    with house.database.write() as session:
        told: dict[str, Any] = {"args": {}, "key": "match:2", "by": "maintainer", "now": CLOCK.now()}
        first = jobs.enqueue(session, "match.run", **told)
        jobs.claim(session, now=CLOCK.now())
        assert jobs.enqueue(session, "match.run", **told, again=True).job_id == first.job_id
        jobs.finish(session, first, now=CLOCK.now())
        (second,) = jobs.list_jobs(session, get_actor(session, "maintainer"), status="todo")
        assert second.job_id != first.job_id
        jobs.claim(session, now=CLOCK.now())
        jobs.finish(session, second, now=CLOCK.now(), message=said(notes.ASKS))
        assert jobs.list_jobs(session, get_actor(session, "maintainer"), status="todo") == []


def test_the_process_that_works_is_known_by_name_and_seen_to_be_gone() -> None:
    alive = reading.heartbeat.worker_name()
    assert not reading.heartbeat.is_gone(alive)
    with subprocess.Popen(
        [sys.executable, "-c", "from app.core import heartbeat; print(heartbeat.worker_name())"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        name = process.stdout.read().strip()
    assert reading.heartbeat.is_gone(name)
    assert not reading.heartbeat.is_gone("elsewhere/" + name.partition("/")[2]), "another machine is not ours to judge"
    assert not reading.heartbeat.is_gone("")
