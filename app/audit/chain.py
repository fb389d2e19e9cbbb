"""The hash chain: how an entry is bound to the one before it, and how that is verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.said import Said, said, word
from app.core.types import canonical_json
from app.models.trail import LogEntry

ALGORITHM = "sha256"
GENESIS = "0" * 64


ENTRY_MISSING = word("entry_missing", "这条记录缺失", "the entry is missing")
UNKNOWN_ALGORITHM = word("unknown_algorithm", "散列算法 {algorithm} 不认识", "unknown algorithm {algorithm}")
NOT_BOUND = word("not_bound", "它没有接在前一条之后", "it is not bound to the entry before it")
BYTES_ALTERED = word("bytes_altered", "存储的内容被改动", "its stored bytes were altered")


@dataclass(frozen=True)
class Break:
    """The first place where a chain does not hold."""

    seq: int
    what: Said


def payload_digest(body: bytes) -> str:
    """Digest of a payload's stored bytes. They are sealed, so the digest gives nothing of them away."""
    return hashlib.sha256(body).hexdigest()


def entry_hash(entry: LogEntry) -> str:
    """SHA-256 over the entry before and every column of this one, in a fixed order."""
    parts = [
        entry.seq,
        entry.at,
        entry.actor,
        entry.event,
        entry.subject,
        entry.request_id,
        entry.payload_digest,
        entry.algorithm,
    ]
    return hashlib.sha256((entry.prev_hash + canonical_json(parts)).encode()).hexdigest()


def first_break(entries: Iterable[LogEntry]) -> Break | None:
    """The first entry that is missing, altered or not bound to the one before; None when the chain holds."""
    expected_seq, previous = 1, GENESIS
    for entry in entries:
        if entry.seq != expected_seq:
            return Break(expected_seq, said(ENTRY_MISSING))
        if entry.algorithm != ALGORITHM:
            return Break(entry.seq, said(UNKNOWN_ALGORITHM, algorithm=entry.algorithm))
        if entry.prev_hash != previous:
            return Break(entry.seq, said(NOT_BOUND))
        if entry_hash(entry) != entry.hash:
            return Break(entry.seq, said(BYTES_ALTERED))
        expected_seq, previous = entry.seq + 1, entry.hash
    return None
