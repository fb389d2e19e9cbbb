"""What a transaction wrote goes to the log as it commits: with its last entry, or with one of its own."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import attach_rows, hold_chain
from app.core.clock import Clock
from app.core.dialect import insert_or_skip, rows_of_keys
from app.core.rows import Key, Layout, Said, pack, say
from app.core.settings import get_settings
from app.core.types import current_keys
from app.core.vouched import Gathered, on_commit
from app.models import RowLayout, table_of

NOBODY = "-"
"""Who wrote, where nothing else was logged: the entry stands for what no person did."""


@on_commit
def write(session: Session, held: Gathered) -> None:
    """Say what the rows are that were gathered. The chain's head is held first, so that entries and rows are in one order."""
    hold_chain(session)
    parts = [*held.rows, *(_read(session, layout, keys) for layout, keys in held.keys.items() if keys)]
    _keep_layouts(session, [*held.layouts.values(), *held.keys])
    attach_rows(session, pack(parts), actor=NOBODY, at=Clock(get_settings().clock).now())


def _read(session: Session, layout: Layout, keys: Iterable[Key]) -> Said:
    """What rows say that were not at hand when they were written; those no longer there are gone."""
    wanted = set(keys)
    rows = list(rows_of_keys(session.connection(), layout, list(wanted)))
    gone = sorted(wanted - {layout.key_of(row) for row in rows})
    columns = list(zip(*rows, strict=True)) or [()] * len(layout.columns)
    return say(layout, columns, current_keys().rows, gone)


_kept: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""The layouts that each database was found to hold: asked once in a process, not at every commit."""


def _keep_layouts(session: Session, layouts: Iterable[Layout]) -> None:
    """Keep which columns each table was vouched for with."""
    known = _kept.setdefault(session.connection().engine, set())
    wanted = {number: layout for layout in layouts if (number := layout.id.hex()) not in known}
    if not wanted:
        return
    held = select(col(RowLayout.layout_id)).where(col(RowLayout.layout_id).in_(wanted))
    known.update(session.execute(held).scalars())  # what is inserted now counts when it is found, that is committed
    rows = [
        {"layout_id": number, "columns": [layout.table, layout.keys, layout.columns]}
        for number, layout in wanted.items()
        if number not in known
    ]
    insert_or_skip(session, table_of(RowLayout), rows)
