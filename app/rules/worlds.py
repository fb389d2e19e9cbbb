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
    String,
    cast,
    column,
    exists,
    false,
    func,
    or_,
    select,
    values,
)
from sqlalchemy.orm import Session

from app.codelists.queries import ListNotFound, edition_on
from app.core.finding import FOUND_BY
from app.domain.fields import BY_NAME, FIELDS, IDENTIFIERS, NUMBERS, Kind
from app.domain.words import Standing
from app.models import identifier, unit_version
from app.register.queries import AsOf
from app.register.rules import identifiers_of, verdict_on

_SAID = [field.name for field in FIELDS if not field.personal and field.kind is not Kind.LIST]
COLUMNS = ("unit_id", "standing", *_SAID, *FOUND_BY)
"""What a rule may ask of a unit: no personal value, but the digests by which equal ones are seen."""


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


ASKED = (str(Standing.LIVE), str(Standing.CLOSED))
"""Standings of the units that rules are asked of; most speak of those that live."""


def _of_standing(as_of: AsOf, *standings: str) -> Any:
    wanted = (unit_version.c[name] for name in COLUMNS)
    return select(*wanted).where(as_of.holds(), unit_version.c.standing.in_(standings))


@dataclass(frozen=True)
class Held(World):
    """The units of the register, or those of some numbers."""

    of: ColumnElement[bool] | None = None

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


@dataclass(frozen=True)
class Told(World):
    """Units as somebody says they are, or would be: one row for each, by number of row; `unit_id` 0 is a new one."""

    rows: tuple[Mapping[str, Any], ...] = ()
    names: tuple[str, ...] = ()
    """The attributes that are asked of; what is not asked costs no parameter."""

    @cached_property
    def subject(self) -> FromClause:
        names = ("row_no", "unit_id", "standing", *self.names, "first_day", "failing")
        told = values(*(column(name, _type_of(name)) for name in names), name="told")
        laid = [tuple(_laid(number, row, name) for name in names) for number, row in enumerate(self.rows)]
        given = told.data(laid).cte("given")
        # A column that says nothing at all has no type of its own on PostgreSQL.
        typed = (cast(given.c[name], _type_of(name)).label(name) for name in names)
        return select(*typed).cte("subject")

    def fails(self, schemes: Sequence[str], within: str) -> ColumnElement[bool]:
        failing = self.subject.c.failing
        return or_(false(), *(failing.contains(f"|{scheme}/{within}|") for scheme in schemes))

    def first_day(self) -> ColumnElement[Any]:
        return self.subject.c.first_day


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
    held = row.get(name)
    return held if name in NUMBERS or name in FOUND_BY or name == "unit_id" else str(held or "")


_CLOCK = {"sources": {"o": [["", 0, ""]], "d": 0}, "valid_from": date.min, "valid_until": date.max}


class _Version(dict[str, Any]):
    """A version of which only some fields are known."""

    def __missing__(self, name: str) -> str:
        return ""


def _failing(row: Mapping[str, Any]) -> str:
    """The schemes of its codes that fail their check, each with what it is a part of: `|org_code/uscc|`."""
    borne = identifiers_of([_Version({**{name: row.get(name) or "" for name in IDENTIFIERS}, **_CLOCK})])
    return "".join(f"|{one.kind}/{one.within}|" for one in sorted(borne) if verdict_on(one.kind, one.value) == "n")


def names_asked(fields: Iterable[str]) -> tuple[str, ...]:
    """The columns behind the attributes that rules speak of."""
    return tuple(sorted(name for name in set(fields) if name in BY_NAME and not BY_NAME[name].personal))
