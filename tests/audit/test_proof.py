"""Rows altered behind the product's back are named, whatever table, column and way."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.audit.proof import Proof, prove
from app.core.db import Database
from tests.factories.alterations import Hands, behind_the_back, fill, vouched_tables


def proof_of(database: Database, **asked: object) -> Proof:
    with database.read() as session:
        return prove(session, **asked)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        fill(session)
    return database


def test_what_the_product_wrote_holds(filled: Database) -> None:
    found = proof_of(filled, every=True)
    assert found.intact, found
    assert found.rows > 6 * len(vouched_tables())


def test_every_table_is_altered_in_every_way_and_each_row_is_named_with_its_columns(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        hands = Hands(connection, seed=11)
        for table in vouched_tables():
            for how in ("update", "update", "delete", "insert", "swap"):
                hands.once(table, how)
    assert {table for table, _ in hands.done} == {table.name for table in vouched_tables()}
    found = proof_of(filled, every=True)
    assert {(one.table, one.key): one.what for one in found.differences} == {
        place: one.what for place, one in hands.done.items()
    }
    assert {(one.table, one.key): set(one.columns) for one in found.differences} == {
        place: set(one.columns) for place, one in hands.done.items()
    }
    assert all(chain.intact for chain in found.chains)


def test_one_difference_is_enough_where_not_all_are_asked_for(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        Hands(connection, seed=3).alter(20)
    assert len(proof_of(filled).differences) == 1


def test_a_row_written_again_by_the_product_holds_again(filled: Database) -> None:
    with filled.write() as session:
        session.execute(text("SELECT 1"))
    assert proof_of(filled, every=True).intact
