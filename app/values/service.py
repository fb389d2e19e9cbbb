"""Locks are set and ended, conflicts settled, gaps filled: by a note, or by a change request that goes its ordinary road."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import drafting
from app.changes import service as changes
from app.changes.lands import outside
from app.changes.rules import ItemDraft
from app.changes.values import faults_of
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.moves import move
from app.core.rights import territory
from app.core.said import Said, said, word
from app.domain.fields import FIELDS
from app.domain.lives import ValueStatus
from app.domain.partial_date import first_day, precision_of
from app.domain.period import latest_from
from app.domain.words import Reason
from app.models import ChangeRequest, FieldLock, LosingValue, ValueChoice
from app.register import locks, losing
from app.register.queries import latest_versions_of
from app.register.search import names_of
from app.register.sources import Origin, pack
from app.values import queries
from app.values.errors import LockDay, NotLocked
from app.values.queries import Sought, Where
from app.values.schemas import MOST_FILLED, Filling

TAKES = word(
    "title_takes_value",
    "改用{source:source}的“{field:field}”：{name}",
    "Take “{field:field}” from {source:source}: {name}",
)
FILLS = word(
    "title_fills_gap",
    "以{source:source}补“{field:field}”（{kind:gap}），{count} 个单位",
    "Fill “{field:field}” ({kind:gap}) from {source:source}: {count} units",
)
_NAME = 120
"""Characters of a unit's name that stand in a title."""
_CODES = frozenset({"uscc", "org_code"})


def fields_of(told: Iterable[str]) -> list[str]:
    """The fields named by themselves or by their group, in the order of the form."""
    named = set(told)
    return [field.name for field in FIELDS if field.name in named or str(field.group) in named]


def lock(
    session: Session, unit_id: int, fields: Sequence[str], *, until: date, reason: str, actor: Actor, now: datetime
) -> list[FieldLock]:
    """Lock fields of a unit. Raises LockDay."""
    last = latest_from(day_of(now))
    if not day_of(now) < until <= last:
        raise LockDay(last=last.isoformat())
    made = locks.hold(session, unit_id, fields, until=until, reason=reason, actor=actor, now=now)
    payload = {"unit_id": unit_id, "fields": list(fields), "until": until.isoformat(), "reason": reason}
    _log(session, Tag.FIELD_LOCK, f"unit {unit_id}", actor, now, payload)
    return made


def unlock(
    session: Session, unit_id: int, fields: Sequence[str], *, reason: str, actor: Actor, now: datetime
) -> list[FieldLock]:
    """End locks on fields of a unit. Raises NotLocked where none holds."""
    ended = locks.end(session, unit_id, fields, reason=reason, actor=actor, now=now)
    if not ended:
        raise NotLocked
    payload = {"unit_id": unit_id, "fields": [lock.field for lock in ended], "reason": reason}
    _log(session, Tag.FIELD_UNLOCK, f"unit {unit_id}", actor, now, payload)
    return ended


def keep(session: Session, found: LosingValue, note: str, *, actor: Actor, now: datetime) -> None:
    """Keep what is in force beside what a source says; that holds until one of the two says something new."""
    move(session, found, ValueStatus.KEPT)
    named: dict[str, Any] = {"unit_id": found.unit_id, "field": found.field, "source": found.source}
    told: dict[str, Any] = {
        "facts": found.facts,
        "over_facts": found.over_facts,
        "note": note,
        "by": actor.user_id,
        "at": now,
    }
    session.add(ValueChoice(**named, **told))
    _log(session, Tag.VALUE_KEEP, f"unit {found.unit_id}", actor, now, {**named, "losing_id": found.losing_id})
    session.flush()


def take(
    session: Session, found: LosingValue, *, on: date | None, comment: str, actor: Actor, now: datetime
) -> ChangeRequest:
    """Propose the other value. Raises what proposing by hand raises."""
    held = latest_versions_of(session, [found.unit_id])
    item = _item(found, held, on)
    name = (names_of(session, [found.unit_id]).get(found.unit_id) or f"#{found.unit_id}")[:_NAME]
    title = said(TAKES, source=found.source, field=found.field, name=name)
    return _propose(session, [found], [item], title, comment, actor=actor, now=now, is_batch=False)


@dataclass(frozen=True)
class Filler:
    """What became of a part of a gap: the number of its request, 0 where there was nothing to propose, and how that stands;
    how many units are in it, those left to a person (no register keeps the value, or it leads them out of the area), and the last
    that was looked at, 0 where none is left."""

    request_id: int
    status: str
    units: int
    unreadable: list[int]
    last: int


def fill(
    session: Session, wish: Filling, where: Where, *, comment: str, actor: Actor, now: datetime, after: int = 0
) -> Filler:
    """Propose what a source says for units with a gap, as many as one request takes, from behind a value on. Raises what
    proposing a batch raises."""
    found = queries.list_losing(session, gap_of(wish), where, after=after, limit=MOST_FILLED)
    held = latest_versions_of(session, [one.unit_id for one in found])
    items = [_item(one, held, None) for one in found]
    faults = faults_of(session, items, day_of(now))
    left = {index for index, wrong in enumerate(faults) if wrong}
    left |= outside(session, items, territory(actor, day_of(now))).keys()
    kept = [index for index in range(len(items)) if index not in left]
    unreadable = [found[index].unit_id for index in sorted(left)]
    last = found[-1].losing_id if len(found) == MOST_FILLED else 0
    if not kept:
        return Filler(0, "", 0, unreadable, last)
    rows, drafts = [found[index] for index in kept], [items[index] for index in kept]
    title = said(FILLS, source=wish.source, field=wish.field, kind=str(wish.kind), count=len(drafts))
    request = _propose(session, rows, drafts, title, comment, actor=actor, now=now, is_batch=True)
    return Filler(request.request_id, request.status, len(drafts), unreadable, last)


def gap_of(wish: Any) -> Sought:
    """What is open behind a gap of a field, a source and a kind."""
    told = {"field": wish.field, "source": wish.source, "status": str(ValueStatus.OPEN)}
    return Sought(**told, more=queries.of_kind(wish.kind))


def _propose(
    session: Session,
    found: Sequence[LosingValue],
    items: Sequence[ItemDraft],
    title: Said,
    comment: str,
    *,
    actor: Actor,
    now: datetime,
    is_batch: bool,
) -> ChangeRequest:
    """The values are before somebody from now on."""
    request = drafting.draft(session, items, actor=actor, now=now, title=title, is_batch=is_batch)
    changes.submit(session, request.request_id, actor=actor, now=now, comment=comment)
    losing.put_to_somebody(session, [one.losing_id for one in found], request.request_id)
    return request


def _item(found: LosingValue, held: Mapping[int, Mapping[str, Any]], on: date | None) -> ItemDraft:
    """A source's value as a change from the day it speaks of, but not from before what is in force: that would leave it there."""
    day, began = first_day(found.said_on), held[found.unit_id]["valid_from"]
    since = on or max(day, began)
    return ItemDraft(
        reason=Reason.CODE_CHANGE if found.field in _CODES else Reason.CHANGE,
        valid_from=since,
        precision=precision_of(found.said_on) if since == day else "day",
        changes={found.field: found.value},
        origin=pack(Origin(found.source, found.record_id, found.said_on)),
        unit_id=found.unit_id,
    )


def _log(session: Session, tag: Tag, subject: str, actor: Actor, now: datetime, payload: Mapping[str, Any]) -> None:
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=dict(payload))
