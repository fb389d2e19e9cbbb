"""A request of more items than one transaction holds is judged as a whole, whatever its size, and nobody waits for it.

What was judged when it was proposed stands for an item as long as its unit was not written since: so those alone are
looked at again whose unit was, outside of any writing transaction, and inside it those few that were written while one
looked. Where the rules of needs are others by now, all are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import policy
from app.changes.errors import NoPolicy
from app.changes.needs import Judged, judge
from app.core.clock import day_of
from app.core.dialect import chunked
from app.core.turns import TRIES, Turns
from app.domain.lives import ItemStatus
from app.models import ChangeFeed, ChangeRequest, RequestItem, Unit
from app.register.queries import MAX_IN, register_version

AT_ONCE = 300
"""Items that are judged in the transaction that writes; a request of no more is judged there and nowhere else."""
_PART = 5000
_WRITTEN_AT_ONCE = 5000
"""Units written while one looked that a writing transaction goes through: two seconds of a batch that is applied."""
_HOWEVER_MANY = 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """What was found as a request of one version was looked at, with the register as it was at an entry of its feed."""

    version: int
    through: int
    judged: Judged = field(default_factory=Judged)
    follow: frozenset[int] = frozenset()
    """The units that follow those of the request: an item is not found by these, so who meets one looks again."""
    is_last: bool = False
    """Whether what was written since is judged however much it is."""


Looks = Mapping[int, Look]


class MovedOn(Exception):
    """More was written while one looked than a writing transaction takes."""


def is_judged_at_once(request: ChangeRequest) -> bool:
    return request.item_count <= AT_ONCE


def looked_at(turns: Turns, request_ids: Sequence[int], now: datetime, decide: Callable[[Looks], T]) -> T:
    """Look at requests outside, then decide on them in a transaction that is given the looks; begun anew where too much
    was written meanwhile, at last however much it is."""
    for _ in range(1, TRIES):
        try:
            return decide(_looks(turns, request_ids, now))
        except MovedOn:
            continue
    return decide({one: replace(seen, is_last=True) for one, seen in _looks(turns, request_ids, now).items()})


def _looks(turns: Turns, request_ids: Sequence[int], now: datetime) -> Looks:
    found = {request_id: look(turns, request_id, now) for request_id in request_ids}
    return {request_id: seen for request_id, seen in found.items() if seen is not None}


def look(turns: Turns, request_id: int, now: datetime) -> Look | None:
    """None where there is no such request, or it is judged in the transaction that decides on it."""
    begun, concerned = turns.read(partial(_begin, request_id, now))
    after: int | None = 0
    while begun is not None and after is not None:
        begun, after = turns.read(partial(_look_at_part, request_id, begun, after, concerned, now))
    return begun


def judged_through(session: Session, request: ChangeRequest, seen: Look | None, now: datetime) -> Judged:
    """What a look found, with what was written since. Raises MovedOn where that is too much."""
    if seen is None or seen.version != request.version:  # it is as right in here, and somebody may wait for it
        seen = look(_Here(session), request.request_id, now)
    assert seen is not None, "for requests that are not judged at once"
    return seen.judged + judge(session, _written_since(session, request.request_id, seen), day_of(now))


def _written_since(session: Session, request_id: int, seen: Look) -> Sequence[RequestItem]:
    """The items whose units were written since a look: few, found by these units. Raises MovedOn."""
    written = select(col(ChangeFeed.unit_id)).where(col(ChangeFeed.seq) > seen.through).distinct()
    most = _HOWEVER_MANY if seen.is_last else _WRITTEN_AT_ONCE
    units = session.execute(written.limit(most + 1)).scalars().all()
    followed = not seen.follow.isdisjoint(units)
    if not seen.is_last and (followed or len(units) > most):
        raise MovedOn
    items: list[RequestItem] = []
    for part in chunked(units, MAX_IN):
        about = col(RequestItem.unit_id).in_(part)
        met = or_(about, col(RequestItem.successor_id).in_(part)) if followed else about
        items += _items(session, request_id, met, limit=None if seen.is_last else AT_ONCE + 1 - len(items))
        if not seen.is_last and len(items) > AT_ONCE:  # before more of them are opened, for somebody waits
            raise MovedOn
    return items


@dataclass(frozen=True)
class _Here:
    """Turns in a session that is open."""

    session: Session

    def write(self, do: Callable[[Session], T]) -> T:
        return do(self.session)

    def read(self, do: Callable[[Session], T]) -> T:
        return do(self.session)


def _begin(request_id: int, now: datetime, session: Session) -> tuple[Look | None, ColumnElement[bool] | None]:
    """Where a look begins, and at which items; at all of them where the condition is None."""
    request = session.get(ChangeRequest, request_id)
    if request is None or is_judged_at_once(request):
        return None, None
    concerned = None if _has_other_rules(session, request, now) else _WRITTEN
    return Look(request.version, register_version(session)), concerned


_WRITTEN = or_(
    col(RequestItem.successor_id).is_not(None),
    select(col(Unit.unit_id))
    .where(col(Unit.unit_id) == col(RequestItem.unit_id), col(Unit.revision) != col(RequestItem.base_revision))
    .exists(),
)
"""Items whose unit was written since they were based on it; what follows a unit has no such mark and is always asked."""


def _has_other_rules(session: Session, request: ChangeRequest, now: datetime) -> bool:
    """Whether what a change needs is told otherwise than when the request was last judged."""
    before = day_of(request.submitted_at or request.created_at)
    try:
        return policy.effects_on(session, before) != policy.effects_on(session, day_of(now))
    except NoPolicy:
        return True


def _look_at_part(
    request_id: int, seen: Look, after: int, concerned: ColumnElement[bool] | None, now: datetime, session: Session
) -> tuple[Look, int | None]:
    """Judge the next items; returns the look with them and the last of them, None when none is left."""
    conditions = () if concerned is None else (concerned,)
    items = _items(session, request_id, col(RequestItem.seq) > after, *conditions, limit=_PART)
    follow = seen.follow | {item.successor_id for item in items if item.successor_id is not None}
    found = replace(seen, judged=seen.judged + judge(session, items, day_of(now)), follow=follow)
    return found, items[-1].seq if len(items) == _PART else None


def _items(
    session: Session, request_id: int, *conditions: ColumnElement[bool], limit: int | None = None
) -> Sequence[RequestItem]:
    own = (col(RequestItem.request_id) == request_id, col(RequestItem.status) == ItemStatus.OPEN)
    statement = select(RequestItem).where(*own, *conditions).order_by(col(RequestItem.seq)).limit(limit)
    return session.execute(statement).scalars().all()
