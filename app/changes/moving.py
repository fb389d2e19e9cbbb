"""A unit that moves into the area of another office of this register (DESIGN.md, §5.3): one unit and one request. Whoever
takes it over agrees first, then the office above both decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of
from app.audit.tags import Tag
from app.changes import holding
from app.changes.errors import SAY_WHY, BadChange, ConsentMissing, NothingToAgreeTo, NotTheReceiver
from app.changes.lands import Item, Land, before_and_after
from app.changes.queries import count_in_review, get_visible_request, of_receiver, office_path, with_somebody_who
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import SecondPersonNeeded
from app.core.moves import move
from app.core.rights import Stretch, Territory, keeps, on_day
from app.core.said import said
from app.domain.ground import says_something
from app.domain.places import county_of
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.models import ChangeRequest, Office, OfficeArea


def beyond(session: Session, items: Sequence[Item], own: Territory, on: date) -> set[Land]:
    """The places beyond an area that items reach, but for those that each leads a unit of the area to and that some office of
    this register keeps: where one may go, no other item reaches what lies there already."""
    found: set[Land] = set()
    for item, before, after in _parted(session, items):
        away = _away(before | after, own)
        if away and (_leads_out(item, before, own) or _returns(session, item, before | after, on)):
            away = {land for land in away if not _keeping(session, {land}, on)}
        found |= away
    return found


def _parted(session: Session, items: Sequence[Item]) -> Iterator[tuple[Item, set[Land], set[Land]]]:
    for item, (before, after) in zip(items, before_and_after(session, items), strict=True):
        yield item, before, after


def _away(lands: Collection[Land], own: Territory) -> set[Land]:
    return {land for land in lands if not own.holds(*land)}


def _leads_out(item: Item, before: Collection[Land], own: Territory) -> bool:
    """Whether an item gives a unit of the area, which lay nowhere else on its days, another place."""
    return item.unit_id is not None and bool(item.changes.get("area_code")) and not _away(before, own)


def _returns(session: Session, item: Item, lands: Collection[Land], on: date) -> bool:
    """Whether an item takes back what two offices agreed to, and reaches nothing beyond these two: either proposes that, and
    the other is asked. Of a merger that moved, one unit lies on either side."""
    number = item.links.get("undoes")
    undone = session.get(ChangeRequest, number) if number else None
    if undone is None or undone.consented_by is None:
        return False
    return not _away(lands, territory_of(session, undone, on))


def led_out(session: Session, request: ChangeRequest, items: Sequence[Item], on: date) -> dict[int, set[Land]]:
    """The units of the office's area that items lead out of it, each with where to."""
    own = on_day(areas_of(session, request.office_id), on)
    meant = [item for item in items if item.unit_id is not None and item.changes.get("area_code")]
    led = {
        item.unit_id or 0: _away(after, own)
        for item, before, after in (_parted(session, meant) if meant else ())
        if _leads_out(item, before, own)
    }
    return {unit_id: away for unit_id, away in led.items() if away}


def ask(session: Session, request: ChangeRequest, items: Sequence[Item], now: datetime) -> None:
    """Whom a request that is handed in leads units to. Many at a time are led nowhere: what a file says of a place beyond
    the area is a person's to judge, and who receives one unit does not read the others."""
    on = day_of(now)
    lands = set() if request.is_batch else set().union(*led_out(session, request, items, on).values())
    if request.undoes is not None:
        lands |= _returned(session, request, items, on)
    receiver = _receiver(session, lands, office_path(session, request.office_id), on) if lands else None
    request.asks_office_id = receiver.office_id if receiver else None
    request.consented_by = None


def _returned(session: Session, request: ChangeRequest, items: Sequence[Item], on: date) -> set[Land]:
    """The places of the other office whose agreement is taken back."""
    own = on_day(areas_of(session, request.office_id), on)
    reached = [
        before | after for item, before, after in _parted(session, items) if _returns(session, item, before | after, on)
    ]
    return _away(set().union(*reached), own)


def _receiver(session: Session, lands: Collection[Land], from_path: str, on: date) -> Office | None:
    """The office beside, or else the nearest above, that keeps where units would lie and has somebody who proposes."""
    keeping = _keeping(session, lands, on)
    here = with_somebody_who(session, Permission.PROPOSE, keeping)
    beside = [office for office in keeping if office.office_id in here and not from_path.startswith(office.path)]
    above = [office for office in keeping if from_path.startswith(office.path)]
    if beside:
        return min(beside, key=lambda office: office.path.count("/"))
    return max(above, key=lambda office: office.path.count("/"), default=None)


