"""Keys change although a kept file was damaged or a row altered: it is named, all else is sealed anew, and no further
key is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from app.audit import seals, upkeep
from app.audit.proof import prove
from app.audit.upgrade import rotate_keys, upgrade
from app.core import kept
from app.core.crypto import load_keys
from app.core.db import Database
from app.core.dialect import driver_rows
from app.core.types import sealed_columns, use_keys
from app.core.vouched import layout_of
from app.models import SpotCheckItem, metadata
from tests.conftest import Databases
from tests.factories.alterations import FIRST, Hands, behind_the_back, fill, require_named
from tests.factories.world import NOW


class Places:
    def __init__(self, folder: Path) -> None:
        self.key_file, self.files_dir = folder / "keys.json", folder / "files"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path)
    found.key_file.write_text('{"master": "' + bytes(range(32)).hex() + '"}')  # those of the tests' template
    return found


@pytest.fixture
def opened(databases: Databases, places: Places):
    database = databases.fresh(load_keys(places.key_file))
    use_keys(database.keys)
    with database.write() as session:
        fill(session)
    upgrade(database, places.files_dir, actor="operator", now=NOW)
    yield database
    databases.drop(database)


def stored(places: Places, name: str, content: bytes) -> str:
    path = places.key_file.with_name(name)
    path.write_bytes(content)
    sha256 = kept.sha256_of(path)
    kept.keep(path, sha256, places.files_dir)
    return sha256


def test_a_damaged_file_is_named_and_the_others_are_sealed_anew(opened: Database, places: Places) -> None:
    damaged, *whole = (stored(places, name, name.encode()) for name in ("a", "b", "c"))
    (places.files_dir / damaged).write_bytes(b"\1altered")
    (places.files_dir / f"{whole[0]}.anew").write_bytes(b"half")
    done = rotate_keys(opened, places, actor="operator", now=NOW)
    assert done.damaged == (damaged,)
    assert opened.keys.current == 2
    assert {(places.files_dir / name).read_bytes()[0] for name in whole} == {2}
    assert (places.files_dir / damaged).read_bytes() == b"\1altered"
    assert not list(places.files_dir.glob("*.anew"))


def test_a_row_that_differed_keeps_its_seals_and_is_named_by_what_was_touched(opened: Database, places: Places) -> None:
    with behind_the_back(opened) as connection:
        connection.execute(text(f"UPDATE unit_version SET name = 'x' WHERE version_id = {FIRST}"))
    before = named(opened)
    assert [columns for _table, columns in before] == [("name",)]
    rotate_keys(opened, places, actor="operator", now=NOW)
    assert named(opened) == before


@pytest.mark.parametrize("command", ["rotate", "upgrade"])
@pytest.mark.parametrize("pages", [-1, 0, 7])
def test_rows_altered_while_a_rotation_lies_broken_off_are_named_when_it_is_taken_up(
    opened: Database, places: Places, monkeypatch: pytest.MonkeyPatch, command: str, pages: int
) -> None:
    """They were vouched for: what differed was asked once, before it began."""
    kept_file = stored(places, "a", b"a")
    with monkeypatch.context() as killing:
        kill_after(killing, pages)
        with pytest.raises(KeyboardInterrupt):
            rotate_keys(opened, places, actor="operator", now=NOW)
    with behind_the_back(opened) as connection:
        hands = Hands(connection, seed=pages)
        hands.alter(40)
    taken_up(command, opened, places)
    require_named(opened, hands)
    assert not upkeep.is_due(opened)
    assert (opened.keys.current, (places.files_dir / kept_file).read_bytes()[0]) == (2, 2)
    for table, layout in ((table, layout_of(table)) for table in metadata.sorted_tables if sealed_columns(table)):
        for column in sealed_columns(table):
            assert sealed_by(opened, table.name, column.name, hands if layout else None) <= {2}


@pytest.mark.parametrize("tables", [0, 1])
def test_rows_altered_while_a_rotation_runs_are_named_though_their_turn_had_not_come(
    opened: Database, places: Places, monkeypatch: pytest.MonkeyPatch, tables: int
) -> None:
    """They were sealed anew and vouched for as they stood by then; what somebody writes meanwhile is no alteration."""
    left, whole, done = iter(range(tables)), seals._Table.reseal, []

    def reseal(table: Any, work: Any) -> Any:
        if not done and next(left, None) is None:
            with behind_the_back(opened) as connection:
                hands = Hands(connection, seed=tables)
                hands.alter(25)
                done.append(hands)
            written(opened, hands)
        return whole(table, work)

    monkeypatch.setattr(seals, "CHUNK", 4)
    monkeypatch.setattr(seals._Table, "reseal", reseal)
    work = rotate_keys(opened, places, actor="operator", now=NOW)
    require_named(opened, done[0])
    assert work.left_out <= set(done[0].done)
    for column in sealed_columns(metadata.tables["spot_check_item"]):
        assert sealed_by(opened, "spot_check_item", column.name, done[0]) == {2}


def written(database: Database, hands: Hands) -> None:
    """Somebody notes something about every item that nobody altered."""
    keys = (col(SpotCheckItem.check_id), col(SpotCheckItem.seq))
    with database.write() as session:
        whole = [key for key in session.execute(select(*keys)) if ("spot_check_item", tuple(key)) not in hands.done]
        for check_id, seq in whole:
            mine = (keys[0] == check_id, keys[1] == seq)
            session.execute(update(SpotCheckItem).where(*mine).values(note="somebody was there"))


def kill_after(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Behind so many pages of rows; below none, before the kept files."""
    left, whole = iter(range(pages)), seals._Table._reseal_page

    def page(table: Any, *args: Any) -> int:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return whole(table, *args)

    def files(folder: Path) -> list[str]:
        if pages < 0:
            raise KeyboardInterrupt
        return whole_files(folder)

    whole_files = kept.seal_anew
    monkeypatch.setattr(kept, "seal_anew", files)
    monkeypatch.setattr(seals, "CHUNK", 2)
    monkeypatch.setattr(seals._Table, "_reseal_page", page)


def taken_up(command: str, database: Database, places: Places) -> None:
    if command == "rotate":
        rotate_keys(database, places, actor="operator", now=NOW)
    else:
        assert upgrade(database, places.files_dir, actor="operator", now=NOW) is not None


def sealed_by(database: Database, table: str, column: str, hands: Hands | None) -> set[int]:
    """The numbers of the keys that sealed what nobody altered."""
    altered = {key for name, key in (hands.done if hands else ()) if name == table}
    keys = ", ".join(one.name for one in metadata.tables[table].primary_key)
    with database.read() as session:
        rows = driver_rows(session.connection(), f"SELECT {column}, {keys} FROM {table}")
    return {bytes(value)[0] for value, *key in rows if value is not None and tuple(key) not in altered}


def named(database: Database) -> list[tuple[str, tuple[str, ...]]]:
    with database.read() as session:
        return [(one.table, one.columns) for one in prove(session, every=True).differences]
