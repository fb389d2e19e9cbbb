"""Rows of identifiers and relations: laid down, and ended, by whoever holds the writer's row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.orm import Session

from app.core.dialect import Columns, bulk_insert, chunked
from app.domain.period import STILL_KNOWN
from app.models import identifier
from app.register.codes import verdict_on
from app.register.queries import MAX_IN
from app.register.rules import Link
from app.register.sources import Origin

UNKNOWN = Origin("", 0, "")


@dataclass(frozen=True)
class Written:
    """What one call of the writer is known by."""

    moment: datetime
    request_id: int


@dataclass(frozen=True)
class Fresh:
    """A link that is new, of which unit and why; `target` is the unit that a relation points to."""

    unit_id: int
    reason: str
    link: Link
    target: int | None = None


def insert(session: Session, table: Table, fresh: Sequence[Fresh], written: Written) -> None:
    (key,) = table.primary_key
    links = [new.link for new in fresh]
    origins = [link.origin or UNKNOWN for link in links]
    shared: dict[str, Sequence[Any]] = {
        key.name: next_numbers(session, key, len(fresh)),
        "unit_id": [new.unit_id for new in fresh],
        "source": [origin.source for origin in origins],
        "record_id": [origin.record_id for origin in origins],
        "valid_from": [link.valid_from for link in links],
        "valid_until": [link.valid_until for link in links],
        "recorded_at": [written.moment] * len(fresh),
        "superseded_at": [STILL_KNOWN] * len(fresh),
        "reason": [new.reason for new in fresh],
        "request_id": [written.request_id] * len(fresh),
        "stated": [link.stated for link in links],
    }
    columns = _identifier_columns(fresh) if table is identifier else _relation_columns(fresh)
    bulk_insert(session, table, {**shared, **columns})


def _identifier_columns(fresh: Sequence[Fresh]) -> Columns:
    return {
        "scheme": [new.link.kind for new in fresh],
        "value": [new.link.value for new in fresh],
        "verified": [verdict_on(new.link.kind, new.link.value) for new in fresh],
        "within": [new.link.within for new in fresh],
    }


def _relation_columns(fresh: Sequence[Fresh]) -> Columns:
    return {
        "kind": [new.link.kind for new in fresh],
        "target_unit_id": [new.target for new in fresh],
        "target_code": ["" if new.link.kind == "succession" else new.link.value for new in fresh],
    }


def next_numbers(session: Session, key: Column[Any], count: int) -> Sequence[int]:
    """Numbers for new links, behind the last: whoever holds the writer's row is alone in giving them out."""
    last = session.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


def close(session: Session, table: Table, link_ids: Iterable[int], moment: datetime) -> None:
    key = next(iter(table.primary_key))
    for part in chunked(sorted(link_ids), MAX_IN):
        session.execute(update(table).where(key.in_(part)).values(superseded_at=moment))


def identifier_link(row: Any) -> Link:
    return Link(row["scheme"], row["value"], row["valid_from"], row["valid_until"], row["within"])
