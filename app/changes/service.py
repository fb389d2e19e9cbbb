"""The verbs of a change request: draft, submit, approve, return, reject, withdraw, refresh.

Each guards the state, asks the rules, then sets status, opinion and trail in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.service import system_actor
from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import apply as applying
from app.changes import outcomes, policy
from app.changes.effects import strongest
from app.changes.errors import (
    ACCEPTED,
    EMPTY_COMMENT,
    ITEM_COUNT,
    NO_SUCH_ITEMS,
    NO_SUCH_UNIT,
    NOT_BY_HAND,
    NOTHING_LEFT,
    SAY_WHY,
    BadChange,
    NotTheAuthor,
    StaleChange,
)
from app.changes.needs import Judged, Timed, is_stronger, judge, needs_of
from app.changes.queries import count_open_items, get_request, items_of, office_path
from app.changes.rules import ItemDraft, Need, amended, check_decider, check_item, day_for
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert
from app.core.errors import VersionMoved, WrongState
from app.core.moves import move, move_where
from app.core.rights import require_within
from app.core.said import Said, said, worded
from app.core.turns import Turns
from app.domain.ground import says_something
from app.domain.lives import REQUEST, ItemStatus, JobStatus
from app.domain.roles import Permission
from app.domain.words import Reason, RequestStatus
from app.jobs import service as jobs
from app.jobs.service import enqueue
from app.models import ChangeRequest, ImportBatch, RequestItem, RequestOpinion, table_of
from app.register import writer
from app.register.rules import History, is_stale, plain

APPLY_TASK = "change.apply"
REFRESHED = 300
"""Items that are based anew in one transaction."""
_UNDECIDED = {RequestStatus.DRAFT, RequestStatus.IN_REVIEW, RequestStatus.RETURNED, RequestStatus.STALE}


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
) -> ChangeRequest:
    """A request with its items, not yet anybody's business. Raises BadChange; nothing is kept then.

    With `effective_on`, or when it speaks of a day to come, it is written on that day and not before.
    """
    if len(items) > 1 and not is_batch:
        raise BadChange(faults=[said(ITEM_COUNT)])
    check_items(items, actor)
    judged = require_inside(session, items, actor, now)
    told: dict[str, Any] = {
        "title": title,
        "is_batch": is_batch,
        "batch_id": batch_id,
        "counts": counts,
        "judged": judged,
    }
    request = open_request(session, items, actor=actor, now=now, effective_on=effective_on, **told)
    add_items(session, request.request_id, items)
    _log_draft(session, request, actor, now)
    return request


def check_items(items: Sequence[ItemDraft], actor: Actor) -> None:
    """What can be said of items before anything is written. Raises PermissionMissing, BadChange."""
    actor.require(Permission.PROPOSE)
    if not items:
        raise BadChange(faults=[said(ITEM_COUNT)])
    for item in items:
        check_item(item)


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
    nobody until `bring_out`."""
    request = ChangeRequest(
        title=title if isinstance(title, Said) else title[:255],
        need=str(judged.need),
        is_batch=is_batch,
        status=str(RequestStatus.DRAFT),
        proposer_id=actor.user_id,
        office_id=actor.office_id,
        created_at=now,
        item_count=len(items),
        counts=_counted(counts or {}, items),
        batch_id=batch_id,
        lands=sorted(judged.spread.lands),
        spread=judged.spread.counted(),
        made_by_run=made_by_run,
        effective_on=day_for((item.valid_from for item in items), effective_on, day_of(now)),
    )
    session.add(request)
    session.flush()
    return request


def _counted(counts: dict[str, Any], items: Sequence[ItemDraft | RequestItem]) -> dict[str, Any]:
    """What an acceptance policy will ask of a whole file is noted while its items are at hand."""
    if not counts.get("basis"):
        return counts
    sources = sorted({origin[0] for item in items for origin in item.origin["o"]})
    fields = sorted({name for item in items for name in item.changes})
    return {**counts, "sources": sources, "fields": fields}


