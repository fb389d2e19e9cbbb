"""Finding units: lists by what people type and pick, counts, and the pictures of the home page.

Reads `ix_unit_version_list` alone where it can: one narrow partial index, so that a hundred thousand units are gone
through in milliseconds and an edit is seen by the very next query (DESIGN.md, promise 11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.core.rights import Territory
from app.models import STILL_BELIEVED, identifier, unit_version
from app.register.queries import AsOf, own_number

_v = unit_version.c


class Sort(StrEnum):
    """What a list may be sorted by."""

    NAME = "name"
    USCC = "uscc"
    AREA = "area"
    INDUSTRY = "industry"
    SINCE = "since"
    ID = "id"


SORTS = {
    Sort.NAME: _v.name,
    Sort.USCC: _v.uscc,
    Sort.AREA: _v.area_code,
    Sort.INDUSTRY: _v.industry_code,
    Sort.SINCE: _v.valid_from,
    Sort.ID: _v.unit_id,
}
_CODE = re.compile(r"[0-9A-Za-z]{2,}")
_MAX_TERMS = 6
_MAX_CARRIERS = 500
"""More than so many are looked up by the database itself: both bound the values of one statement."""


@dataclass(frozen=True)
class Wanted:
    """What a list shall hold. `q`: parts of names or codes, all of which must occur; codes are by their beginning."""

    q: str = ""
    area: str = ""
    industry: str = ""
    unit_type: str = ""
    standing: str = "live"
    status: str = ""
    sort: Sort = Sort.ID
    descending: bool = False


LIVE = Wanted()
"""Whatever is in the register."""


@dataclass(frozen=True)
class Found:
    """One page of a list, with how many there are in all."""

    total: int
    rows: list[dict[str, Any]]


def find(
    session: Session,
    wanted: Wanted,
    *,
    on: date,
    known_at: datetime | None = None,
    within: Territory,
    columns: Sequence[str] = (),
    offset: int = 0,
    limit: int = 50,
) -> Found:
    """A page of the units that hold on a day, as known at a moment, with the columns asked for."""
    condition = holds(wanted, on, within, _carriers(session, wanted.q, AsOf(on, known_at)), known_at=known_at)
    total = session.execute(select(func.count()).select_from(unit_version).where(condition)).scalar_one()
    sort = SORTS[wanted.sort]
    order = [sort.desc() if wanted.descending else sort, _v.unit_id]
    ids = session.execute(select(_v.version_id).where(condition).order_by(*order).limit(limit).offset(offset)).scalars()
    return Found(total, _rows(session, list(ids), columns))


def _carriers(session: Session, q: str, as_of: AsOf) -> dict[str, list[int]]:
    """Units that carry a code which holds a word typed, by word: looked for once, in the index of codes alone."""
    found = {}
    for term in q.split()[:_MAX_TERMS]:
        if _CODE.fullmatch(term):
            statement = _bearers(term, as_of).distinct().limit(_MAX_CARRIERS + 1)
            found[term] = list(session.execute(statement).scalars())
    return found


def _bearers(term: str, as_of: AsOf) -> Select[Any]:
    """Units that at any time carried a code which holds the word."""
    like = identifier.c.value.contains(term.upper(), autoescape=True)
    return select(identifier.c.unit_id).where(like, as_of.believed(identifier))


def holds(
    wanted: Wanted,
    on: date,
    within: Territory,
    carriers: Mapping[str, Sequence[int]] | None = None,
    *,
    known_at: datetime | None = None,
) -> ColumnElement[bool]:
    """The wish as a condition on `unit_version`; `carriers` are units known to carry a code that holds a word."""
    as_of = AsOf(on, known_at)
    tests: list[Any] = [STILL_BELIEVED if known_at is None else as_of.believed(), _v.valid_until > on]
    tests += [_v.valid_from <= on, _lies(within), _begins(_v.area_code, wanted.area)]
    tests += [_begins(_v.industry_code, wanted.industry)]
    for column, value in ((_v.standing, wanted.standing), (_v.unit_type, wanted.unit_type)):
        tests += [column == value] if value else []
    tests += [_v.operating_status == wanted.status] if wanted.status else []
    tests += [_term(term, (carriers or {}).get(term), as_of) for term in wanted.q.split()[:_MAX_TERMS]]
    return and_(*(test for test in tests if test is not None))


def _lies(within: Territory) -> ColumnElement[bool]:
    return within.condition(_v.area_code, _v.park_code)


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool] | None:
    return func.substr(column, 1, len(prefix)) == prefix if prefix else None


def _term(term: str, carriers: Sequence[int] | None, as_of: AsOf) -> ColumnElement[bool]:
    """A word typed: part of a name; of Latin letters and digits, also part of any code; `#12`, our own number."""
    number = own_number(term)
    if number is not None:
        return _v.unit_id == number
    named = _v.name.contains(term, autoescape=True)
    if not _CODE.fullmatch(term):
        return named
    spelt = [_v.name.contains(word, autoescape=True) for word in dict.fromkeys([term, term.upper()])]
    if carriers is not None and len(carriers) <= _MAX_CARRIERS:
        return or_(*spelt, _v.unit_id.in_(carriers))
    return or_(*spelt, _v.unit_id.in_(_bearers(term, as_of)))


def _rows(session: Session, version_ids: list[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    names = dict.fromkeys(["version_id", "unit_id", "standing", *columns])
    statement = select(*(_v[name] for name in names)).where(_v.version_id.in_(version_ids))
    held = {row["version_id"]: dict(row) for row in session.execute(statement).mappings()}
    return [held[version_id] for version_id in version_ids]


def former_names_hold(
    session: Session,
    text: str,
    *,
    on: date,
    known_at: datetime | None = None,
    within: Territory,
    limit: int = 20,
) -> list[int]:
    """Units that once had such a name: asked only when no present name fits."""
    held = holds(Wanted(standing=""), on, within, known_at=known_at)
    statement = select(_v.unit_id).where(held, _v.former_names.contains(text, autoescape=True)).limit(limit)
    return list(session.execute(statement).scalars())


def counts_by(
    session: Session,
    column: str,
    *,
    on: date,
    known_at: datetime | None = None,
    within: Territory,
    first: int = 0,
    wanted: Wanted = LIVE,
) -> dict[str, int]:
    """How many units hold, by a column of the list index, or by its first characters; most first."""
    key = func.substr(_v[column], 1, first) if first else _v[column]
    carriers = _carriers(session, wanted.q, AsOf(on, known_at))
    condition = holds(wanted, on, within, carriers, known_at=known_at)
    statement = select(key, func.count()).where(condition).group_by(key)
    return dict(session.execute(statement.order_by(func.count().desc(), key)).all())


def names_of(session: Session, unit_ids: Iterable[int], *, within: Territory | None = None) -> Mapping[int, str]:
    """Unit to the name it has last; `within` an area, to that which it had last while it lay there, if it ever did."""
    ids = sorted(set(unit_ids))
    lies = [within.condition(_v.area_code, _v.park_code)] if within is not None else []
    statement = select(_v.unit_id, _v.name).where(STILL_BELIEVED, _v.unit_id.in_(ids), *lies)
    return dict(session.execute(statement.order_by(_v.valid_from)).all())
