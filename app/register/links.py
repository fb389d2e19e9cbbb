"""Identifiers and relations of units, kept as rows of their own beside the versions: the writer calls, nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.orm import Session

from app.core.dialect import Columns, bulk_insert, chunked
from app.domain.period import STILL_KNOWN
from app.models import identifier, relation
from app.register.queries import MAX_IN
from app.register.rules import History, Link, Row, identifiers_of, relations_of, verdict_on


def keep(
    session: Session, births: Sequence[History], touched: Sequence[History], moment: datetime, request_id: int
) -> None:
    """Bring the links of these units in line with their versions."""
    for projection in _PROJECTIONS:
        _project(session, projection, births, touched, moment, request_id)


def _identifier_link(row: Any) -> Link:
    return Link(row["scheme"], row["value"], row["valid_from"], row["valid_until"])


def _identifier_columns(links: Sequence[Link]) -> Columns:
    return {
        "scheme": [link.kind for link in links],
        "value": [link.value for link in links],
        "verified": [verdict_on(link.kind, link.value) for link in links],
    }


def _relation_link(row: Any) -> Link:
    value = str(row["target_unit_id"]) if row["kind"] == "succession" else row["target_code"]
    return Link(row["kind"], value, row["valid_from"], row["valid_until"])


def _relation_columns(links: Sequence[Link]) -> Columns:
    own = [link.kind == "succession" for link in links]
    return {
        "kind": [link.kind for link in links],
        "target_unit_id": [int(link.value) if ours else None for ours, link in zip(own, links, strict=True)],
        "target_code": ["" if ours else link.value for ours, link in zip(own, links, strict=True)],
    }


@dataclass(frozen=True)
class _Projection:
    """A table of links that the versions imply: which follow from them, and how a link stands in a row."""

    table: Table
    implied_by: Callable[[Sequence[Row]], set[Link]]
    link_of: Callable[[Any], Link]
    columns_of: Callable[[Sequence[Link]], Columns]


_PROJECTIONS = (
    _Projection(identifier, identifiers_of, _identifier_link, _identifier_columns),
    _Projection(relation, relations_of, _relation_link, _relation_columns),
)


def _project(
    session: Session,
    projection: _Projection,
    births: Sequence[History],
    touched: Sequence[History],
    moment: datetime,
    request_id: int,
) -> None:
    """Close what no longer follows, add what does."""
    held = _held_links(session, projection, [history.unit_id for history in touched])
    fresh: list[tuple[History, Link]] = []
    gone: list[int] = []
    for history in (*births, *touched):
        implied, believed = projection.implied_by(history.believed), held.get(history.unit_id, {})
        fresh += [(history, link) for link in sorted(implied - believed.keys())]
        gone += [link_id for link, link_id in believed.items() if link not in implied]
    _close_links(session, projection.table, gone, moment)
    links = [link for _, link in fresh]
    (key,) = projection.table.primary_key
    columns: dict[str, Sequence[Any]] = {
        key.name: _next_numbers(session, key, len(fresh)),
        "unit_id": [history.unit_id for history, _ in fresh],
        "valid_from": [link.valid_from for link in links],
        "valid_until": [link.valid_until for link in links],
        "recorded_at": [moment] * len(fresh),
        "superseded_at": [STILL_KNOWN] * len(fresh),
        "reason": [history.reason for history, _ in fresh],
        "request_id": [request_id] * len(fresh),
    }
    bulk_insert(session, projection.table, {**columns, **projection.columns_of(links)})


def _next_numbers(session: Session, key: Column[Any], count: int) -> Sequence[int]:
    """Numbers for new links, behind the last: whoever holds the writer's row is alone in giving them out."""
    last = session.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


def _close_links(session: Session, table: Table, link_ids: list[int], moment: datetime) -> None:
    key = next(iter(table.primary_key))
    for part in chunked(sorted(link_ids), MAX_IN):
        session.execute(update(table).where(key.in_(part)).values(superseded_at=moment))


def _held_links(session: Session, projection: _Projection, unit_ids: list[int]) -> dict[int, dict[Link, int]]:
    table = projection.table
    key = next(iter(table.primary_key))
    found: dict[int, dict[Link, int]] = {}
    for part in chunked(sorted(unit_ids), MAX_IN):
        statement = select(table, key.label("link_id")).where(
            table.c.unit_id.in_(part), table.c.superseded_at == STILL_KNOWN
        )
        for row in session.execute(statement).mappings():
            found.setdefault(row["unit_id"], {})[projection.link_of(row)] = row["link_id"]
    return found
