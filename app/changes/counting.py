"""What the rules say of all open items of a request, by rule: how many break it, and how many of these bring that in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import judging, spoken
from app.changes.queries import get_request, items_where
from app.changes.whole import is_judged_at_once
from app.core.clock import day_of
from app.core.rights import territory
from app.core.turns import Turns
from app.domain.lives import ItemStatus
from app.models import ChangeRequest, RequestItem
from app.register.queries import AsOf, versions_of
from app.rules import counting
from app.rules.counting import About, Count, Kept, Lines
from app.rules.schemas import RulesCounted
from app.verbs import Call

PART = 500
"""Items of one snapshot."""
_OPEN = col(RequestItem.status) == ItemStatus.OPEN


def counted(call: Call, request: ChangeRequest) -> RulesCounted:
    """Of a request that is judged at once as it stands now, of a larger one as it was counted last."""
    found = counting.kept(call.session, About.REQUEST, request.request_id)
    if is_judged_at_once(request):
        count = Count()
        _count(request.request_id, 0, count, call.now, call.session)
        found = Kept(count, call.now, call.today, request.version, None, now=True)
    return counting.shown(call, found, _lines(call, request.request_id, found.count.first if found.count else []))


def _lines(call: Call, request_id: int, seqs: Sequence[int]) -> Lines:
    """The items of these numbers, each as its unit would stand; of one that left the caller's area since, what the item says."""
    items = items_where(call.session, request_id, col(RequestItem.seq).in_(seqs))
    found = versions_of(call.session, [item.unit_id for item in items if item.unit_id is not None], AsOf(call.today))
    own = territory(call.actor, call.today)
    held = {unit: row for unit, row in found.items() if own.holds(row["area_code"], row["park_code"])}
    lines: dict[int, Any] = {}
    for item in items:
        says = {**held.get(item.unit_id or 0, {}), **item.changes}
        lines[item.seq] = {"seq": item.seq, "unit_id": item.unit_id, "name": str(says.get("name") or "")}, says
    return lines


def count(turns: Turns, request_id: int, *, now: datetime) -> int:
    """Look through all open items, part by part, and keep what was found. Returns how many there were."""
    found = Count()
    after: int | None = 0
    version = turns.read(lambda session: get_request(session, request_id).version)
    while after is not None:
        after = turns.read(partial(_count, request_id, after, found, now))
    told: dict[str, Any] = {"version": version, "on": day_of(now), "now": now}
    turns.write(lambda session: counting.keep(session, About.REQUEST, request_id, found, **told))
    return found.items


def _count(request_id: int, after: int, found: Count, now: datetime, session: Session) -> int | None:
    """Add the next items; returns the last of them, None when none is left."""
    items = items_where(session, request_id, _OPEN, after=after, limit=PART)
    weighed = spoken.weigh(session, [judging.draft_of(item) for item in items], day_of(now))
    for item, told in zip(items, weighed, strict=True):
        found.add(item.seq, told)
    return items[-1].seq if len(items) == PART else None
