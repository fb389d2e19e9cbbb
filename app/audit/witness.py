"""Rows that are about to be sealed anew, held against what the log says of them by then.

The work on a large register takes minutes, and a row altered meanwhile would be vouched for as it stood when its turn came. So
what the log says is gathered once, brought up to date in each transaction, and a row that it does not bear out stays as it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.audit.proof import Comparison, known_layouts, opened
from app.audit.sayings import Sayings
from app.core.dialect import locked, rows_after, sure_rows
from app.core.rows import Key, Layout
from app.models import AuditRows, metadata

_SELECT = f"SELECT r.seq, r.body FROM {AuditRows.__tablename__} r WHERE r.seq > ? ORDER BY r.seq LIMIT 500"  # noqa: S608


class Witness:
    """What the log says of every row, as far as it was read; nothing is read before the first question."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sayings: Sayings | None = None
        self._read_to = -(2**63)

    def differing(self, session: Session, layout: Layout, after: Key | None, limit: int) -> set[Key]:
        """Those of the next rows that are not as the log says, all held until the transaction ends.

        Held first, so that whoever wrote one of them is through, and what he had the log say can be read.
        """
        _hold(session, layout, after, limit)
        sayings = self._up_to_date(session)
        page = rows_after(session, layout, after, limit)
        return Comparison(session, sayings, [layout]).wrong(layout, page)

    def close(self) -> None:
        if self._sayings is not None:
            self._sayings.close()

    def _up_to_date(self, session: Session) -> Sayings:
        if self._sayings is None:
            self._sayings = Sayings(self._file, known_layouts(session))
        while page := sure_rows(session, _SELECT, (self._read_to,)):
            for seq, body in page:
                for part in opened(seq, body if isinstance(body, bytes) else b""):
                    self._sayings.take(seq, part)
            self._read_to = page[-1][0]
        return self._sayings


@contextmanager
def witness() -> Iterator[Witness]:
    """A witness for one piece of work; what it gathered is thrown away behind it."""
    with tempfile.TemporaryDirectory(prefix="minglu-witness-") as folder:
        one = Witness(Path(folder) / "sayings")
        try:
            yield one
        finally:
            one.close()


def _hold(session: Session, layout: Layout, after: Key | None, limit: int) -> None:
    table = metadata.tables[layout.table]
    keys = [table.c[name] for name in layout.keys]
    wanted = select(*keys).order_by(*keys).limit(limit)
    session.execute(locked(wanted if after is None else wanted.where(tuple_(*keys) > after))).all()
