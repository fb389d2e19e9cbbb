"""Values that are not in force, beside those that are; gaps, before and after a source fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import locked
from app.core.rights import Territory
from app.domain.fields import BY_NAME, NUMBERS
from app.domain.lives import LockStatus, ValueStatus
from app.domain.period import STILL_KNOWN
from app.domain.words import Standing
from app.models import FieldLock, LosingValue, UserAccount, ValueChoice, unit_version
from app.register.losing import known
from app.values.errors import ValueNotFound
from app.values.schemas import GapKind

COUNTED = 10_000
"""Conflicts are counted exactly to so many."""


@dataclass(frozen=True)
class Where:
    """Live units of an area on a day, all of it or what begins with a code."""

    within: Territory
    on: date
    street: str = ""

    def units(self) -> list[ColumnElement[bool]]:
        """The conditions on `unit_version`."""
        v = unit_version.c
        held = [v.superseded_at == STILL_KNOWN, v.valid_from <= self.on, v.valid_until > self.on]
        lies = self.within.condition(v.area_code, v.park_code)
        narrowed = [func.substr(v.area_code, 1, len(self.street)) == self.street] if self.street else []
        return [*held, v.standing == str(Standing.LIVE), lies, *narrowed]


@dataclass(frozen=True)
class Sought:
    """Which losing values are meant; empty means any."""

    field: str = ""
    source: str = ""
    why: str = ""
    status: str = ""
    more: Sequence[ColumnElement[bool]] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        told = {"field": self.field, "source": self.source, "why": self.why, "status": self.status}
        tests: list[ColumnElement[bool]] = [
            getattr(LosingValue, name) == value for name, value in told.items() if value
        ]
        return [*tests, *self.more]


BETWEEN_SOURCES = [col(LosingValue.over) != "", col(LosingValue.over) != col(LosingValue.source)]
"""A source against another one: not against nothing, nor against its own later word."""


def of_unit(session: Session, unit_id: int) -> ColumnElement[bool]:
    """Those of one unit, by their numbers: beside a state, a planner without statistics would take the state."""
    return col(LosingValue.losing_id).in_([row["losing_id"] for row in known(session, [unit_id]).values()])


def of_kind(kind: GapKind) -> list[ColumnElement[bool]]:
    """What a source could fill: where a unit says nothing, or something from an earlier day."""
    nothing = col(LosingValue.over) == ""
    if kind is GapKind.EMPTY:
        return [nothing]
    return [~nothing, col(LosingValue.said_on) > col(LosingValue.over_on)]


def _found(sought: Sought, where: Where, *columns: Any) -> Select[Any]:
    own = select(*columns).join(unit_version, unit_version.c.unit_id == col(LosingValue.unit_id))
    return own.where(*sought.conditions(), *where.units())


def list_losing(session: Session, sought: Sought, where: Where, *, after: int, limit: int) -> list[LosingValue]:
    """Losing values about live units of an area, in the order in which they came."""
    statement = _found(sought, where, LosingValue).where(col(LosingValue.losing_id) > after)
    return list(session.execute(statement.order_by(col(LosingValue.losing_id)).limit(limit)).scalars())


def count_losing(session: Session, sought: Sought, where: Where, *, most: int = COUNTED) -> int:
    """How many there are, one more than `most` at most."""
    some = _found(sought, where, col(LosingValue.losing_id)).limit(most + 1).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())


def get_losing(session: Session, losing_id: int, where: Where) -> LosingValue:
    """One that nobody settled yet, held until the transaction ends. Raises ValueNotFound."""
    mine = Sought(status=str(ValueStatus.OPEN), more=[col(LosingValue.losing_id) == losing_id])
    statement = locked(_found(mine, where, LosingValue))
    found: LosingValue | None = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise ValueNotFound
    return found


def choices_of(session: Session, found: Sequence[LosingValue]) -> dict[int, list[tuple[ValueChoice, str]]]:
    """Losing value to why the value in force was kept beside it, with who said so."""
    told = select(ValueChoice, col(UserAccount.name)).join(UserAccount, col(UserAccount.user_id) == col(ValueChoice.by))
    mine = told.where(col(ValueChoice.unit_id).in_({one.unit_id for one in found}))
    said: dict[tuple[Any, ...], list[tuple[ValueChoice, str]]] = {}
    for choice, name in session.execute(mine.order_by(col(ValueChoice.choice_id))):
        said.setdefault((choice.unit_id, choice.field, choice.source, choice.facts), []).append((choice, name))
    return {one.losing_id: said.get((one.unit_id, one.field, one.source, one.facts), []) for one in found}


def list_locks(
    session: Session, *, unit_id: int | None, field: str, where: Where, after: int, limit: int
) -> list[FieldLock]:
    """Locks that hold on live units of an area, the oldest first."""
    held = [col(FieldLock.status) == LockStatus.HELD, col(FieldLock.until) > where.on, col(FieldLock.lock_id) > after]
    held += [col(FieldLock.unit_id) == unit_id] if unit_id is not None else []
    held += [col(FieldLock.field) == field] if field else []
    own = select(FieldLock).join(unit_version, unit_version.c.unit_id == col(FieldLock.unit_id))
    statement = own.where(*held, *where.units()).order_by(col(FieldLock.lock_id)).limit(limit)
    return list(session.execute(statement).scalars())


@dataclass(frozen=True)
class Gap:
    """Of a field and a source: units with a gap, those that the source could fill, those that would have one still."""

    kind: GapKind
    field: str
    source: str
    before: int
    fills: int
    after: int


def gaps(session: Session, where: Where, *, field: str = "") -> list[Gap]:
    """What sources could fill, by field and source: the most first."""
    open_ones = _open_gaps(where, field)
    rows = session.execute(_by_source(open_ones)).all()
    stale: dict[str, int] = dict(session.execute(_stale_units(open_ones)).all())
    empty = _empty_units(session, where, sorted({row.field for row in rows if row.kind == GapKind.EMPTY}))
    found = [_gap(row, empty if row.kind == GapKind.EMPTY else stale) for row in rows]
    return sorted(found, key=lambda gap: (-gap.fills, gap.field, gap.source, gap.kind))


def _open_gaps(where: Where, field: str) -> Subquery:
    """Each value of a source that could fill a gap, and the newest day of which any of them speaks there."""
    kinds = [and_(*of_kind(kind)) for kind in GapKind]
    sought = Sought(field=field, status=str(ValueStatus.OPEN), more=[or_(*kinds)])
    kind = case((col(LosingValue.over) == "", str(GapKind.EMPTY)), else_=str(GapKind.STALE)).label("kind")
    same = (col(LosingValue.unit_id), col(LosingValue.field))
    newest = func.max(col(LosingValue.said_on)).over(partition_by=same).label("newest")
    named = (col(getattr(LosingValue, name)) for name in ("unit_id", "field", "source", "said_on"))
    return _found(sought, where, *named, kind, newest).subquery()


def _by_source(gaps: Subquery) -> Select[Any]:
    """How many units a source could fill, and how many of them with the newest word: of an older one it stays stale."""
    g = gaps.c
    newest = func.sum(case((g.said_on == g.newest, 1), else_=0)).label("newest")
    return select(g.kind, g.field, g.source, func.count().label("fills"), newest).group_by(g.kind, g.field, g.source)


def _stale_units(gaps: Subquery) -> Select[Any]:
    g = gaps.c
    return select(g.field, func.count(func.distinct(g.unit_id))).where(g.kind == str(GapKind.STALE)).group_by(g.field)


def _empty_units(session: Session, where: Where, fields: Sequence[str]) -> dict[str, int]:
    """In how many units each of the fields says nothing, by one pass over them."""
    if not fields:
        return {}
    counts = [func.sum(case((_says_nothing(name), 1), else_=0)) for name in fields]
    row = session.execute(select(*counts).where(*where.units())).one()
    return {name: int(count or 0) for name, count in zip(fields, row, strict=True)}


def _says_nothing(name: str) -> ColumnElement[bool]:
    column = unit_version.c[name]
    nothing: ColumnElement[bool] = column.is_(None) if BY_NAME[name].personal or name in NUMBERS else column == ""
    return nothing


def _gap(row: Row[Any], before: Mapping[str, int]) -> Gap:
    kind, had = GapKind(row.kind), before.get(row.field, 0)
    return Gap(kind, row.field, row.source, had, row.fills, had - (row.fills if kind is GapKind.EMPTY else row.newest))
