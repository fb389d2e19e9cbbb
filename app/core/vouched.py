"""Rows that the log vouches for, gathered as they are written, in this one place.

Whatever a session writes is seen here: objects at the flush, statements that it executes, and the few helpers that go
round it, which say what they wrote (`touch`, `wrote`). Before the transaction commits, what was gathered goes to the log
(`app.audit.rows`). A table is vouched for where `app.models.vouched` says so; nobody who writes to it has to think of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from app.core.rows import Cells, Key, Layout, Said, say
from app.core.types import current_keys

_GATHERED, _LAYOUT = "vouched", "vouched"


def layout_of(table: Table) -> Layout | None:
    """How the log vouches for this table's rows; None where it does not."""
    found: Layout | None = table.info.get(_LAYOUT)
    return found


def vouch(table: Table, *, but: Iterable[str] = ()) -> Layout:
    """From now on the log vouches for this table, for every column but some."""
    keys = tuple(str(column.name) for column in table.primary_key)
    columns = tuple(str(column.name) for column in table.columns if column.name not in set(but))
    numbered = all(issubclass(column.type.python_type, int) for column in table.primary_key)
    layout = table.info[_LAYOUT] = Layout(str(table.name), keys, columns, numbered)
    return layout


@dataclass
class Gathered:
    """What one transaction wrote: rows that were at hand, and the keys of those to be read when it ends."""

    rows: list[Said] = field(default_factory=list)
    layouts: dict[bytes, Layout] = field(default_factory=dict)
    keys: dict[Layout, set[Key]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.keys)

    def distrust(self) -> None:
        """A savepoint was rolled back: what is left of the rows that were at hand has to be read."""
        for said in self.rows:
            self.keys.setdefault(self.layouts[said.layout], set()).update(said.keys)
        self.rows.clear()


def gathered(session: Session) -> Gathered:
    """What this session's transaction wrote so far."""
    found: Gathered = session.info.setdefault(_GATHERED, Gathered())
    return found


def forget(session: Session) -> None:
    session.info.pop(_GATHERED, None)


def touch(session: Session, table: Table, keys: Iterable[Key]) -> None:
    """Say which rows a statement wrote or deleted that the session did not see."""
    layout = layout_of(table)
    if layout is not None:
        gathered(session).keys.setdefault(layout, set()).update(keys)


def wrote(session: Session, table: Table, columns: Mapping[str, Cells], count: int) -> None:
    """Say which rows were inserted, by columns as the driver took them; a column left out is what the database says."""
    layout = layout_of(table)
    if layout is None:
        return
    if any(table.c[name].server_default is not None for name in layout.columns if name not in columns):
        touch(session, table, zip(*(columns[name] for name in layout.keys), strict=True))
        return
    nothing = [None] * count
    held, cells = gathered(session), [columns.get(name, nothing) for name in layout.columns]
    held.layouts[layout.id] = layout
    held.rows.append(say(layout, cells, current_keys().rows))


Writer = Callable[[Session, Gathered], None]
_writers: list[Writer] = []


def on_commit(writer: Writer) -> Writer:
    """Name the function that brings what was gathered to the log."""
    _writers[:] = [writer]
    return writer


def settle(session: Session) -> None:
    """Bring what was written so far to the log, within the transaction."""
    session.flush()
    held = gathered(session)
    forget(session)
    if held:
        _writers[0](session, held)


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        settle(session)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, previous: Any) -> None:
    if previous.nested:
        gathered(session).distrust()
    else:
        forget(session)


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _context: Any) -> None:
    for thing in (*session.new, *session.deleted):
        _note(session, inspect(thing), always=True)
    for thing in session.dirty:
        _note(session, inspect(thing), always=False)


def _note(session: Session, state: Any, *, always: bool) -> None:
    layout = layout_of(state.mapper.local_table)
    if layout is not None and (always or _changed(state, layout)):
        gathered(session).keys.setdefault(layout, set()).add(_key(state, layout))


def _changed(state: Any, layout: Layout) -> bool:
    """Whether a column that is vouched for was written: a sign-in that counts its failures says nothing new."""
    return any(
        state.attrs[attribute.key].history.has_changes()
        for attribute in state.mapper.column_attrs
        if attribute.columns[0].name in layout.columns
    )


def _key(state: Any, layout: Layout) -> Key:
    return tuple(getattr(state.object, name) for name in layout.keys)


@dataclass(frozen=True)
class _Counted:
    """What a statement that wrote rows answers: how many."""

    rowcount: int


@event.listens_for(Session, "do_orm_execute")
def _statement(state: ORMExecuteState) -> Any:
    """Statements that write say which rows they wrote."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return None
    statement: Any = state.statement
    layout = layout_of(statement.table)
    if layout is None:
        return None
    if state.is_executemany and not state.is_insert:
        raise RuntimeError(
            f"which rows of {layout.table} this writes cannot be told: run it on session.connection() and say them with app.core.vouched.touch"
        )
    return _returned(state, statement, layout)


def _returned(state: ORMExecuteState, statement: Any, layout: Layout) -> Any:
    own = len(list(statement.exported_columns)) if statement._returning else 0
    keys = [statement.table.c[name] for name in layout.keys]
    result: Any = state.invoke_statement(statement=statement.returning(*keys))
    frozen = result.freeze()
    found: Sequence[Any] = frozen().all()
    gathered(state.session).keys.setdefault(layout, set()).update(tuple(row[own:]) for row in found)
    return frozen().columns(*range(own)) if own else _Counted(len(found))
