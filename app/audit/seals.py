"""Sealed values sealed anew: bound to their place, or under the key of today. Resumable, a short chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Table, bindparam, column, table, update
from sqlalchemy.orm import Session

from app.audit.upkeep import Rows, Upkeep
from app.audit.witness import Witness, witness
from app.core.dialect import rows_after
from app.core.finding import digest_columns, finding_digest
from app.core.rows import Key, Layout
from app.core.types import SEALED_BY, Sealed, current_keys, place_of, sealed_columns
from app.core.vouched import layout_of
from app.models import metadata

CHUNK = 500


def reseal(work: Upkeep, *, unbound: bool = False) -> Upkeep:
    """Seal every value of every table anew that is not sealed as today; returns the work with all that was left out.

    `unbound` takes values of versions that bound seals to no place. A value that does not open stays as it is, and so does
    a row that was altered since the work began; both are told by `audit verify`.
    """
    with witness() as by:
        for one in metadata.sorted_tables:
            if sealed_columns(one):
                left = _Table(one, unbound, by).reseal(work)
                work = replace(work, left_out=work.left_out | left)
    return work


@dataclass(frozen=True)
class _Table:
    table: Table
    unbound: bool
    witness: Witness

    @property
    def layout(self) -> Layout:
        """What is read: the key, what seals are bound to, and the sealed values."""
        keys = [str(one.name) for one in self.table.primary_key]
        names = [*keys, *SEALED_BY[str(self.table.name)], *(str(one.name) for one in sealed_columns(self.table))]
        return Layout(str(self.table.name), tuple(keys), tuple(dict.fromkeys(names)))

    def reseal(self, work: Upkeep) -> Rows:
        """Seal a page at a time; returns the rows that were altered before their turn."""
        altered: set[Key] = set()
        last, full = None, True
        while full:
            with work.database.write() as session:
                page = rows_after(session, self.layout, last, CHUNK)
                altered |= self._reseal_page(session, work, page, last)
            full = len(page) == CHUNK
            last = self.layout.key_of(page[-1]) if page else None
        return frozenset((self.layout.table, key) for key in altered)

    def _reseal_page(
        self, session: Session, work: Upkeep, page: Sequence[tuple[Any, ...]], last: Key | None
    ) -> set[Key]:
        due = {
            key: anew
            for row in page
            if (self.layout.table, key := self.layout.key_of(row)) not in work.left_out and (anew := self._anew_in(row))
        }
        vouched = layout_of(self.table)
        altered = self.witness.differing(session, vouched, last, CHUNK) & due.keys() if due and vouched else set()
        fit = due.keys() - altered
        for one in sealed_columns(self.table):
            rows = [anew[one.name] for key, anew in due.items() if key in fit and one.name in anew]
            if rows:
                session.connection().execute(self._statement(one.type), rows)
        if vouched:
            work.touch(session, vouched, fit)
        return altered

    def _anew_in(self, row: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
        """Each column of the row that is not sealed as today, with what is set there."""
        found = ((str(one.name), self._anew(one.type, row)) for one in sealed_columns(self.table))
        return {name: anew for name, anew in found if anew is not None}

    def _anew(self, kind: Any, row: tuple[Any, ...]) -> dict[str, Any] | None:
        """What is set in a row, and what was read there; None where it is sealed as today."""
        cells = dict(zip(self.layout.columns, row, strict=True))
        stored = cells[kind.column]
        if not isinstance(stored, bytes):
            return None
        place = place_of(kind.table, kind.column, *(cells[name] for name in SEALED_BY[kind.table]))
        data = self._opened(stored, place)
        if data is None or (fresh := current_keys().seal(data, place)) == stored:
            return None
        found = {name: finding_digest(name, data.decode()) for name in _found_by(kind)}
        return {"stored": stored, "fresh": fresh, **found, **{f"key_{name}": cells[name] for name in self.layout.keys}}

    def _opened(self, stored: bytes, place: bytes) -> bytes | None:
        try:
            return current_keys().unseal(stored, place)
        except InvalidTag:
            pass
        try:
            return current_keys().unbound.decrypt(stored, None) if self.unbound else None
        except InvalidTag:
            return None

    def _statement(self, kind: Any) -> Any:
        """Bytes go round the column's type, and only where they are those that were read."""
        bare = table(self.layout.table, *(column(name) for name in (*self.layout.keys, kind.column, *_found_by(kind))))
        mine = [bare.c[name] == bindparam(f"key_{name}") for name in self.layout.keys]
        statement = update(bare).where(*mine, bare.c[kind.column] == bindparam("stored"))
        return statement.values(
            {kind.column: bindparam("fresh"), **{name: bindparam(name) for name in _found_by(kind)}}
        )


def _found_by(kind: Sealed) -> list[str]:
    return digest_columns(kind.column) if kind.table == "unit_version" else []
