"""A request that takes another back: exactly its writes, at any time later; what was written since stays (DESIGN.md, §5.1).

It is proposed, approved and written like any other. What it restores is decided on the units as they are when it is
written; an item says so for people, as it would be now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import hold_chain
from app.changes import drafting, judging, queries, service
from app.changes.errors import NOT_UNDONE, NOTHING_TO_UNDO, UNDONE_ALREADY, BadChange, CannotBeWritten
from app.changes.rules import ItemDraft
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.said import said, word, worded
from app.core.vouched import forget, settle
from app.domain.lives import ItemStatus
from app.domain.words import NOT_SETTLED, Reason, RequestStatus
from app.models import ChangeRequest, RequestItem
from app.register import sources, writer
from app.register.queries import revisions_of
from app.register.rules import History, plain, row_on
from app.register.taking_back import pasts_of, take_back

TITLE = word("title_undo", "撤销申请 #{request}：{title}", "Undo request {request}: {title}")


def propose(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str) -> ChangeRequest:
    """Hand in a request that takes another back. Raises BadChange, OutOfArea, NoPolicy, CannotBeWritten, Guard."""
    undone = queries.get_request(session, request_id, lock=True)
    _refuse(session, undone)
    items = items_for(session, undone, now)
    if not items:
        raise BadChange(faults=[said(NOTHING_TO_UNDO, request=request_id)])
    _try(session, items, request_id, now)
    title = said(TITLE, request=request_id, title=worded(undone.title)[:180])
    request = drafting.draft(session, items, actor=actor, now=now, title=title, undoes=request_id)
    return service.submit(session, request.request_id, actor=actor, now=now, comment=comment)


def _try(session: Session, items: Sequence[ItemDraft], undone: int, now: datetime) -> None:
    """Raise what the writer would, were this written now: which codes and kin come back is known once it is laid down. So it
    is, as whoever approves would have it, and all of that is forgotten. Raises CannotBeWritten, Guard."""
    hold_chain(session)
    settle(session)
    revisions = revisions_of(session, [item.unit_id or 0 for item in items])
    writes = [
        replace(judging.as_write(item), seq=seq, base_revision=revisions[item.unit_id or 0])
        for seq, item in enumerate(items, 1)
    ]
    trial = session.begin_nested()
    try:
        writer.apply(session, writes, request_id=undone, actor="", now=now)
    except IntegrityError as wall:
        raise CannotBeWritten(request_id=undone) from wall
    finally:
        trial.rollback()
        forget(session)


def may_be_undone(session: Session, request: ChangeRequest) -> bool:
    """For the button; the proposal asks again."""
    return not request.is_batch and request.status == RequestStatus.APPLIED and not _rivals(session, request)


def _refuse(session: Session, undone: ChangeRequest) -> None:
    if undone.is_batch or undone.status != RequestStatus.APPLIED:
        raise BadChange(faults=[said(NOT_UNDONE, request=undone.request_id)])
    for other in _rivals(session, undone):
        raise BadChange(faults=[said(UNDONE_ALREADY, request=undone.request_id, other=other)])


def _rivals(session: Session, undone: ChangeRequest) -> Sequence[int]:
    own = (col(ChangeRequest.undoes) == undone.request_id, col(ChangeRequest.status).in_(sorted(NOT_SETTLED)))
    return session.execute(select(col(ChangeRequest.request_id)).where(*own)).scalars().all()


def items_for(session: Session, undone: ChangeRequest, now: datetime) -> list[ItemDraft]:
    """One item for each unit that a request wrote, of which something still stands as it said."""
    written = [item for item in queries.items_of(session, undone.request_id) if item.status == ItemStatus.APPLIED]
    units = {item.unit_id: item for item in reversed(written) if item.unit_id is not None}
    restored = {
        unit_id: _restored(session, unit_id, undone.request_id, item.valid_from) for unit_id, item in units.items()
    }
    origin = sources.pack(sources.Origin("hand", 0, day_of(now).isoformat()))
    return [
        ItemDraft(
            reason=Reason.UNDO,
            valid_from=item.valid_from,
            changes=restored[unit_id],
            origin=origin,
            unit_id=unit_id,
            links={"undoes": undone.request_id},
        )
        for unit_id, item in sorted(units.items())
        if restored[unit_id] or item.links
    ]


def restored_by(session: Session, item: RequestItem) -> dict[str, Any]:
    """What the unit of such an item would say again by now."""
    return _restored(session, item.unit_id or 0, item.links["undoes"], item.valid_from)


def _restored(session: Session, unit_id: int, request_id: int, day: date) -> dict[str, Any]:
    """What a unit would say again on a day, were a request taken back now."""
    past = pasts_of(session, [unit_id], request_id).get(unit_id)
    if past is None:
        return {}
    held = writer.gather(session, [unit_id])[unit_id]
    laid = History(unit_id, held.revision, list(held.believed))
    changed = [name for name in take_back(laid, past) if name != "valid_from"]
    row = row_on(laid, day) or laid.believed[0]
    return {name: plain(row[name]) for name in changed}
