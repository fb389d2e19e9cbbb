"""What the log says of rows: a keyed digest of each, a small check of each column, packed by table.

A row is digested as the driver hands it over, so that whoever proves it reads it once and converts nothing; sealed
values are digested sealed. What is packed is sealed before it is stored: nothing of it lets a value be guessed.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

Key = tuple[Any, ...]
Cells = Sequence[Any]
"""A row, or a column, as the driver hands it over."""

SIZE = 16
_NOTHING = 0xA5C3  # the check of NULL, which is neither nought nor empty
_NUMBERS, _TEXT = 1, 2
_INT, _CHECK = np.dtype("<i8"), np.dtype("<u2")  # the same bytes on every machine
_HEAD = struct.Struct(">8sBIIII")


@dataclass(frozen=True)
class Layout:
    """Which columns of a table are vouched for, in which order, and by which a row is known.

    Its id is a digest of just that, so that what was said under an earlier layout is still understood.
    """

    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    numbered: bool = field(default=True, compare=False)

    @cached_property
    def id(self) -> bytes:
        return blake2b(orjson.dumps([self.table, self.keys, self.columns]), digest_size=8).digest()

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where the key stands among the columns."""
        return tuple(self.columns.index(name) for name in self.keys)

    def key_of(self, row: Cells) -> Key:
        return tuple(row[place] for place in self.places)


def digests(layout: Layout, rows: Iterable[Cells], secret: bytes) -> list[bytes]:
    """One keyed digest a row; rows of two tables, or of two layouts, never have the same."""
    begun = blake2b(digest_size=SIZE, key=secret, person=layout.id)
    dumps, copy, found = orjson.dumps, begun.copy, []
    for row in rows:
        digest = copy()  # the key is worked in once, not for each row
        digest.update(dumps(row, default=_hex))
        found.append(digest.digest())
    return found


def _hex(value: Any) -> str:
    """No text of a database begins so. What is neither bytes nor known is told by `odd_cells` and has to digest to something."""
    return "\0" + value.hex() if isinstance(value, bytes) else f"\0\0{type(value).__name__} {value}"


class Unreadable(bytes):
    """What a cell holds that the driver cannot read: text that is none, a day that no calendar has."""

    def __str__(self) -> str:
        return repr(bytes(self))


Kinds = Sequence[frozenset[type]]
"""Column by column, of which types the driver hands its cells over."""


def odd_cells(columns: Sequence[Cells], kinds: Kinds) -> dict[int, list[int]]:
    """Row to its columns whose cells are of no kind that the column has.

    A digest does not tell all of these: infinity has the null of NULL, bytes are the text of their digits behind NUL.
    """
    found: dict[int, list[int]] = {}
    for place, (cells, kind) in enumerate(zip(columns, kinds, strict=True)):
        if float in kind or not kind.issuperset(map(type, cells)):
            for at, cell in enumerate(cells):
                if type(cell) not in kind or (type(cell) is float and not math.isfinite(cell)):
                    found.setdefault(at, []).append(place)
    return found


Checks = npt.NDArray[np.uint16]
"""Sixteen bits a column: enough to name the columns in which a row that does not hold differs."""


def checks(layout: Layout, columns: Sequence[Cells]) -> Checks:
    """A row of the answer is a column of the table. The key needs none: a row of another key is another row."""
    count = len(columns[0])
    found = np.zeros((len(columns), count), dtype=np.int64)
    for place, values in enumerate(columns):
        if count and place not in layout.places:
            found[place] = _check(values[0]) if values.count(values[0]) == count else _checks_of(values)
    return (found ^ found >> 16 ^ found >> 32 ^ found >> 48).astype(_CHECK)


def _checks_of(values: Cells) -> list[int]:
    """A column at a time where all its cells are of one kind, which is nearly always so."""
    crc, kind = zlib.crc32, type(values[0])
    try:
        if kind is str:
            return [crc(value.encode()) for value in values]
        if kind is bytes:
            return list(map(crc, values))
    except (AttributeError, TypeError, UnicodeEncodeError):
        pass
    return [_check(value) for value in values]


def _check(value: Any) -> int:
    if type(value) is str:
        return zlib.crc32(value.encode("utf-8", "replace"))
    if value is None:
        return _NOTHING
    if type(value) is int:
        return value
    return zlib.crc32(value if isinstance(value, bytes) else str(value).encode())


@dataclass(frozen=True)
class Said:
    """What is said of rows of one table: their digests and checks; and of others, that they are gone."""

    layout: bytes
    keys: Sequence[Key]
    digests: bytes
    checks: Checks
    gone: Sequence[Key] = ()

    def digest_at(self, place: int) -> bytes:
        return self.digests[place * SIZE : (place + 1) * SIZE]


def say(layout: Layout, columns: Sequence[Cells], secret: bytes, gone: Sequence[Key] = ()) -> Said:
    """Say of rows, given by columns, what they are."""
    keys = list(zip(*(columns[place] for place in layout.places), strict=True))
    return Said(
        layout.id, keys, b"".join(digests(layout, zip(*columns, strict=True), secret)), checks(layout, columns), gone
    )


def pack(parts: Sequence[Said]) -> bytes:
    return b"".join(_packed(part) for part in parts)


def _packed(part: Said) -> bytes:
    every = [*part.keys, *part.gone]
    kind = _NUMBERS if all(type(cell) is int for key in every for cell in key) else _TEXT
    keys = np.array(list(zip(*every, strict=True)), dtype=_INT).tobytes() if kind == _NUMBERS else orjson.dumps(every)
    small = zlib.compress(keys + _pack_checks(part.checks), 1)
    head = _HEAD.pack(part.layout, kind, len(part.keys), len(part.gone), len(keys), len(small))
    return head + small + part.digests


def _pack_checks(found: Checks) -> bytes:
    """How many columns; which of them vary from row to row; one check of those that do not, and all of those that do."""
    if found.shape[1] == 0:
        return b""
    varies = (found != found[:, :1]).any(axis=1)
    shape = bytes([len(varies) >> 8, len(varies) & 255])
    return b"".join((shape, varies.tobytes(), found[~varies, 0].tobytes(), found[varies].tobytes()))


def _unpack_checks(packed: bytes, count: int) -> Checks:
    if not count:
        return np.zeros((0, 0), dtype=_CHECK)
    columns = packed[0] << 8 | packed[1]
    varies = np.frombuffer(packed, dtype=bool, count=columns, offset=2)
    alike = int(columns - varies.sum())
    cells = np.frombuffer(packed, dtype=_CHECK, offset=2 + columns)
    found = np.empty((columns, count), dtype=_CHECK)
    found[~varies] = cells[:alike, None]
    found[varies] = cells[alike:].reshape(-1, count)
    return found


def unpack(packed: bytes) -> Iterator[Said]:
    at = 0
    while at < len(packed):
        layout, kind, count, gone, key_size, small_size = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        small = zlib.decompress(packed[at : at + small_size])
        at += small_size
        keys = _keys(small[:key_size], kind, count + gone)
        yield Said(
            layout,
            keys[:count],
            packed[at : at + count * SIZE],
            _unpack_checks(small[key_size:], count),
            keys[count:],
        )
        at += count * SIZE


def _keys(stored: bytes, kind: int, count: int) -> list[Key]:
    if kind == _TEXT:
        return [tuple(key) for key in orjson.loads(stored)]
    parts = np.frombuffer(stored, dtype=_INT).reshape(-1, count) if count else np.empty((0, 0), _INT)
    return list(zip(*parts.tolist(), strict=True))
