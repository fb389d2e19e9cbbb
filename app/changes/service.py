"""The verbs of a change request: submit, approve, return, reject, withdraw, comment.

Each guards the state, asks the rules, then sets status, opinion and trail in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.tags import Tag
from app.changes import authors, drafting, holding, judging, moving, outcomes, policy, settling
from app.changes.errors import EMPTY_COMMENT, NO_SUCH_ITEMS, NOTHING_LEFT, SAY_WHY, BadChange
from app.changes.needs import Judged
from app.changes.queries import count_open_items, get_request
from app.changes.whole import Look, is_judged_at_once
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.moves import move, move_where
from app.core.said import Said, said
from app.domain.ground import says_something
from app.domain.lives import REQUEST, ItemStatus
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.models import ChangeRequest, RequestItem
from app.rules.counting import About, ask_count


def bring_out(session: Session, request_id: int, *, actor: Actor, now: datetime, seen: Look | None = None) -> None:
    """A request that was put together in parts is there from now on, and handed in. Raises MovedOn.

    What left the area since it was put together stops nobody's run: it is left out when the request is written.
    """
    request = session.get_one(ChangeRequest, request_id)
    request.made_by_run = None
    session.flush()
    drafting.log_draft(session, request, actor, now)
    request = holding.locked(session, request_id, RequestStatus.IN_REVIEW)
    _hand_in(session, request, judging.judged_now(session, request, now, seen), actor, now, "")


def submit(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str = "", seen: Look | None = None
) -> ChangeRequest:
    """Hand a request to those who decide. An acceptance policy in force may let a change through at once.

    Raises WrongState, NotTheAuthor, OutOfArea, NoPolicy, StaleChange, MovedOn, BadChange, Guard.
    """
    request = holding.locked(session, request_id, RequestStatus.IN_REVIEW)
    authors.require_author(request, actor)
    actor.require(Permission.PROPOSE)
    judged = judging.judged_now(session, request, now, seen)
    judging.require_inside_still(session, request, judged, actor, now)
    _hand_in(session, request, judged, actor, now, comment)
    return request


def _hand_in(
    session: Session, request: ChangeRequest, judged: Judged, actor: Actor, now: datetime, comment: str
) -> None:
    judging.note_anew(request, judged)
    moving.ask(session, request, judging.items_judged_at_once(session, request), now)
    approval = policy.approval_for(session, request.need, day_of(now))
    judging.refuse_stale(session, request)
    judging.refuse_guarded_now(session, request, now)
    told: dict[str, Any] = {"step": approval.level, "policy_name": approval.name, "version": request.version + 1}
    move(session, request, RequestStatus.IN_REVIEW, submitted_at=now, **told)
    holding.say(session, request, actor, "submit", comment, now)
    holding.log(session, Tag.REQUEST_SUBMIT, request, actor, now, {"policy": approval.name})
    settling.accept_by_policy(session, request, now)
    if request.status == RequestStatus.IN_REVIEW and not is_judged_at_once(request):
        asked: dict[str, Any] = {"by": actor.login, "now": now, "office_id": request.office_id}
        ask_count(session, About.REQUEST, request.request_id, **asked)


def approve(
    session: Session,
    request_id: int,
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    version: int | None = None,
    excluded: Sequence[int] = (),
    seen: Look | None = None,
) -> ChangeRequest:
    """Approve as a person whom the policy names. A single request is applied in this transaction, a batch by a job.

    `version` is the one that was looked at; without it, whatever stands is approved. Items of a batch that are
    `excluded` are refused while the rest is approved. Raises WrongState, SelfApproval, NotAbove, Forbidden,
    OutOfArea, ConsentMissing, VersionMoved, BadChange, StaleChange, Guard, CannotBeWritten, LeftArea, MovedOn; each leaves it as it was.
    """
    request = holding.locked(session, request_id, RequestStatus.APPROVED)
    judged = judging.judged_now(session, request, now, seen)
    approval = judging.check_may_decide(session, request, actor, now, judged)
    judging.asks(request, approval)
    moving.require_consent(request, actor)
    holding.refuse_moved(request, version)
    judging.refuse_stale(session, request)
    judging.refuse_guarded_now(session, request, now)
    left_out = sorted(set(excluded))
    if left_out:
        _exclude(session, request, left_out, now)
    settling.settle(session, request, actor, now, comment, ground=approval.name, left_out=left_out)
    return request


def _exclude(session: Session, request: ChangeRequest, seqs: Sequence[int], now: datetime) -> None:
    """Refuse some items of a batch; their source rows say so. Raises BadChange where they are not its open ones, or all."""
    own = (col(RequestItem.request_id) == request.request_id, col(RequestItem.seq).in_(seqs))
    found = list(session.execute(select(col(RequestItem.seq)).where(*own, _STILL_OPEN)).scalars())
    unknown = sorted(set(seqs) - set(found))
    if unknown:
        raise BadChange(faults=[said(NO_SUCH_ITEMS, items=", ".join(map(str, unknown)))])
    if len(found) == count_open_items(session, request.request_id):
        raise BadChange(faults=[said(NOTHING_LEFT)])
    move_where(session, RequestItem, ItemStatus.EXCLUDED, *own)
    outcomes.mark_refused(session, request.request_id, found, now=now)


_STILL_OPEN = col(RequestItem.status) == ItemStatus.OPEN


def return_(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str, version: int | None = None
) -> ChangeRequest:
    """Send a request back to its author with what is missing; one that was approved, as long as nothing was written."""
    settling.call_off(session, holding.locked(session, request_id, RequestStatus.RETURNED), now)
    request = _decide_against(session, request_id, actor, now, comment, RequestStatus.RETURNED, version)
    holding.log(session, Tag.REQUEST_RETURN, request, actor, now, {"comment": comment})
    return request


def reject(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str, version: int | None = None
) -> ChangeRequest:
    """Refuse a request for good; the source rows it carries are skipped with that reason."""
    request = _decide_against(session, request_id, actor, now, comment, RequestStatus.REJECTED, version)
    outcomes.free(session, request, by=actor.login, now=now)
    holding.log(session, Tag.REQUEST_REJECT, request, actor, now, {"comment": comment})
    return request


def withdraw(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str | Said = ""
) -> ChangeRequest:
    """Take a request back, as long as nothing of it was written; its source rows are free to be matched again.

    One's own, or a colleague's who could not propose it any more. Raises WrongState, NotTheAuthor.
    """
    request = holding.locked(session, request_id, RequestStatus.WITHDRAWN)
    authors.require_taking_back(session, request, actor)
    settling.call_off(session, request, now)
    move(session, request, RequestStatus.WITHDRAWN)
    holding.say(session, request, actor, "withdraw", comment, now)
    outcomes.free(session, request, by=actor.login, now=now)
    holding.log(session, Tag.REQUEST_WITHDRAW, request, actor, now, {})
    return request


def comment(session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str) -> ChangeRequest:
    """Say something about a request without deciding on it. Raises BadChange when nothing is said."""
    request = get_request(session, request_id)
    if not says_something(comment):
        raise BadChange(faults=[said(EMPTY_COMMENT)])
    holding.say(session, request, actor, "comment", comment, now)
    holding.log(session, Tag.REQUEST_COMMENT, request, actor, now, {"comment": comment})
    return request


def mark_stale(session: Session, request_id: int, *, actor: Actor, now: datetime) -> None:
    """Record that a request came too late, so that its author finds it among those to refresh.

    Nothing happens where it is decided or refreshed meanwhile.
    """
    request = get_request(session, request_id, lock=True)
    if not REQUEST.may(request.status, RequestStatus.STALE) or judging.late_unit(session, request) is None:
        return
    move(session, request, RequestStatus.STALE)
    holding.say(session, request, actor, "stale", "", now)
    holding.log(session, Tag.REQUEST_STALE, request, actor, now, {})


def settle_by_document(
    session: Session, request: ChangeRequest, judged: Judged, *, actor: Actor, now: datetime, ground: str
) -> None:
    """Approve on the ground of an upper office's document, for `written.countersign`, which holds the request."""
    moving.require_consent(request, actor)
    judging.refuse_stale(session, request)
    judging.refuse_guarded_now(session, request, now)
    request.need = judging.need_by(request, judged)
    settling.settle(session, request, actor, now, "", ground=ground)


def _decide_against(
    session: Session,
    request_id: int,
    actor: Actor,
    now: datetime,
    comment: str,
    wanted: RequestStatus,
    version: int | None,
) -> ChangeRequest:
    request = holding.locked(session, request_id, wanted)
    if not says_something(comment):
        raise BadChange(faults=[said(SAY_WHY)])
    judging.check_may_decide(session, request, actor, now, Judged())  # by what was noted: what moved since is a reason
    holding.refuse_moved(request, version)
    move(session, request, wanted, decided_at=now, decided_by=actor.user_id)
    holding.say(session, request, actor, str(wanted), comment, now)
    return request
