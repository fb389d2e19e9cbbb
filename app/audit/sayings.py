"""What the log says of every row, last: gathered on disk from what its entries said, in the order of the rows' keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Any

from app.core.rows import SIZE, Key, Layout, Said, Unreadable

Saying = tuple[object, ...]
"""A row's key, its digest, the place of its layout in `Sayings.layouts`, and the entry that said so."""


class Sayings:
    """A file of its own, thrown away after use, so that memory stays the same whatever the register holds."""

    def __init__(self, file: Path, layouts: dict[bytes, Layout]) -> None:
        self._known = layouts
        self.layouts: list[Layout] = []
        self.unknown: set[bytes] = set()
        self._places: dict[bytes, int] = {}
        self._tables: dict[str, int] = {}
        self._file = sqlite3.connect(file, isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-32768"):
            self._file.execute(f"PRAGMA {setting}")
        self._file.execute("BEGIN")

    def __enter__(self) -> Sayings:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def take(self, seq: int, said: Said) -> None:
        """An entry said this: it holds in place of whatever was said before."""
        layout = self._known.get(said.layout)
        if layout is None:
            self.unknown.add(said.layout)
            return
        place = self._place(layout)
        width = self._width(layout)
        digests = [said.digests[at : at + SIZE] for at in range(0, len(said.digests), SIZE)]
        rows = zip(*zip(*said.keys, strict=True), digests, repeat(place), repeat(seq)) if said.keys else ()
        marks = ", ".join("?" * (width + 3))
        self._file.executemany(f'INSERT OR REPLACE INTO "{layout.table}" VALUES ({marks})', rows)  # noqa: S608
        if said.gone:
            where = " AND ".join(f"k{at} = ?" for at in range(width))
            self._file.executemany(f'DELETE FROM "{layout.table}" WHERE {where}', said.gone)  # noqa: S608

    def between(self, layout: Layout, after: Key | None, upto: Key | None, *, first: Key | None = None) -> list[Saying]:
        """What is said of the rows behind one key, or from one on, and up to another, in the order of their keys."""
        if layout.table not in self._tables:
            return []
        names = ", ".join(f"k{at}" for at in range(self._tables[layout.table]))
        marks = ", ".join("?" * self._tables[layout.table])
        given = [(sign, key) for sign, key in ((">", after), (">=", first), ("<=", upto)) if key is not None]
        bounds = [f"({names}) {sign} ({marks})" for sign, _ in given]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        sql = f'SELECT * FROM "{layout.table}"{where} ORDER BY {names}'  # noqa: S608 - names come from our tables
        return self._file.execute(sql, [cell for _, key in given for cell in key]).fetchall()

    def _place(self, layout: Layout) -> int:
        if layout.id not in self._places:
            self._places[layout.id] = len(self.layouts)
            self.layouts.append(layout)
        return self._places[layout.id]

    def _width(self, layout: Layout) -> int:
        if layout.table not in self._tables:
            width = self._tables[layout.table] = len(layout.keys)
            names = ", ".join(f"k{at}" for at in range(width))
            self._file.execute(
                f'CREATE TABLE "{layout.table}" ({names}, digest, layout, seq, PRIMARY KEY ({names})) WITHOUT ROWID'
            )
        return self._tables[layout.table]


def key_in(saying: Saying) -> Key:
    return saying[:-3]


def digest_in(saying: Saying) -> bytes:
    digest = saying[-3]
    assert isinstance(digest, bytes)
    return digest


def ordered(layout: Layout, rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows by their keys as the file here orders them, where the database orders text by its own language."""
    return sorted(rows, key=lambda row: rank(layout.key_of(row)))


def rank(key: Key) -> tuple[tuple[int, Any], ...]:
    """Keys in the order of SQLite, which lets any kind of cell stand in a key: numbers, then text, then bytes."""
    return tuple((_RANKS.get(type(cell), 0), 0 if cell is None else cell) for cell in key)


_RANKS: dict[type, int] = {type(None): -1, str: 1, bytes: 2, Unreadable: 2}
