"""The one guarded move: from these states to that one, counted, else a conflict (DESIGN.md, promise 15).

What a move starts from stands in its WHERE, so of two that come at once one wins and the other hears why. Nothing else
writes a state, tests included: two match runs once put 232 units in twice because both updated rows by id, whatever
the rows had become meanwhile. A table says which life its rows lead by `__life__` and in which column by `__state__`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from operator import eq
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Column,
    ColumnElement,
    Table,
    bindparam,
    false,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.core.dialect import chunked
from app.core.errors import AppError, WrongState
from app.core.vouched import layout_of, touch

Living = Any
"""A table whose rows lead a life: it has `__life__`, `__state__` and `__table__`."""

Refusal = Callable[[str], AppError]
"""Makes the refusal of a move from the state that was found."""


def move(session: Session, thing: Any, wanted: StrEnum, *, refusal: Refusal | None = None, **values: Any) -> None:
    """Take one thing to `wanted`, setting `values` with it; the object says so afterwards.

    Raises what `refusal` makes of the state found, else WrongState, when no step leads there from it. Then nothing
    was written.
    """
    session.flush()
    model = type(thing)
    table, identity = model.__table__, _identity(thing)
    statement = _guarded(model, wanted).where(*(table.c[name] == value for name, value in identity.items()))
    written = {model.__state__: str(wanted), **values}
    if _count(session, statement.values(**written)) != 1:
        raise _refused(session, model, identity, wanted, refusal)
    for name, value in written.items():
        set_committed_value(thing, name, value)


def move_where(
    session: Session, model: Living, wanted: StrEnum, *conditions: ColumnElement[bool], **values: Any
) -> int:
    """Take all rows that meet the conditions, and from which a step leads to `wanted`; returns how many."""
    statement = _guarded(model, wanted).where(*conditions).values({model.__state__: str(wanted), **values})
    return _count(session, statement)


def move_rows(
    session: Session,
    model: Living,
    wanted: StrEnum,
    rows: Sequence[Mapping[str, Any]],
    *conditions: ColumnElement[bool],
    key: str,
) -> int:
    """Take many rows to one state, each with values of its own; returns how many took the step.

    Every row names `key` and the same other columns; `conditions` hold for all. The caller compares the count with the rows it gave: fewer mean
    that somebody else was first.
    """
    if not rows:
        return 0
    table: Table = model.__table__
    names = [name for name in rows[0] if name != key]
    statement = (
        _guarded(model, wanted)
        .where(table.c[key] == bindparam(f"row_{key}"), *conditions)
        .values({model.__state__: str(wanted), **{name: bindparam(f"new_{name}") for name in names}})
    )
    touch(session, table, _keys_of(session, table, key, rows, conditions))
    given = [{f"row_{key}": row[key], **{f"new_{name}": row[name] for name in names}} for row in rows]
    return max(0, int(session.connection().execute(statement, given).rowcount))


def _keys_of(
    session: Session,
    table: Table,
    key: str,
    rows: Sequence[Mapping[str, Any]],
    conditions: Sequence[ColumnElement[bool]],
) -> list[tuple[Any, ...]]:
    """The rows that the log vouches for and that a statement run for many of them is about to meet."""
    if layout_of(table) is None:
        return []
    stated = {key: None, **_stated(conditions)}
    if all(column.name in stated for column in table.primary_key):
        return [tuple({**stated, key: row[key]}[column.name] for column in table.primary_key) for row in rows]
    found: list[tuple[Any, ...]] = []
    for part in chunked([row[key] for row in rows], 500):
        statement = select(*table.primary_key).where(table.c[key].in_(part), *conditions)
        found += [tuple(row) for row in session.connection().execute(statement)]
    return found


def _stated(conditions: Sequence[ColumnElement[bool]]) -> dict[str, Any]:
    """Columns of which the conditions say what they are."""
    return {
        one.left.name: one.right.value
        for one in conditions
        if isinstance(one, BinaryExpression) and one.operator is eq and isinstance(one.right, BindParameter)
        if isinstance(one.left, Column)
    }


def _guarded(model: Living, wanted: StrEnum) -> Any:
    table: Table = model.__table__
    state = table.c[model.__state__]
    # One by one: a list to be expanded cannot stand in a statement that is run for many rows.
    return update(table).where(or_(false(), *(state == origin for origin in model.__life__.origins(wanted))))


def _count(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return max(0, int(result.rowcount))


def _identity(thing: Any) -> dict[str, Any]:
    return {column.name: getattr(thing, column.name) for column in inspect(type(thing)).primary_key}


def _refused(
    session: Session, model: Living, identity: Mapping[str, Any], wanted: StrEnum, refusal: Refusal | None
) -> AppError:
    table: Table = model.__table__
    found = select(table.c[model.__state__]).where(*(table.c[name] == value for name, value in identity.items()))
    state = str(session.execute(found).scalar_one_or_none() or "")
    if refusal is not None:
        return refusal(state)
    known = "/".join(str(value) for value in identity.values())
    return WrongState(life=model.__life__.name, id=known, state=state, wanted=str(wanted))
