"""Reading code lists as of a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import chunked
from app.core.errors import NotFound
from app.models import CodeItem, CodeList

_MAX_IN = 500
AREAS = "division"


class ListNotFound(NotFound):
    """No edition of the list is in force on the day, or there is no such list."""

    code = "code_list_not_found"
    zh = "没有 {on} 有效的代码表 {name}；需要时由系统管理员装入。"
    en = "no edition of the list {name} is in force on {on}"


class EditionNotFound(NotFound):
    code = "no_such_edition"
    zh = "代码表 {name} 没有 {edition} 这个版本；请在代码表清单中核对。"
    en = "there is no edition {edition} of the list {name}"


class CodeNotFound(NotFound):
    code = "no_such_code"
    zh = "{on} 有效的代码表 {name} 里没有代码 {item}。"
    en = "the list {name} as in force on {on} holds no code {item}"


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
        raise ListNotFound(name=name, on=on)
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
    return _column_of(session, name, col(CodeItem.name), wanted, on)


def called(session: Session, name: str, codes: Collection[str], on: date) -> dict[str, str]:
    """What each of these codes is called, empty where nobody knows; an area that is not listed by its street."""
    above = {code: f"{code[:9]:0<12}" for code in codes} if name == AREAS else {}
    held = names_of(session, name, {*codes, *above.values()}, on)
    return {code: held.get(code) or held.get(above.get(code, ""), "") for code in codes}


def listed(session: Session, lists: Iterable[str], wanted: Iterable[str]) -> set[tuple[str, str]]:
    """Which of some codes are in which of some lists, in whatever edition."""
    found: set[tuple[str, str]] = set()
    names = sorted(set(lists))
    for part in chunked(sorted(set(wanted)), _MAX_IN):
        statement = (
            select(col(CodeList.name), col(CodeItem.code))
            .join(CodeItem, col(CodeItem.list_id) == col(CodeList.list_id))
            .where(col(CodeList.name).in_(names), col(CodeItem.code).in_(part))
        )
        found.update((name, code) for name, code in session.execute(statement))
    return found


def loaded(session: Session) -> set[str]:
    """The lists that hold anything, in whatever edition."""
    holds = exists().where(col(CodeItem.list_id) == col(CodeList.list_id))
    return set(session.execute(select(col(CodeList.name)).where(holds)).scalars())


def _column_of(session: Session, name: str, column: Any, wanted: Iterable[str], on: date) -> dict[str, str]:
    try:
        edition = edition_on(session, name, on)
    except ListNotFound:
        return {}
    statement = select(col(CodeItem.code), column).where(
        col(CodeItem.list_id) == edition.list_id, col(CodeItem.code).in_(sorted(set(wanted)))
    )
    return dict(session.execute(statement).all())


def get_edition(session: Session, name: str, edition: str) -> CodeList:
    """An edition by its name. Raises EditionNotFound."""
    found: CodeList | None = session.execute(
        select(CodeList).where(col(CodeList.name) == name, col(CodeList.edition) == edition)
    ).scalar_one_or_none()
    if found is None:
        raise EditionNotFound(name=name, edition=edition)
    return found


def browse(
    session: Session,
    edition: CodeList,
    *,
    q: str = "",
    parent: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[CodeItem]:
    """Codes of an edition: all, those right below `parent` (the top where it is empty), or those a text speaks of.

    `q` is the beginning of a code or a part of a name.
    """
    statement = select(CodeItem).where(col(CodeItem.list_id) == edition.list_id, col(CodeItem.code) > after)
    if q:
        named = col(CodeItem.name).contains(q, autoescape=True)
        statement = statement.where(or_(named, col(CodeItem.code).startswith(q, autoescape=True)))
    elif parent is not None:
        statement = statement.where(col(CodeItem.parent_code) == parent)
    return list(session.execute(statement.order_by(col(CodeItem.code)).limit(limit)).scalars())


def parents_of(session: Session, name: str, wanted: Iterable[str], on: date) -> dict[str, str]:
    """Code to the one above it, of those that the edition in force on a day holds; nothing without such an edition."""
    return _column_of(session, name, col(CodeItem.parent_code), wanted, on)


def parents_among(session: Session, edition: CodeList, wanted: Iterable[str]) -> set[str]:
    """Those of the codes that have others below them."""
    found: set[str] = set()
    for part in chunked(list(wanted), 500):
        statement = select(col(CodeItem.parent_code)).where(
            col(CodeItem.list_id) == edition.list_id, col(CodeItem.parent_code).in_(part)
        )
        found.update(session.execute(statement.distinct()).scalars())
    return found


def path_to(session: Session, edition: CodeList, code: str) -> list[CodeItem]:
    """The codes above one and itself, from the top down."""
    path: list[CodeItem] = []
    while code and len(path) < 10:
        item: CodeItem | None = session.execute(
            select(CodeItem).where(col(CodeItem.list_id) == edition.list_id, col(CodeItem.code) == code)
        ).scalar_one_or_none()
        if item is None:
            break
        path.insert(0, item)
        code = item.parent_code
    return path
