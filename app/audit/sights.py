"""Who saw a unit: the entries of the access log that are about it, by exactly its number, the newest first.

The entries are gone through, all of them, for one that was altered may say anything of its units, or nothing: a page of
an answer reads so many at most, so that the question is answered in short pieces however long the log is. Only what the
chain bears out is believed; an entry that was altered is named in place of whatever it says, and where one is gone the
one before it, which is followed by none.
"""

from __future__ import annotations

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
"""Entries that one page looks at: at most, and at a time."""

_NEWEST, _ALL_THE_WAY = 2**63 - 1, -(2**63)
_COLUMNS = (*HASHED, "prev_hash", "hash", *AccessEvent.BESIDE)
_EVENTS, _UNITS = AccessEvent.__tablename__, AccessUnits.__tablename__
_SELECT = (
    f"SELECT {', '.join(f'e.{name}' for name in _COLUMNS)}, u.body, n.prev_hash FROM {_EVENTS} e "  # noqa: S608
    f"LEFT JOIN {_UNITS} u ON u.seq = e.seq LEFT JOIN {_EVENTS} n ON n.seq = e.seq + 1 "
    "WHERE e.seq < ? ORDER BY e.seq DESC LIMIT ?"
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
        if first is not None and first == last:
            return Units(first, last)
        body = self.stored.more
        return Units(first, last, body) if body is not None and payload_digest(body) == digest else None


_Found = tuple[int, Sight | None]
"""The number of an entry, and what it says; nothing where it was altered."""


def of_unit(session: Session, unit_id: int, *, after: int = 0, limit: int = 100) -> Sights:
    """Entries older than `after` about this unit, and those of which that cannot be told any more."""
    found, reached = _found(session, unit_id, after or _NEWEST, limit)
    seen = [sight for _, sight in found if sight is not None]
    return Sights(seen, [seq for seq, sight in found if sight is None], reached if reached > 1 else None)


def _found(session: Session, unit_id: int, before: int, limit: int) -> tuple[list[_Found], int]:
    """Entries with this unit among theirs, or altered, and down to which entry was looked."""
    found: list[_Found] = []
    for looked, entry in enumerate(_entries(session, before), 1):
        if not entry.proven or _may_be_about(entry, unit_id):
            found.append(_told(entry, unit_id))
        if len(found) == limit or looked == LOOKED_AT:
            return found, entry.seq
    return found, _ALL_THE_WAY


def _may_be_about(entry: _Entry, unit_id: int) -> bool:
    """Whether an entry that is proven says this unit, or what would tell was altered."""
    if entry.cells["unit_from"] is None or not entry.cells["unit_from"] <= unit_id <= entry.cells["unit_until"]:
        return False
    units = entry.units
    return units is None or unit_id in units


def _told(entry: _Entry, unit_id: int) -> _Found:
    units = entry.units if entry.proven else None
    if units is None or unit_id not in units:
        return entry.seq, None
    return entry.seq, (AccessEvent(**entry.cells), len(units))


def _entries(session: Session, before: int) -> Iterator[_Entry]:
    while page := _read(session, before, PART):
        yield from page
        before = page[-1].seq


def _read(session: Session, before: int, limit: int) -> list[_Entry]:
    """Entries as the driver hands them over: what somebody put in a column must not keep the others from being read."""
    rows = sure_rows(session, _SELECT, (before, limit))
    heads = dict(sure_cells(session, str(ChainHead.__tablename__), ["seq", "hash"], chain=ACCESS))
    return [_entry(row, heads) for row in rows]


def _entry(row: tuple[Any, ...], heads: dict[Any, Any]) -> _Entry:
    *cells, body, followed = row
    parts, (previous, own), beside = cells[: len(HASHED)], cells[len(HASHED) :][:2], cells[len(HASHED) + 2 :]
    stored = Stored(parts, previous, own, beside, None, body if type(body) is bytes else None)
    told = dict(zip(_COLUMNS, cells, strict=True))
    return _Entry(stored, told, heads.get(told["seq"]) if followed is None else followed)
