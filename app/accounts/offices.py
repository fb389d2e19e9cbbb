"""Offices in a tree, the areas they keep for a stretch of days, and their sections (科室)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.errors import (
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
from app.core.dialect import insert_or_skip
from app.core.rights import Territory
from app.domain.period import FOREVER
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
    area_prefix: str,
    actor: Actor,
    now: datetime,
    kind: str = OfficeKind.ADMINISTRATIVE,
    park_code: str = "",
) -> Office:
    """An office under its parent (by code), with its first area if it has one.

    Raises OfficeExists, OfficeNotFound, AreaOutsideParent, ParkCodeNeeded.
    """
    actor.require(Permission.MANAGE_OFFICES)
    office = insert_office(session, code, name, level, parent, kind)
    if area_prefix:
        _keep(session, office, area_prefix, park_code, date.min, FOREVER, day_of(now))
    payload = {"code": code, "name": name, "level": level, "parent": parent, "area": area_prefix, "park": park_code}
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


def keep_area(session: Session, office: Office, area_prefix: str, on: date) -> None:
    """Have the root keep an area for ever. Raises what `give_area` raises."""
    _keep(session, office, area_prefix, "", date.min, FOREVER, on)


def give_area(
    session: Session,
    code: str,
    *,
    area_prefix: str,
    park_code: str,
    valid_from: date | None,
    valid_until: date | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Have an office keep an area from a day on, today where none is said.

    Raises OfficeNotFound, AreaOutsideParent, ParkCodeNeeded, AreaExists.
    """
    actor.require(Permission.MANAGE_OFFICES)
    office, begins = get_office(session, code), valid_from or day_of(now)
    _keep(session, office, area_prefix, park_code, begins, valid_until or FOREVER, begins)
    payload = {"area": area_prefix, "park": park_code, "from": str(begins), "until": str(valid_until or "")}
    _log(session, Tag.OFFICE_AREA, code, actor.login, now, payload)


def _keep(session: Session, office: Office, area: str, park: str, begins: date, ends: date, on: date) -> None:
    """What an office keeps lies in what its parent keeps; a park's office keeps what bears its code."""
    if (office.kind == OfficeKind.FUNCTIONAL) != bool(park):
        raise ParkCodeNeeded(office=office.code)
    if office.parent_id is not None:
        above = areas_of(session, on).get(office.parent_id, Territory())
        if not above.holds_all_of(area):
            raise AreaOutsideParent(area=area, above=str(above))
    made = OfficeArea(office_id=office.office_id, area_prefix=area, park_code=park, valid_from=begins, valid_until=ends)
    if not insert_or_skip(session, table_of(OfficeArea), [made.model_dump(exclude={"area_id"})]):
        raise AreaExists(office=office.code, area=area)


def end_area(
    session: Session, code: str, *, area_prefix: str, park_code: str, on: date | None, actor: Actor, now: datetime
) -> None:
    """Have an office keep an area until a day, today where none is said. Raises OfficeNotFound, AreaNotFound."""
    actor.require(Permission.MANAGE_OFFICES)
    office, day = get_office(session, code), on or day_of(now)
    own = (col(OfficeArea.office_id) == office.office_id, col(OfficeArea.area_prefix) == area_prefix)
    days = (col(OfficeArea.valid_from) <= day, col(OfficeArea.valid_until) > day)
    statement = select(OfficeArea).where(*own, *days, col(OfficeArea.park_code) == park_code)
    found = session.execute(statement.limit(1)).scalar_one_or_none()
    if found is None:
        raise AreaNotFound(office=code, area=area_prefix)
    found.valid_until = day
    payload = {"area": area_prefix, "park": park_code, "until": str(day)}
    _log(session, Tag.OFFICE_AREA, code, actor.login, now, payload)


def get_office(session: Session, code: str) -> Office:
    """Raises OfficeNotFound."""
    office: Office | None = session.execute(select(Office).where(col(Office.code) == code)).scalar_one_or_none()
    if office is None:
        raise OfficeNotFound(office=code)
    return office


def list_offices(session: Session) -> list[Office]:
    return list(session.execute(select(Office).order_by(col(Office.path))).scalars())


def areas_of(session: Session, on: date) -> dict[int, Territory]:
    """Office to what it keeps on a day."""
    kept: dict[int, list[tuple[str, str]]] = {}
    statement = select(OfficeArea).where(col(OfficeArea.valid_from) <= on, col(OfficeArea.valid_until) > on)
    for one in session.execute(statement.order_by(col(OfficeArea.area_prefix))).scalars():
        kept.setdefault(one.office_id, []).append((one.area_prefix, one.park_code))
    return {office_id: Territory(tuple(parts)) for office_id, parts in kept.items()}


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
