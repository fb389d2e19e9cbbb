"""Fields of a unit that a person locked: no file's value goes over them until the day named, or until somebody ends it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import chunked, locked
from app.core.moves import move
from app.domain.lives import LockStatus
from app.models import FieldLock, Unit, UserAccount
from app.register.queries import MAX_IN

Locks = dict[int, dict[str, FieldLock]]
"""Unit to its locked fields."""


def locks_of(session: Session, unit_ids: Iterable[int], on: date) -> Locks:
    """The locks that hold on a day."""
    found: Locks = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        held = (col(FieldLock.unit_id).in_(part), col(FieldLock.status) == LockStatus.HELD, col(FieldLock.until) > on)
        for lock in session.execute(select(FieldLock).where(*held).order_by(col(FieldLock.lock_id))).scalars():
            found.setdefault(lock.unit_id, {})[lock.field] = lock
    return found


def by_whom(session: Session, locks: Iterable[FieldLock]) -> dict[int, str]:
    """Account to the name of who set a lock."""
    ids = sorted({lock.set_by for lock in locks})
    named = select(col(UserAccount.user_id), col(UserAccount.name)).where(col(UserAccount.user_id).in_(ids))
    return dict(session.execute(named).all())


def hold(
    session: Session, unit_id: int, fields: Sequence[str], *, until: date, reason: str, actor: Actor, now: datetime
) -> list[FieldLock]:
    """Lock fields of a unit until a day, excluded; a lock that holds there already gives way to this one."""
    _end_those_of(session, unit_id, fields, reason=reason, actor=actor, now=now)
    told: dict[str, Any] = {
        "reason": reason,
        "until": until,
        "status": str(LockStatus.HELD),
        "set_by": actor.user_id,
        "set_at": now,
    }
    made = [FieldLock(unit_id=unit_id, field=name, held_key=f"{unit_id}:{name}", **told) for name in fields]
    session.add_all(made)
    session.flush()
    return made


def end(
    session: Session, unit_id: int, fields: Collection[str], *, reason: str, actor: Actor, now: datetime
) -> list[FieldLock]:
    """End the locks that hold on fields of a unit; returns those that were ended."""
    ended = _end_those_of(session, unit_id, fields, reason=reason, actor=actor, now=now)
    return [lock for lock in ended if lock.until > day_of(now)]


def _end_those_of(
    session: Session, unit_id: int, fields: Collection[str], *, reason: str, actor: Actor, now: datetime
) -> list[FieldLock]:
    """The unit is held meanwhile, so that of two who lock a field at once the later one ends the lock of the earlier."""
    session.execute(locked(select(col(Unit.unit_id)).where(col(Unit.unit_id) == unit_id)))
    mine = (col(FieldLock.unit_id) == unit_id, col(FieldLock.status) == LockStatus.HELD)
    statement = select(FieldLock).where(*mine, col(FieldLock.field).in_(fields)).order_by(col(FieldLock.lock_id))
    held = list(session.execute(statement).scalars())
    for lock in held:
        told: dict[str, Any] = {"ended_by": actor.user_id, "ended_at": now, "ended_why": reason, "held_key": None}
        move(session, lock, LockStatus.ENDED, **told)
    return held
