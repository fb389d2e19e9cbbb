"""Reading the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.chain import GENESIS, payload_digest
from app.audit.service import AUDIT
from app.audit.tags import Tag
from app.core.errors import Conflict, NotFound
from app.core.types import unseal_vouched
from app.models import AccessEvent, AccessPayload, AuditEvent, AuditPayload


class EntryNotFound(NotFound):
    code = "entry_not_found"
    zh = "没有这条日志：第 {seq} 条。"
    en = "chain {chain} has no entry {seq}"


class EntryAltered(Conflict):
    """What is stored beside an entry is not what was written there."""

    code = "entry_altered"
    zh = "日志 {chain} 第 {seq} 条的内容被动过，不予显示。请立即报告并保全数据库。"
    en = "the payload of entry {seq} of chain {chain} was altered and is not shown"


def head_of(session: Session, chain: str) -> tuple[int, str]:
    """Number and hash of a chain's last entry."""
    events, _payloads = _tables(chain)
    last = session.execute(select(events.seq, events.hash).order_by(col(events.seq).desc()).limit(1)).first()
    return (last.seq, last.hash) if last else (0, GENESIS)


def payload_of(session: Session, seq: int) -> Any:
    """Before and after of one audit entry; None when it was destroyed. Raises EntryNotFound, EntryAltered."""
    return get_entry(session, AUDIT, seq)[1]


def list_events(
    session: Session,
    *,
    request_id: int | None = None,
    subject: str = "",
    events: Sequence[Tag] = (),
    limit: int = 100,
) -> list[AuditEvent]:
    """The newest entries, of one request, about one thing and of some kinds when they are given."""
    statement = select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(limit)
    if subject:
        statement = statement.where(col(AuditEvent.subject) == subject)
    if events:
        statement = statement.where(col(AuditEvent.event).in_([str(tag) for tag in events]))
    if request_id is not None:
        statement = statement.where(col(AuditEvent.request_id) == request_id)
    return list(session.execute(statement).scalars())


def _tables(chain: str) -> tuple[Any, Any]:
    return (AuditEvent, AuditPayload) if chain == AUDIT else (AccessEvent, AccessPayload)


def browse(
    session: Session,
    chain: str,
    *,
    actor: str = "",
    event: str = "",
    subject: str = "",
    request_id: int | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Any]:
    """Entries of a chain, the newest first, by who, what and about what (the subject by its first words: `unit 5` is not
    the beginning of `unit 50`).

    `after` goes on behind an entry: with those that are older.
    """
    events, _payloads = _tables(chain)
    statement = select(events).order_by(col(events.seq).desc()).limit(limit)
    for column, wanted in ((events.actor, actor), (events.event, event), (events.request_id, request_id)):
        statement = statement.where(col(column) == wanted) if wanted else statement
    if subject:
        further = col(events.subject).startswith(f"{subject} ", autoescape=True)
        statement = statement.where(or_(col(events.subject) == subject, further))
    if after:
        statement = statement.where(col(events.seq) < after)
    return list(session.execute(statement).scalars())


def get_entry(session: Session, chain: str, seq: int) -> tuple[Any, Any]:
    """One entry and its payload, None where that was destroyed. Raises EntryNotFound, EntryAltered."""
    events, payloads = _tables(chain)
    entry = session.execute(select(events).where(col(events.seq) == seq)).scalar_one_or_none()
    if entry is None:
        raise EntryNotFound(chain=str(chain), seq=seq)
    body = session.execute(select(col(payloads.body)).where(col(payloads.seq) == seq)).scalar()
    return entry, None if body is None else _opened(chain, entry, bytes(body), payloads.__tablename__)


def _opened(chain: str, entry: Any, body: bytes, table: str) -> Any:
    if payload_digest(body) != entry.payload_digest:
        raise EntryAltered(chain=str(chain), seq=entry.seq)
    return orjson.loads(unseal_vouched(body, table, "body", entry.seq))
