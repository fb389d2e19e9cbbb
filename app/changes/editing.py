"""What a draft or returned request says is altered by its author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes import authors, drafting, holding, judging, moving, named
from app.changes.errors import MERGER_ANEW, NOT_BY_HAND, RECODED_BY_NOBODY, BadChange
from app.changes.needs import Judged
from app.changes.queries import get_request, items_of
from app.changes.rules import ItemDraft, amended, day_for
from app.changes.titles import MOST, renewed
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.said import said
from app.domain.words import Reason, RequestStatus
from app.models import ChangeRequest, RequestItem
from app.register import writer


def edit(
    session: Session,
    request_id: int,
    given: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    version: int,
    drop: Sequence[str] = (),
    comment: str = "",
) -> ChangeRequest:
    """Alter what a drafting.draft or returned request says, judged as a proposal is. Only its author does, who answers for it.

    Raises WrongState, NotTheAuthor, VersionMoved, PermissionMissing, BadChange, UnitNotFound, OutOfArea, what `refuse_guarded`
    raises; each leaves it as it was.
    """
    request = get_request(session, request_id, lock=True)
    authors.require_author(request, actor)
    if request.status not in _EDITED_IN:
        raise holding.wrong_state(request, RequestStatus.DRAFT)
    holding.refuse_moved(request, version)
    if not is_edited_by_hand(session, request):
        raise BadChange(faults=[said(NOT_BY_HAND)])
    row = items_of(session, request_id)[0]
    [item] = named.as_shown(session, [amended(judging.draft_of(row), given, drop)])
    if item.reason is Reason.RECODING:
        raise BadChange(faults=[said(RECODED_BY_NOBODY)])
    drafting.check_items(session, [item], actor, now)
    judging.require_seen(session, item, actor, now)
    judged = judging.require_inside(session, [item], actor, now)
    judging.refuse_guarded(session, [item])
    if item.reason is Reason.MERGE and row.reason != Reason.MERGE:
        raise BadChange(faults=[said(MERGER_ANEW)])
    # A day that followed from the one it held from follows the new one.
    waits = None if request.effective_on == row.valid_from else request.effective_on
    on_day = given.get("effective_on", waits)
    _rewrite(request, item, judged, on_day, now)
    typed = named.title_shown(session, str(given.get("title") or ""), [item])[:MOST]
    request.title = typed or renewed(session, request.title, row.unit_id, row.changes, item.changes)
    _rewrite_item(session, row, item)
    if comment.strip():
        holding.say(session, request, actor, "edit", comment, now)
    payload = {"fields": sorted(item.changes), "given": sorted(given), "version": request.version, "need": request.need}
    holding.log(session, Tag.REQUEST_EDIT, request, actor, now, payload)
    return request


_EDITED_IN = (RequestStatus.DRAFT, RequestStatus.RETURNED)


def is_edited_by_hand(session: Session, request: ChangeRequest) -> bool:
    """Whether what a request says is its author's own, and may be altered now."""
    if request.is_batch or request.item_count != 1 or request.undoes is not None or request.status not in _EDITED_IN:
        return False
    return all(item.record_id is None for item in items_of(session, request.request_id))


def _rewrite(request: ChangeRequest, item: ItemDraft, judged: Judged, on_day: date | None, now: datetime) -> None:
    """What follows of its item for the request: what it needs, where it lies, when it is written."""
    judging.note(request, judged)
    moving.forget(request)
    request.effective_on = day_for([item.valid_from], on_day, day_of(now))
    request.version += 1


def _rewrite_item(session: Session, row: RequestItem, item: ItemDraft) -> None:
    """The item says so, based on its unit as it is now."""
    row.reason, row.valid_from, row.valid_until = str(item.reason), item.valid_from, item.valid_until
    row.changes, row.code = item.changes, item.changes.get("uscc") or None
    row.successor_id = item.successor_id
    if row.unit_id is not None:
        history = writer.gather(session, [row.unit_id])[row.unit_id]
        row.base_revision, row.expects = history.revision, drafting.expected(history, item)
    session.flush()
