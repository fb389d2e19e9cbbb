"""A disk that is full: the file is named, nothing half written is left, and what stood there stands."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from app.audit import upgrade
from app.cli.common import refusals
from app.core import backup, crypto, kept
from app.core.away import told_of
from app.core.copies import copy_sqlite
from app.core.crypto import add_key, load_keys, read_keys
from app.core.db import Database
from app.core.handed import naming, new_file, whole
from tests.core.test_backup import Places
from tests.factories.world import NOW


def full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half(source: Path, target: Path, **_: object) -> None:
    """A copy that ends where the disk does; the system names what was read."""
    Path(target).write_bytes(Path(source).read_bytes()[:1])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(target))


def half_a_database(_engine: object, target: Path) -> None:
    target.write_bytes(b"S")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))


def named_by(write: Callable[[], object]) -> str:
    with pytest.raises(OSError, match="No space left") as told:
        write()
    assert told_of(told.value) is not None
    return str(told.value.filename)


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("before")

    def write() -> None:
        with whole(path) as fresh:
            fresh.write_text("ha")
            full()

    assert named_by(write) == str(path)
    assert ([one.name for one in tmp_path.iterdir()], path.read_text()) == (["a"], "before")
    with whole(path) as fresh:
        fresh.write_text("after")
    assert ([one.name for one in tmp_path.iterdir()], path.read_text()) == (["a"], "after")


def test_what_could_not_be_read_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as told, naming(tmp_path / "a"):
        (tmp_path / "b").read_bytes()
    assert told.value.filename == str(tmp_path / "b")
    with pytest.raises(FileNotFoundError) as told, whole(tmp_path / "no" / "a") as fresh:
        fresh.write_text("x")
    assert told.value.filename == str(tmp_path / "no" / "a")


def test_what_is_handed_over_is_gone_where_it_was_not_filled() -> None:
    def write() -> None:
        with new_file(".zip") as file:
            places.append(file.name)
            full()

    places: list[str] = []
    assert [named_by(write)] == places
    assert not Path(places[0]).exists()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "own")
    found.key_file.write_text(json.dumps({"master": bytes(range(32)).hex()}))
    found.files_dir.mkdir()
    (found.files_dir / "f").write_bytes(b"sealed")
    return found


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("what", ["files/f", "manifest.json", ".keys.json", "database"])
def test_a_copy_that_finds_no_room_is_gone_again(
    database: Database, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, there: bool
) -> None:
    """Half of it was left, and the next one found the folder not empty."""
    folder = tmp_path / "desk" / "copy"
    folder.parent.mkdir()
    if there:
        folder.mkdir()
    keys = backup.keys_beside(folder)

    def create() -> None:
        backup.create(database, places, folder, keys, now=NOW)

    with monkeypatch.context() as broken:
        expected = _break(broken, what, folder, keys)
        assert named_by(create).startswith(expected)
    assert [path.name for path in folder.parent.iterdir()] == (["copy"] if there else [])
    assert not there or not list(folder.iterdir())
    create()
    assert backup.verify(folder, keys)


def _break(monkeypatch: pytest.MonkeyPatch, what: str, folder: Path, keys: Path) -> str:
    """Let the disk be full as this part is written; returns what has to be named."""
    copyfile = shutil.copyfile
    if what == "manifest.json":
        monkeypatch.setattr(Path, "write_text", full)
    elif what == ".keys.json":
        monkeypatch.setattr(shutil, "copyfile", lambda a, b: (half if Path(a).name == "keys.json" else copyfile)(a, b))
        return str(keys)
    elif what == "files/f":
        monkeypatch.setattr(shutil, "copyfile", half)
    else:
        monkeypatch.setattr(backup, "copy_out", full)
        monkeypatch.setattr(backup, "copy_sqlite", half_a_database)
        return str(folder)
    return str(folder / what)


def test_sqlite_names_the_copy_that_it_cannot_write(database: Database, tmp_path: Path) -> None:
    if not database.is_sqlite:
        pytest.skip("of SQLite alone")
    with pytest.raises(OSError, match="denied") as told:
        copy_sqlite(database.engine, tmp_path / "no" / "minglu.db")
    assert told.value.filename == str(tmp_path / "no" / "minglu.db")


def test_faults_of_a_driver_that_went_round_the_library_are_told_too() -> None:
    fault = sqlite3.OperationalError("database or disk is full")
    fault.sqlite_errorcode = sqlite3.SQLITE_FULL
    told = told_of(fault)
    assert told is not None
    assert told.code == "storage_full"
    assert told_of(sqlite3.IntegrityError("x")) is None


def test_keys_stay_as_they_were(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(crypto.os, "fsync", full)
        assert named_by(lambda: add_key(places.key_file)) == str(places.key_file)
        new = places.key_file.with_name("new.json")
        assert named_by(lambda: load_keys(new)) == str(new)
    assert sorted(path.name for path in places.key_file.parent.iterdir()) == ["files", "keys.json"]
    assert read_keys(places.key_file).current == 1
    assert add_key(places.key_file) == 2


def test_kept_files_stay_as_they_were(database: Database, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database.keys is not None
    path = places.key_file.with_name("letter")
    path.write_bytes(b"letter")
    sha256 = kept.sha256_of(path)
    (places.files_dir / "f").unlink()

    def keep() -> Path:
        return kept.keep(path, sha256, places.files_dir)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_bytes", full)
        assert named_by(keep) == str(places.files_dir / sha256)
    assert not list(places.files_dir.iterdir())
    stored = keep().read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_bytes", full)
        broken.setattr(kept, "seal", lambda data, *_: b"other" + data)
        assert named_by(lambda: kept.seal_anew(places.files_dir)) == str(places.files_dir / sha256)
    assert [one.read_bytes() for one in places.files_dir.iterdir()] == [stored]


def test_keys_that_could_not_be_changed_throughout_say_what_was_kept(
    database: Database, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said that nothing was kept, and the new key was in the file."""
    monkeypatch.setattr(upgrade, "_under_new_key", full)
    monkeypatch.setattr(upgrade.upkeep, "is_due", lambda _: True)
    with pytest.raises(upgrade.SealingBrokeOff, match=r"keys\.json .*start minglu db rotate-keys again"):
        upgrade.rotate_keys(database, places, actor="operator", now=NOW)


def test_a_command_says_which_file_and_what_to_do_and_leaves_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.cli.check import app as check

    source, out = tmp_path / "codes.csv", tmp_path / "out.csv"
    source.write_text("uscc\n91500105MA60X0016Y\n", "utf-8")
    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    done = CliRunner().invoke(check, ["codes", str(source), "--out", str(out)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"file_trouble: {out}: No space left on device; ")
    assert [path.name for path in tmp_path.iterdir()] == ["codes.csv"]


def test_every_command_shows_a_full_database_as_a_refusal() -> None:
    app = typer.Typer()

    @app.command()
    @refusals
    def command() -> None:
        fault = sqlite3.OperationalError("database or disk is full")
        fault.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise fault

    done = CliRunner().invoke(app, [])
    assert (done.exit_code, done.stderr.split(":")[0]) == (1, "storage_full")
