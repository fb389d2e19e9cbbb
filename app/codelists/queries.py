"""Reading code lists as of a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.errors import NotFound
from app.models import CodeItem, CodeList


class ListNotFound(NotFound):
    code = "code_list_not_found"


def edition_on(session: Session, name: str, on: date) -> CodeList:
    """The edition of a list in force on a day, the youngest of several. Raises ListNotFound."""
    statement = (
        select(CodeList)
        .where(col(CodeList.name) == name, col(CodeList.valid_from) <= on, col(CodeList.valid_until) > on)
        .order_by(col(CodeList.valid_from).desc())
        .limit(1)
    )
    found: CodeList | None = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise ListNotFound(f"no edition of the list {name!r} is in force on {on}")
    return found


def codes(session: Session, name: str, on: date) -> dict[str, CodeItem]:
    """Code to item of the edition in force on a day."""
    edition = edition_on(session, name, on)
    statement = select(CodeItem).where(col(CodeItem.list_id) == edition.list_id).order_by(col(CodeItem.code))
    return {item.code: item for item in session.execute(statement).scalars()}


def find_item(session: Session, name: str, code: str, on: date) -> CodeItem | None:
    """One code of the edition in force on a day."""
    edition = edition_on(session, name, on)
    found: CodeItem | None = session.execute(
        select(CodeItem).where(col(CodeItem.list_id) == edition.list_id, col(CodeItem.code) == code)
    ).scalar_one_or_none()
    return found


def children(session: Session, name: str, parent: str, on: date) -> list[CodeItem]:
    """The codes directly below one."""
    edition = edition_on(session, name, on)
    statement = select(CodeItem).where(col(CodeItem.list_id) == edition.list_id, col(CodeItem.parent_code) == parent)
    return list(session.execute(statement.order_by(col(CodeItem.code))).scalars())


def editions(session: Session) -> list[CodeList]:
    return list(session.execute(select(CodeList).order_by(col(CodeList.name), col(CodeList.valid_from))).scalars())


def list_versions(session: Session, on: date) -> dict[str, str]:
    """List name to edition and digest in force on a day: what a frame is to be read with."""
    statement = (
        select(CodeList)
        .where(col(CodeList.valid_from) <= on, col(CodeList.valid_until) > on)
        .order_by(col(CodeList.name), col(CodeList.valid_from))
    )
    return {row.name: f"{row.edition} {row.digest}" for row in session.execute(statement).scalars()}


def live_statuses(session: Session, on: date) -> set[str]:
    """Operating statuses of units that live (attributes.md §2.3; which they are is data)."""
    return {code for code, item in codes(session, "operating_status", on).items() if item.extra.get("live") == "1"}


def names_of(session: Session, name: str, wanted: Iterable[str], on: date) -> dict[str, str]:
    """Code to its name for those codes that the edition in force on a day holds; nothing without such an edition."""
    try:
        edition = edition_on(session, name, on)
    except ListNotFound:
        return {}
    statement = select(col(CodeItem.code), col(CodeItem.name)).where(
        col(CodeItem.list_id) == edition.list_id, col(CodeItem.code).in_(sorted(set(wanted)))
    )
    return dict(session.execute(statement).all())
