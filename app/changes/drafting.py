"""A request and its items are written down: checked, judged, not yet anybody's business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes import holding, judging, named
from app.changes.errors import ITEM_COUNT, NO_SUCH_UNIT, TOO_MANY_UNITS, BadChange
from app.changes.needs import Judged
from app.changes.rules import ItemDraft, day_for
from app.changes.values import faults_of
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert
from app.core.said import Said, said, worded
from app.domain.fields import IDENTIFIERS
from app.domain.lives import ItemStatus
from app.domain.period import Period
from app.domain.roles import Permission
from app.domain.steps import STEPS
from app.domain.words import Reason, RequestStatus
from app.models import ChangeRequest, RequestItem, table_of
from app.register import writer
from app.register.brought import brought
from app.register.rules import History, row_on, runs_over

MOST_WHOLE = 500
"""Units of a request that is one transaction (DESIGN.md, promise 12)."""


def draft(
    session: Session,
    items: Sequence[ItemDraft],
    *,
    actor: Actor,
    now: datetime,
    title: str | Said,
    is_batch: bool = False,
    batch_id: int | None = None,
    counts: dict[str, Any] | None = None,
    effective_on: date | None = None,
    undoes: int | None = None,
) -> ChangeRequest:
    """A request with its items, not yet anybody's business. Raises BadChange, OutOfArea, what `refuse_guarded`
    raises; nothing is kept then.

    One that is no batch is written whole or not at all, so it is about no more units than one transaction holds. With `effective_on`, or when it speaks of a day to come, it is written on that day and not before.
    """
    if len(items) > MOST_WHOLE and not is_batch:
        raise BadChange(faults=[said(TOO_MANY_UNITS, most=MOST_WHOLE)])
    items = named.as_shown(session, items)
    judged = check(session, items, actor=actor, now=now, is_batch=is_batch)
    told: dict[str, Any] = {
        "title": title if isinstance(title, Said) else named.title_shown(session, title, items),
        "is_batch": is_batch,
        "batch_id": batch_id,
        "counts": counts,
        "judged": judged,
    }
    request = open_request(session, items, actor=actor, now=now, effective_on=effective_on, **told)
    request.undoes = undoes
    add_items(session, request.request_id, items)
    log_draft(session, request, actor, now)
    return request


def check(
    session: Session, items: Sequence[ItemDraft], *, actor: Actor, now: datetime, is_batch: bool = False
) -> Judged:
    """Whatever stops a proposal before it is written down; what it needs and where it reaches. Raises as `draft` does."""
    check_items(session, items, actor, now)
    judged = judging.require_inside(session, items, actor, now, is_batch=is_batch)
    if not is_batch:
        judging.refuse_guarded(session, items)
    return judged


def check_items(session: Session, items: Sequence[ItemDraft], actor: Actor, now: datetime) -> None:
    """What can be said of items before anything is written. Raises PermissionMissing, BadChange."""
    actor.require(Permission.PROPOSE)
    if not items:
        raise BadChange(faults=[said(ITEM_COUNT)])
    for faults in faults_of(session, items, day_of(now)):
        if faults:
            raise BadChange(faults=faults)


def open_request(
    session: Session,
    items: Sequence[ItemDraft],
    *,
    actor: Actor,
    now: datetime,
    title: str | Said,
    is_batch: bool,
    judged: Judged,
    batch_id: int | None = None,
    counts: dict[str, Any] | None = None,
    made_by_run: int | None = None,
    effective_on: date | None = None,
) -> ChangeRequest:
    """A request without its items, which were checked and follow by `add_items`; with `made_by_run` it is there for
    nobody until `service.bring_out`."""
    request = ChangeRequest(
        title=title if isinstance(title, Said) else title[:255],
        need=str(judged.need),
        is_batch=is_batch,
        status=str(RequestStatus.DRAFT),
        proposer_id=actor.user_id,
        office_id=actor.office_id,
        created_at=now,
        item_count=len(items),
        counts=counted(counts or {}, items),
        batch_id=batch_id,
        lands=sorted(judged.spread.lands),
        spread=judged.spread.counted(),
        made_by_run=made_by_run,
        effective_on=day_for((item.valid_from for item in items), effective_on, day_of(now)),
    )
    session.add(request)
    session.flush()
    return request


def counted(counts: dict[str, Any], items: Sequence[ItemDraft | RequestItem]) -> dict[str, Any]:
    """What an acceptance policy will ask of a whole file is noted while its items are at hand."""
    if not counts.get("basis"):
        return counts
    sources = sorted({origin[0] for item in items for origin in item.origin["o"]})
    fields = sorted({name for item in items for name in item.changes})
    return {**counts, "sources": sources, "fields": fields}


def log_draft(session: Session, request: ChangeRequest, actor: Actor, now: datetime) -> None:
    payload = {"items": request.item_count, "need": request.need, "title": worded(request.title)}
    holding.log(session, Tag.REQUEST_DRAFT, request, actor, now, payload)


def add_items(session: Session, request_id: int, items: Sequence[ItemDraft], *, first: int = 1) -> None:
    """Items of a request, numbered from `first` on. Raises BadChange where one speaks of no unit of the register."""
    histories = writer.gather(session, [item.unit_id for item in items if item.unit_id is not None])
    held = [histories.get(item.unit_id) if item.unit_id is not None else None for item in items]
    if any(item.unit_id is not None and history is None for item, history in zip(items, held, strict=True)):
        raise BadChange(faults=[said(NO_SUCH_UNIT)])
    columns: dict[str, list[Any]] = {
        "request_id": [request_id] * len(items),
        "seq": list(range(first, first + len(items))),
        "unit_id": [item.unit_id for item in items],
        "base_revision": [
            item.base_revision or (history.revision if history else 0)
            for item, history in zip(items, held, strict=True)
        ],
        "reason": [str(item.reason) for item in items],
        "valid_from": [item.valid_from for item in items],
        "valid_until": [item.valid_until for item in items],
        "date_precision": [item.precision for item in items],
        "changes": [item.changes for item in items],
        "expects": [
            {**expected(history, item), **(item.expects or {})} if history else {}
            for item, history in zip(items, held, strict=True)
        ],
        "code": [None if item.reason is Reason.UNDO else item.changes.get("uscc") or None for item in items],
        "origin": [item.origin for item in items],
        "record_id": [item.record_id for item in items],
        "successor_id": [item.successor_id for item in items],
        "links": [item.links for item in items],
        "status": [str(ItemStatus.OPEN)] * len(items),
    }
    bulk_insert(session, table_of(RequestItem), columns)


def expected(history: History, item: ItemDraft | RequestItem) -> dict[str, Any]:
    """What the unit says now in the fields that an item sets, over all the days that it speaks of; among them whatever the
    reason sets by itself, of what people propose: a file's rows of one unit bring these one after the other."""
    period = Period(item.valid_from, item.valid_until)
    alone = not item.changes  # what it says beside its fields is said of the unit as it stands
    sets = {"standing"} if alone or STEPS[Reason(item.reason)].leaves is not None else set()
    if item.record_id is None:
        before = row_on(history, item.valid_from) or history.believed[0]
        sets |= brought(Reason(item.reason), item.valid_from, "day", item.changes, before).keys()
    if item.reason == Reason.MERGE:  # which codes go along was decided as it was proposed
        sets |= set(IDENTIFIERS)
    return {name: runs_over(history, period, name) for name in (*item.changes, *sorted(sets))}
