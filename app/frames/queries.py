"""All selects of the frames: a definition as SQL, the rows, the counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import locked
from app.core.rights import WHOLE_COUNTRY, Territory
from app.domain.fields import Kind
from app.domain.partial_date import first_day, precision_of
from app.domain.words import FrameStatus
from app.frames.definition import Condition, Definition, Group
from app.frames.errors import FrameNotFound
from app.models import ExportPackage, Frame, FrameConfirmation, FrameUnit, Office, UserAccount, table_of, unit_version
from app.register.queries import AsOf

PART = 10_000
"""Rows fetched at a time: a frame is never all in memory."""

_NUMBER = re.compile(r"[0-9]{1,18}")

_frame_unit = table_of(FrameUnit)


def find_frame(session: Session, name: str) -> Frame | None:
    return session.execute(select(Frame).where(col(Frame.name) == name)).scalar_one_or_none()


def get_frame(session: Session, reference: int | str) -> Frame:
    """A frame by number or by name. Raises FrameNotFound."""
    numbered = isinstance(reference, int) or _NUMBER.fullmatch(reference)
    frame = session.get(Frame, int(reference)) if numbered else find_frame(session, str(reference))
    if frame is None:
        raise FrameNotFound(frame=reference)
    return frame


def lock_frame(session: Session, reference: int | str) -> Frame:
    """The same, held until the transaction ends: two people deciding at once come one after the other."""
    frame_id = get_frame(session, reference).frame_id
    statement = locked(select(Frame).where(col(Frame.frame_id) == frame_id))
    frame: Frame = session.execute(statement, execution_options={"populate_existing": True}).scalar_one()
    return frame


def list_frames(
    session: Session, *, within: Territory, survey: str = "", status: str = "", before: int = 0, limit: int = 100
) -> list[Frame]:
    """The newest frames of the offices' area, discarded ones only when asked for."""
    statement = select(Frame).order_by(col(Frame.frame_id).desc())
    statement = statement.where(
        col(Frame.status) == status if status else col(Frame.status) != str(FrameStatus.DISCARDED)
    )
    if survey:
        statement = statement.where(col(Frame.survey) == survey)
    if before:
        statement = statement.where(col(Frame.frame_id) < before)
    seen = (frame for frame in session.execute(statement).scalars() if in_area(frame, within))
    return [frame for _, frame in zip(range(limit), seen, strict=False)]


def in_area(frame: Frame, within: Territory) -> bool:
    """Whether every unit that the frame can hold lies within."""
    return within.holds_all_of(frame.definition["scope"])


def frozen_frames(session: Session, survey: str, on: date) -> list[Frame]:
    """The confirmed lists of a survey whose period holds the day: one, or one for each area."""
    statement = select(Frame).where(
        col(Frame.survey) == survey,
        col(Frame.status) == str(FrameStatus.FROZEN),
        col(Frame.period_from) <= on,
        col(Frame.period_until) > on,
    )
    return list(session.execute(statement.order_by(col(Frame.frame_id))).scalars())


def confirmations_of(session: Session, frame_id: int) -> list[FrameConfirmation]:
    statement = select(FrameConfirmation).where(col(FrameConfirmation.frame_id) == frame_id)
    return list(session.execute(statement.order_by(col(FrameConfirmation.confirmation_id))).scalars())


def signed_by(session: Session, frame_id: int) -> list[tuple[str, str, datetime]]:
    """Side, login and moment of each confirmation."""
    statement = (
        select(col(FrameConfirmation.side), col(UserAccount.login), col(FrameConfirmation.at))
        .join(UserAccount, col(UserAccount.user_id) == col(FrameConfirmation.actor_id))
        .where(col(FrameConfirmation.frame_id) == frame_id)
    )
    rows = session.execute(statement.order_by(col(FrameConfirmation.confirmation_id)))
    return [(side, login, at) for side, login, at in rows]


def office_name(session: Session, office_id: int) -> str:
    office = session.get(Office, office_id)
    return office.name if office else ""


def exports_of(session: Session, frame_id: int) -> list[ExportPackage]:
    """The packages of a frame that left; one that is still being laid down has no hash yet."""
    own = (col(ExportPackage.frame_id) == frame_id, col(ExportPackage.data_sha256) != "")
    statement = select(ExportPackage).where(*own)
    return list(session.execute(statement.order_by(col(ExportPackage.export_id))).scalars())


def holds(definition: Definition) -> ColumnElement[bool]:
    """The definition as a condition on `unit_version`, its area included."""
    return and_(in_scope(definition.scope), *(as_sql(condition) for condition in definition.conditions))


def in_scope(scope: str) -> ColumnElement[bool]:
    """Units that lie in one of the areas; without any there are none."""
    areas = scope.split(",") if scope else []
    return true() if WHOLE_COUNTRY in areas else _begins(unit_version.c.area_code, areas)


def as_sql(condition: Condition | Group) -> ColumnElement[bool]:
    """One condition. The negated form holds exactly where the plain one does not, empty values included."""
    if isinstance(condition, Group):
        return (or_ if condition.word == "any" else and_)(*(as_sql(member) for member in condition.members))
    column = unit_version.c[condition.field]
    plain = _comparison(column, condition)
    if not condition.negated:
        return plain
    nullable = condition.kind is Kind.NUMBER and condition.op != "empty"
    return or_(column.is_(None), not_(plain)) if nullable else not_(plain)


