"""A frame is built and given up in short parts, and is there for nobody in between; packages are laid down outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.turns import Own
from app.domain.words import FrameStatus
from app.frames import building, queries, service, verbs
from app.frames.errors import BuiltElsewhere
from app.models import ExportPackage, Frame, FrameUnit
from app.worker import run_all
from tests.factories.files import CLOCK, person
from tests.factories.house import do, housing
from tests.factories.units import make_unit
from tests.factories.world import NOW, TODAY
from tests.frames.world import TRADE, make_frame, make_frozen

UNITS = 11


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def database(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Eleven units and a frame of them that is a draft; parts of three."""
    monkeypatch.setattr(building, "PART", 3)
    with database.write() as session:
        for number in range(UNITS):
            make_unit(session, uscc="", name=f"重庆第{number}商贸有限公司")
        make_frame(session, "框")
    return database


def build(database: Database, **changes: Any) -> Frame:
    return service.build(Own(database), "框", actor=person(database, "section"), now=NOW, **changes)


def rows_in(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(FrameUnit)).scalar_one()


def before_write(monkeypatch: pytest.MonkeyPatch, number: int, happens: Callable[[], Any]) -> None:
    """Something happens before the transaction of this number, and of each after it where it fails."""
    write, done = Own._write, [0]

    def watching(turns: Own, work: Callable[[Session], Any]) -> Any:
        done[0] += 1
        if done[0] == number:
            done[0] -= 1 if happens is _killed else 0
            happens()
        return write(turns, work)

    monkeypatch.setattr(Own, "_write", watching)


def _killed() -> None:
    raise Killed


def test_a_frame_built_in_parts_holds_what_one_built_at_once_holds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = build(database)
    monkeypatch.setattr(building, "PART", 10_000)
    at_once = build(database)
    assert (in_parts.row_count, in_parts.rows_sha256) == (UNITS, at_once.rows_sha256)
    with database.read() as session:
        assert service.verify(session, "框", actor=person(database, "section"), on=TODAY).intact


def test_a_build_killed_in_between_is_there_for_nobody_and_the_next_one_is_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = build(database).rows_sha256
    with monkeypatch.context() as patch:
        before_write(patch, 8, _killed)
        with pytest.raises(Killed):
            build(database)
    assert 0 < rows_in(database) < UNITS
    with housing(database) as house:
        assert do(house, verbs.units, "section", reference="框").items == []
        shown = do(house, verbs.show, "section", reference="框")
    assert (shown.status, shown.rows) == (FrameStatus.DRAFT, 0)
    assert build(database).rows_sha256 == undisturbed
    assert rows_in(database) == UNITS


def test_of_two_builds_the_later_one_goes_on_and_the_other_stops(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        before_write(patch, 4, lambda: build(database))
        with pytest.raises(BuiltElsewhere):
            build(database)
    with database.read() as session:
        frame = queries.get_frame(session, "框")
        assert (frame.status, frame.row_count) == (FrameStatus.BUILT, UNITS)
    assert rows_in(database) == UNITS


@pytest.mark.parametrize("way", ["discard", "redefine"])
def test_rows_of_a_frame_given_up_are_taken_out_by_whoever_comes_next(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    section, turns = person(database, "section"), Own(database)
    give_up: Callable[[], Any] = {
        "discard": lambda: service.discard(turns, "框", actor=section, now=NOW),
        "redefine": lambda: service.redefine(turns, "框", TRADE, reference_date=TODAY, actor=section, now=NOW),
    }[way]
    build(database)
    with monkeypatch.context() as patch:
        before_write(patch, 3, _killed)
        with pytest.raises(Killed):
            give_up()
    assert rows_in(database) == UNITS - 3
    with database.write() as session:
        make_frame(session, "另一框")
    service.discard(turns, "另一框", actor=section, now=NOW)
    assert rows_in(database) == 0


def test_rows_that_a_dead_process_left_of_a_frame_given_up_are_taken_out_by_the_worker(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame was discarded, its process killed over its rows: they stood there until somebody made the next frame."""
    build(database)
    with monkeypatch.context() as dying:
        before_write(dying, 3, _killed)
        with pytest.raises(Killed):
            service.discard(Own(database), "框", actor=person(database, "section"), now=NOW)
    assert 0 < rows_in(database) < UNITS
    assert run_all(database, CLOCK) == 1
    assert rows_in(database) == 0
    assert run_all(database, CLOCK) == 0


def test_a_package_is_laid_down_outside_any_writing_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        make_frozen(session, "冻结框")
    writing: list[bool] = []
    parts = queries._parts

    def watched(session: Session, statement: Any) -> Any:
        writing.append(bool(session.connection().get_execution_options().get("minglu_write")))
        return parts(session, statement)

    monkeypatch.setattr(queries, "_parts", watched)
    with housing(database) as house:
        order = {"purpose": "年报", "recipient": "科"}
        Path(do(house, verbs.export, "section", reference="冻结框", **order).path).unlink()
    assert set(writing) == {False}


def test_a_package_whose_laying_down_was_killed_is_none_that_left(database: Database) -> None:
    with database.write() as session:
        frame_id = make_frozen(session, "冻结框").frame_id
        begun = {"purpose": "年报", "recipient": "科", "form": "csv", "rows": 0, "data_sha256": ""}
        session.add(ExportPackage(frame_id=frame_id, actor_id=1, at=NOW, **begun))
    with housing(database) as house:
        assert do(house, verbs.exports, "section", reference="冻结框").items == []
