"""A run is stored in short parts: nothing of it is there before all of it is, and a kill in between is taken up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import queries as changes
from app.changes import whole
from app.changes.service import approve
from app.core.db import Database
from app.core.moves import move_where
from app.core.turns import Own
from app.domain.words import RowOutcome
from app.intake.queries import counts_of, list_rows, still_going
from app.match import run as matching_run
from app.match import settling, storing
from app.models import MatchRun, MatchWay, SourceRecord
from app.review.queries import count_pairs
from app.worker import run_all
from tests.conftest import Databases
from tests.factories.files import CENSUS, CLOCK, DOUBTFUL, person, taken

_NEW = (
    ("鼎盛五金", "周一鸣", "北滨二路"),
    ("云岭茶业", "钱多多", "观音桥步行街"),
    ("博远教育咨询", "孙小圣", "洋河中路"),
    ("瑞丰餐饮管理", "吴用", "五里店正街"),
    ("辉煌广告传媒", "郑成", "石马河支路"),
    ("凯越物流", "冯唐", "港城东环"),
    ("永康医疗器械", "韩信", "鱼嘴工业园"),
)
MARKET = DOUBTFUL + "".join(
    f",重庆{name}有限公司,有限责任公司,{person},2024-01-0{n},{road}{n}号,5199,存续,\n"
    for n, (name, person, road) in enumerate(_NEW, 1)
)
"""A record that a person is asked about, and seven new units."""

FOUND = {
    "rows": "SELECT row_no, outcome, cluster_id, unit_id, outcome_reason FROM source_record WHERE batch_id = 2 ORDER BY 1",
    "requests": "SELECT title, need, status, item_count, made_by_run FROM change_request ORDER BY title",
    "items": "SELECT seq, record_id, status FROM request_item ORDER BY record_id",
    "pairs": "SELECT record_id, other_kind, other_id, status FROM candidate_pair ORDER BY 1, 2, 3",
    "ways": "SELECT count(*) FROM match_way",
    "batch": "SELECT status FROM import_batch WHERE batch_id = 2",
}


class Killed(BaseException):
    """The process is gone: nothing after it is done any more."""


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PART", 3)
    monkeypatch.setattr(settling, "PART", 3)
    monkeypatch.setattr(whole, "AT_ONCE", 3)


def with_a_file_that_waits(database: Database, folder: Path) -> None:
    """Three units held, and the rows of a second file."""
    taken(database, folder, CENSUS)
    first = run(database)
    with database.write() as session:
        approve(session, first.requests[0], actor=person(database, "approver"), now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    taken(database, folder, MARKET, source="market", name="market.csv")


def run(database: Database) -> matching_run.RunReport:
    return matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)


def found(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {name: [tuple(row) for row in session.execute(text(sql))] for name, sql in FOUND.items()}


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, before: Callable[[], None]) -> Iterator[None]:
    """Something happens before each transaction that a run writes."""
    write = Own._write
    with monkeypatch.context() as patch:

        def watching(turns: Own, do: Callable[[Session], Any]) -> Any:
            before()
            return write(turns, do)

        patch.setattr(Own, "_write", watching)
        yield


def seen(database: Database) -> tuple[dict[str, int], int, dict[str, int], set[str]]:
    """What people see: rows by outcome, requests, pairs, and the outcomes of the rows in the list."""
    with database.read() as session:
        rows = list_rows(session, 2)
        going = still_going(session, rows)
        listed = {"pending" if row.record_id in going else row.outcome for row in rows}
        requests = changes.list_requests(session, person(database, "maintainer"))
        return counts_of(session, 2), len(requests), count_pairs(session, get_actor(session, "maintainer")), listed


def test_nothing_of_a_run_is_there_before_all_of_it_is(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_file_that_waits(database, tmp_path)
    looks: list[Any] = []
    with watched(monkeypatch, lambda: looks.append(seen(database))):
        run(database)
    before, after = looks[0], seen(database)
    assert before == ({"pending": 8}, 1, {}, {"pending"})
    assert after == ({"proposed": 7, "to_review": 1}, 2, {"open": 1}, {"proposed", "to_review"})
    assert len(looks) > 12
    assert [look for look in looks if look not in (before, after)] == []


def writes_of(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """In how many transactions an undisturbed run is stored."""
    counted: list[int] = []
    with watched(monkeypatch, lambda: counted.append(1)):
        run(database)
    return len(counted)


def killed_at(database: Database, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """A run whose process is gone before its transaction number `at`; two minutes later nobody has heard of it."""
    done = [0]

    def kill() -> None:
        done[0] += 1
        if done[0] >= at:
            raise Killed

    with watched(monkeypatch, kill), pytest.raises(Killed):
        run(database)
    with database.write() as session:
        session.execute(update(MatchRun).where(col(MatchRun.open_key).is_not(None)).values(heard_at=None))


def ends_alike(databases: Databases, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    calm = databases.fresh()
    with_a_file_that_waits(calm, folder)
    total = writes_of(calm, monkeypatch)
    undisturbed = found(calm)
    databases.drop(calm)
    assert undisturbed["ways"] == [(0,)]
    for at in range(2, total + 1, step):
        database = databases.fresh()
        with_a_file_that_waits(database, folder)
        killed_at(database, monkeypatch, at)
        run(database)
        assert found(database) == undisturbed, f"killed before transaction {at} of {total}"
        databases.drop(database)


def test_a_run_killed_while_it_is_stored_is_taken_up_by_the_next(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_alike(databases, tmp_path, monkeypatch, step=7)


@pytest.mark.long
def test_a_run_killed_before_any_of_its_transactions_is_taken_up_by_the_next(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_alike(databases, tmp_path, monkeypatch, step=1)


def test_a_row_settled_otherwise_in_the_last_moment_is_left_out_of_the_run(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_file_that_waits(database, tmp_path)
    taken_away: list[int] = []

    def once_it_settles() -> None:
        with database.read() as session:
            last = session.execute(select(col(MatchWay.record_id)).order_by(col(MatchWay.record_id).desc())).scalars()
            record_id = last.first()
            is_settling = session.execute(text("SELECT count(*) FROM match_run WHERE status = 'settling'")).scalar_one()
        if is_settling and not taken_away:
            taken_away.append(record_id)
            with database.write() as session:
                own = col(SourceRecord.record_id) == record_id
                assert move_where(session, SourceRecord, RowOutcome.TO_REVIEW, own) == 1

    with watched(monkeypatch, once_it_settles):
        run(database)
    after = found(database)
    assert [row[2] for row in after["items"] if row[1] == taken_away[0]] == ["excluded"]
    assert [row[1] for row in after["rows"]] == ["to_review", *["proposed"] * 6, "to_review"]
