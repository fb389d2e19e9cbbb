"""Writing to the two logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from app.audit.chain import ALGORITHM, GENESIS, entry_hash, payload_digest
from app.audit.tags import Tag
from app.audit.units import Units
from app.core.clock import iso_moment
from app.core.dialect import bulk_insert, insert_or_skip, locked
from app.core.types import seal
from app.models import (
    AccessEvent,
    AccessPayload,
    AccessUnits,
    AuditEvent,
    AuditPayload,
    AuditRows,
    ChainHead,
    table_of,
)
from app.models.trail import LogEntry

AUDIT, ACCESS = "audit", "access"


@dataclass(frozen=True)
class Entry:
    """One thing to log: what happened, to what, by whom, when, with before and after in `payload`.

    `units` are those that were seen; only the access log keeps them.
    """

    event: Tag
    actor: str
    at: datetime
    subject: str = ""
    request_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    units: Units | None = None


def record_event(
    session: Session,
    event: Tag,
    *,
    actor: str,
    at: datetime,
    subject: str = "",
    request_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry to the audit chain, in the caller's transaction; returns its number."""
    return append(session, AUDIT, [Entry(event, actor, at, subject, request_id, payload or {})])


LAST = "last_audit_entry"
"""Where a session keeps the number of the entry its transaction wrote last."""


def hold_chain(session: Session, chain: str = AUDIT) -> None:
    """Hold a chain's head before other rows that everybody writes, so that all take them in one order."""
    _locked_head(session, chain)


def append(session: Session, chain: str, entries: Sequence[Entry]) -> int:
    """Append entries to a chain in one go; returns the number of the last.

    Holding the head's row until the transaction ends is what keeps the numbers without a gap.
    """
    event_table, payload_table = (AuditEvent, AuditPayload) if chain == AUDIT else (AccessEvent, AccessPayload)
    head = _locked_head(session, chain)
    packed = [orjson.dumps(entry.payload, option=orjson.OPT_SORT_KEYS) for entry in entries]
    bodies = [seal(body, payload_table.__tablename__, "body", seq) for seq, body in enumerate(packed, head.seq + 1)]
    rows = []
    for entry, body in zip(entries, bodies, strict=True):
        row = _bound(event_table, entry, head, payload_digest(body))
        rows.append(row)
        head.seq, head.hash = row.seq, row.hash
    _insert(session, event_table, [row.model_dump() for row in rows])
    _insert(session, payload_table, [{"seq": r.seq, "body": b} for r, b in zip(rows, bodies, strict=True)])
    if chain == ACCESS:
        _insert(session, AccessUnits, list(_several(rows, entries)))
    session.flush()
    if chain == AUDIT:
        session.info[LAST] = head.seq
    return head.seq


def _several(rows: Sequence[LogEntry], entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """What stands beside entries about more than one unit."""
    for row, entry in zip(rows, entries, strict=True):
        if entry.units is not None and entry.units.steps:
            yield {"seq": row.seq, "body": entry.units.steps}


def attach_rows(session: Session, body: bytes, *, actor: str, at: datetime) -> None:
    """Let the transaction's last entry say what its rows are, or an entry of its own where there is none.

    `body` is packed, not sealed. Until the commit nobody else has seen the entry: its head is held.
    """
    head = _locked_head(session, AUDIT)
    if session.info.get(LAST) != head.seq:  # none was written, or a savepoint took it back
        append(session, AUDIT, [Entry(Tag.ROWS_WRITE, actor, at)])
    entry = session.execute(select(AuditEvent).where(col(AuditEvent.seq) == head.seq)).scalar_one()
    sealed = seal(body, AuditRows.__tablename__, "body", entry.seq)
    entry.rows_digest = payload_digest(sealed)
    entry.hash = head.hash = entry_hash(entry)
    _insert(session, AuditRows, [{"seq": entry.seq, "body": sealed}])
    session.flush()


def _bound(
    table: type[AuditEvent] | type[AccessEvent], entry: Entry, head: ChainHead, digest: str
) -> AuditEvent | AccessEvent:
    row = table(
        seq=head.seq + 1,
        at=iso_moment(entry.at),
        actor=entry.actor,
        event=str(entry.event),
        subject=entry.subject,
        request_id=entry.request_id,
        payload_digest=digest,
        algorithm=ALGORITHM,
        prev_hash=head.hash or GENESIS,
        hash="",
    )
    if isinstance(row, AccessEvent) and (units := entry.units) is not None:
        row.unit_from, row.unit_until = units.first, units.last
        row.units_digest = payload_digest(units.steps) if units.steps else ""
    row.hash = entry_hash(row)
    return row


def _locked_head(session: Session, chain: str) -> ChainHead:
    statement = locked(select(ChainHead).where(col(ChainHead.chain) == chain))
    # populate_existing: a head read before the lock was won may be behind the one another writer left
    head: ChainHead | None = session.execute(
        statement, execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if head is None:
        insert_or_skip(session, table_of(ChainHead), [{"chain": chain, "seq": 0, "hash": ""}])
        head = session.execute(statement, execution_options={"populate_existing": True}).scalar_one()
    return head


def _insert(session: Session, model: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    bulk_insert(session, table_of(model), {name: [row[name] for row in rows] for name in rows[0]} if rows else {})
