"""Keys of units kept beside the register: which of a million units can matter to a run is told before any of them is read.

They are made of the register, brought on by its change feed and thrown away at will: a run that finds none makes them, one that finds
them behind reads what changed since. They say which units a run reads, never what it finds of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import resources
from typing import Any

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import insert_or_skip
from app.core.turns import Turns
from app.core.types import current_keys
from app.match.queries import parts_of_held_units, units_changed
from app.match.tables import FIELDS, Row, digest_of, rows_of_units, split_key, table_of
from app.models import MatchKeys
from app.models import table_of as table_of_model
from app.register.queries import register_version
from matching.linkage.beside import columns_of
from matching.linkage.cleaning import Records
from matching.linkage.hidden import Secret, chosen, hidden, packed, unpacked, without_texts

PART = 20_000
"""Units that are read, and kept as one row, at a time."""
_SPARE = 50_000
"""Rows that may be kept in vain before all are written anew."""

_table = table_of_model(MatchKeys)

Array = np.ndarray[Any, np.dtype[Any]]


def secret() -> Secret:
    return Secret(current_keys().derive("match_keys", 16))


@lru_cache
def made_by() -> str:
    """A digest of all that makes keys of values: with another way of standardising the keys are made anew."""
    digest = hashlib.blake2b(digest_size=16)
    for package in ("matching.standardise", "matching.standardise.data", "matching.linkage"):
        for file in sorted(resources.files(package).iterdir(), key=lambda path: path.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()


def hidden_columns(rows: Sequence[Row]) -> Records:
    """What is compared of rows, with hidden keys."""
    return hidden(columns_of(table_of(rows)), secret())


@dataclass
class Part:
    """Some units, with the digest of their facts in two numbers; `columns` are theirs in this order. A unit without a version that is
    still open has none: its place in `gone`."""

    units: Array
    facts: Array
    columns: Records
    gone: Array


@dataclass
class Kept:
    """All units that are to be compared.

    Attributes:
        fresh: what was not kept yet, to be stored (`store`).
        seq: the last entry of the change feed that is known with them.
        last: the number of the last part stored; `stored`: how many rows the parts hold.
        from_now: whether everything before is to be dropped.
    """

    units: Array
    facts: Array
    columns: Records | None
    fresh: list[Part] = field(default_factory=list)
    seq: int = 0
    last: int = 0
    stored: int = 0
    from_now: bool = False

    def bearing(self, digests: Iterable[str]) -> Array:
        """Rows of the units whose facts have one of these digests."""
        wanted = {_halves(bytes.fromhex(digest)) for digest in digests}
        if not wanted:
            return np.zeros(0, np.int64)
        first = np.flatnonzero(np.isin(self.facts[:, 0], np.array([one for one, _ in wanted], np.uint64)))
        found = [row for row in first.tolist() if tuple(self.facts[row].tolist()) in wanted]
        return np.array(found, np.int64)


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def look(session: Session) -> Kept:
    """The units as the session sees them: what is kept, and of what changed since the register itself."""
    kept, seq = _read(session), register_version(session)
    changed = None if kept.columns is None else units_changed(session, kept.seq)
    fresh = list(_made(session, changed))
    both = [Part(kept.units, kept.facts, kept.columns, np.zeros(0, np.int64))] if kept.columns is not None else []
    units, facts, columns = _latest([*both, *fresh])
    return Kept(units, facts, columns, fresh, seq, kept.last, kept.stored, kept.from_now)


def _read(session: Session) -> Kept:
    """What is kept, or nothing where it was made in another way."""
    parts, seq, last, stored = [], 0, 0, 0
    statement = select(_table).order_by(_table.c.part).execution_options(yield_per=1)
    for row in session.execute(statement):
        last = row.part
        if row.made != made_by():
            return Kept(_none(), _none().reshape(0, 2), None, last=_last(session), from_now=True)
        seq = max(seq, row.seq)
        parts.append(_unpacked(row.units, row.columns))
        stored += len(parts[-1].units) + len(parts[-1].gone)
    if not seq:  # none, or those of a run that died before all were kept
        return Kept(_none(), _none().reshape(0, 2), None, last=last, from_now=bool(last))
    units, facts, columns = _latest(parts)
    return Kept(units, facts, columns, seq=seq, last=last, stored=stored)


def _parts_until(session: Session, last: int) -> list[int]:
    return list(session.execute(select(_table.c.part).where(_table.c.part <= last)).scalars())


def _last(session: Session) -> int:
    found = select(col(MatchKeys.part)).order_by(col(MatchKeys.part).desc()).limit(1)
    return int(session.execute(found).scalar_one())


def _none() -> Array:
    return np.zeros(0, np.uint64)


def _made(session: Session, changed: Sequence[int] | None) -> Iterator[Part]:
    """Parts of these units, or of all."""
    for versions in parts_of_held_units(session, FIELDS, size=PART, unit_ids=changed):
        rows = sorted(rows_of_units(versions), key=lambda row: row.key)  # as the columns will stand
        units = np.array([split_key(row.key)[1] for row in rows], np.int64)
        facts = np.array([_halves(digest_of(row)) for row in rows], np.uint64).reshape(-1, 2)
        asked = {version["unit_id"] for version in versions}
        yield Part(units, facts, without_texts([hidden_columns(rows)]), np.zeros(0, np.int64))
        if changed is not None:
            changed = [unit_id for unit_id in changed if unit_id not in asked]
    if changed:
        nothing = without_texts([hidden_columns([])])
        yield Part(np.zeros(0, np.int64), _none().reshape(0, 2), nothing, np.array(changed, np.int64))


def _latest(parts: Sequence[Part]) -> tuple[Array, Array, Records | None]:
    """The units of all parts, each as the last part that knows it has it."""
    if not parts:
        return np.zeros(0, np.int64), _none().reshape(0, 2), None
    ids, rows, start = [], [], 0
    for part in parts:
        ids += [part.units, part.gone]
        rows += [np.arange(start, start + len(part.units)), np.full(len(part.gone), -1)]
        start += len(part.units)
    unit, row = np.concatenate(ids)[::-1], np.concatenate(rows)[::-1]
    _, last = np.unique(unit, return_index=True)
    held = row[last]
    held = np.sort(held[held >= 0])
    units = np.concatenate([part.units for part in parts])[held]
    facts = np.concatenate([part.facts for part in parts])[held]
    columns = without_texts([part.columns for part in parts])
    return units, facts, columns if len(held) == len(columns) else chosen(columns, held)


def store(turns: Turns, kept: Kept) -> None:
    """Keep what a run made, a part a turn; all anew when too much is kept in vain. Another run may be first, and then keeps it."""
    parts, before = kept.fresh, kept.last
    if kept.from_now or kept.stored > 2 * len(kept.units) + _SPARE:
        parts = list(_parted(kept))
    for number, part in enumerate(parts, before + 1):
        seq = kept.seq if number == before + len(parts) else 0
        if not turns.write(partial(_store, number, seq, part)):
            return
    if parts is not kept.fresh:
        for number in turns.read(lambda session: _parts_until(session, before)):
            turns.write(partial(_drop, number))


def _drop(number: int, session: Session) -> None:
    session.execute(delete(_table).where(_table.c.part == number))


def _parted(kept: Kept) -> Iterator[Part]:
    for start in range(0, len(kept.units), PART):
        rows = np.arange(start, min(start + PART, len(kept.units)))
        assert kept.columns is not None, "units have columns"
        yield Part(kept.units[rows], kept.facts[rows], chosen(kept.columns, rows), np.zeros(0, np.int64))


def _store(number: int, seq: int, part: Part, session: Session) -> int:
    units = np.zeros((len(part.units) + len(part.gone), 3), np.uint64)
    units[:, 0] = np.r_[part.units, part.gone]
    units[: len(part.units), 1:] = part.facts
    row = {"part": number, "seq": seq, "made": made_by(), "units": units.tobytes(), "columns": packed(part.columns)}
    return insert_or_skip(session, _table, [row])


def _unpacked(units: bytes, columns: bytes) -> Part:
    held, records = np.frombuffer(units, np.uint64).reshape(-1, 3), unpacked(columns)
    ids, count = held[:, 0].astype(np.int64), len(records)
    return Part(ids[:count], held[:count, 1:], records, ids[count:])