def bring_out(session: Session, request_id: int, *, actor: Actor, now: datetime) -> None:
    """A request that was put together in parts is there from now on, and handed in."""
    request = session.get_one(ChangeRequest, request_id)
    request.made_by_run = None
    session.flush()
    _log_draft(session, request, actor, now)
    submit(session, request_id, actor=actor, now=now)


def _log_draft(session: Session, request: ChangeRequest, actor: Actor, now: datetime) -> None:
    payload = {"items": request.item_count, "need": request.need, "title": worded(request.title)}
    _log(session, Tag.REQUEST_DRAFT, request, actor, now, payload)


def submit(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str = "") -> ChangeRequest:
    """Hand a request to those who decide. An acceptance policy in force may let a change through at once.

    Raises WrongState, NotTheAuthor, NoPolicy, StaleChange.
    """
    request = locked(session, request_id, RequestStatus.IN_REVIEW)
    _refuse_others(request, actor)
    items = _open_items(session, request) if _is_judged_at_once(request) else []
    if items:
        _note(request, judge(session, items, day_of(now)))
    approval = policy.approval_for(session, request.need, day_of(now))
    _refuse_stale(session, request)
    told: dict[str, Any] = {"step": approval.level, "policy_name": approval.name, "version": request.version + 1}
    move(session, request, RequestStatus.IN_REVIEW, submitted_at=now, **told)
    _say(session, request, actor, "submit", comment, now)
    _log(session, Tag.REQUEST_SUBMIT, request, actor, now, {"policy": approval.name})
    _accept_by_policy(session, request, now)
    return request


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
    """Alter what a draft or returned request says, judged as a proposal is. Only its author does, who answers for it.

    Raises WrongState, NotTheAuthor, VersionMoved, PermissionMissing, BadChange, OutOfArea; each leaves it as it was.
    """
    request = get_request(session, request_id, lock=True)
    _refuse_others(request, actor)
    if request.status not in _EDITED_IN:
        raise _wrong_state(request, RequestStatus.DRAFT)
    refuse_moved(request, version)
    if not is_edited_by_hand(session, request):
        raise BadChange(faults=[said(NOT_BY_HAND)])
    row = items_of(session, request_id)[0]
    item = amended(_draft_of(row), given, drop)
    check_items([item], actor)
    # A day that followed from the one it held from follows the new one.
    waits = None if request.effective_on == row.valid_from else request.effective_on
    on_day = given.get("effective_on", waits)
    _rewrite(request, item, require_inside(session, [item], actor, now), on_day, now)
    request.title = str(given.get("title") or "")[:255] or request.title
    _rewrite_item(session, row, item)
    if comment.strip():
        _say(session, request, actor, "edit", comment, now)
    payload = {"fields": sorted(item.changes), "given": sorted(given), "version": request.version, "need": request.need}
    _log(session, Tag.REQUEST_EDIT, request, actor, now, payload)
    return request


_EDITED_IN = (RequestStatus.DRAFT, RequestStatus.RETURNED)


def is_edited_by_hand(session: Session, request: ChangeRequest) -> bool:
    """Whether what a request says is its author's own, and may be altered now."""
    if request.is_batch or request.status not in _EDITED_IN:
        return False
    return all(item.record_id is None for item in items_of(session, request.request_id))


def _draft_of(row: RequestItem) -> ItemDraft:
    return ItemDraft(
        reason=Reason(row.reason),
        valid_from=row.valid_from,
        changes=row.changes,
        origin=row.origin,
        unit_id=row.unit_id,
        valid_until=row.valid_until,
        precision=row.date_precision,
        successor_id=row.successor_id,
    )


def _rewrite(request: ChangeRequest, item: ItemDraft, judged: Judged, on_day: date | None, now: datetime) -> None:
    """What follows of its item for the request: what it needs, where it lies, when it is written."""
    _note(request, judged)
    request.effective_on = day_for([item.valid_from], on_day, day_of(now))
    request.version += 1


