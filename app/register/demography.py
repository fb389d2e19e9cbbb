"""Entries and exits, counted from what a unit was before a day and on it, never from the reason of a row (DESIGN.md, promise 2).

A unit is a member on a day when it lives there then, and of a key (a street, an industry) while it says so. It enters on the
first day of a stretch as a member and leaves on the first day behind one, so that opening + in - out = closing, always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.core.rights import Territory
from app.domain.places import COUNTY, NO_STREET, STREET
from app.domain.words import Standing
from app.models import unit_version
from app.register.queries import AsOf

_DAY = timedelta(days=1)


class Keyed(StrEnum):
    """By what members are told apart: the days that pass, or something that they say."""

    DAY = "day"
    MONTH = "month"
    STREET = "street"
    INDUSTRY = "industry"
    KIND = "kind"


SAID = {Keyed.STREET: ("area_code", 9), Keyed.INDUSTRY: ("industry_code", 2), Keyed.KIND: ("unit_type", 1)}
"""The field that a key is said in, and how many characters of it count."""


@dataclass(frozen=True)
class Balance:
    """How many there were on the day before, how many came and went, how many there are on the last day."""

    key: str
    opening: int
    entries: int
    exits: int

    @property
    def closing(self) -> int:
        return self.opening + self.entries - self.exits


@dataclass(frozen=True)
class _Members:
    """Units that live within an area, as known at a moment, told apart by a key."""

    within: Territory
    known_at: datetime | None
    by: Keyed | None

    def of(self, table: FromClause) -> ColumnElement[bool]:
        believed = AsOf(date.max, self.known_at).believed(table)
        lies = self.within.condition(table.c.area_code, table.c.park_code)
        return and_(believed, table.c.standing == str(Standing.LIVE), lies)

    def key(self, table: FromClause) -> ColumnElement[Any]:
        if self.by not in SAID:
            return literal("")
        name, length = SAID[self.by]
        key = func.substr(table.c[name], 1, length)
        return key if self.by is not Keyed.STREET else case((_above_a_street(key), ""), else_=key)


def _above_a_street(key: ColumnElement[str]) -> ColumnElement[bool]:
    """The same as `street_of` says nothing, as a condition."""
    return or_(func.length(key) < STREET, func.substr(key, COUNTY + 1) == NO_STREET)


def balances(
    session: Session, *, since: date, until: date, by: Keyed, within: Territory, known_at: datetime | None = None
) -> list[Balance]:
    """Of each key how many there were, came, went and are, from a day to another, both of them included."""
    members = _Members(within, known_at, by)
    opening = _standing(session, members, since - _DAY)
    came = _turns(session, members, (since, until), "valid_from", "valid_until")
    went = _turns(session, members, (since, until), "valid_until", "valid_from")
    if by in SAID:
        gone, new = _by_key(went), _by_key(came)
        return [Balance(key, opening[key], new[key], gone[key]) for key in sorted({*opening, *gone, *new})]
    return _by_days(opening[""], came, went, (since, until), 7 if by is Keyed.MONTH else 10)


_Turns = Counter[tuple[str, date]]
"""How many by key and day."""


def _standing(session: Session, members: _Members, on: date) -> Counter[str]:
    v = unit_version
    key = members.key(v).label("key")
    held = and_(members.of(v), v.c.valid_from <= on, v.c.valid_until > on)
    return Counter(dict(session.execute(select(key, func.count()).where(held).group_by(key)).all()))


def _turns(session: Session, members: _Members, days: tuple[date, date], edge: str, other: str) -> _Turns:
    """Members by the edge of their stretch within some days, that were (or are) none of the key on the other side of it."""
    own, beyond = unit_version, unit_version.alias("beyond")
    key = members.key(own).label("key")
    same = (beyond.c.unit_id == own.c.unit_id, beyond.c[other] == own.c[edge], members.key(beyond) == members.key(own))
    alone = ~exists(select(1).where(members.of(beyond), *same))
    met = and_(members.of(own), own.c[edge].between(*days), alone)
    statement = select(key, own.c[edge], func.count()).where(met).group_by(key, own.c[edge])
    return Counter({(row[0], row[1]): row[2] for row in session.execute(statement)})


def _by_key(turns: _Turns) -> Counter[str]:
    found: Counter[str] = Counter()
    for (key, _), count in turns.items():
        found[key] += count
    return found


def _by_days(opening: int, came: _Turns, went: _Turns, days: tuple[date, date], digits: int) -> list[Balance]:
    """Day by day, or month by month: each opens with what the one before closed with."""
    entries, exits = (dict.fromkeys(_keys(days, digits), 0) for _ in range(2))
    for counts, turns in ((entries, came), (exits, went)):
        for (_, day), count in turns.items():
            counts[day.isoformat()[:digits]] += count
    found: list[Balance] = []
    for key in entries:
        found.append(Balance(key, opening, entries[key], exits[key]))
        opening = found[-1].closing
    return found


def _keys(days: tuple[date, date], digits: int) -> Iterable[str]:
    first, last = days
    passing = (first + n * _DAY for n in range((last - first).days + 1))
    return dict.fromkeys(day.isoformat()[:digits] for day in passing)
