"""The hash chain: how an entry is bound to the one before it, and how that is verified."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core.said import Said, said, word
from app.core.types import canonical_json
from app.models.trail import LogEntry

ALGORITHM = "sha256"
GENESIS = "0" * 64


ENTRY_MISSING = word("entry_missing", "这条记录缺失", "the entry is missing")
UNKNOWN_ALGORITHM = word("unknown_algorithm", "散列算法 {algorithm} 不认识", "unknown algorithm {algorithm}")
NOT_BOUND = word("not_bound", "它没有接在前一条之后", "it is not bound to the entry before it")
BYTES_ALTERED = word("bytes_altered", "存储的内容被改动", "its stored bytes were altered")
PAYLOAD_GONE = word("payload_gone", "内容不在了，也没有销毁的决定", "its payload is gone and no decision names it")
PAYLOAD_ALTERED = word("payload_altered", "内容被改动", "its payload was altered")
PAYLOAD_EXTRA = word("payload_extra", "有内容而没有记录", "a payload without an entry")
UNITS_ALTERED = word(
    "units_altered", "它所登记的被查看单位被改动或不在了", "what it says of units that were seen was altered or is gone"
)
ROWS_ALTERED = word("rows_altered", "它所登记的数据行摘要被改动或不在了", "what it says of rows was altered or is gone")
HEAD_WITHOUT_ENTRY = word(
    "head_without_entry", "链头与最后一条记录不符", "the chain's head, its number or hash, is not the last entry's"
)
HEAD_GONE = word(
    "head_gone",
    "另存的链头不再出现：末尾被截去，或整条链被重做",
    "the head kept elsewhere does not occur: cut or re-chained",
)


@dataclass(frozen=True)
class Break:
    """The first place where a chain does not hold."""

    seq: int
    what: Said


def payload_digest(body: bytes) -> str:
    """Digest of a payload's stored bytes. They are sealed, so the digest gives nothing of them away."""
    return hashlib.sha256(body).hexdigest()


HASHED = ("seq", "at", "actor", "event", "subject", "request_id", "payload_digest", "algorithm")
"""The columns that an entry's hash covers, in this order; those of its `BESIDE` come behind them."""


def entry_hash(entry: LogEntry) -> str:
    """SHA-256 over the entry before and every column of this one."""
    return bound_hash(
        entry.prev_hash,
        [getattr(entry, name) for name in HASHED],
        [getattr(entry, name) for name in entry.BESIDE],
    )


def bound_hash(previous: str, parts: Sequence[Any], beside: Sequence[Any]) -> str:
    """An entry that says nothing of rows or units has so many parts less, as those of earlier versions had."""
    said = [*parts, *beside] if any(part not in (None, "") for part in beside) else parts
    return hashlib.sha256((previous + canonical_json(said)).encode()).hexdigest()


@dataclass(frozen=True)
class Stored:
    """An entry as it is stored, with the bytes beside it: its payload, and `more`, what it says of rows or units.

    The last of `beside` is the digest of `more`.
    """

    parts: Sequence[Any]
    prev_hash: str
    hash: str
    beside: Sequence[Any]
    payload: bytes | None
    more: bytes | None

    @property
    def seq(self) -> int:
        return int(self.parts[0])


def is_bound(entry: Stored) -> bool:
    """Whether an entry's hash is its own. No column of an entry holds a fraction, and infinity would hash as NULL."""
    if float in map(type, (*entry.parts, *entry.beside)):
        return False
    try:
        return bound_hash(entry.prev_hash, entry.parts, entry.beside) == entry.hash
    except TypeError:  # SQLite lets bytes stand where text belongs
        return False


@dataclass
class Walk:
    """Goes along a chain; `broken` is the first place where it does not hold. `destroyed` are payloads gone by decision."""

    destroyed: frozenset[int]
    entries: int = 0
    last_seq: int = 0
    head: str = GENESIS
    broken: Break | None = None

    def step(self, entry: Stored) -> None:
        what = self._fault(entry)
        if what is not None and self.broken is None:
            self.broken = Break(self.last_seq + 1 if what.code == ENTRY_MISSING else entry.seq, what)
        self.entries += 1
        self.last_seq, self.head = entry.seq, entry.hash

    def _fault(self, entry: Stored) -> Said | None:
        """What is wrong with an entry that comes behind the last one."""
        algorithm = entry.parts[-1]
        if entry.seq != self.last_seq + 1:
            return said(ENTRY_MISSING)
        if algorithm != ALGORITHM:
            return said(UNKNOWN_ALGORITHM, algorithm=str(algorithm))
        if entry.prev_hash != self.head:
            return said(NOT_BOUND)
        if not is_bound(entry):
            return said(BYTES_ALTERED)
        return self._fault_beside(entry)

    def _fault_beside(self, entry: Stored) -> Said | None:
        if (payload_digest(entry.more) if entry.more is not None else "") != entry.beside[-1]:
            return said(ROWS_ALTERED if len(entry.beside) == 1 else UNITS_ALTERED)
        if entry.payload is None:
            return None if entry.seq in self.destroyed else said(PAYLOAD_GONE)
        return None if payload_digest(entry.payload) == entry.parts[-2] else said(PAYLOAD_ALTERED)
