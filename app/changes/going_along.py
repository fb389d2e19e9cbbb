"""What goes along with units that a request brings together or parts: their source records.

Written down with the item, so that taking the request back takes exactly these back (DESIGN.md, §5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes.queries import get_request, items_of
from app.core.dialect import chunked
from app.core.moves import move
from app.domain.words import Reason, RequestStatus, RowOutcome
from app.models import ChangeRequest, RequestItem, SourceRecord

_SETTLED = (RowOutcome.APPLIED, RowOutcome.UNCHANGED)
"""Rows that came to rest as a unit's; those on their way go where a match run sends them."""
_PART = 400


def move_records(session: Session, request: ChangeRequest) -> None:
    """Source records go to the unit that goes on, those that a split names to the part that takes them; those of a request
    that is taken back return."""
    if request.undoes is not None:
        _return_records(session, request, request.undoes)
        return
    for item in items_of(session, request.request_id):
        if item.reason == Reason.MERGE and item.successor_id is not None:
            record_ids = _records_of(session, item.unit_id or 0)
            if record_ids:
                item.links = {**item.links, "records": [[item.unit_id, record_ids]]}
        for came_from, record_ids in item.links.get("records", ()):
            _give(session, record_ids, came_from, _taker(item))
    session.flush()


def _return_records(session: Session, request: ChangeRequest, undone: int) -> None:
    """Records go back to where they came from, and the item of that unit says so: what takes a request back is taken back
    itself in the same way."""
    back: dict[int, list[Any]] = {}
    for item in items_of(session, undone):
        for came_from, record_ids in item.links.get("records", ()):
            given = _give(session, record_ids, _taker(item), came_from)
            if given:
                back.setdefault(came_from, []).append([_taker(item), given])
    for item in items_of(session, request.request_id):
        if item.unit_id in back:
            item.links = {**item.links, "records": back[item.unit_id]}
    session.flush()


def _taker(item: RequestItem) -> int:
    """The unit to which an item's records go."""
    return (item.successor_id if item.reason == Reason.MERGE else item.unit_id) or 0


def _records_of(session: Session, unit_id: int) -> list[int]:
    own = (col(SourceRecord.unit_id) == unit_id, col(SourceRecord.outcome).in_(_SETTLED))
    return sorted(session.execute(select(col(SourceRecord.record_id)).where(*own)).scalars())


def _give(session: Session, record_ids: Sequence[int], came_from: int, to: int) -> list[int]:
    """Records that are still a unit's become another's; which these were."""
    given: list[int] = []
    for part in chunked(record_ids, _PART):
        own = (col(SourceRecord.record_id).in_(part), col(SourceRecord.unit_id) == came_from)
        given += sorted(session.execute(select(col(SourceRecord.record_id)).where(*own)).scalars())
        session.execute(update(SourceRecord).where(*own).values(unit_id=to))
    return given


def settle_undone(session: Session, request: ChangeRequest) -> None:
    """What was taken back says so from now on; what took something back and is taken back itself lets that stand again."""
    if request.undoes is None:
        return
    undone = get_request(session, request.undoes, lock=True)
    move(session, undone, RequestStatus.UNDONE)
    if undone.undoes is not None:
        move(session, get_request(session, undone.undoes, lock=True), RequestStatus.APPLIED)