def _comparison(column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    op, value = condition.op, condition.value
    if op in ("empty", "eq"):
        wanted = value if op == "eq" else None if condition.kind is Kind.NUMBER else ""
        return _equals(column, wanted)
    if op == "in":
        return column.in_(value)
    if op == "prefix":
        return _begins(column, value if isinstance(value, tuple) else (value,))
    low, high = {"ge": (value, None), "le": (None, value), "between": value}[op]
    bounds = [_at_least(column, condition.kind, low)] if low is not None else []
    bounds += [_at_most(column, condition.kind, high)] if high is not None else []
    return and_(*bounds) if condition.kind is Kind.NUMBER else and_(column != "", *bounds)


def _equals(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column.in_((value,))


def _begins(column: ColumnElement[Any], prefixes: Sequence[str]) -> ColumnElement[bool]:
    """Not LIKE, which folds the case on SQLite and not on PostgreSQL; one test for each length of prefix."""
    by_length: dict[int, list[str]] = {}
    for prefix in prefixes:
        by_length.setdefault(len(prefix), []).append(prefix)
    return or_(false(), *(func.substr(column, 1, size).in_(same) for size, same in sorted(by_length.items())))


def _at_least(column: ColumnElement[Any], kind: Kind, low: Any) -> ColumnElement[bool]:
    """A date known to the month or year counts from its first day, which text comparison alone gets wrong."""
    if kind is not Kind.PARTIAL_DATE:
        return column.__ge__(low)
    day = first_day(low).isoformat()
    shorter = [day[:size] for size, rest in ((7, "-01"), (4, "-01-01")) if day.endswith(rest)]
    return or_(column.__ge__(day), column.in_(shorter))


def _at_most(column: ColumnElement[Any], kind: Kind, high: Any) -> ColumnElement[bool]:
    """Up to the end of the day, month or year named."""
    if kind is Kind.PARTIAL_DATE:
        high += {"year": "-12-31", "month": "-31", "day": ""}[precision_of(high)]
    return column.__le__(high)


def members(frame_id: int, definition: Definition, as_of: AsOf) -> Select[Any]:
    """Rows of `frame_unit`: unit and version of all that the definition holds, as of a day and a moment."""
    wanted = select(literal(frame_id), unit_version.c.unit_id, unit_version.c.version_id)
    return wanted.where(as_of.holds(), holds(definition))


def _columns(names: Sequence[str]) -> list[ColumnElement[Any]]:
    return [unit_version.c[name] for name in names]


def drawn_rows(session: Session, definition: Definition, as_of: AsOf) -> Iterator[Sequence[Any]]:
    """The rows as the definition draws them now, by unit id, in parts."""
    statement = select(*_columns(definition.columns)).where(as_of.holds(), holds(definition))
    return _parts(session, statement.order_by(unit_version.c.unit_id))


def stored_rows(session: Session, frame_id: int, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The rows of a built frame, by unit id, in parts."""
    statement = select(*_columns(columns)).select_from(
        _frame_unit.join(unit_version, unit_version.c.version_id == _frame_unit.c.version_id)
    )
    return _parts(session, statement.where(_frame_unit.c.frame_id == frame_id).order_by(_frame_unit.c.unit_id))


def unit_ids(session: Session, frame_id: int) -> Iterator[int]:
    """The units of a built frame, by number."""
    own = select(_frame_unit.c.unit_id).where(_frame_unit.c.frame_id == frame_id).order_by(_frame_unit.c.unit_id)
    return (row.unit_id for part in _parts(session, own) for row in part)


def _parts(session: Session, statement: Select[Any]) -> Iterator[Sequence[Any]]:
    result = session.execute(statement, execution_options={"yield_per": PART})
    yield from result.partitions()


def list_units(
    session: Session, frame_id: int, columns: Sequence[str], *, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """A page of a frame's units, by unit id, from behind `after`."""
    statement = select(*_columns(columns)).select_from(
        _frame_unit.join(unit_version, unit_version.c.version_id == _frame_unit.c.version_id)
    )
    statement = statement.where(_frame_unit.c.frame_id == frame_id, _frame_unit.c.unit_id > after)
    rows = session.execute(statement.order_by(_frame_unit.c.unit_id).limit(limit))
    return [dict(row) for row in rows.mappings()]


@dataclass(frozen=True)
class Count:
    """A condition with the units it holds by itself, and together with all conditions before it."""

    condition: Condition | Group
    alone: int
    remaining: int


@dataclass(frozen=True)
class Counts:
    """`in_area` units hold on the day within the area, `total` of them meet the definition."""

    in_area: int
    total: int
    conditions: tuple[Count, ...]


def count(session: Session, definition: Definition, as_of: AsOf) -> Counts:
    """Live counts, in total and by condition, in one pass over the versions that hold."""
    tests = [as_sql(condition) for condition in definition.conditions]
    wanted: list[ColumnElement[int]] = [func.count()]
    for place, test in enumerate(tests):
        wanted += [_count_if(test), _count_if(and_(*tests[: place + 1]))]
    statement = select(*wanted).select_from(unit_version).where(as_of.holds(), in_scope(definition.scope))
    first, *rest = session.execute(statement).one()
    lines = tuple(
        Count(condition, rest[2 * place], rest[2 * place + 1]) for place, condition in enumerate(definition.conditions)
    )
    return Counts(first, lines[-1].remaining if lines else first, lines)


def _count_if(test: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((test, 1)))
