"""A sealed value opens in its own table, column and row alone; seals are made anew whole or taken up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text, update

from app.audit import seals, upkeep
from app.audit.proof import prove
from app.audit.upgrade import rotate_keys, upgrade
from app.core.crypto import load_keys
from app.core.db import Database, open_database
from app.core.dialect import driver_rows
from app.core.finding import finding_digest
from app.core.personal import Personal
from app.core.types import SEALED_BY, current_keys, sealed_columns
from app.models import RequestItem, SpotCheckItem, metadata, unit_version
from tests.conftest import Databases
from tests.factories.alterations import behind_the_back, fill
from tests.factories.world import NOW

SEALED = [table for table in metadata.sorted_tables if sealed_columns(table)]


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        fill(session)
    return database


def values(database: Database) -> dict[str, list[Any]]:
    """Every sealed value, in clear."""
    with database.read() as session:
        return {
            f"{table.name}.{column.name}": session.execute(select(column).order_by(*table.primary_key)).scalars().all()
            for table in SEALED
            for column in sealed_columns(table)
        }


def stored(database: Database, table: str, column: str) -> list[bytes]:
    with database.read() as session:
        return [row[0] for row in driver_rows(session.connection(), f"SELECT {column} FROM {table} ORDER BY 1")]


@pytest.mark.parametrize("table", SEALED, ids=lambda table: table.name)
def test_what_a_seal_is_bound_to_is_known_before_the_database_numbers_a_row(table) -> None:
    by = SEALED_BY[table.name]
    assert not [name for name in by if table.c[name].primary_key and table.c[name].autoincrement is True]


SWAPS = {
    "another row": "UPDATE request_item SET changes = (SELECT changes FROM request_item WHERE seq = 1001) WHERE seq = 1000",
    "another column": "UPDATE request_item SET changes = expects WHERE seq = 1000",
    "another table": "UPDATE request_item SET changes = (SELECT found FROM spot_check_item WHERE seq = 1000) WHERE seq = 1000",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_value_brought_into_another_place_does_not_open(filled: Database, swap: str) -> None:
    with behind_the_back(filled) as connection:
        connection.execute(text(SWAPS[swap]))
    item = select(RequestItem).where(RequestItem.seq == 1000)
    with filled.read() as session, pytest.raises(InvalidTag):
        session.execute(item).scalar_one()


def test_versions_of_one_unit_share_their_bytes_and_other_units_do_not(database: Database) -> None:
    with database.write() as session:
        fill(session)
        session.execute(text("UPDATE unit_version SET unit_id = 1000 WHERE unit_id = 1001"))
    found = stored(database, "unit_version", "email")
    assert len(set(found)) == 6
    with database.read() as session, pytest.raises(InvalidTag):  # a version given to another unit
        session.execute(select(unit_version.c.email).where(unit_version.c.version_id == 1001)).all()


def test_objects_are_sealed_in_place_and_keep_their_values(filled: Database) -> None:
    with filled.write() as session:
        item = session.execute(select(SpotCheckItem).where(SpotCheckItem.seq == 1002)).scalar_one()
        item.found = {"name": "新"}
        session.flush()
        assert item.found == {"name": "新"}
        session.add(SpotCheckItem(check_id=1002, seq=7, unit_id=1, version_id=1, verdicts={}, found={"a": "b"}))
    with filled.read() as session:
        rows = session.execute(select(SpotCheckItem.found).where(SpotCheckItem.check_id == 1002))
        assert sorted(rows.scalars(), key=str) == [{"a": "b"}, {"name": "新"}]
        assert prove(session, every=True).intact


def test_a_statement_that_cannot_know_the_row_is_refused(filled: Database) -> None:
    with filled.read() as session:
        for statement in (
            update(RequestItem).values(changes={}),
            select(unit_version.c.unit_id).where(unit_version.c.mobile == "1"),
        ):
            with pytest.raises(Exception, match="sealed to its row"):
                session.execute(statement)


def unbind(database: Database) -> None:
    """Seal everything as versions before did, and forget that anything else was ever so."""
    with database.read() as session:
        clear = {
            table.name: session.execute(select(*table.primary_key, *sealed_columns(table))).mappings().all()
            for table in SEALED
        }
    with behind_the_back(database) as connection:
        for table in SEALED:
            for row in clear[table.name]:
                for column in sealed_columns(table):
                    data = column.type.pack(row[column.name])
                    where = " AND ".join(f"{key.name} = :{key.name}" for key in table.primary_key)
                    given = {key.name: row[key.name] for key in table.primary_key}
                    sealed = None if data is None else current_keys().unbound.encrypt(data, None)
                    sql = f"UPDATE {table.name} SET {column.name} = :sealed WHERE {where}"
                    connection.execute(text(sql), {**given, "sealed": sealed})


def old_installation(database: Database) -> dict[str, list[Any]]:
    with database.write() as session:
        fill(session)
    before = values(database)
    unbind(database)
    with behind_the_back(database) as connection:
        for log in ("audit_event", "audit_payload", "audit_rows", "chain_head"):
            connection.execute(text(f"DELETE FROM {log}"))
        connection.execute(text("UPDATE unit_version SET mobile_tail_digest = NULL"))
    return before


def test_seals_of_an_earlier_version_are_bound_by_the_upgrade_and_opened_no_more(database: Database) -> None:
    before = old_installation(database)
    upgrade(database, Path("no-files"), actor="operator", now=NOW)
    assert values(database) == before
    with database.read() as session:
        assert prove(session, every=True).intact
        found = select(unit_version.c.version_id).where(
            unit_version.c.contact_name_whole_digest == finding_digest("contact_name_whole_digest", "张3")
        )
        assert session.execute(found).scalars().all() == [1003]
    unbind(database)
    with pytest.raises(InvalidTag):
        values(database)
    assert upgrade(database, Path("no-files"), actor="operator", now=NOW) is None


def test_sealing_anew_that_broke_off_goes_on_where_it_was(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old_installation(database)
    monkeypatch.setattr(seals, "CHUNK", 2)
    whole = seals._Table._reseal_page
    pages = iter(range(7))

    def broken_off(table: Any, *args: Any) -> int:
        if next(pages, None) is None:
            raise KeyboardInterrupt
        return whole(table, *args)

    monkeypatch.setattr(seals._Table, "_reseal_page", broken_off)
    with pytest.raises(KeyboardInterrupt):
        upgrade(database, Path("no-files"), actor="operator", now=NOW)
    assert upkeep.is_due(database)
    monkeypatch.setattr(seals._Table, "_reseal_page", whole)
    upgrade(database, Path("no-files"), actor="operator", now=NOW)
    assert values(database) == before
    with database.read() as session:
        assert prove(session, every=True).intact


class Places:
    def __init__(self, folder: Path) -> None:
        self.key_file, self.files_dir = folder / "keys.json", folder / "files"


@pytest.fixture
def keyed(databases: Databases, tmp_path: Path) -> Any:
    """An installation with a key file of its own."""
    database = databases.fresh(load_keys(tmp_path / "keys.json"))
    yield database
    databases.drop(database)


def test_keys_rotate_and_earlier_ones_still_open_what_the_log_holds(keyed: Database, tmp_path: Path) -> None:
    with keyed.write() as session:
        fill(session)
    upgrade(keyed, Path("no-files"), actor="operator", now=NOW)
    before, sealed = values(keyed), stored(keyed, "request_item", "changes")
    rotate_keys(keyed, Places(tmp_path), actor="operator", now=NOW)
    assert (values(keyed), current_keys().current) == (before, 2)
    after = stored(keyed, "request_item", "changes")
    assert {one[0] for one in after} == {2}
    assert {one[0] for one in sealed} == {1}
    with keyed.read() as session:
        assert prove(session, every=True).intact


def test_a_process_that_began_before_reads_what_the_new_key_sealed(keyed: Database, tmp_path: Path) -> None:
    began_before = load_keys(tmp_path / "keys.json")
    with keyed.write() as session:
        fill(session)
    upgrade(keyed, Path("no-files"), actor="operator", now=NOW)
    rotate_keys(keyed, Places(tmp_path), actor="operator", now=NOW)
    again = open_database(keyed.engine.url.render_as_string(hide_password=False), began_before)
    assert set(values(again)["unit_version.email"]) == {Personal(f"张{n}") for n in range(6)}
    again.engine.dispose()
