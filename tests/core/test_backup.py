"""A copy comes back whole and proven, with its keys and not without them, or nothing happened (D32)."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from app.audit.proof import prove
from app.audit.queries import list_events, payload_of
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core import backup
from app.core.backup import BadBackup, Copy, KeysInside, KeysMissing, NotEmpty
from app.core.crypto import load_keys
from app.core.db import Database, open_database
from tests.conftest import Databases
from tests.factories.alterations import behind_the_back, fill
from tests.factories.world import NOW


class Places:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.key_file, self.files_dir = folder / "keys.json", folder / "files"


@pytest.fixture
def source(databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An installation at work, with keys of its own and a kept file."""
    places = Places(tmp_path / "old")
    places.key_file.write_text(json.dumps({"master": bytes(range(32)).hex()}))  # those of the tests' template
    database = databases.fresh(load_keys(places.key_file))
    with database.write() as session:
        fill(session)
    places.files_dir.mkdir()
    (places.files_dir / "f").write_bytes(b"sealed")
    yield database
    databases.drop(database)


@pytest.fixture
def copied(source: Database, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    backup.create(source, Places(tmp_path / "old"), folder, backup.keys_beside(folder), now=NOW)
    return folder


@pytest.fixture
def empty(databases: Databases, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Opens the new installation, as each command does, with the keys that lie there then."""
    url, opened = databases.empty_url(), []

    def opens() -> Database:
        opened.append(open_database(url, load_keys(Places(tmp_path / "new").key_file)))
        return opened[-1]

    yield opens
    for database in opened[:-1]:
        database.engine.dispose()
    databases.drop(opened[-1]) if opened else None


def restored(empty: Callable[[], Database], tmp_path: Path, folder: Path, keys: Path | None = None) -> Database:
    keys_from = keys or backup.keys_beside(folder)
    copy = Copy(folder, keys_from, backup.verify(folder, keys_from))
    backup.restore(empty(), Places(tmp_path / "new"), copy, lambda session: prove(session).intact)
    return empty()


def test_a_copy_comes_back_and_what_is_logged_after_it_opens(copied, empty, tmp_path: Path) -> None:
    database = restored(empty, tmp_path, copied)
    with database.write() as session:
        record_event(session, Tag.OPERATOR_COMMAND, actor="operator", at=NOW, payload={"command": "backup restore"})
    with database.read() as session:
        assert prove(session, every=True).intact
        newest = list_events(session, limit=1)[0]
        assert payload_of(session, newest.seq) == {"command": "backup restore"}
        assert payload_of(session, 1) is not None
    assert (tmp_path / "new" / "files" / "f").read_bytes() == b"sealed"
    with pytest.raises(NotEmpty):
        restored(empty, tmp_path, copied)


def test_a_copy_is_its_owners_alone_and_holds_no_keys(copied: Path) -> None:
    keys = backup.keys_beside(copied)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (*copied.rglob("*"), keys) if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (copied, *copied.rglob("*")) if path.is_dir()} == {0o700}
    assert not list(copied.rglob("keys.json"))
    master = json.loads(keys.read_text())["master"].encode()
    assert all(master not in path.read_bytes() for path in copied.rglob("*") if path.is_file())


def test_without_its_keys_nothing_comes_back(copied: Path, empty, tmp_path: Path) -> None:
    backup.keys_beside(copied).rename(tmp_path / "elsewhere.json")
    with pytest.raises(KeysMissing):
        restored(empty, tmp_path, copied)
    assert restored(empty, tmp_path, copied, tmp_path / "elsewhere.json")


def rehashed(folder: Path) -> None:
    """Hash everything anew, as somebody would who alters a copy."""
    manifest = json.loads((folder / backup.MANIFEST).read_text())
    manifest["files"] = {str(path.relative_to(folder)): backup._digest(path) for path in backup._files(folder)}
    (folder / backup.MANIFEST).write_text(json.dumps(manifest))


def alter(folder: Path) -> None:
    (folder / "files" / "f").write_bytes(b"other")


def add(folder: Path) -> None:
    (folder / "files" / "g").write_bytes(b"more")


def take(folder: Path) -> None:
    (folder / "files" / "f").unlink()


def other_keys(folder: Path) -> None:
    backup.keys_beside(folder).unlink()
    load_keys(backup.keys_beside(folder))


def no_manifest(folder: Path) -> None:
    (folder / backup.MANIFEST).write_text("[]")


@pytest.mark.parametrize("made_to_fit", [False, True])
@pytest.mark.parametrize("what", [alter, add, take, other_keys, no_manifest], ids=lambda what: what.__name__)
def test_a_copy_that_was_altered_is_refused(copied: Path, what: Callable[[Path], None], made_to_fit: bool) -> None:
    what(copied)
    if made_to_fit and what is not no_manifest:
        rehashed(copied)
    with pytest.raises(BadBackup):
        backup.verify(copied, backup.keys_beside(copied))


def test_a_copy_of_an_altered_register_is_refused_before_anything_is_written(source, empty, tmp_path: Path) -> None:
    with behind_the_back(source) as connection:
        connection.exec_driver_sql("UPDATE policy SET ground = 'x' WHERE policy_id = 1000")
    folder = tmp_path / "copy"
    backup.create(source, Places(tmp_path / "old"), folder, backup.keys_beside(folder), now=NOW)
    with pytest.raises(BadBackup, match="do not hold"):
        restored(empty, tmp_path, folder)
    assert not (tmp_path / "new" / "files").exists()
    with empty().read() as session:
        tables = inspect(session.connection()).get_table_names()
        people = "user_account" in tables and session.connection().exec_driver_sql("SELECT * FROM user_account").all()
    assert not people
    copy = Copy(folder, backup.keys_beside(folder), backup.verify(folder, backup.keys_beside(folder)))
    backup.restore(empty(), Places(tmp_path / "new"), copy, lambda _session: True)


def test_a_restore_that_died_is_given_again(copied: Path, empty, tmp_path: Path, monkeypatch) -> None:
    whole = backup._bring_beside

    def died(*args: object) -> None:
        whole(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_bring_beside", died)
    with pytest.raises(KeyboardInterrupt):
        restored(empty, tmp_path, copied)
    monkeypatch.setattr(backup, "_bring_beside", whole)
    with restored(empty, tmp_path, copied).read() as session:
        assert prove(session).intact
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["files", "keys.json"]


@pytest.mark.parametrize("keys", ["copy/keys.json", "old/keys.json"])
def test_keys_are_not_laid_into_the_copy_nor_over_others(source, tmp_path: Path, keys: str) -> None:
    with pytest.raises(KeysInside):
        backup.create(source, Places(tmp_path / "old"), tmp_path / "copy", tmp_path / keys, now=NOW)
