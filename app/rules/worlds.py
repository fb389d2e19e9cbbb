"""Whom rules are asked of: units as they stand in the register, or as a proposal would leave them, each beside all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    String,
    and_,
    distinct,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from app.codelists.queries import ListNotFound, edition_on
from app.core.finding import FOUND_BY, digest_columns, finding_digest
from app.core.laid import laid
from app.core.personal import clear
from app.core.persons import PERSON, person_of
from app.domain.fields import BY_NAME, FIELDS, IDENTIFIERS, NUMBERS, Kind
from app.domain.words import Standing
from app.models import STILL_BELIEVED, identifier, unit_version
from app.register.codes import FAILS, verdict_on
from app.register.conditions import Condition, Group, as_sql
from app.register.queries import AsOf
from app.register.rules import identifiers_of

_SAID = [field.name for field in FIELDS if not field.personal and field.kind is not Kind.LIST]
COLUMNS = ("unit_id", "standing", *_SAID, *FOUND_BY)
"""What a rule may ask of a unit: no personal value, but the digests by which equal ones are seen."""


FOUND_AT_ONCE = frozenset({"name", "mobile", *IDENTIFIERS})
"""Fields by whose value an index finds the units that say the same."""


@dataclass(frozen=True)
class Crowd:
    """What more live units than so many have in common: what they say in a field, and the first characters of what they say
    in others. Counted are those that meet the conditions."""

    field: str
    most: int
    alike: tuple[tuple[str, int], ...] = ()
    among: tuple[Condition | Group, ...] = ()

    def counts(self, table: FromClause) -> ColumnElement[bool]:
        """Whether a unit says something at all, and is one of those that are counted."""
        own = self._own(table)
        says = own.is_not(None) if BY_NAME[self.field].personal else own != ""
        return and_(says, *(as_sql(one, table) for one in self.among))

    def keys(self, table: FromClause) -> list[ColumnElement[Any]]:
        """What has to be equal: a sealed value by its digest, a name in one form, of other fields the first characters."""
        own = self._own(table)
        rest = (func.substr(table.c[name], 1, digits) for name, digits in self.alike)
        return [own if BY_NAME[self.field].personal else _folded(own), *rest, *self._person(table)]

    def _person(self, table: FromClause) -> list[ColumnElement[Any]]:
        """Of two names that show a person masked alike, whose they are; nobody's is equal to nobody's."""
        return [func.coalesce(table.c[column], literal(b"")) for column in _beside(self.field)]

    def _own(self, table: FromClause) -> ColumnElement[Any]:
        found: ColumnElement[Any] = table.c[_column_of(self.field)]
        return found


def _beside(name: str) -> list[str]:
    return digest_columns(PERSON) if name == "name" else []


def _column_of(name: str) -> str:
    return digest_columns(name)[0] if BY_NAME[name].personal else name


def _folded(text: ColumnElement[str]) -> ColumnElement[str]:
    """Word for word as `FOLDED_NAME` is indexed."""
    for was, becomes in (("（", "("), ("）", ")"), (" ", ""), ("　", "")):
        text = func.replace(text, literal_column(f"'{was}'"), literal_column(f"'{becomes}'"))
    return func.upper(text)


@dataclass(frozen=True)
class World:
    """The units judged, live or closed, and all that live on the day; `subject` and `pool` have the columns of `COLUMNS`."""

    session: Session
    as_of: AsOf

    def edition_of(self, codelist: str) -> int | None:
        """The edition of a list in force on the day; a list that nobody loaded breaks no rule."""
        try:
            return edition_on(self.session, codelist, self.as_of.on).list_id
        except ListNotFound:
            return None

    @cached_property
    def pool(self) -> FromClause:
        live: FromClause = _of_standing(self.as_of, str(Standing.LIVE)).subquery("pool")
        return live

    @property
    def subject(self) -> FromClause:
        raise NotImplementedError

    def fails(self, schemes: Sequence[str], within: str) -> ColumnElement[bool]:
        """Whether a code of these schemes fails its own check; `within` another, it is a part of that."""
        raise NotImplementedError

    def first_day(self) -> ColumnElement[Any]:
        """The first day that is known of the unit."""
        raise NotImplementedError

    def crowded(self, crowd: Crowd) -> ColumnElement[bool]:
        """Whether more units than so many, itself among them, have in common what it says."""
        raise NotImplementedError


ASKED = (str(Standing.LIVE), str(Standing.CLOSED))
"""Standings of the units that rules are asked of; most speak of those that live."""


def _of_standing(as_of: AsOf, *standings: str) -> Any:
    wanted = (unit_version.c[name] for name in COLUMNS)
    return select(*wanted).where(as_of.holds(), unit_version.c.standing.in_(standings))


@dataclass(frozen=True)
class Held(World):
    """The units of the register, or those of some numbers; with `among`, beside no others than these: what is counted over
    units that somebody does not see would tell him of each what it says."""

    of: ColumnElement[bool] | None = None
    among: ColumnElement[bool] | None = None

    @cached_property
    def pool(self) -> FromClause:
        live = _of_standing(self.as_of, str(Standing.LIVE))
        seen: FromClause = (live if self.among is None else live.where(self.among)).subquery("pool")
        return seen

    @cached_property
    def subject(self) -> FromClause:
        asked = _of_standing(self.as_of, *ASKED)
        chosen: FromClause = (asked if self.of is None else asked.where(self.of)).subquery("subject")
        return chosen

    def fails(self, schemes: Sequence[str], within: str) -> ColumnElement[bool]:
        borne = identifier.c
        failing = (borne.unit_id == self.subject.c.unit_id, borne.verified == "n", borne.within == within)
        return exists(select(1).where(*failing, borne.scheme.in_(schemes), self.as_of.holds(identifier)))

    def first_day(self) -> ColumnElement[Any]:
        own = unit_version.c.unit_id == self.subject.c.unit_id
        first = select(func.min(unit_version.c.valid_from)).where(own, self.as_of.believed())
        return first.correlate(self.subject).scalar_subquery()

    def crowded(self, crowd: Crowd) -> ColumnElement[bool]:
        keys = crowd.keys(self.pool)
        named = (key.label(f"key_{place}") for place, key in enumerate(keys))
        many = (
            select(*named).where(crowd.counts(self.pool)).group_by(*keys).having(func.count() > crowd.most).subquery()
        )
        # Not `exists`: of a table whose size it does not know PostgreSQL counts the crowds anew for each unit.
        own = tuple_(*crowd.keys(self.subject))
        return and_(crowd.counts(self.subject), own.in_(select(*many.c)))


@dataclass(frozen=True)
class Told(World):
    """Units as somebody says they are, or would be: one row for each, by number of row; `unit_id` 0 is a new one."""

    rows: tuple[Mapping[str, Any], ...] = ()
    names: tuple[str, ...] = ()
    """The attributes that are asked of; what is not asked costs no parameter."""

    @cached_property
    def subject(self) -> FromClause:
        names = ("row_no", "unit_id", "standing", *self.names, "first_day", "failing")
        rows = ([_laid(number, row, name) for name in names] for number, row in enumerate(self.rows))
        return laid(self.session, "subject", {name: _type_of(name) for name in names}, rows)

    def fails(self, schemes: Sequence[str], within: str) -> ColumnElement[bool]:
        failing = self.subject.c.failing
        return or_(false(), *(failing.contains(f"|{scheme}/{within}|") for scheme in schemes))

    def first_day(self) -> ColumnElement[Any]:
        return self.subject.c.first_day

    def crowded(self, crowd: Crowd) -> ColumnElement[bool]:
        other = unit_version.alias("other")
        equal = [mine == theirs for mine, theirs in zip(crowd.keys(self.subject), crowd.keys(other), strict=True)]
        others = (
            self._found(other, crowd.field)
            .where(other.c.unit_id != self.subject.c.unit_id, other.c.standing == str(Standing.LIVE))
            .where(self.as_of.holds(other), crowd.counts(other), *equal)
            .correlate(self.subject)
        )
        return and_(crowd.counts(self.subject), others.scalar_subquery() >= crowd.most)

    def _found(self, other: Any, name: str) -> Select[Any]:
        """How many there are of what an index leads to: of a code those who bear it, of all else the value as it is indexed."""
        count = select(func.count(distinct(other.c.unit_id)))
        if name not in IDENTIFIERS:
            return count.where(true() if self.as_of.known_at else STILL_BELIEVED)
        bears = (identifier.c.value == self.subject.c[name], identifier.c.scheme == name)
        return count.join_from(identifier, other, other.c.unit_id == identifier.c.unit_id).where(
            *bears, self.as_of.holds(identifier)
        )


def _type_of(name: str) -> Any:
    if name in ("row_no", "unit_id") or name in NUMBERS:
        return BigInteger()
    if name in FOUND_BY:
        return LargeBinary()
    return String()


def _laid(number: int, row: Mapping[str, Any], name: str) -> Any:
    if name == "row_no":
        return number
    if name == "failing":
        return _failing(row)
    if name in FOUND_BY:
        told = FOUND_BY[name][0]
        return finding_digest(name, clear(person_of(row) if told == PERSON else row.get(told)))
    held = row.get(name)
    return held if name in NUMBERS or name == "unit_id" else str(held or "")


_CLOCK = {"sources": {"o": [["", 0, ""]], "d": 0}, "valid_from": date.min, "valid_until": date.max}


class _Version(dict[str, Any]):
    """A version of which only some fields are known."""

    def __missing__(self, name: str) -> str:
        return ""


def _failing(row: Mapping[str, Any]) -> str:
    """The schemes of its codes that fail their check, each with what it is a part of: `|org_code/uscc|`."""
    borne = identifiers_of([_Version({**{name: row.get(name) or "" for name in IDENTIFIERS}, **_CLOCK})])
    return "".join(f"|{one.kind}/{one.within}|" for one in sorted(borne) if verdict_on(one.kind, one.value) == FAILS)


def names_asked(fields: Iterable[str]) -> tuple[str, ...]:
    """The columns behind the attributes that rules speak of."""
    held = {name for name in fields if name in BY_NAME}
    return tuple(sorted({*map(_column_of, held), *(column for name in held for column in _beside(name))}))
