"""A request is based anew on the units as they are now, in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes import authors, drafting, holding, judging, moving, policy, undoing
from app.changes.effects import strongest
from app.changes.errors import MERGER_ANEW, BadChange
from app.changes.needs import Judged
from app.changes.queries import get_request, items_of
from app.changes.rules import Need
from app.changes.titles import renewed
from app.changes.whole import AT_ONCE
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.said import said
from app.core.turns import Turns
from app.domain.lives import ItemStatus
from app.domain.roles import Permission
from app.domain.words import UNDECIDED, Reason, RequestStatus
from app.models import RequestItem
from app.register import writer
from app.register.rules import History

_LOOKED_AT = 5000
"""Items that are looked at in one snapshot, which no writer waits for."""


def refresh(turns: Turns, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Base a request anew on the units as they are now, after StaleChange; its author looks and submits again.

    Raises OutOfArea where one of them lies outside of his area by now: then nothing of it was done.

    A large batch is gone through in parts; begun anew after a kill, they come out the same.
    """
    _refuse_beyond(turns, request_id, actor, now)
    after, judged = turns.write(partial(_refresh_part, request_id, 0, None, actor, now))
    while after is not None:
        after, judged = turns.write(partial(_refresh_part, request_id, after, judged, actor, now))


def _refuse_beyond(turns: Turns, request_id: int, actor: Actor, now: datetime) -> None:
    """Look at all items before the first of them is touched; each part looks again."""
    after: int | None = 0
    while after is not None:
        after = turns.read(partial(_look_at_part, request_id, after, actor, now))


def _look_at_part(request_id: int, after: int, actor: Actor, now: datetime, session: Session) -> int | None:
    items = items_of(session, request_id, after=after, limit=_LOOKED_AT)
    judging.require_inside(session, _open(items), actor, now)
    return items[-1].seq if len(items) == _LOOKED_AT else None


def _refresh_part(
    request_id: int, after: int, before: Judged | None, actor: Actor, now: datetime, session: Session
) -> tuple[int | None, Judged]:
    """Base the next items anew; returns the last of them, None when none is left, and all that was judged so far."""
    request = get_request(session, request_id, lock=True)
    authors.require_author(request, actor)
    actor.require(Permission.PROPOSE)
    if request.status not in UNDECIDED:
        raise holding.wrong_state(request, RequestStatus.IN_REVIEW)
    items = items_of(session, request_id, after=after, limit=AT_ONCE)
    part = judging.require_inside(session, _open(items), actor, now)
    held = [item for item in items if item.unit_id is not None]
    histories = writer.gather(session, [item.unit_id or 0 for item in held])
    if not request.is_batch and _is_another_merger(held, histories):
        raise BadChange(faults=[said(MERGER_ANEW)])
    for item in held:
        history = histories[item.unit_id or 0]
        if item.reason == Reason.UNDO:
            item.changes = undoing.restored_by(session, item)
        item.base_revision, item.expects = history.revision, drafting.expected(history, item)
    request.version += 1  # with every part: who looks in between has not seen the rest
    judged = before + part if before else part
    if len(items) == AT_ONCE:
        request.need = str(strongest((judged.need, Need(request.need))))  # should nothing follow, it needs no less
        return items[-1].seq, judged
    judging.note(request, judged)
    if not request.is_batch:
        item = items[0]
        request.title = renewed(session, request.title, item.unit_id, item.changes, item.changes)
    if request.status == RequestStatus.IN_REVIEW:
        judging.asks(request, policy.approval_for(session, request.need, day_of(now)))
        moving.ask(session, request, judging.items_judged_at_once(session, request), now)
    holding.log(session, Tag.REQUEST_REFRESH, request, actor, now, {"items": request.item_count, "need": request.need})
    return None, judged


def _is_another_merger(items: Sequence[RequestItem], histories: Mapping[int, History]) -> bool:
    """Whether a unit of a merger was written since that was proposed: whose values win and which codes go along was decided
    of all its units then."""
    moved = any(histories[item.unit_id or 0].revision != item.base_revision for item in items)
    return moved and any(item.reason == Reason.MERGE for item in items)


def _open(items: Sequence[RequestItem]) -> list[RequestItem]:
    return [item for item in items if item.status == ItemStatus.OPEN]
