"""Files that are kept: each sealed, under the SHA-256 of what it holds, so that nobody alters or swaps one unseen."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

from cryptography.exceptions import InvalidTag

from app.core.errors import Conflict
from app.core.handed import whole
from app.core.types import seal, unseal_vouched


class FileAltered(Conflict):
    """What is kept under a file's hash is not that file, or gone."""

    code = "file_altered"
    zh = "留存的原文件 {sha256} 已被改动或丢失，不能打开。请立即报告安全管理员。"
    en = "the kept file {sha256} is gone or not the one that was handed up; tell the security administrator at once"


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_NAME = re.compile("[0-9a-f]{64}")


def is_name(sha256: object) -> TypeGuard[str]:
    """Whether a file can be kept under this: whatever a row says is not looked for elsewhere on the disk."""
    return isinstance(sha256, str) and _NAME.fullmatch(sha256) is not None


def keep(path: Path, sha256: str, folder: Path) -> Path:
    """Keep a file, sealed, under its hash; returns where. One that is kept already and was altered is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / sha256
    if not is_whole(sha256, folder):
        with whole(target) as fresh:
            fresh.write_bytes(seal(path.read_bytes(), "file", sha256))
    return target


def read(sha256: str, folder: Path) -> bytes:
    """What a kept file holds. Raises FileAltered."""
    try:
        clear = unseal_vouched((folder / sha256).read_bytes(), "file", sha256)
    except (InvalidTag, FileNotFoundError) as gone:
        raise FileAltered(sha256=sha256) from gone
    if hashlib.sha256(clear).hexdigest() != sha256:
        raise FileAltered(sha256=sha256)
    return clear


def is_whole(sha256: str, folder: Path) -> bool:
    """Whether the file is kept as it was handed up."""
    try:
        read(sha256, folder)
    except FileAltered:
        return False
    return True


@contextmanager
def opened(sha256: str, name: str, folder: Path) -> Iterator[Path]:
    """A kept file, unsealed under its own name for as long as the block runs. Raises FileAltered."""
    with tempfile.TemporaryDirectory(prefix="minglu-") as temporary:
        path = Path(temporary) / (Path(name).name or "upload")
        path.write_bytes(read(sha256, folder))
        yield path


def seal_anew(folder: Path) -> list[str]:
    """Every kept file with the keys of now, each whole or not at all; returns those that do not open, and stay as they are."""
    damaged = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix == ".anew":
            path.unlink(missing_ok=True)  # a process was killed as it wrote this
        elif is_name(path.name) and not _sealed_anew(path):
            damaged.append(path.name)
    return damaged


def _sealed_anew(path: Path) -> bool:
    stored = path.read_bytes()
    try:
        sealed = seal(unseal_vouched(stored, "file", path.name), "file", path.name)
    except InvalidTag:
        return False
    if sealed != stored:
        with whole(path, path.with_suffix(".anew")) as fresh:
            fresh.write_bytes(sealed)
    return True
