"""A request judged by the units and the rules of today: what it needs, where it reaches, whether it came too late.

Asked as it is proposed, handed in and decided; the same is asked of each part as it is written (`app.changes.apply`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.changes import apply as applying
from app.changes import policy
from app.changes.effects import strongest
from app.changes.errors import StaleChange
from app.changes.needs import Judged, Timed, is_stronger, judge, needs_of
from app.changes.queries import items_of, office_path
from app.changes.rules import check_decider
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.rights import require_within
from app.domain.lives import ItemStatus
from app.models import ChangeRequest, RequestItem
from app.register import writer
from app.register.rules import is_stale


def require_inside(session: Session, items: Sequence[Timed], actor: Actor, now: datetime) -> Judged:
    """What the items need, where their units lie and would lie. Raises OutOfArea where one is outside the actor's area."""
    found = judge(session, items, day_of(now))
    require_within(actor, day_of(now), sorted(found.spread.lands))
    return found


def require_items_inside(session: Session, request: ChangeRequest, actor: Actor, now: datetime) -> None:
    """Of a batch by the places noted as it was proposed; what moved since is an exception when it is written."""
    require_within(actor, day_of(now), (tuple(land) for land in request.lands))
    if not request.is_batch:
        require_inside(session, items_of(session, request.request_id), actor, now)


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
    if not is_judged_at_once(request) or late_unit(session, request) is not None:
        return request.need
    found = strongest(needs_of(session, open_items(session, request), day_of(now)))
    return found if is_stronger(found, request.need) else request.need


def refuse_stale(session: Session, request: ChangeRequest) -> None:
    unit_id = late_unit(session, request)
    if unit_id is not None:
        raise StaleChange(request_id=request.request_id, unit_id=unit_id)


def late_unit(session: Session, request: ChangeRequest) -> int | None:
    """The unit of a single request that was written since; in a batch such items are exceptions at application."""
    if request.is_batch:
        return None
    item = items_of(session, request.request_id)[0]
    if item.unit_id is None:
        return None
    history = writer.gather(session, [item.unit_id])[item.unit_id]
    return item.unit_id if is_stale(history, applying.as_write(item)) else None


REFRESHED = 300
"""Items that are based anew in one transaction."""


def is_judged_at_once(request: ChangeRequest) -> bool:
    """Whether its items fit into one transaction; of more, each is judged again in the part that writes it."""
    return request.item_count <= REFRESHED


def open_items(session: Session, request: ChangeRequest) -> list[RequestItem]:
    return [item for item in items_of(session, request.request_id) if item.status == ItemStatus.OPEN]


def note(request: ChangeRequest, judged: Judged) -> None:
    request.need = str(judged.need)
    request.lands, request.spread = sorted(judged.spread.lands), judged.spread.counted()


def asks(request: ChangeRequest, approval: policy.Approval) -> None:
    request.need, request.step, request.policy_name = approval.need, approval.level, approval.name
