"""Rows that change by a migration are vouched for again; those that differed before are not."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.audit import upkeep
from app.audit.proof import prove
from app.audit.upgrade import upgrade
from app.core.db import Database
from app.core.schema import current_revision, downgrade, head_revision
from app.models import metadata
from tests.factories.alterations import Hands, behind_the_back, fill
from tests.factories.world import NOW

BEFORE = "8c2f5a7e1b34"
"""The revision before the log said what rows are."""


def differences(database: Database) -> set[tuple[str, object]]:
    with database.read() as session:
        return {(one.table, one.key) for one in prove(session, every=True).differences}


def work(database: Database) -> upkeep.Upkeep | None:
    return upgrade(database, actor="operator", now=NOW)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        fill(session)
    work(database)
    return database


def test_rows_of_an_earlier_version_are_vouched_for_as_they_are(database: Database) -> None:
    downgrade(database.engine, BEFORE)
    done = work(database)
    assert done is not None
    assert done.left_out == frozenset()
    assert differences(database) == set()
    assert work(database) is None


@pytest.mark.parametrize("revision", ["5be1c7d0a946", "436cb5f24b15"])
def test_an_installation_of_an_earlier_version_is_proved_as_it_is_and_brought_on(
    filled: Database, revision: str
) -> None:
    """The proof before the migration asked for a table that the migration makes."""
    downgrade(filled.engine, revision)
    with behind_the_back(filled) as connection:
        connection.execute(text("UPDATE office SET name = 'altered' WHERE office_id = 1"))
    done = work(filled)
    assert done is not None
    assert ("office", (1,)) in done.left_out
    assert differences(filled) >= {("office", (1,))}
    assert current_revision(filled.engine) == head_revision()


def test_work_that_broke_off_is_taken_up(filled: Database) -> None:
    begun = upkeep.begin(filled, actor="operator", now=NOW)
    with behind_the_back(filled) as connection:  # what a migration does
        connection.execute(text("UPDATE policy SET ground = 'anew'"))
    assert differences(filled)
    assert begun.left_out == frozenset()
    assert upkeep.is_due(filled)
    assert work(filled) is not None
    assert differences(filled) == set()
    assert not upkeep.is_due(filled)


def test_what_differed_before_goes_on_being_named(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        hands = Hands(connection, seed=7)
        hands.alter(30)
    upkeep.begin(filled, actor="operator", now=NOW)
    with behind_the_back(filled) as connection:
        connection.execute(text("UPDATE policy SET ground = 'anew'"))
    done = work(filled)
    assert done is not None
    assert done.left_out == set(hands.done)
    assert differences(filled) == set(hands.done)


def test_a_row_slipped_in_between_two_upgrades_is_no_row_of_an_earlier_version(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        connection.execute(text("INSERT INTO user_role (user_id, role) VALUES (1, 'sec_admin')"))
    assert work(filled) is None
    assert differences(filled) == {("user_role", (1, "sec_admin"))}


def test_a_table_that_is_vouched_for_from_now_on_is_so_with_the_rows_it_has(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(metadata.tables["policy"].info, "vouched")
        with database.write() as session:
            fill(session)
        assert upkeep.begin(database, actor="operator", now=NOW).finish() == 0
    with behind_the_back(database) as connection:
        connection.execute(text("UPDATE office SET name = 'x' WHERE office_id = 1000"))
    assert {table for table, _ in differences(database)} == {"policy", "office"}
    work(database)
    assert differences(database) == {("office", (1000,))}


def test_work_whose_note_was_destroyed_was_work_done(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        connection.execute(text("UPDATE office SET name = 'x' WHERE office_id = 1000"))
        connection.execute(
            text("DELETE FROM audit_payload WHERE seq IN (SELECT seq FROM audit_event WHERE event = 'rows:vouch')")
        )
    work(filled)
    assert ("office", (1000,)) in differences(filled)
