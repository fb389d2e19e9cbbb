"""The hash chain: how an entry is bound to the one before it, and how that is verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.types import canonical_json
from app.models.trail import LogEntry

ALGORITHM = "sha256"
GENESIS = "0" * 64


@dataclass(frozen=True)
class Break:
    """The first place where a chain does not hold."""

    seq: int
    what: str


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
            return Break(expected_seq, "the entry is missing")
        if entry.algorithm != ALGORITHM:
            return Break(entry.seq, f"unknown algorithm {entry.algorithm!r}")
        if entry.prev_hash != previous:
            return Break(entry.seq, "it is not bound to the entry before it")
        if entry_hash(entry) != entry.hash:
            return Break(entry.seq, "its stored bytes were altered")
        expected_seq, previous = entry.seq + 1, entry.hash
    return None
