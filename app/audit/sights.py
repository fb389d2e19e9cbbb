"""Who saw a unit: the entries of the access log that are about it, by exactly its number, the newest first.

An entry about one unit says so itself and is found by an index. Those about several are gone through: a page of an
answer reads so many of them at most, so that the question is answered in short pieces however long the log is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.chain import payload_digest
from app.audit.queries import EntryAltered
from app.audit.service import ACCESS
from app.audit.units import Units
from app.models import AccessEvent, AccessUnits

LOOKED_AT, PART = 50_000, 1000
"""Entries about several units that one page looks at: at most, and at a time."""

_seq = col(AccessEvent.seq)
Sight = tuple[AccessEvent, int]
"""An entry, and how many units were seen with it."""


def of_unit(session: Session, unit_id: int, *, after: int = 0, limit: int = 100) -> tuple[list[Sight], int | None]:
    """Entries older than `after`, and where to go on; None where there is nothing more. Raises EntryAltered."""
    several, reached = _among_several(session, unit_id, after, limit)
    single = [(entry, 1) for entry in _single(session, unit_id, after, limit) if entry.seq >= reached]
    found = list(heapq.merge(several, single, key=lambda sight: -sight[0].seq))[:limit]
    last = found[-1][0].seq if len(found) == limit else reached
    return found, last if last > 1 else None


def _older(statement: Any, after: int) -> Any:
    return (statement.where(_seq < after) if after else statement).order_by(_seq.desc())


def _single(session: Session, unit_id: int, after: int, limit: int) -> list[AccessEvent]:
    own = select(AccessEvent).where(col(AccessEvent.unit_from) == unit_id, col(AccessEvent.unit_until) == unit_id)
    return list(session.execute(_older(own, after).limit(limit)).scalars())


def _among_several(session: Session, unit_id: int, after: int, limit: int) -> tuple[list[Sight], int]:
    """Entries about several units with this one among them, and down to which entry was looked; 0, all the way."""
    found: list[Sight] = []
    for looked, (entry, units) in enumerate(_several(session, after), 1):
        if unit_id in units:
            found.append((entry, len(units)))
        if len(found) == limit or looked == LOOKED_AT:
            return found, entry.seq
    return found, 0


def _several(session: Session, after: int) -> Iterator[tuple[AccessEvent, Units]]:
    """Entries about several units with these."""
    own = (
        select(AccessEvent, col(AccessUnits.body))
        .outerjoin(AccessUnits, col(AccessUnits.seq) == _seq)
        .where(col(AccessEvent.unit_from) < col(AccessEvent.unit_until))
    )
    while page := session.execute(_older(own, after).limit(PART)).all():
        for entry, body in page:
            yield entry, _held(entry, body)
            after = entry.seq


def _held(entry: AccessEvent, body: bytes | None) -> Units:
    """What stands beside an entry, held against its digest: what was altered answers nothing."""
    if body is None or payload_digest(bytes(body)) != entry.units_digest:
        raise EntryAltered(chain=ACCESS, seq=entry.seq)
    first, last = cast("tuple[int, int]", (entry.unit_from, entry.unit_until))
    return Units(first, last, bytes(body))
