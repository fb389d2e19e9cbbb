"""Looking through the items of a request: by kind, street, industry, name or code, by what is wrong in their rows.

What an item says is sealed, so that no database can search it. Items are opened part by part, so many at most for one
answer, and the answer says how far it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes.lands import COUNTED_BY, as_counted, sort_of
from app.changes.queries import items_where, says_wrong
from app.models import RequestItem
from app.register.queries import stretches_of

LOOKED = 10_000
"""Items opened for one answer at most."""
NOT_FILLED = "-"
"""Stands for a kind, street or industry that a unit does not say."""
_PART = 500
_NAMES = ("name", "short_name", "former_names")
_CODES = ("uscc", "org_code", "reg_no", "tax_no", "temp_code")
_FIELDS = sorted({*_NAMES, *_CODES, *(name for name, _ in COUNTED_BY.values())})


@dataclass(frozen=True)
class Looked:
    """What is looked for: units by sort, a part of a name or code, what is wrong in their rows, single items."""

    by: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    problem: str = ""
    only: Sequence[int] = ()

    @property
    def opens(self) -> bool:
        """Whether items have to be opened to know which are meant."""
        return bool(self.text or any(self.by.values()))

    def means(self, unit: Mapping[str, Any]) -> bool:
        """Whether a unit, as it would stand, is one that is looked for."""
        return all(_is_of(unit, name, code) for name, code in self.by.items() if code) and self._is_called(unit)

    def _is_called(self, unit: Mapping[str, Any]) -> bool:
        wanted = self.text.strip().casefold()
        said = (str(unit.get(name) or "").casefold() for name in (*_NAMES, *_CODES))
        return not wanted or any(wanted in text for text in said)


def _is_of(unit: Mapping[str, Any], name: str, code: str) -> bool:
    return sort_of(name, unit) == ("" if code == NOT_FILLED else code)


def find_items(
    session: Session, request_id: int, looked: Looked, *, after: int, limit: int
) -> tuple[list[RequestItem], int | None]:
    """The next items that are meant, and the last one looked at where there are more to look through."""
    where = _narrowed(request_id, looked)
    if not looked.opens:
        found = items_where(session, request_id, *where, after=after, limit=limit)
        return found, found[-1].seq if len(found) == limit else None
    found, seen, last = [], 0, after
    for item, meant in _judged(session, request_id, looked, where, after):
        seen, last = seen + 1, item.seq
        if meant:
            found.append(item)
        if len(found) == limit or seen == LOOKED:
            return found, last
    return found, None


def _narrowed(request_id: int, looked: Looked) -> list[ColumnElement[bool]]:
    """What the database can tell by itself."""
    where: list[ColumnElement[bool]] = []
    if looked.only:
        where.append(col(RequestItem.seq).in_(looked.only))
    if looked.problem:
        own = select(col(RequestItem.seq)).where(col(RequestItem.request_id) == request_id)
        where.append(col(RequestItem.seq).in_(says_wrong(own, looked.problem)))
    return where


def _judged(
    session: Session, request_id: int, looked: Looked, where: Sequence[ColumnElement[bool]], after: int
) -> Iterator[tuple[RequestItem, bool]]:
    """Each item from behind `after` on, and whether it is meant, its unit taken as it would stand."""
    while part := items_where(session, request_id, *where, after=after, limit=_PART):
        held = stretches_of(session, [item.unit_id for item in part if item.unit_id is not None], _FIELDS)
        for item in part:
            yield item, looked.means(as_counted(item, held))
        after = part[-1].seq
