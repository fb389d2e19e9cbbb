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

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from app.core.finding import PERSONS, sought
from app.core.personal import masked
from app.core.rights import Territory
from app.core.types import current_keys
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
_PERSON = re.compile(r"([^\W\d_a-zA-Z][\w·•]+)((?:[（(].*)?)")
"""A word that may be a person's whole name, or a name made up from one: what stands in brackets behind it is its trade."""
_MAX_TERMS = 6
_MAX_CARRIERS = 500
"""More than so many are looked up by the database itself: both bound the values of one statement."""


@dataclass(frozen=True)
class Wanted:
    """What a list shall hold. `q`: parts of names or codes, all of which must occur; codes are by their beginning. `persons`:
    whoever asks may unmask, so that a word is a person's whole name too."""

    q: str = ""
    area: str = ""
    industry: str = ""
    unit_type: str = ""
    standing: str = "live"
    status: str = ""
    sort: Sort = Sort.ID
    descending: bool = False
    persons: bool = False


LIVE = Wanted()
"""Whatever is in the register."""


@dataclass(frozen=True)
class Found:
    """One page of a list, with how many there are in all; `q` is what was typed, persons who were found masked."""

    total: int
    rows: list[dict[str, Any]]
    q: str = ""


@dataclass(frozen=True)
class Hits:
    """Units by a word typed: that carry a code which holds it, that name a person whose whole name it is. More than a
    statement takes are looked up by the database itself."""

    codes: Mapping[str, Sequence[int]]
    persons: Mapping[str, Sequence[int]]


NO_HITS = Hits({}, {})


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
    found = hits(session, wanted, AsOf(on, known_at))
    condition = holds(wanted, on, within, found, known_at=known_at)
    total = session.execute(select(func.count()).select_from(unit_version).where(condition)).scalar_one()
    sort = SORTS[wanted.sort]
    order = [sort.desc() if wanted.descending else sort, _v.unit_id]
    ids = session.execute(select(_v.version_id).where(condition).order_by(*order).limit(limit).offset(offset)).scalars()
    return Found(total, _rows(session, list(ids), columns), as_logged(wanted.q, found))


def hits(session: Session, wanted: Wanted, as_of: AsOf) -> Hits:
    """What each word typed leads to in the indexes of codes and of persons."""
    return Hits(_carriers(session, wanted.q, as_of), _namesakes(session, wanted, as_of))


def as_logged(q: str, found: Hits) -> str:
    """What was typed, for the log and for packages: a person whom a unit names is masked, whoever asked."""
    return " ".join(_without_person(term) if found.persons.get(term) else term for term in q.split())


def _without_person(term: str) -> str:
    person, trade = _parted(term)
    return masked(person) + trade


def _parted(term: str) -> tuple[str, str]:
    """A word as a person's whole name and what stands in brackets behind it; both empty where it is none."""
    met = _PERSON.fullmatch(term)
    return (met[1], met[2]) if met else ("", "")


def _namesakes(session: Session, wanted: Wanted, as_of: AsOf) -> dict[str, list[int]]:
    """Units that name a person, by word."""
    terms = [term for term in wanted.q.split()[:_MAX_TERMS] if _parted(term)[0]]
    return {
        term: list(session.execute(_naming(term, as_of).distinct().limit(_MAX_CARRIERS + 1)).scalars())
        for term in terms
    }


def _naming(term: str, as_of: AsOf) -> Select[Any]:
    """Units that name a person of this whole name, by the digests of each field: an index each, of what is believed now."""
    person, _ = _parted(term)
    told = [_v[column].in_(current_keys().findings(column, sought(column, person))) for column in PERSONS]
    if as_of.known_at is not None:
        return select(_v.unit_id).where(as_of.holds(), or_(*told))
    when = (STILL_BELIEVED, _v.valid_from <= as_of.on, _v.valid_until > as_of.on)
    found = union_all(*(select(_v.unit_id).where(*when, one) for one in told)).subquery()
    return select(found.c.unit_id)


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
    found: Hits = NO_HITS,
    *,
    known_at: datetime | None = None,
) -> ColumnElement[bool]:
    """The wish as a condition on `unit_version`; `found` is what words lead to in indexes of their own."""
    as_of = AsOf(on, known_at)
    tests: list[Any] = [STILL_BELIEVED if known_at is None else as_of.believed(), _v.valid_until > on]
    tests += [_v.valid_from <= on, _lies(within), _begins(_v.area_code, wanted.area)]
    tests += [_begins(_v.industry_code, wanted.industry)]
    for column, value in ((_v.standing, wanted.standing), (_v.unit_type, wanted.unit_type)):
        tests += [column == value] if value else []
    tests += [_v.operating_status == wanted.status] if wanted.status else []
    found = found if wanted.persons else Hits(found.codes, {})
    tests += [_term(term, found, as_of) for term in wanted.q.split()[:_MAX_TERMS]]
    return and_(*(test for test in tests if test is not None))


def _lies(within: Territory) -> ColumnElement[bool]:
    return within.condition(_v.area_code, _v.park_code)


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool] | None:
    return func.substr(column, 1, len(prefix)) == prefix if prefix else None


def _term(term: str, found: Hits, as_of: AsOf) -> ColumnElement[bool]:
    """A word typed: part of a name; of Latin letters and digits, also part of any code; a person's whole name; `#12`, our own
    number."""
    number = own_number(term)
    if number is not None:
        return _v.unit_id == number
    named = _v.name.contains(term, autoescape=True)
    if persons := found.persons.get(term):
        return or_(named, _names_person(term, persons, as_of))
    if not _CODE.fullmatch(term):
        return named
    carriers = found.codes.get(term)
    spelt = [_v.name.contains(word, autoescape=True) for word in dict.fromkeys([term, term.upper()])]
    if carriers is not None and len(carriers) <= _MAX_CARRIERS:
        return or_(*spelt, _v.unit_id.in_(carriers))
    return or_(*spelt, _v.unit_id.in_(_bearers(term, as_of)))


def _names_person(term: str, units: Sequence[int], as_of: AsOf) -> ColumnElement[bool]:
    """Whether a unit names the person, and with a trade behind it is called so."""
    is_one = _v.unit_id.in_(units if len(units) <= _MAX_CARRIERS else _naming(term, as_of))
    _, trade = _parted(term)
    return and_(is_one, _v.name.contains(_without_person(term), autoescape=True)) if trade else is_one


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
    condition = holds(wanted, on, within, hits(session, wanted, AsOf(on, known_at)), known_at=known_at)
    statement = select(key, func.count()).where(condition).group_by(key)
    return dict(session.execute(statement.order_by(func.count().desc(), key)).all())


def names_of(session: Session, unit_ids: Iterable[int], *, within: Territory | None = None) -> Mapping[int, str]:
    """Unit to the name it has last; `within` an area, to that which it had last while it lay there, if it ever did."""
    ids = sorted(set(unit_ids))
    lies = [within.condition(_v.area_code, _v.park_code)] if within is not None else []
    statement = select(_v.unit_id, _v.name).where(STILL_BELIEVED, _v.unit_id.in_(ids), *lies)
    return dict(session.execute(statement.order_by(_v.valid_from)).all())