def _keeping(session: Session, lands: Collection[Land], on: date) -> list[Office]:
    """The offices that keep all of these places. A place that names no county is nobody's to take a unit over in: it would lie
    out of the sight of every office but the highest."""
    if not all(county_of(area) for area, _ in lands):
        return []
    stretches: dict[int, list[Stretch]] = {}
    for one in session.execute(select(OfficeArea)).scalars():
        told = Stretch(one.area_prefix, one.park_code, one.valid_from, one.valid_until)
        stretches.setdefault(one.office_id, []).append(told)
    kept = {number: on_day(parts, on) for number, parts in stretches.items()}
    found = [number for number, own in kept.items() if all(own.holds(*land) for land in lands)]
    statement = select(Office).where(col(Office.office_id).in_(found)).order_by(col(Office.office_id))
    return list(session.execute(statement).scalars())


def forget(request: ChangeRequest) -> None:
    """A request that says something else by now asks nobody until it is handed in again, and is nobody else's to read."""
    request.asks_office_id = None
    request.consented_by = None


def waits_for_word(request: ChangeRequest) -> bool:
    """Whether another office has still to agree."""
    waits = request.status == RequestStatus.IN_REVIEW and request.asks_office_id is not None
    return waits and request.consented_by is None


def require_consent(request: ChangeRequest, actor: Actor) -> None:
    """Raise ConsentMissing unless the receiver agreed, and SecondPersonNeeded where who decides did so for another office;
    where the one who decides is of that office, he does so himself."""
    if request.asks_office_id in (None, actor.office_id):
        return
    if waits_for_word(request):
        raise ConsentMissing(request_id=request.request_id)
    if request.consented_by == actor.user_id:
        raise SecondPersonNeeded(login=actor.login)


def may_agree(session: Session, request: ChangeRequest, actor: Actor) -> bool:
    """Whether somebody speaks for the office that is asked: one of its people, or of an office above, who proposes. Never the
    author, whose office it may be by now."""
    asked = request.asks_office_id
    if asked is None or request.proposer_id == actor.user_id:
        return False
    return actor.may(Permission.PROPOSE) and keeps(actor, office_path(session, asked))


def territory_of(session: Session, request: ChangeRequest, on: date) -> Territory:
    """Where a request may reach as it is written: its office's area, and where the receiver agreed his."""
    offices = [request.office_id, *([request.asks_office_id] if request.asks_office_id is not None else [])]
    return Territory(tuple(part for one in offices for part in on_day(areas_of(session, one), on).parts))


def consent(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str = "", version: int | None = None
) -> ChangeRequest:
    """Agree, for the office that is asked, to take the units over. Raises RequestNotFound, NothingToAgreeTo, NotTheReceiver,
    VersionMoved."""
    request = _asked(session, request_id, actor, version)
    request.consented_by = actor.user_id
    request.version += 1
    holding.say(session, request, actor, "consent", comment, now)
    holding.log(session, Tag.REQUEST_CONSENT, request, actor, now, {"version": request.version})
    return request


def decline(
    session: Session, request_id: int, *, actor: Actor, now: datetime, comment: str, version: int | None = None
) -> ChangeRequest:
    """Refuse to take the units over, with the reason: the request is its author's again. Raises the same, and BadChange."""
    request = _asked(session, request_id, actor, version)
    if not says_something(comment):
        raise BadChange(faults=[said(SAY_WHY)])
    move(session, request, RequestStatus.RETURNED, decided_at=now, decided_by=actor.user_id)
    holding.say(session, request, actor, "decline", comment, now)
    holding.log(session, Tag.REQUEST_DECLINE, request, actor, now, {"comment": comment})
    return request


def _asked(session: Session, request_id: int, actor: Actor, version: int | None) -> ChangeRequest:
    get_visible_request(session, request_id, actor)
    request = holding.locked(session, request_id, RequestStatus.RETURNED)
    if not waits_for_word(request):
        raise NothingToAgreeTo(request_id=request_id)
    if not may_agree(session, request, actor):
        raise NotTheReceiver(request_id=request_id)
    holding.refuse_moved(request, version)
    return request


def count_asked(session: Session, actor: Actor) -> int:
    """Requests that wait for the word of one's office, or of one below."""
    found = select(func.count()).select_from(ChangeRequest).where(to_agree_to(actor))
    return session.execute(found).scalar_one()


def count_to_decide(session: Session, actor: Actor) -> int:
    """Requests in review of one's office and those below it, but for those that wait for another office's word first."""
    waits = col(ChangeRequest.asks_office_id).is_not(None) & col(ChangeRequest.consented_by).is_(None)
    own = or_(~waits, col(ChangeRequest.asks_office_id) == actor.office_id)
    return count_in_review(session, actor, own)


def to_agree_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on such requests."""
    waits = col(ChangeRequest.status) == RequestStatus.IN_REVIEW
    return waits & col(ChangeRequest.consented_by).is_(None) & of_receiver(actor)
