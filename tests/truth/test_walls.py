"""What the database itself refuses of whoever writes past the writer (decision 47), and an upgrade that tells what stands in its way."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.schema import RowsInTheWay, differences, downgrade, upgrade
from app.domain.steps import ENDING
from app.domain.words import Reason, Standing
from app.models import metadata, unit_version
from tests.factories.writes import change_unit, make_unit

WALLS = "4d7a0b93e1c6"
"""The revision that brings the constraints."""
PAST_THE_WRITER = (
    "UPDATE unit_version SET valid_until = valid_from",
    "UPDATE unit_version SET superseded_at = recorded_at",
    "UPDATE unit_version SET standing = 'asleep'",
    "UPDATE unit_version SET operating_status = '6'",
    "UPDATE unit_version SET standing = 'closed'",
    "UPDATE unit_version SET area_code = ''",
    "UPDATE unit_version SET unit_type = ''",
    "UPDATE unit_version SET name = ''",
    "UPDATE unit_version SET successor_id = unit_id",
    "UPDATE unit_version SET successor_id = 999999",
    "UPDATE identifier SET valid_until = valid_from",
    "UPDATE identifier SET superseded_at = recorded_at",
    "UPDATE identifier SET value = ''",
    "UPDATE identifier SET verified = '?'",
    "UPDATE relation SET valid_until = valid_from",
    "UPDATE relation SET target_unit_id = unit_id",
    "UPDATE relation SET target_unit_id = 999999",
    "UPDATE relation SET target_code = '', target_unit_id = NULL",
)


@pytest.mark.parametrize("statement", PAST_THE_WRITER, ids=lambda one: one.split("SET ")[1])
def test_who_writes_past_the_writer_is_refused_by_the_database(session: Session, statement: str) -> None:
    make_unit(session, parent_uscc="91500105MA5U8K3N95")
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement))


def test_what_was_believed_once_is_history_and_may_lack_what_it_lacked(session: Session) -> None:
    unit = make_unit(session)
    change_unit(session, unit, date(2024, 5, 1), address="新路2号")
    past = "UPDATE unit_version SET area_code = '' WHERE superseded_at < '9999-12-31 00:00:00.000000'"
    assert session.execute(text(past)).rowcount == 1  # type: ignore[attr-defined]  # of an UPDATE


@pytest.mark.parametrize("ended", [Reason.CLOSED, Reason.VOID, Reason.MOVE_OUT, Reason.DEREGISTERED])
def test_who_does_not_live_may_lack_what_a_live_one_may_not(session: Session, ended: Reason) -> None:
    unit = make_unit(session)
    change_unit(session, unit, date(2020, 3, 1), reason=ended)
    session.execute(text("UPDATE unit_version SET area_code = '' WHERE standing <> 'live'"))


def test_the_lists_of_the_constraints_are_those_of_the_code() -> None:
    told = {str(one.name): str(one.sqltext) for one in unit_version.constraints if hasattr(one, "sqltext")}
    assert all(f"'{standing}'" in told["ck_unit_version_standing"] for standing in Standing)
    assert all(f"'{status}'" in told["ck_unit_version_live_status"] for status in ENDING)


def test_an_upgrade_tells_which_units_stand_in_its_way_and_alters_nothing(database: Database) -> None:
    with database.write() as session:
        bare, lost, sound = (make_unit(session, uscc="", name=f"第{n}家") for n in range(3))
    downgrade(database.engine, WALLS)
    downgrade(database.engine, "-1")
    told = {"area_code = ''": bare, "successor_id = 999999": lost}
    with database.engine.execution_options(minglu_write=True).begin() as connection:
        for what, unit in told.items():
            connection.execute(text(f"UPDATE unit_version SET {what} WHERE unit_id = {unit}"))
    with pytest.raises(RowsInTheWay) as refused:
        upgrade(database.engine)
    found = refused.value.details["found"]
    assert found == f"unit_version live_area_code: 1 ({bare}); unit_version successor_id: 1 ({lost})"
    assert str(sound) not in found
    with database.engine.execution_options(minglu_write=True).begin() as connection:
        connection.execute(text("UPDATE unit_version SET area_code = '500105006001', successor_id = NULL"))
    upgrade(database.engine)
    assert differences(database.engine, metadata) == []


def test_a_constraint_that_somebody_took_away_is_missed(database: Database) -> None:
    downgrade(database.engine, WALLS)
    downgrade(database.engine, "-1")
    assert "ck_unit_version_live_area_code on unit_version is missing" in differences(database.engine, metadata)
