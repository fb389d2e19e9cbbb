"""Everything an installation is, copied into a folder of one moment, and brought back."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from app.core import schema
from app.core.clock import iso_moment
from app.core.copies import copy_in, copy_out, copy_sqlite, reset_sequences, table_names
from app.core.crypto import Keys, read_keys, same_secret
from app.core.db import Database, open_database
from app.core.errors import Conflict, Invalid
from app.core.handed import naming, whole
from app.core.types import use_keys

MANIFEST, FILES = "manifest.json", "files"


class Places(Protocol):
    """Where the parts beside the database are."""

    @property
    def key_file(self) -> Path: ...

    @property
    def files_dir(self) -> Path: ...


class BadBackup(Invalid):
    """The copy is not whole, was altered, or is of another kind of database."""

    code = "bad_backup"
    zh = "备份 {folder} 不能用：{fault:backup_fault}。"
    en = "the copy in {folder} cannot be used: {fault:backup_fault}"


class NotEmpty(Conflict):
    """A copy goes into an empty folder, and back into an installation where nobody worked yet."""

    code = "not_empty"
    zh = "{where} 不是空的：备份要放进空文件夹，恢复要在还没有数据的安装里进行。"
    en = "{where} is not empty: a copy goes into an empty folder, and comes back into an installation without data"


class KeysMissing(Conflict):
    """Keys are kept apart from a copy; without them it is a heap of sealed bytes."""

    code = "keys_missing"
    zh = "没有密钥文件 {keys}：备份的密钥与数据分开保存，请用 --keys 指明。"
    en = "there is no key file {keys}: the keys of a copy are kept apart from it, name them by --keys"


class KeysInside(Invalid):
    """Whoever gets the copy must not get its keys with it."""

    code = "keys_inside"
    zh = "密钥文件 {keys} 不能放在备份文件夹里，也不能覆盖已有文件。"
    en = "the key file {keys} may not lie in the copy itself, nor replace a file that is there"


def keys_beside(folder: Path) -> Path:
    """Where the keys of a copy go unless they are named: beside it, to be taken elsewhere."""
    return folder.with_name(f"{folder.name}.keys.json")


def create(database: Database, places: Places, folder: Path, keys_to: Path, *, now: datetime) -> dict[str, Any]:
    """Copy database and stored files into a folder, the keys to a file apart; returns the signed manifest.

    Raises NotEmpty, KeysInside.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(where=str(folder))
    if keys_to.exists() or folder.resolve() in keys_to.resolve().parents:
        raise KeysInside(keys=str(keys_to))
    with _all_of(folder):
        manifest = _laid_down(database, places, folder, now)
        with whole(keys_to) as fresh:
            shutil.copyfile(places.key_file, fresh)
            fresh.chmod(0o600)
    return manifest


@contextmanager
def _all_of(folder: Path) -> Iterator[None]:
    """A folder that is filled, or as empty as before, or as little there."""
    was_there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield
    except BaseException:
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if not was_there:
            folder.rmdir()
        raise


def _laid_down(database: Database, places: Places, folder: Path, now: datetime) -> dict[str, Any]:
    if database.is_sqlite:
        copy_sqlite(database.engine, folder / "minglu.db")
    else:
        _dump(database.engine, folder / "tables")
    if places.files_dir.exists():
        _copy_files(places.files_dir, folder / FILES)
    manifest = _manifest(database, folder, now)
    with naming(folder / MANIFEST):
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    _close(folder)
    return manifest


def _copy_files(source: Path, target: Path) -> None:
    """Every file of a folder that has no others within."""
    target.mkdir()
    for path in sorted(path for path in source.iterdir() if path.is_file()):
        with naming(target / path.name):
            shutil.copyfile(path, target / path.name)


def _manifest(database: Database, folder: Path, now: datetime) -> dict[str, Any]:
    said = {
        "at": iso_moment(now),
        "dialect": database.engine.dialect.name,
        "revision": schema.current_revision(database.engine),
        "files": {str(path.relative_to(folder)): _digest(path) for path in _files(folder)},
    }
    return {**said, "signature": database.keys.backup_signature(_signed(said))}


def _signed(manifest: dict[str, Any]) -> bytes:
    """What the signature is over: all that the manifest says besides."""
    return json.dumps({name: said for name, said in manifest.items() if name != "signature"}, sort_keys=True).encode()


