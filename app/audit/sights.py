"""Who saw a unit: the entries of the access log that are about it, by exactly its number, the newest first.

An entry about one unit says so itself and is found by an index. Those about several are gone through: a page of an
answer reads so many of them at most, so that the question is answered in short pieces however long the log is. Only what
the chain bears out is believed; an entry that was altered is named in place of whatever it says.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.audit.chain import HASHED, Stored, is_bound, payload_digest
from app.audit.service import ACCESS
from app.audit.units import Units
from app.core.dialect import sure_cells, sure_rows
from app.models import AccessEvent, AccessUnits, ChainHead

LOOKED_AT, PART = 50_000, 1000
"""Entries about several units that one page looks at: at most, and at a time."""

_NEWEST, _ALL_THE_WAY = 2**63 - 1, -(2**63)
_SINGLE, _SEVERAL = "e.unit_from = ? AND e.unit_until = ?", "e.unit_from < e.unit_until"
_COLUMNS = (*HASHED, "prev_hash", "hash", *AccessEvent.BESIDE)
_EVENTS, _UNITS = AccessEvent.__tablename__, AccessUnits.__tablename__
_SELECT = (
    f"SELECT {', '.join(f'e.{name}' for name in _COLUMNS)}, u.body, n.prev_hash FROM {_EVENTS} e "  # noqa: S608
    f"LEFT JOIN {_UNITS} u ON u.seq = e.seq LEFT JOIN {_EVENTS} n ON n.seq = e.seq + 1 "
    "WHERE {which} AND e.seq < ? ORDER BY e.seq DESC LIMIT ?"
)
"""Entries, what stands beside them, and the hash that the next one names."""

Sight = tuple[AccessEvent, int]
"""An entry, and how many units were seen with it."""


@dataclass(frozen=True)
class Sights:
    """A page: who saw the unit; entries that were altered, which may have been about it; where to go on, if anywhere."""

    seen: list[Sight]
    altered: list[int]
    further: int | None


@dataclass(frozen=True)
class _Entry:
    """An entry as it is stored; `followed` is the hash that the next one names, or the chain's head."""

    stored: Stored
    cells: dict[str, Any]
    followed: Any

    @property
    def seq(self) -> int:
        return self.stored.seq

    @property
    def proven(self) -> bool:
        """Whether it is as it was written: its hash is its own, and what came after was bound to it."""
        return is_bound(self.stored) and self.followed == self.stored.hash

    @property
    def units(self) -> Units | None:
        """Those that were seen, of an entry that is proven; None where what stands beside it was altered."""
        first, last, digest = (self.cells[name] for name in AccessEvent.BESIDE)
        if first == last:
            return Units(first, last)
        body = self.stored.more
        return Units(first, last, body) if body is not None and payload_digest(body) == digest else None


_Found = tuple[int, Sight | None]
"""The number of an entry, and what it says; nothing where it was altered."""


def of_unit(session: Session, unit_id: int, *, after: int = 0, limit: int = 100) -> Sights:
    """Entries older than `after` about this unit, and those of which that cannot be told any more."""
    before = after or _NEWEST
    several, reached = _among_several(session, unit_id, before, limit)
    single = _single(session, unit_id, before, limit)
    merged = heapq.merge(several, (one for one in single if one[0] >= reached), key=lambda one: -one[0])
    found = list(merged)[:limit]
    last = found[-1][0] if len(found) == limit else reached
    seen = [sight for _, sight in found if sight is not None]
    return Sights(seen, [seq for seq, sight in found if sight is None], last if last > 1 else None)


def _single(session: Session, unit_id: int, before: int, limit: int) -> list[_Found]:
    return [_told(entry, unit_id) for entry in _read(session, _SINGLE, (unit_id, unit_id), before, limit)]


def _among_several(session: Session, unit_id: int, before: int, limit: int) -> tuple[list[_Found], int]:
    """Entries about several units with this one among them, or altered, and down to which entry was looked."""
    found: list[_Found] = []
    for looked, entry in enumerate(_several(session, before), 1):
        if not entry.proven or _may_be_about(entry, unit_id):
            found.append(_told(entry, unit_id))
        if len(found) == limit or looked == LOOKED_AT:
            return found, entry.seq
    return found, _ALL_THE_WAY


def _may_be_about(entry: _Entry, unit_id: int) -> bool:
    """Whether an entry that is proven says this unit, or what would tell was altered."""
    if not entry.cells["unit_from"] <= unit_id <= entry.cells["unit_until"]:
        return False
    units = entry.units
    return units is None or unit_id in units


def _told(entry: _Entry, unit_id: int) -> _Found:
    units = entry.units if entry.proven else None
    if units is None or unit_id not in units:
        return entry.seq, None
    return entry.seq, (AccessEvent(**entry.cells), len(units))


def _several(session: Session, before: int) -> Iterator[_Entry]:
    while page := _read(session, _SEVERAL, (), before, PART):
        yield from page
        before = page[-1].seq


def _read(session: Session, which: str, values: tuple[Any, ...], before: int, limit: int) -> list[_Entry]:
    """Entries as the driver hands them over: what somebody put in a column must not keep the others from being read."""
    rows = sure_rows(session, _SELECT.format(which=which), (*values, before, limit))
    heads = dict(sure_cells(session, str(ChainHead.__tablename__), ["seq", "hash"], chain=ACCESS))
    return [_entry(row, heads) for row in rows]


def _entry(row: tuple[Any, ...], heads: dict[Any, Any]) -> _Entry:
    *cells, body, followed = row
    parts, (previous, own), beside = cells[: len(HASHED)], cells[len(HASHED) :][:2], cells[len(HASHED) + 2 :]
    stored = Stored(parts, previous, own, beside, None, body if type(body) is bytes else None)
    told = dict(zip(_COLUMNS, cells, strict=True))
    return _Entry(stored, told, heads.get(told["seq"]) if followed is None else followed)
