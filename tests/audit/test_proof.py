"""Rows altered behind the product's back are named, whatever table, column and way (D30)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.audit.proof import Proof, prove
from app.core.db import Database
from tests.factories.alterations import (
    Hands,
    behind_the_back,
    chain_anew,
    fill,
    require_all_named,
    require_named,
    vouched_tables,
)


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
    require_named(filled, hands)


def test_one_difference_is_enough_where_not_all_are_asked_for(filled: Database) -> None:
    with behind_the_back(filled) as connection:
        Hands(connection, seed=3).alter(20)
    assert len(proof_of(filled).differences) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_alterations_are_named_each(filled: Database, seed: int) -> None:
    require_all_named(filled, seed, 20)


def test_a_chain_made_anew_is_found_by_the_head_kept_elsewhere(filled: Database) -> None:
    kept = proof_of(filled).chains[0].head
    with behind_the_back(filled) as connection:
        connection.execute(text("UPDATE audit_event SET actor = 'somebody else' WHERE seq = 1"))
        chain_anew(connection)
    assert proof_of(filled, every=True).intact
    assert not proof_of(filled, known_head=kept).intact


def test_who_takes_out_what_was_said_of_rows_and_chains_anew_leaves_rows_that_nobody_vouches_for(
    filled: Database,
) -> None:
    kept = proof_of(filled).chains[0].head
    with behind_the_back(filled) as connection:
        Hands(connection, seed=9).alter(5)
        last = connection.execute(text("SELECT max(seq) FROM audit_rows")).scalar_one()
        connection.execute(text("DELETE FROM audit_rows WHERE seq = :last"), {"last": last})
        connection.execute(text("UPDATE audit_event SET rows_digest = '' WHERE seq = :last"), {"last": last})
        chain_anew(connection)
    found = proof_of(filled, every=True, known_head=kept)
    assert not found.chains[0].intact
    assert {one.table for one in found.differences} == {table.name for table in vouched_tables()}
