"""Every table is vouched for, or says why not; and whoever writes tells it, whichever way."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.proof import prove, verify
from app.audit.service import AUDIT, record_event
from app.audit.tags import Tag
from app.core.db import Database
from app.core.dialect import insert_or_skip
from app.core.vouched import gathered
from app.models import NOT_VOUCHED, VOUCHED, AuditEvent, AuditRows, Policy, UserAccount, metadata, table_of
from tests.factories.alterations import Hands, behind_the_back, fill
from tests.factories.world import NOW, user_named


def test_every_table_is_in_one_half_of_the_list() -> None:
    assert set(VOUCHED) & set(NOT_VOUCHED) == set()
    assert {*VOUCHED, *NOT_VOUCHED} == set(metadata.tables)
    assert all(NOT_VOUCHED.values())


@pytest.mark.parametrize("table", VOUCHED)
def test_columns_left_out_are_there(table: str) -> None:
    assert set(VOUCHED[table]) <= set(metadata.tables[table].c.keys())


def policy(name: str) -> dict[str, object]:
    return {"name": name, "kind": "x", "rule": {}, "ground": "", "valid_from": NOW.date(), "valid_until": NOW.date()}


def by_object(session: Session) -> None:
    session.add(Policy(**policy("a")))
    session.flush()
    user_named(session, "maintainer").name = "改名"


def by_statements(session: Session) -> None:
    session.execute(insert(table_of(Policy)), [policy("a"), policy("b")])
    session.execute(insert(Policy).values(policy("c")))
    assert session.execute(update(Policy).where(col(Policy.name) == "a").values(ground="新")).rowcount == 1
    assert session.execute(delete(table_of(Policy)).where(col(Policy.name) == "b")).rowcount == 1
    found = session.execute(update(Policy).where(col(Policy.name) == "c").values(ground="新").returning(Policy.name))
    assert found.scalars().all() == ["c"]


def by_insert_or_skip(session: Session) -> None:
    assert insert_or_skip(session, table_of(Policy), [policy("a")]) == 1
    assert insert_or_skip(session, table_of(Policy), [policy("a"), policy("b")]) == 1


def within_a_savepoint(session: Session) -> None:
    fill(session)
    savepoint = session.begin_nested()
    session.execute(insert(Policy).values(policy("gone")))
    savepoint.rollback()
    session.execute(insert(Policy).values(policy("here")))


def deleted_as_an_object(session: Session) -> None:
    made = Policy(**policy("a"))
    session.add(made)
    session.flush()
    session.delete(made)


WAYS = (by_object, by_statements, by_insert_or_skip, within_a_savepoint, deleted_as_an_object)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_rows_hold_whichever_way_they_were_written(database: Database, way) -> None:
    with database.write() as session:
        way(session)
    with database.read() as session:
        found = prove(session, every=True)
    assert found.intact, found


def test_rows_are_said_with_the_entry_that_was_written_last(database: Database) -> None:
    with database.write() as session:
        session.add(Policy(**policy("a")))
        record_event(session, Tag.POLICY_SET, actor="x", at=NOW)
        last = record_event(session, Tag.POLICY_SET, actor="y", at=NOW)
    with database.read() as session:
        entry = session.get(AuditEvent, last)
        assert (entry.actor, bool(entry.rows_digest), session.get(AuditRows, last) is not None) == ("y", True, True)
        assert session.get(AuditRows, last - 1) is None


def test_an_update_that_cannot_tell_its_rows_is_stopped(database: Database) -> None:
    with pytest.raises(RuntimeError, match="policy"), database.write() as session:
        session.execute(update(Policy), [{"policy_id": 1, "ground": "x"}, {"policy_id": 2, "ground": "y"}])


def test_a_column_that_means_nothing_is_not_said(database: Database) -> None:
    with database.write() as session:
        user_named(session, "maintainer").language = "en"
        session.flush()
        assert not gathered(session)
    with database.read() as session:
        assert prove(session, every=True).intact


ATTACKS = {
    "counter": "UPDATE chain_head SET seq = seq + 1 WHERE chain = 'audit'",
    "hash": "UPDATE chain_head SET hash = 'x' || substr(hash, 2) WHERE chain = 'audit'",
    "what it says of rows": "UPDATE audit_rows SET body = body || body WHERE seq = 1",
    "its digest": "UPDATE audit_event SET rows_digest = '' WHERE seq = 1",
    "gone": "DELETE FROM audit_rows WHERE seq = 1",
    "one too many": "INSERT INTO audit_rows (seq, body) SELECT 999, body FROM audit_rows WHERE seq = 1",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_head_counter_and_what_is_said_of_rows_are_covered(database: Database, attack: str) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql(ATTACKS[attack])
    with database.read() as session:
        assert not verify(session, AUDIT).intact


def test_what_an_entry_says_of_rows_cannot_be_made_by_who_has_no_keys(database: Database) -> None:
    """Another entry's bytes, with the chain made anew around them, say nothing."""
    with database.write() as session:
        fill(session)
    with behind_the_back(database) as connection:
        Hands(connection, seed=5).alter(3)
        connection.exec_driver_sql("UPDATE audit_rows SET body = (SELECT max(body) FROM audit_rows)")
    with database.read() as session:
        found = prove(session, every=True)
    assert not found.chains[0].intact
    assert len(found.differences) > 3


def test_an_account_is_known_by_its_name(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE user_account SET name = 'x' WHERE login = 'approver'")
    with database.read() as session:
        (found,) = prove(session, every=True).differences
        assert (found.table, found.what, found.columns) == ("user_account", "altered", ("name",))
        assert found.id == session.query(UserAccount).filter_by(login="approver").one().user_id