def _rewrite_item(session: Session, row: RequestItem, item: ItemDraft) -> None:
    """The item says so, based on its unit as it is now."""
    row.reason, row.valid_from, row.valid_until = str(item.reason), item.valid_from, item.valid_until
    row.changes, row.code = item.changes, item.changes.get("uscc") or None
    row.successor_id = item.successor_id
    if row.unit_id is not None:
        history = writer.gather(session, [row.unit_id])[row.unit_id]
        row.base_revision, row.expects = history.revision, _expected(history, item.changes)
    session.flush()


def approve(
    session: Session,
    request_id: int,
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    version: int | None = None,
    excluded: Sequence[int] = (),
) -> ChangeRequest:
    """Approve as a person whom the policy names. A single request is applied in this transaction, a batch by a job.

    `version` is the one that was looked at; without it, whatever stands is approved. Items of a batch that are
    `excluded` are refused while the rest is approved. Raises WrongState, SelfApproval, NotAbove, Forbidden,
    VersionMoved, BadChange, StaleChange, CannotBeWritten; each leaves it as it was.
    """
    request = locked(session, request_id, RequestStatus.APPROVED)
    approval = check_may_decide(session, request, actor, now)
    _asks(request, approval)
    refuse_moved(request, version)
    _refuse_stale(session, request)
    left_out = sorted(set(excluded))
    if left_out:
        _exclude(session, request, left_out, now)
    _settle(session, request, actor, now, comment, ground=approval.name, left_out=left_out)
    return request


def _exclude(session: Session, request: ChangeRequest, seqs: Sequence[int], now: datetime) -> None:
    """Refuse some items of a batch; their source rows say so. Raises BadChange where they are not its open ones, or all."""
    own = (col(RequestItem.request_id) == request.request_id, col(RequestItem.seq).in_(seqs))
    found = session.execute(
        select(col(RequestItem.seq), col(RequestItem.record_id)).where(*own, _STILL_OPEN).order_by(col(RequestItem.seq))
    ).all()
    unknown = sorted(set(seqs) - {seq for seq, _ in found})
    if unknown:
        raise BadChange(faults=[said(NO_SUCH_ITEMS, items=", ".join(map(str, unknown)))])
    if len(found) == count_open_items(session, request.request_id):
        raise BadChange(faults=[said(NOTHING_LEFT)])
    move_where(session, RequestItem, ItemStatus.EXCLUDED, *own)
    carriers = [record_id for _, record_id in found if record_id is not None]
    outcomes.mark_refused(session, request.request_id, carriers, now=now)


_STILL_OPEN = col(RequestItem.status) == ItemStatus.OPEN


def check_may_decide(session: Session, request: ChangeRequest, actor: Actor, now: datetime) -> policy.Approval:
    """The policy under which a person may decide on a request, by what it needs today. Raises NoPolicy, SelfApproval,
    NotAbove, Forbidden."""
    approval = policy.approval_for(session, need_today(session, request, now), day_of(now))
    require_items_inside(session, request, actor, now)
    check_decider(actor, request.proposer_id, office_path(session, request.office_id), approval.level)
    return approval


def need_today(session: Session, request: ChangeRequest, now: datetime) -> str:
    """What was noted, or more where the units or the rules moved since.

    A large batch is judged as it is written, one that came too late as its author bases it anew.
    """
    if not _is_judged_at_once(request) or _late_unit(session, request) is not None:
        return request.need
    found = strongest(needs_of(session, _open_items(session, request), day_of(now)))
    return found if is_stronger(found, request.need) else request.need


def _is_judged_at_once(request: ChangeRequest) -> bool:
    """Whether its items fit into one transaction; of more, each is judged again in the part that writes it."""
    return request.item_count <= REFRESHED


def _open_items(session: Session, request: ChangeRequest) -> list[RequestItem]:
    return [item for item in items_of(session, request.request_id) if item.status == ItemStatus.OPEN]


def _note(request: ChangeRequest, judged: Judged) -> None:
    request.need = str(judged.need)
    request.lands, request.spread = sorted(judged.spread.lands), judged.spread.counted()


def _asks(request: ChangeRequest, approval: policy.Approval) -> None:
    request.need, request.step, request.policy_name = approval.need, approval.level, approval.name


