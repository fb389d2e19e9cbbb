"""A match run from its beginning to its end: alone, heard of, stored whole or not at all (D16)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

import matching
from app.core.db import Database
from app.core.errors import WrongState
from app.core.moves import move_where
from app.domain.words import RowOutcome
from app.match import run as matching_run
from app.match.errors import RowsMovedOn, RunIsOn
from app.match.run import RunReport
from app.models import ChangeRequest, MatchRun, RequestItem, SourceRecord
from tests.factories.files import CENSUS, CLOCK, person, taken
from tests.factories.races import at_once

Meanwhile = Callable[[Callable[[], Any]], None]


@pytest.fixture
def staged(database: Database, tmp_path: Path) -> Database:
    """Three rows wait that are three units."""
    taken(database, tmp_path, CENSUS)
    return database


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen once while the engine of the first run compares."""

    def happens(what: Callable[[], Any]) -> None:
        compare, todo = matching.match, [what]

        def slow(*tables: Any, **more: Any) -> Any:
            if todo:
                todo.pop()()
            return compare(*tables, **more)

        monkeypatch.setattr(matching, "match", slow)

    return happens


def run(database: Database) -> RunReport:
    return matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)


def counted(database: Database) -> dict[str, int]:
    """Rows by outcome, and how many requests and items were made of them."""
    with database.read() as session:
        rows = select(col(SourceRecord.outcome), func.count()).group_by(col(SourceRecord.outcome))
        requests = session.execute(select(func.count()).select_from(ChangeRequest)).scalar_one()
        items = session.execute(select(func.count()).select_from(RequestItem)).scalar_one()
        return {**dict(session.execute(rows).all()), "requests": requests, "items": items}


def states(database: Database) -> list[tuple[str, str | None]]:
    with database.read() as session:
        statement = select(col(MatchRun.status), col(MatchRun.open_key)).order_by(col(MatchRun.run_id))
        return [(status, key) for status, key in session.execute(statement)]


def test_of_two_runs_at_once_one_is_refused_and_every_row_is_carried_once(staged: Database) -> None:
    answers = at_once(lambda: run(staged), lambda: run(staged))
    stored = [answer for answer in answers if isinstance(answer, RunReport) and answer.requests]
    assert len(stored) == 1, answers
    assert all(isinstance(answer, RunReport | RunIsOn) for answer in answers)
    assert counted(staged) == {"proposed": 3, "requests": 1, "items": 3}


def test_who_comes_while_a_run_is_on_hears_which(staged: Database, meanwhile: Meanwhile) -> None:
    heard: list[RunIsOn] = []

    def second() -> None:
        with pytest.raises(RunIsOn) as refused:
            run(staged)
        heard.append(refused.value)

    meanwhile(second)
    assert run(staged).run_id == heard[0].details["run_id"]
    assert "比对正在进行" in heard[0].text("zh")
    assert states(staged) == [("stored", None)]


def test_a_row_settled_otherwise_meanwhile_undoes_the_whole_run_and_the_next_takes_what_is_left(
    staged: Database, meanwhile: Meanwhile
) -> None:
    def taken_away() -> None:
        with staged.write() as session:
            first = select(func.min(col(SourceRecord.record_id))).scalar_subquery()
            assert move_where(session, SourceRecord, RowOutcome.TO_REVIEW, col(SourceRecord.record_id) == first) == 1

    meanwhile(taken_away)
    with pytest.raises(RowsMovedOn) as refused:
        run(staged)
    assert refused.value.details["missing"] == 1
    assert counted(staged) == {"pending": 2, "to_review": 1, "requests": 0, "items": 0}
    assert run(staged).ways["new"] == 2
    assert counted(staged) == {"proposed": 2, "to_review": 1, "requests": 1, "items": 2}
    assert states(staged) == [("broken_off", None), ("stored", None)]


def test_a_run_that_fails_is_broken_off_and_the_next_one_goes(staged: Database, meanwhile: Meanwhile) -> None:
    def fails() -> None:
        raise OSError("disk full")

    meanwhile(fails)
    with pytest.raises(OSError, match="disk full"):
        run(staged)
    assert states(staged) == [("broken_off", None)]
    assert run(staged).ways["new"] == 3


def test_a_run_taken_for_dead_keeps_nothing_when_it_comes_back(staged: Database, meanwhile: Meanwhile) -> None:
    """The two runs at once that once put 232 units in twice: the second takes over, the first finds it did."""

    def silent_for_long_then_another() -> None:
        with staged.write() as session:
            session.execute(update(MatchRun).values(heard_at=CLOCK.now() - timedelta(minutes=5)))
        assert run(staged).ways["new"] == 3

    meanwhile(silent_for_long_then_another)
    with pytest.raises(WrongState):
        run(staged)
    assert states(staged) == [("broken_off", None), ("stored", None)]
    assert counted(staged) == {"proposed": 3, "requests": 1, "items": 3}


def test_where_nothing_waits_there_is_no_run(database: Database) -> None:
    assert run(database) == RunReport()
    assert states(database) == []
