"""What becomes of the values of sources as requests are decided: in force, refused, or open again (DESIGN.md, promise 6).

Called for the items of a chunk, so that a batch keeps its losing values in the transaction that settles it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.clock import day_of
from app.core.dialect import chunked
from app.domain.lives import ValueStatus
from app.domain.words import LostWhy, Source
from app.models import ChangeRequest, RequestItem, SourceRecord, UserAccount
from app.register import losing
from app.register.locks import locks_of
from app.register.losing import Claim, Key
from app.register.queries import MAX_IN, latest_versions_of
from app.register.sources import Origin, losers_of, origin_of

_FILES = frozenset(map(str, Source))
"""Sources that are files: no value of theirs goes over a lock by itself."""


@dataclass
class Stated:
    """What items of a chunk state, by their numbers: values put to somebody, and of new units what their records disagree
    about. Noted before they are written, since the rows are set behind the objects' backs."""

    keys: dict[int, list[Key]]
    born: dict[int, list[tuple[str, Origin, str]]]

    @classmethod
    def by(cls, items: Iterable[RequestItem]) -> Stated:
        made = [item for item in items if item.unit_id is None]
        changed = [item for item in items if item.unit_id is not None]
        return cls({item.seq: _keys(item) for item in changed}, {item.seq: losers_of(item.origin) for item in made})


def written(session: Session, stated: Stated, units: Mapping[int, int], now: datetime) -> None:
    """What became of a chunk, written items with their units: what they state lost no longer, what the records of a new
    unit disagree about is kept beside it; what the others put to somebody is open again."""
    losing.follow(session, {units[seq] for seq in stated.keys if seq in units})
    losing.let_go(session, [key for seq, keys in stated.keys.items() if seq not in units for key in keys])
    _keep_of_new(session, {units[seq]: lost for seq, lost in stated.born.items() if lost and seq in units}, now)


def _keep_of_new(session: Session, made: Mapping[int, Sequence[tuple[str, Origin, str]]], now: datetime) -> None:
    if not made:
        return
    values = _clean_of(session, {origin.record_id for lost in made.values() for _, origin, _ in lost})
    claims = [
        Claim(unit_id, name, origin, values[origin.record_id].get(name), LostWhy(why))
        for unit_id, lost in made.items()
        for name, origin, why in lost
        if origin.record_id in values
    ]
    losing.keep(session, claims, latest_versions_of(session, made), now)


def _clean_of(session: Session, record_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for part in chunked(sorted(record_ids), MAX_IN):
        statement = select(col(SourceRecord.record_id), col(SourceRecord.clean))
        found.update(session.execute(statement.where(col(SourceRecord.record_id).in_(part))).all())
    return found


def refused(session: Session, items: Sequence[RequestItem], now: datetime) -> None:
    """Items were refused: what they state is settled, until its source says something new."""
    told = [item for item in items if item.unit_id is not None]
    claims = [
        Claim(item.unit_id or 0, name, origin, value, LostWhy.REFUSED, ValueStatus.KEPT, item.request_id)
        for item in told
        for name, value in item.changes.items()
        for origin in (origin_of(item.origin, name),)
    ]
    losing.keep(session, claims, latest_versions_of(session, [item.unit_id or 0 for item in told]), now)


def let_go(session: Session, items: Iterable[RequestItem]) -> None:
    """Nothing came of items: what they put to somebody is open again."""
    losing.let_go(session, [key for item in items for key in _keys(item)])


def _keys(item: RequestItem) -> list[Key]:
    return [(item.unit_id or 0, name, origin_of(item.origin, name).source) for name in item.changes]


def over_locks(session: Session, request: ChangeRequest, items: Sequence[RequestItem], now: datetime) -> list[int]:
    """Items with which a file's value would go over a lock that nobody had before his eyes who let them through: a policy
    did, or the lock was set since. Their author looks at them again."""
    locks = locks_of(session, [item.unit_id for item in items if item.unit_id is not None], day_of(now))
    if not locks:
        return []
    decider = session.get(UserAccount, request.decided_by) if request.decided_by is not None else None
    by_person = decider is not None and not decider.is_system
    return [
        item.seq
        for item in items
        for held in (locks.get(item.unit_id or 0, {}),)
        if any(
            name in held
            and origin_of(item.origin, name).source in _FILES
            and not (by_person and request.decided_at is not None and held[name].set_at <= request.decided_at)
            for name in item.changes
        )
    ]