def require_items_inside(session: Session, request: ChangeRequest, actor: Actor, now: datetime) -> None:
    """Of a batch by the places noted as it was proposed; what moved since is an exception when it is written."""
    require_within(actor, day_of(now), (tuple(land) for land in request.lands))
    if not request.is_batch:
        require_inside(session, items_of(session, request.request_id), actor, now)


def return_(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str, version: int | None = None
) -> ChangeRequest:
    """Send a request back to its author with what is missing; one that was approved, as long as nothing was written."""
    _call_off(session, locked(session, request_id, RequestStatus.RETURNED), now)
    request = _decide_against(session, request_id, actor, now, comment, RequestStatus.RETURNED, version)
    _log(session, Tag.REQUEST_RETURN, request, actor, now, {"comment": comment})
    return request


def reject(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str, version: int | None = None
) -> ChangeRequest:
    """Refuse a request for good; the source rows it carries are skipped with that reason."""
    request = _decide_against(session, request_id, actor, now, comment, RequestStatus.REJECTED, version)
    outcomes.free(session, request, by=actor.login, now=now)
    _log(session, Tag.REQUEST_REJECT, request, actor, now, {"comment": comment})
    return request


def withdraw(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str | Said = ""
) -> ChangeRequest:
    """Take one's own request back, as long as nothing of it was written; its source rows are free to be matched again."""
    request = locked(session, request_id, RequestStatus.WITHDRAWN)
    _refuse_others(request, actor)
    _call_off(session, request, now)
    move(session, request, RequestStatus.WITHDRAWN)
    _say(session, request, actor, "withdraw", comment, now)
    outcomes.free(session, request, by=actor.login, now=now)
    _log(session, Tag.REQUEST_WITHDRAW, request, actor, now, {})
    return request


