"""A request judged by the units and the rules of today: what it needs, where it reaches, whether it came too late.

Asked as it is proposed, handed in and decided; the same is asked of each part as it is written (`app.changes.apply`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.changes import apply as applying
from app.changes import moving, policy
from app.changes.effects import strongest
from app.changes.errors import CHANGES_NOTHING, NOT_THEN, BadChange, NeedRose, NotAbove, StaleChange
from app.changes.lands import Item, Land, hidden
from app.changes.needs import Judged, Timed, judge
from app.changes.queries import items_of, office_path
from app.changes.rules import ItemDraft, Need, check_decider, takes_back
from app.changes.values import faults_of
from app.changes.whole import Look, is_judged_at_once, judged_through
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.rights import require_within, territory
from app.core.said import said
from app.domain.lives import ItemStatus
from app.domain.period import Period
from app.domain.words import Reason
from app.models import ChangeRequest, RequestItem
from app.register import writer
from app.register.foreseen import foresee
from app.register.queries import UnitNotFound
from app.register.rules import NotThen, Write, is_stale
from app.register.stated import unpacked
from app.register.stating import says_anything_new


def require_inside(
    session: Session, items: Sequence[Timed], actor: Actor, now: datetime, *, is_batch: bool = False
) -> Judged:
    """What the items need, where their units lie and would lie. Raises OutOfArea where one is outside the actor's area, unless
    it leads a unit of it to another office of this register, by itself and not among many."""
    found = judge(session, items, day_of(now))
    said = {str(item.changes.get("area_code")) for item in items if item.changes.get("area_code")}
    _require_within_or_received(session, [] if is_batch else items, found, actor, now, said)
    return found


def require_inside_still(session: Session, request: ChangeRequest, judged: Judged, actor: Actor, now: datetime) -> None:
    """The same of a request that is handed in, by what was judged of it."""
    items = [] if request.is_batch else items_judged_at_once(session, request)
    _require_within_or_received(session, items, judged, actor, now, ())


def _require_within_or_received(
    session: Session, items: Sequence[Timed], judged: Judged, actor: Actor, now: datetime, said: Collection[str]
) -> None:
    own = territory(actor, day_of(now))
    beyond = {land for land in judged.spread.lands if not own.holds(*land)}
    if beyond and items:
        beyond &= moving.beyond(session, items, own, day_of(now))
    require_within(actor, day_of(now), sorted(beyond), said=said)


def require_seen(session: Session, item: Item, actor: Actor, now: datetime) -> None:
    """Raise UnitNotFound where a unit that an item names lay on no day within the actor's area: asked for by its number
    it is answered as in every list, as if it were not there.
    """
    if hidden(session, item, territory(actor, day_of(now))):
        raise UnitNotFound


def refuse_guarded(session: Session, items: Sequence[ItemDraft]) -> None:
    """Raise what the writer would, were a request of these items written now: BadStep, StatusAgainst, BadSuccessor, Circle,
    CodeTaken; and BadChange where it would change nothing. A record that says nothing new is no fault of whoever decides
    about it, and its codes are judged as it is written: people may have decided that the two are different units. So is
    which codes the units of one request give each other.
    """
    beside = {item.unit_id for item in items if item.unit_id is not None}
    says = [item for item in items if _says_anything(session, item, beside)]
    if not says and all(item.record_id is None for item in items):
        raise BadChange(faults=[said(CHANGES_NOTHING)])


def _says_anything(session: Session, item: ItemDraft, beside: Collection[int]) -> bool:
    """Whether an item would change its unit. Raises as above; what is taken back is judged as it is written."""
    if takes_back(item):
        return True
    write = as_write(item)
    try:
        changed = foresee(session, write, claims=item.record_id is None, beside=beside)
    except NotThen as nothing:
        raise BadChange(faults=[said(NOT_THEN)]) from nothing
    return bool(changed) or says_anything_new(session, write)


def refuse_guarded_now(session: Session, request: ChangeRequest, now: datetime) -> None:
    """The same of a single request that is handed in or decided; in a batch such items are exceptions at application."""
    if request.is_batch:
        return
    items = [draft_of(row) for row in items_of(session, request.request_id)]
    faults = [fault for part in faults_of(session, items, day_of(now)) for fault in part]
    if faults:
        raise BadChange(faults=faults)
    refuse_guarded(session, items)


def draft_of(row: RequestItem) -> ItemDraft:
    """An item as its author stated it."""
    return ItemDraft(
        reason=Reason(row.reason),
        valid_from=row.valid_from,
        changes=row.changes,
        origin=row.origin,
        unit_id=row.unit_id,
        valid_until=row.valid_until,
        precision=row.date_precision,
        record_id=row.record_id,
        successor_id=row.successor_id,
        links=row.links,
    )


def as_write(item: ItemDraft) -> Write:
    """What the writer would be told of an item that is not written down yet."""
    return Write(
        seq=0,
        unit_id=item.unit_id,
        base_revision=item.base_revision,
        reason=item.reason,
        period=Period(item.valid_from, item.valid_until),
        precision=item.precision,
        changes=item.changes,
        origin=item.origin,
        successor_id=item.successor_id,
        stated=unpacked(item.links),
        undoes=item.links.get("undoes", 0),
    )


def judged_now(session: Session, request: ChangeRequest, now: datetime, seen: Look | None = None) -> Judged:
    """What the open items of a request need and where they reach, by the units and the rules of today; of a large one by
    a look that was had outside (`app.changes.whole`). Raises MovedOn."""
    if not is_judged_at_once(request):
        return judged_through(session, request, seen, now)
    return at_a_glance(session, request, now)


def at_a_glance(session: Session, request: ChangeRequest, now: datetime) -> Judged:
    """The same for buttons: what was noted of a large request stands. What a request needs that came too late is said as
    its author bases it anew."""
    if not is_judged_at_once(request):
        return Judged()
    found = judge(session, open_items(session, request), day_of(now))
    return Judged(spread=found.spread) if late_unit(session, request) is not None else found


def check_may_decide(
    session: Session, request: ChangeRequest, actor: Actor, now: datetime, judged: Judged
) -> policy.Approval:
    """The policy under which a person may decide on a request, by what it needs today. Raises NoPolicy, OutOfArea,
    SelfApproval, NotAbove, Forbidden."""
    need = need_by(request, judged)
    approval = policy.approval_for(session, need, day_of(now))
    require_reach(request, actor, now, judged)
    try:
        check_decider(actor, request.proposer_id, office_path(session, request.office_id), approval.level)
    except NotAbove as beneath:
        if need == request.need:
            raise
        raise NeedRose(request_id=request.request_id, was=request.need, now=need) from beneath
    return approval


def require_reach(request: ChangeRequest, actor: Actor, now: datetime, judged: Judged) -> None:
    """Raise OutOfArea unless the actor reaches all places of a request, noted and found."""
    require_within(actor, day_of(now), sorted(_lands(request) | judged.spread.lands))


def need_by(request: ChangeRequest, judged: Judged) -> str:
    """What was noted, or more where the units or the rules moved since."""
    return str(strongest((Need(request.need), judged.need)))


def refuse_stale(session: Session, request: ChangeRequest) -> None:
    unit_id = late_unit(session, request)
    if unit_id is not None:
        raise StaleChange(request_id=request.request_id, unit_id=unit_id)


def late_unit(session: Session, request: ChangeRequest) -> int | None:
    """The unit of a single request that was written since; in a batch such items are exceptions at application."""
    if request.is_batch:
        return None
    items = [item for item in items_of(session, request.request_id) if item.unit_id is not None]
    histories = writer.gather(session, [item.unit_id or 0 for item in items])
    late = (item for item in items if is_stale(histories[item.unit_id or 0], applying.as_write(item)))
    return next((item.unit_id for item in late), None)


def open_items(session: Session, request: ChangeRequest) -> list[RequestItem]:
    return [item for item in items_of(session, request.request_id) if item.status == ItemStatus.OPEN]


def items_judged_at_once(session: Session, request: ChangeRequest) -> list[RequestItem]:
    """The same; of a large request none, for these lead no unit out of the area."""
    return open_items(session, request) if is_judged_at_once(request) else []


def note(request: ChangeRequest, judged: Judged) -> None:
    """What all items of a request need, and where they reach."""
    request.need = str(judged.need)
    request.lands, request.spread = sorted(judged.spread.lands), judged.spread.counted()


def note_anew(request: ChangeRequest, judged: Judged) -> None:
    """The same as it is handed in: of a large request those items were judged whose units moved, beside what was noted."""
    if is_judged_at_once(request):
        note(request, judged)
        return
    request.need, request.lands = need_by(request, judged), sorted(_lands(request) | judged.spread.lands)


def _lands(request: ChangeRequest) -> set[Land]:
    return {(area, park) for area, park in request.lands}


def asks(request: ChangeRequest, approval: policy.Approval) -> None:
    request.need, request.step, request.policy_name = approval.need, approval.level, approval.name
