"""Reading and verifying the logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.chain import GENESIS, Break, first_break, payload_digest
from app.audit.service import AUDIT
from app.audit.tags import Tag
from app.core.dialect import lenient_text
from app.core.errors import Conflict, NotFound
from app.core.said import said, word
from app.core.types import unseal
from app.models import AccessEvent, AccessPayload, AuditEvent, AuditPayload, ChainHead

HEAD_WITHOUT_ENTRY = word(
    "head_without_entry", "链头指向的记录不存在", "the chain's head names an entry that is not there"
)
HEAD_GONE = word(
    "head_gone",
    "另存的链头不再出现：末尾被截去，或整条链被重做",
    "the head kept elsewhere does not occur: cut or re-chained",
)
PAYLOAD_GONE = word("payload_gone", "内容不在了，也没有销毁的决定", "its payload is gone and no decision names it")
PAYLOAD_ALTERED = word("payload_altered", "内容被改动", "its payload was altered")
PAYLOAD_EXTRA = word("payload_extra", "有内容而没有记录", "a payload without an entry")


class EntryNotFound(NotFound):
    code = "entry_not_found"
    zh = "没有这条日志：第 {seq} 条。"
    en = "chain {chain} has no entry {seq}"


class ChainBroken(Conflict):
    """The log was changed behind our back."""

    code = "chain_broken"
    zh = "日志第 {seq} 条被动过：{what}。请立即报告并保全数据库。"
    en = "entry {seq}: {what}"


@dataclass(frozen=True)
class Verification:
    """Result of verifying one chain. `head` is its last hash, to be kept elsewhere: only that shows a cut tail."""

    chain: str
    entries: int
    head: str
    broken: Break | None
    destroyed: int = 0

    @property
    def intact(self) -> bool:
        return self.broken is None


def verify(session: Session, chain: str = AUDIT, *, known_head: str = "") -> Verification:
    """Walk a whole chain and its payloads; `known_head` is a hash exported earlier that must still occur."""
    events, payloads = _tables(chain)
    with lenient_text(session):
        entries = list(session.execute(select(events).order_by(col(events.seq))).scalars())
        destroyed = _destroyed(session) if chain == AUDIT else set()
        broken = _earlier(first_break(entries), _payload_break(session, entries, payloads, destroyed))
    head = entries[-1].hash if entries else GENESIS
    stored = session.execute(select(col(ChainHead.hash)).where(col(ChainHead.chain) == chain)).scalar() or GENESIS
    if broken is None and stored != head:
        broken = Break(len(entries) + 1, said(HEAD_WITHOUT_ENTRY))
    if broken is None and known_head and known_head not in {entry.hash for entry in entries}:
        broken = Break(len(entries) + 1, said(HEAD_GONE))
    return Verification(chain, len(entries), head, broken, len(destroyed))


def head_of(session: Session, chain: str) -> tuple[int, str]:
    """Number and hash of a chain's last entry."""
    events, _payloads = _tables(chain)
    last = session.execute(select(events.seq, events.hash).order_by(col(events.seq).desc()).limit(1)).first()
    return (last.seq, last.hash) if last else (0, GENESIS)


def payload_of(session: Session, seq: int) -> Any:
    """Before and after of one audit entry; None when it was destroyed."""
    body = session.execute(select(col(AuditPayload.body)).where(col(AuditPayload.seq) == seq)).scalar()
    return None if body is None else orjson.loads(unseal(bytes(body)))


def list_events(session: Session, *, request_id: int | None = None, limit: int = 100) -> list[AuditEvent]:
    """The newest entries, of one request when it is given."""
    statement = select(AuditEvent).order_by(col(AuditEvent.seq).desc()).limit(limit)
    if request_id is not None:
        statement = statement.where(col(AuditEvent.request_id) == request_id)
    return list(session.execute(statement).scalars())


def _tables(chain: str) -> tuple[Any, Any]:
    return (AuditEvent, AuditPayload) if chain == AUDIT else (AccessEvent, AccessPayload)


def _payload_break(session: Session, entries: list[Any], payloads: Any, destroyed: set[int]) -> Break | None:
    bodies = dict(_digests(session, payloads))
    for entry in entries:
        digest = bodies.pop(entry.seq, None)
        if digest is None and entry.seq not in destroyed:
            return Break(entry.seq, said(PAYLOAD_GONE))
        if digest is not None and digest != entry.payload_digest:
            return Break(entry.seq, said(PAYLOAD_ALTERED))
    extra = min(bodies, default=None)
    return None if extra is None else Break(extra, said(PAYLOAD_EXTRA))


def _digests(session: Session, payloads: Any) -> Iterator[tuple[int, str]]:
    rows = session.execute(select(col(payloads.seq), col(payloads.body)).execution_options(yield_per=1000))
    return ((seq, payload_digest(bytes(body))) for seq, body in rows)


def _destroyed(session: Session) -> set[int]:
    """Numbers of the payloads whose destruction two people decided."""
    rows = session.execute(select(col(AuditEvent.subject)).where(col(AuditEvent.event) == str(Tag.PAYLOAD_DESTROY)))
    return {int(subject) for subject in rows.scalars() if subject.isdigit()}


def _earlier(one: Break | None, other: Break | None) -> Break | None:
    found = [item for item in (one, other) if item]
    return min(found, key=lambda item: item.seq) if found else None


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
    """Entries of a chain, the newest first, by who, what and about what (the subject by its beginning).

    `after` goes on behind an entry: with those that are older.
    """
    events, _payloads = _tables(chain)
    statement = select(events).order_by(col(events.seq).desc()).limit(limit)
    for column, wanted in ((events.actor, actor), (events.event, event), (events.request_id, request_id)):
        statement = statement.where(col(column) == wanted) if wanted else statement
    if subject:
        statement = statement.where(col(events.subject).startswith(subject, autoescape=True))
    if after:
        statement = statement.where(col(events.seq) < after)
    return list(session.execute(statement).scalars())


def get_entry(session: Session, chain: str, seq: int) -> tuple[Any, Any]:
    """One entry and its payload, None where that was destroyed. Raises EntryNotFound."""
    events, payloads = _tables(chain)
    entry = session.execute(select(events).where(col(events.seq) == seq)).scalar_one_or_none()
    if entry is None:
        raise EntryNotFound(chain=str(chain), seq=seq)
    body = session.execute(select(col(payloads.body)).where(col(payloads.seq) == seq)).scalar()
    return entry, None if body is None else orjson.loads(unseal(bytes(body)))