def refresh(turns: Turns, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Base a request anew on the units as they are now, after StaleChange; its author looks and submits again.

    A large batch is gone through in parts; begun anew after a kill, they come out the same.
    """
    after, judged = turns.write(partial(_refresh_part, request_id, 0, None, actor, now))
    while after is not None:
        after, judged = turns.write(partial(_refresh_part, request_id, after, judged, actor, now))


def _refresh_part(
    request_id: int, after: int, before: Judged | None, actor: Actor, now: datetime, session: Session
) -> tuple[int | None, Judged]:
    """Base the next items anew; returns the last of them, None when none is left, and all that was judged so far."""
    request = get_request(session, request_id, lock=True)
    _refuse_others(request, actor)
    if request.status not in _UNDECIDED:
        raise _wrong_state(request, RequestStatus.IN_REVIEW)
    items = items_of(session, request_id, after=after, limit=REFRESHED)
    held = [item for item in items if item.unit_id is not None]
    histories = writer.gather(session, [item.unit_id or 0 for item in held])
    for item in held:
        history = histories[item.unit_id or 0]
        item.base_revision, item.expects = history.revision, _expected(history, item.changes)
    request.version += 1  # with every part: who looks in between has not seen the rest
    part = judge(session, [item for item in items if item.status == ItemStatus.OPEN], day_of(now))
    judged = before + part if before else part
    if len(items) == REFRESHED:
        request.need = str(strongest((judged.need, Need(request.need))))  # should nothing follow, it needs no less
        return items[-1].seq, judged
    _note(request, judged)
    if request.status == RequestStatus.IN_REVIEW:
        _asks(request, policy.approval_for(session, request.need, day_of(now)))
    _log(session, Tag.REQUEST_REFRESH, request, actor, now, {"items": request.item_count, "need": request.need})
    return None, judged


def comment(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str) -> ChangeRequest:
    """Say something about a request without deciding on it. Raises BadChange when nothing is said."""
    request = get_request(session, request_id)
    if not says_something(comment):
        raise BadChange(faults=[said(EMPTY_COMMENT)])
    _say(session, request, actor, "comment", comment, now)
    _log(session, Tag.REQUEST_COMMENT, request, actor, now, {"comment": comment})
    return request


def mark_stale(session: Session, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Record that a request came too late, so that its author finds it among those to refresh.

    Nothing happens where it is decided or refreshed meanwhile.
    """
    request = get_request(session, request_id, lock=True)
    if not REQUEST.may(request.status, RequestStatus.STALE) or _late_unit(session, request) is None:
        return
    move(session, request, RequestStatus.STALE)
    _say(session, request, actor, "stale", "", now)
    _log(session, Tag.REQUEST_STALE, request, actor, now, {})


def settle_by_document(session: Session, request: ChangeRequest, *, actor: Actor, now: datetime, ground: str) -> None:
    """Approve on the ground of an upper office's document, for `written.countersign`, which holds the request."""
    _refuse_stale(session, request)
    request.need = need_today(session, request, now)
    _settle(session, request, actor, now, "", ground=ground)


def locked(session: Session, request_id: int, wanted: RequestStatus) -> ChangeRequest:
    """The request, if it may become `wanted`; held first of all, so that everybody takes locks in one order. Raises WrongState."""
    request = get_request(session, request_id, lock=True)
    if not REQUEST.may(request.status, wanted):
        raise _wrong_state(request, wanted)
    return request


def refuse_moved(request: ChangeRequest, version: int | None) -> None:
    """A decision is about the version that was looked at (DESIGN.md, promise 4). Raises VersionMoved."""
    if version is not None and version != request.version:
        raise VersionMoved(request_id=request.request_id, version=version, now=request.version)


def _wrong_state(request: ChangeRequest, wanted: RequestStatus) -> WrongState:
    return WrongState(life=REQUEST.name, id=str(request.request_id), state=request.status, wanted=str(wanted))


def _refuse_others(request: ChangeRequest, actor: Actor) -> None:
    if request.proposer_id != actor.user_id:
        raise NotTheAuthor(request_id=request.request_id)


def _settle(
    session: Session,
    request: ChangeRequest,
    actor: Actor,
    now: datetime,
    comment: str | Said,
    *,
    ground: str,
    left_out: Sequence[int] = (),
) -> None:
    """Approved: say so, log it, and bring it into the register now, by a job, or on its day."""
    waits = request.effective_on is not None and request.effective_on > day_of(now)
    became = RequestStatus.SCHEDULED if waits else RequestStatus.APPROVED
    move(session, request, became, decided_at=now, decided_by=actor.user_id)
    _say(session, request, actor, "approve", comment, now)
    payload: dict[str, Any] = {"comment": worded(comment, "en"), "ground": ground}
    payload |= {"items": request.item_count, "counts": request.counts, "version": request.version}
    payload |= {"except": list(left_out)} if left_out else {}
    _log(session, Tag.REQUEST_APPROVE, request, actor, now, payload)
    if waits:
        return
    if request.is_batch:
        start_applying(session, request, by=actor.login, now=now)
    else:
        applying.apply_single(session, request, actor=actor.login, now=now)


def start_applying(session: Session, request: ChangeRequest, *, by: str, now: datetime) -> None:
    """Have the worker bring a request into the register that was approved."""
    request_id, office = request.request_id, request.office_id
    args, key = {"request_id": request_id}, job_key(request_id)
    enqueue(session, APPLY_TASK, args=args, key=key, by=by, now=now, office_id=office)


def job_key(request_id: int) -> str:
    """By which the job that applies a request is found in the queue."""
    return f"request:{request_id}"


def _accept_by_policy(session: Session, request: ChangeRequest, now: datetime) -> None:
    basis = request.counts.get("basis", "")
    if request.need != Need.CHANGE or not basis or not _vouched(session, request):
        return
    if "fields" not in request.counts:  # drafted before these were noted
        request.counts = _counted(request.counts, items_of(session, request.request_id))
    counted = request.counts
    found = policy.acceptance_for(
        session,
        need=request.need,
        basis=basis,
        sources=counted["sources"],
        fields=counted["fields"],
        on=day_of(now),
    )
    if found is None:
        return
    request.policy_name = found.name
    machine = system_actor(session, f"policy:{found.name}", office_id=request.office_id, now=now)
    _settle(session, request, machine, now, said(ACCEPTED, policy=found.name), ground=found.name)


def _vouched(session: Session, request: ChangeRequest) -> bool:
    """Whether a second person vouched for the file that a request comes of."""
    batch = session.get(ImportBatch, request.batch_id) if request.batch_id is not None else None
    return batch is not None and batch.confirmed_by not in (None, batch.created_by)


def _call_off(session: Session, request: ChangeRequest, now: datetime) -> None:
    """A request that is not to be written any more has no job that waits to write it."""
    job = jobs.find_open(session, job_key(request.request_id))
    if job is not None and job.status == JobStatus.TODO:
        jobs.cancel(session, job.job_id, now=now)


def give_back(
    session: Session, request: ChangeRequest, became: RequestStatus, why: Said, *, actor: Actor, now: datetime
) -> None:
    """An approved request that cannot be written is its author's again, with the reason."""
    stale = became is RequestStatus.STALE
    move(session, request, became)
    _say(session, request, actor, "stale" if stale else "returned", why, now)
    _log(
        session, Tag.REQUEST_STALE if stale else Tag.REQUEST_RETURN, request, actor, now, {"comment": worded(why, "en")}
    )


def _decide_against(
    session: Session,
    request_id: int,
    actor: Actor,
    now: datetime,
    comment: str,
    wanted: RequestStatus,
    version: int | None,
) -> ChangeRequest:
    request = locked(session, request_id, wanted)
    if not says_something(comment):
        raise BadChange(faults=[said(SAY_WHY)])
    check_may_decide(session, request, actor, now)
    refuse_moved(request, version)
    move(session, request, wanted, decided_at=now, decided_by=actor.user_id)
    _say(session, request, actor, str(wanted), comment, now)
    return request


def _refuse_stale(session: Session, request: ChangeRequest) -> None:
    unit_id = _late_unit(session, request)
    if unit_id is not None:
        raise StaleChange(request_id=request.request_id, unit_id=unit_id)


def _late_unit(session: Session, request: ChangeRequest) -> int | None:
    """The unit of a single request that was written since; in a batch such items are exceptions at application."""
    if request.is_batch:
        return None
    item = items_of(session, request.request_id)[0]
    if item.unit_id is None:
        return None
    history = writer.gather(session, [item.unit_id])[item.unit_id]
    return item.unit_id if is_stale(history, applying.as_write(item)) else None


def require_inside(session: Session, items: Sequence[Timed], actor: Actor, now: datetime) -> Judged:
    """What the items need, where their units lie and would lie. Raises OutOfArea where one is outside the actor's area."""
    found = judge(session, items, day_of(now))
    require_within(actor, day_of(now), sorted(found.spread.lands))
    return found


def _expected(history: History, changes: dict[str, Any]) -> dict[str, Any]:
    """What the unit says now in the fields that a change sets."""
    return {name: plain(history.believed[-1][name]) for name in changes}


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
            item.expects if item.expects is not None else _expected(history, item.changes) if history else {}
            for item, history in zip(items, held, strict=True)
        ],
        "code": [item.changes.get("uscc") or None for item in items],
        "origin": [item.origin for item in items],
        "record_id": [item.record_id for item in items],
        "successor_id": [item.successor_id for item in items],
        "status": [str(ItemStatus.OPEN)] * len(items),
    }
    bulk_insert(session, table_of(RequestItem), columns)


def _say(session: Session, request: ChangeRequest, actor: Actor, verb: str, comment: str | Said, now: datetime) -> None:
    kept = comment if isinstance(comment, Said) else comment[:2000]
    session.add(RequestOpinion(request_id=request.request_id, actor_id=actor.user_id, verb=verb, comment=kept, at=now))
    session.flush()


def _log(
    session: Session, tag: Tag, request: ChangeRequest, actor: Actor, now: datetime, payload: dict[str, Any]
) -> None:
    request_id = request.request_id
    subject = f"request {request_id}"
    record_event(session, tag, actor=actor.login, at=now, subject=subject, request_id=request_id, payload=payload)
