"""Offices in a tree, the areas they keep for a stretch of days, and their sections (科室)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of as stretches_of
from app.accounts.errors import (
    AreaEndsInPast,
    AreaExists,
    AreaNotFound,
    AreaOutsideParent,
    OfficeExists,
    OfficeNotFound,
    ParkCodeNeeded,
    SectionExists,
)
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import insert_or_skip, locked
from app.core.rights import Stretch, Territory, on_day
from app.domain.roles import Permission
from app.domain.words import OfficeKind, OfficeLevel
from app.models import Office, OfficeArea, Section, table_of


def create_office(
    session: Session,
    *,
    code: str,
    name: str,
    level: str,
    parent: str,
    actor: Actor,
    now: datetime,
    kind: str = OfficeKind.ADMINISTRATIVE,
) -> Office:
    """An office under its parent (by code), which sees nothing yet. Raises OfficeExists, OfficeNotFound."""
    actor.require(Permission.MANAGE_OFFICES)
    office = insert_office(session, code, name, level, parent, kind)
    payload = {"code": code, "name": name, "level": level, "parent": parent}
    _log(session, Tag.OFFICE_CREATE, code, actor.login, now, payload)
    return office


def insert_office(
    session: Session, code: str, name: str, level: str, parent: str = "", kind: str = OfficeKind.ADMINISTRATIVE
) -> Office:
    """An office without an area, which sees nothing. Raises OfficeExists, OfficeNotFound."""
    above = get_office(session, parent) if parent else None
    parent_id = above.office_id if above else None
    made = Office(code=code, name=name, level=OfficeLevel(level), kind=OfficeKind(kind), path="", parent_id=parent_id)
    if not insert_or_skip(session, table_of(Office), [made.model_dump(exclude={"office_id"})]):
        raise OfficeExists(office=code)
    office = get_office(session, code)
    office.path = f"{above.path if above else '/'}{office.office_id}/"
    session.flush()
    return office


def keep_area(session: Session, office: Office, area: Stretch, today: date) -> None:
    """Have an office keep an area. Raises what `check_area` raises."""
    check_area(session, office, area, today)
    ended = _ended_as_it_began(session, office, area)
    if ended is not None:
        ended.valid_until = area.valid_until
        return
    session.add(
        OfficeArea(
            office_id=office.office_id,
            area_prefix=area.prefix,
            park_code=area.park,
            valid_from=area.valid_from,
            valid_until=area.valid_until,
        )
    )
    session.flush()


def _ended_as_it_began(session: Session, office: Office, area: Stretch) -> OfficeArea | None:
    """The row of this area from this day on that was ended on the same day, and so holds on none."""
    same = (
        col(OfficeArea.office_id) == office.office_id,
        col(OfficeArea.area_prefix) == area.prefix,
        col(OfficeArea.park_code) == area.park,
        col(OfficeArea.valid_from) == area.valid_from,
    )
    found: OfficeArea | None = session.execute(select(OfficeArea).where(*same)).scalar_one_or_none()
    return found


def check_area(session: Session, office: Office, area: Stretch, today: date) -> None:
    """What an office keeps lies in what its parent keeps, all its days; a park's office keeps what bears its code. Two
    stretches of one area do not overlap: ended, one would be kept by the other.

    Raises ParkCodeNeeded, AreaExists, AreaOutsideParent.
    """
    if (office.kind == OfficeKind.FUNCTIONAL) != bool(area.park):
        raise ParkCodeNeeded(office=office.code)
    kept = (own for own in stretches_of(session, office.office_id) if own.valid_from < own.valid_until)
    same = (own for own in kept if (own.prefix, own.park) == (area.prefix, area.park))
    if any(own.valid_from < area.valid_until and area.valid_from < own.valid_until for own in same):
        raise AreaExists(office=office.code, area=area.prefix)
    if office.parent_id is not None:
        _check_within(area, stretches_of(session, office.parent_id), today)


def _check_within(area: Stretch, above: tuple[Stretch, ...], today: date) -> None:
    """One without a first day is looked at from today on: what its parent kept before nobody may have written down."""
    begins = today if area.valid_from == date.min else area.valid_from
    outside = _first_outside(area, above, begins)
    if outside is not None:
        raise AreaOutsideParent(area=area.prefix, above=str(on_day(above, outside)))


def _first_outside(area: Stretch, above: tuple[Stretch, ...], begins: date) -> date | None:
    """The first day from one on on which an area does not lie in what the office above keeps; None where it does on all."""
    changes = {day for one in above for day in (one.valid_from, one.valid_until)}
    days = sorted({begins, *(day for day in changes if begins < day < area.valid_until)})
    return next((day for day in days if not on_day(above, day).holds_all_of(area.prefix)), None)


def end_area(
    session: Session, code: str, *, area_prefix: str, park_code: str, on: date | None, actor: Actor, now: datetime
) -> list[OfficeArea]:
    """Have an office keep an area until a day, today where none is said, and none of it that was to begin later; what the
    offices below keep of it ends with it. Returns all that ended, what the office itself kept first.

    Raises OfficeNotFound, AreaEndsInPast, AreaNotFound.
    """
    actor.require_any(Permission.MANAGE_OFFICES, Permission.MANAGE_USERS)
    office, today = held_office(session, code), day_of(now)
    day = on or today
    if day < today:
        raise AreaEndsInPast(area=area_prefix, on=day, today=today)
    own = (col(OfficeArea.office_id) == office.office_id, col(OfficeArea.area_prefix) == area_prefix)
    days = (col(OfficeArea.valid_until) > day, col(OfficeArea.valid_until) > col(OfficeArea.valid_from))
    statement = select(OfficeArea).where(*own, *days, col(OfficeArea.park_code) == park_code)
    found = list(session.execute(statement.order_by(col(OfficeArea.valid_from))).scalars())
    if not found:
        raise AreaNotFound(office=code, area=area_prefix)
    for one in found:
        one.valid_until = max(day, one.valid_from)
    payload = {"area": area_prefix, "park": park_code, "until": str(day), "stretches": len(found)}
    _log(session, Tag.OFFICE_AREA, code, actor.login, now, payload)
    below = _end_below(session, office, Territory(((area_prefix, park_code),)), day)
    for its, one in below:
        told = {"area": one.area_prefix, "park": one.park_code, "until": str(one.valid_until), "with": code}
        _log(session, Tag.OFFICE_AREA, its.code, actor.login, now, told)
    return [*found, *(one for _, one in below)]


def _end_below(session: Session, above: Office, area: Territory, day: date) -> list[tuple[Office, OfficeArea]]:
    """Of what offices below keep of an area that ended, all that no longer lies in what the one above them keeps ends with
    it, from the top down; they are held, so that nothing of it is confirmed for them meanwhile."""
    session.flush()
    under = (col(Office.path).startswith(above.path), col(Office.office_id) != above.office_id)
    ended = []
    for office in session.execute(locked(select(Office).where(*under).order_by(col(Office.office_id)))).scalars().all():
        over = stretches_of(session, office.parent_id or above.office_id)
        for one in _kept_from(session, office, day):
            stretch = Stretch(one.area_prefix, one.park_code, one.valid_from, one.valid_until)
            outside = _first_outside(stretch, over, max(day, one.valid_from))
            if outside is not None and area.holds_all_of(one.area_prefix):
                one.valid_until = outside
                ended.append((office, one))
        session.flush()
    return ended


def _kept_from(session: Session, office: Office, day: date) -> list[OfficeArea]:
    """What an office keeps on a day or will after it."""
    days = (col(OfficeArea.valid_until) > day, col(OfficeArea.valid_until) > col(OfficeArea.valid_from))
    statement = select(OfficeArea).where(col(OfficeArea.office_id) == office.office_id, *days)
    return list(session.execute(statement.order_by(col(OfficeArea.area_id))).scalars())


def get_office(session: Session, code: str) -> Office:
    """Raises OfficeNotFound."""
    office: Office | None = session.execute(select(Office).where(col(Office.code) == code)).scalar_one_or_none()
    if office is None:
        raise OfficeNotFound(office=code)
    return office


def held_office(session: Session, code: str) -> Office:
    """The office, held until the transaction ends. Raises OfficeNotFound."""
    session.execute(locked(select(col(Office.office_id)).where(col(Office.code) == code)))
    return get_office(session, code)


def list_offices(session: Session) -> list[Office]:
    return list(session.execute(select(Office).order_by(col(Office.path))).scalars())


def first_office(session: Session) -> int | None:
    """The office that all others are below; None before there is one."""
    return session.execute(select(col(Office.office_id)).order_by(col(Office.office_id)).limit(1)).scalar_one_or_none()


def areas_of(session: Session, on: date) -> dict[int, Territory]:
    """Office to what it keeps on a day."""
    kept: dict[int, list[tuple[str, str]]] = {}
    statement = select(OfficeArea).where(col(OfficeArea.valid_from) <= on, col(OfficeArea.valid_until) > on)
    for one in session.execute(statement.order_by(col(OfficeArea.area_prefix))).scalars():
        kept.setdefault(one.office_id, []).append((one.area_prefix, one.park_code))
    return {office_id: Territory(tuple(parts)) for office_id, parts in kept.items()}


def areas_to_come(session: Session, after: date) -> dict[int, list[Stretch]]:
    """Office to what it will keep from a later day on."""
    to_come: dict[int, list[Stretch]] = {}
    later = (col(OfficeArea.valid_from) > after, col(OfficeArea.valid_until) > col(OfficeArea.valid_from))
    statement = select(OfficeArea).where(*later).order_by(col(OfficeArea.area_prefix), col(OfficeArea.valid_from))
    for one in session.execute(statement).scalars():
        stretch = Stretch(one.area_prefix, one.park_code, one.valid_from, one.valid_until)
        to_come.setdefault(one.office_id, []).append(stretch)
    return to_come


def create_section(session: Session, office: str, *, section: str, name: str, actor: Actor, now: datetime) -> Section:
    """A section of an office. Raises OfficeNotFound, SectionExists."""
    actor.require(Permission.MANAGE_OFFICES)
    made = Section(office_id=get_office(session, office).office_id, code=section, name=name)
    if not insert_or_skip(session, table_of(Section), [made.model_dump(exclude={"section_id"})]):
        raise SectionExists(office=office, section=section)
    _log(session, Tag.SECTION_CREATE, office, actor.login, now, {"section": section, "name": name})
    return made


def list_sections(session: Session, office: str = "") -> list[tuple[Section, str]]:
    """Sections with the codes of their offices: all, or those of one office."""
    statement = select(Section, col(Office.code)).join(Office, col(Office.office_id) == col(Section.office_id))
    statement = statement.where(col(Office.code) == office) if office else statement
    found = session.execute(statement.order_by(col(Office.path), col(Section.code)))
    return [(section, code) for section, code in found]


def _log(session: Session, tag: Tag, office: str, by: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=by, at=now, subject=f"office {office}", payload=payload)
