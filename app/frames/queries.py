"""All selects of the frames: a definition as SQL, the rows, the counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import locked
from app.core.persons import NAMING, PERSON, in_full
from app.core.rights import WHOLE_COUNTRY, Territory
from app.domain.words import FrameStatus
from app.frames.definition import Definition
from app.frames.errors import FrameNotFound
from app.models import ExportPackage, Frame, FrameConfirmation, FrameUnit, Office, UserAccount, table_of, unit_version
from app.register.conditions import Condition, Group, as_sql, begins
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
    return and_(in_scope(definition.scope), *(as_sql(condition, unit_version) for condition in definition.conditions))


def in_scope(scope: str) -> ColumnElement[bool]:
    """Units that lie in one of the areas; without any there are none."""
    areas = scope.split(",") if scope else []
    return true() if WHOLE_COUNTRY in areas else begins(unit_version.c.area_code, areas)


def members(frame_id: int, definition: Definition, as_of: AsOf) -> Select[Any]:
    """Rows of `frame_unit`: unit and version of all that the definition holds, as of a day and a moment."""
    wanted = select(literal(frame_id), unit_version.c.unit_id, unit_version.c.version_id)
    return wanted.where(as_of.holds(), holds(definition))


def _columns(names: Sequence[str], whole: bool = False) -> list[ColumnElement[Any]]:
    return [unit_version.c[name] for name in (*names, *([PERSON] if whole else []))]


def drawn_rows(
    session: Session, definition: Definition, as_of: AsOf, *, whole: bool = False
) -> Iterator[Sequence[Any]]:
    """The rows as the definition draws them now, by unit id, in parts; `whole` with names in full."""
    statement = select(*_columns(definition.columns, whole)).where(as_of.holds(), holds(definition))
    parts = _parts(session, statement.order_by(unit_version.c.unit_id))
    return _in_full(parts, definition.columns) if whole else parts


def stored_rows(
    session: Session, frame_id: int, columns: Sequence[str], *, whole: bool = False
) -> Iterator[Sequence[Any]]:
    """The rows of a built frame, by unit id, in parts; `whole` with names in full."""
    statement = select(*_columns(columns, whole)).select_from(
        _frame_unit.join(unit_version, unit_version.c.version_id == _frame_unit.c.version_id)
    )
    own = _frame_unit.c.frame_id == frame_id
    parts = _parts(session, statement.where(own).order_by(_frame_unit.c.unit_id))
    return _in_full(parts, columns) if whole else parts


def _in_full(parts: Iterator[Sequence[Any]], columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Rows with whose name their names show behind them, as rows with names in full."""
    names = {place for place, name in enumerate(columns) if name in NAMING}
    for part in parts:
        yield [
            tuple(in_full(cell, row[-1]) if place in names else cell for place, cell in enumerate(row[:-1]))
            for row in part
        ]


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
    tests = [as_sql(condition, unit_version) for condition in definition.conditions]
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
