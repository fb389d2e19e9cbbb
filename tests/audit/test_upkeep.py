"""Rows that change by a migration or a key are vouched for again; those that were altered before or between are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

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
    return upgrade(database, Path("no-files"), actor="operator", now=NOW)


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


def anew(connection: Connection) -> None:
    """What a migration does: it writes rows and says nothing of it."""
    connection.execute(text("UPDATE policy SET ground = 'anew'"))


def begun(database: Database) -> upkeep.Upkeep:
    return upkeep.begin(database, actor="operator", now=NOW, change=anew)


def grounds(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(text("SELECT ground FROM policy")).scalars())


def test_what_a_migration_writes_is_vouched_for(filled: Database) -> None:
    begun(filled).finish()
    assert (grounds(filled), differences(filled)) == ({"anew"}, set())
    assert not upkeep.is_due(filled)


def test_what_differed_before_goes_on_being_named(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        hands = Hands(connection, seed=7)
        hands.alter(30)
    done = begun(filled)
    done.finish()
    assert done.left_out == set(hands.done)
    assert differences(filled) == set(hands.done)


def test_a_migration_that_is_killed_was_never_begun(filled: Database) -> None:
    """What was altered after that passed for what the migration had written."""

    def killed(connection: Connection) -> None:
        anew(connection)
        raise KeyboardInterrupt

    before = grounds(filled)
    with pytest.raises(KeyboardInterrupt):
        upkeep.begin(filled, actor="operator", now=NOW, change=killed)
    assert (grounds(filled), differences(filled)) == (before, set())
    altered = altered_by_hands(filled)
    begun(filled).finish()
    assert differences(filled) == altered


def test_what_is_altered_behind_a_migration_and_before_the_end_is_named(filled: Database) -> None:
    begun(filled)
    altered = altered_by_hands(filled)
    assert upkeep.is_due(filled)
    assert work(filled) is not None
    assert differences(filled) == altered
    assert not upkeep.is_due(filled)


def altered_by_hands(database: Database) -> set[tuple[str, object]]:
    with behind_the_back(database) as connection:
        hands = Hands(connection, seed=8)
        hands.alter(30)
    return set(hands.done)


def test_rows_slipped_in_while_a_table_is_new_to_the_log_are_named_once_it_was_vouched_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(metadata.tables["user_role"].info, "vouched")
        work(database)
    upkeep.begin(database, actor="operator", now=NOW)  # and it breaks off
    with behind_the_back(database) as connection:
        connection.execute(text("INSERT INTO user_role (user_id, role) VALUES (1, 'sec_admin')"))
    assert work(database) is not None
    assert differences(database) == {("user_role", (1, "sec_admin"))}


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
        upkeep.begin(database, actor="operator", now=NOW).finish()
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


def test_an_altered_entry_about_such_work_is_told_and_goes_on_from_the_last_that_is_not(filled: Database) -> None:
    """One byte of the newest stood in the way of every `db upgrade` and `db rotate-keys`, for good."""
    newest = "(SELECT max(seq) FROM audit_event WHERE event = 'rows:vouch')"
    with behind_the_back(filled) as connection:
        seq = connection.execute(text(f"SELECT {newest}")).scalar_one()
        body = bytes(connection.execute(text(f"SELECT body FROM audit_payload WHERE seq = {seq}")).scalar_one())
        told = {"body": body[:-1] + bytes([body[-1] ^ 1])}
        connection.execute(text(f"UPDATE audit_payload SET body = :body WHERE seq = {seq}"), told)
        connection.execute(text("UPDATE office SET name = 'altered' WHERE office_id = 1"))
    done = work(filled)
    assert done is not None
    assert (done.unread, ("office", (1,)) in done.left_out) == ((seq,), True)
    assert ("office", (1,)) in differences(filled)
    assert work(filled) is None
