"""Everything an installation is, copied into a folder of one moment, and brought back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, text

from app.core import schema
from app.core.clock import iso_moment
from app.core.db import Database
from app.core.dialect import copy_in, copy_out, copy_sqlite, reset_sequences, table_names
from app.core.errors import Conflict, Invalid

MANIFEST = "manifest.json"


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


def create(database: Database, places: Places, folder: Path, *, now: datetime) -> dict[str, Any]:
    """Copy database, keys and stored files; returns the manifest. Raises NotEmpty."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(where=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    if database.is_sqlite:
        copy_sqlite(database.engine, folder / "minglu.db")
    else:
        _dump(database.engine, folder / "tables")
    shutil.copy2(places.key_file, folder / "keys.json")
    if places.files_dir.exists():
        shutil.copytree(places.files_dir, folder / "files")
    manifest = {
        "at": iso_moment(now),
        "dialect": database.engine.dialect.name,
        "revision": schema.current_revision(database.engine),
        "files": {str(path.relative_to(folder)): _digest(path) for path in _files(folder)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def verify(folder: Path) -> dict[str, Any]:
    """The manifest of a copy whose files are all there and unaltered. Raises BadBackup."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as wrong:
        raise BadBackup(folder=str(folder), fault="no_backup") from wrong
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise BadBackup(folder=str(path), fault="altered")
    return manifest


def restore(database: Database, places: Places, folder: Path, manifest: dict[str, Any]) -> None:
    """Bring a verified copy back. Raises NotEmpty when people are already at work here."""
    if manifest["dialect"] != database.engine.dialect.name:
        raise BadBackup(folder=str(folder), fault="other_kind")
    if schema.current_revision(database.engine) is not None and _has_people(database.engine):
        raise NotEmpty(where=database.engine.url.render_as_string())
    if database.is_sqlite:
        database.engine.dispose()
        shutil.copy2(folder / "minglu.db", str(database.engine.url.database))
    else:
        schema.upgrade(database.engine, manifest["revision"])
        _load(database.engine, folder / "tables")
    shutil.copy2(folder / "keys.json", places.key_file)
    if (folder / "files").exists():
        shutil.copytree(folder / "files", places.files_dir, dirs_exist_ok=True)


def _has_people(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM user_account")).scalar_one())


def _dump(engine: Engine, folder: Path) -> None:
    """Every table as COPY text, all of one snapshot."""
    folder.mkdir()
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        for name in table_names(connection):
            with (folder / f"{name}.copy").open("wb") as file:
                copy_out(connection, name, file)


def _load(engine: Engine, folder: Path) -> None:
    """Tables in an order that references allow; what the upgrade itself put there goes first."""
    with engine.begin() as connection:
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