def _close(folder: Path) -> None:
    """Nobody else reads a copy, whatever the files were that it was made from."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def verify(folder: Path, keys_from: Path) -> dict[str, Any]:
    """The manifest of a copy that these keys signed and whose files are all there, unaltered, and no others.

    Raises KeysMissing, BadBackup.
    """
    manifest = _read(folder)
    try:
        keys = read_keys(keys_from)
    except (OSError, ValueError, KeyError) as wrong:
        raise KeysMissing(keys=str(keys_from)) from wrong
    if not same_secret(keys.backup_signature(_signed(manifest)), str(manifest.get("signature", ""))):
        raise BadBackup(folder=str(folder), fault="not_signed")
    there = {str(path.relative_to(folder)) for path in _files(folder)}
    for name in sorted(there ^ set(manifest["files"])):
        raise BadBackup(folder=str(folder / name), fault="altered")
    for name, digest in manifest["files"].items():
        if _digest(folder / name) != digest:
            raise BadBackup(folder=str(folder / name), fault="altered")
    return manifest


def _read(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        return {**manifest, "files": dict(manifest["files"])}
    except (OSError, ValueError, TypeError, KeyError) as wrong:
        raise BadBackup(folder=str(folder), fault="no_backup") from wrong


Prove = Callable[[Session], bool]
"""Says whether what was brought back holds."""


@dataclass(frozen=True)
class Copy:
    """A copy that was verified, with its keys."""

    folder: Path
    keys_from: Path
    manifest: dict[str, Any]

    @property
    def keys(self) -> Keys:
        return read_keys(self.keys_from)


def restore(database: Database, places: Places, copy: Copy, prove: Prove) -> None:
    """Bring a verified copy back, all of it or nothing: the database comes last and in one piece.

    Until then the installation is as empty as before, and the same command can be given again. Raises NotEmpty where
    people are at work already, BadBackup where what was laid down does not hold.
    """
    if copy.manifest["dialect"] != database.engine.dialect.name:
        raise BadBackup(folder=str(copy.folder), fault="other_kind")
    if schema.current_revision(database.engine) is not None and _has_people(database.engine):
        raise NotEmpty(where=database.engine.url.render_as_string())
    bring = _bring_sqlite if database.is_sqlite else _bring_postgres
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=places.key_file.parent) as staging:
        bring(database, places, copy, prove, Path(staging))


def _bring_sqlite(database: Database, places: Places, copy: Copy, prove: Prove, staging: Path) -> None:
    target = Path(str(database.engine.url.database))
    fresh = target.with_name(f".{target.name}.restoring")
    try:
        with naming(target):
            shutil.copyfile(copy.folder / "minglu.db", fresh)
        staged = open_database(f"sqlite:///{fresh}", copy.keys)
        try:
            _require(staged, copy, prove)
        finally:
            staged.engine.dispose()
        _bring_beside(places, copy, staging)
        database.engine.dispose()
        for beside in ("-wal", "-shm"):
            target.with_name(target.name + beside).unlink(missing_ok=True)
        fresh.replace(target)
    finally:
        for left in target.parent.glob(f"{fresh.name}*"):
            left.unlink()


def _bring_postgres(database: Database, places: Places, copy: Copy, prove: Prove, staging: Path) -> None:
    schema.upgrade(database.engine, copy.manifest["revision"])
    with database.engine.begin() as connection:
        _load(connection, copy.folder / "tables")
        use_keys(copy.keys)
        _require_held(Session(connection), copy, prove)
        _bring_beside(places, copy, staging)


def _require(staged: Database, copy: Copy, prove: Prove) -> None:
    with staged.read() as session:
        _require_held(session, copy, prove)


def _require_held(session: Session, copy: Copy, prove: Prove) -> None:
    """A copy of the schema of today is proven before it is taken; `db upgrade` vouches for what earlier ones held."""
    if copy.manifest["revision"] == schema.head_revision() and not prove(session):
        raise BadBackup(folder=str(copy.folder), fault="does_not_hold")


def _bring_beside(places: Places, copy: Copy, staging: Path) -> None:
    """Stored files and keys, each whole before it takes its place."""
    with naming(places.key_file):
        shutil.copyfile(copy.keys_from, staging / "keys.json")
        (staging / "keys.json").chmod(0o600)
    if (copy.folder / FILES).exists():
        _copy_files(copy.folder / FILES, staging / FILES)
        if places.files_dir.exists():
            places.files_dir.rename(staging / "files-before")
        (staging / FILES).rename(places.files_dir)
    (staging / "keys.json").replace(places.key_file)


def _has_people(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM user_account")).scalar_one())


def _dump(engine: Engine, folder: Path) -> None:
    """Every table as COPY text, all of one snapshot."""
    folder.mkdir()
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        for name in table_names(connection):
            target = folder / f"{name}.copy"
            with naming(target), target.open("wb") as file:
                copy_out(connection, name, file)


def _load(connection: Connection, folder: Path) -> None:
    """Tables in an order that references allow; what the upgrade itself put there goes first."""
    names = table_names(connection)
    connection.execute(text("TRUNCATE " + ", ".join(f'"{name}"' for name in names)))
    for name in names:
        with (folder / f"{name}.copy").open("rb") as file:
            copy_in(connection, name, file)
    reset_sequences(connection)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
