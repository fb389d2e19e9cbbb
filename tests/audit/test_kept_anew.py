"""Keys change although a kept file was damaged: it is named, the others are sealed anew, and no further key is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.proof import prove
from app.audit.upgrade import rotate_keys, upgrade
from app.core import kept
from app.core.crypto import load_keys
from app.core.db import Database
from app.core.types import use_keys
from tests.conftest import Databases
from tests.factories.alterations import FIRST, behind_the_back, fill
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
    upgrade(database, actor="operator", now=NOW)
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


def named(database: Database) -> list[tuple[str, tuple[str, ...]]]:
    with database.read() as session:
        return [(one.table, one.columns) for one in prove(session, every=True).differences]
