"""Identifiers and relations of units, kept as rows of their own beside the versions: the writer calls, nobody else.

A relation to a parent or a superior is told by a code and points to the unit that is meant. Which that is can change
without a word from the unit itself: a code comes into the register, moves to another unit, or was never its bearer's.
So whatever identifiers come or go, the relations of others that speak of their codes are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, and_, func, select, update
from sqlalchemy.orm import Session

from app.core.dialect import Columns, bulk_insert, chunked
from app.domain.period import FOREVER, STILL_KNOWN
from app.models import identifier, relation, unit_version
from app.register.queries import MAX_IN
from app.register.rules import (
    RELATION_FIELDS,
    History,
    Holder,
    Link,
    Row,
    identifiers_of,
    relations_of,
    target_of,
    verdict_on,
)
from app.register.sources import Origin

_UNKNOWN = Origin("", 0, "")
_TOLD_BY_CODE = tuple(RELATION_FIELDS)


@dataclass(frozen=True)
class _Written:
    """What one call of the writer is known by."""

    moment: datetime
    request_id: int


@dataclass(frozen=True)
class _Fresh:
    """A link that is new, of which unit and why."""

    unit_id: int
    reason: str
    link: Link


@dataclass(frozen=True)
class Moved:
    """Units whose relations are others now: they state others, or what they state points elsewhere."""

    stated: set[int]
    pointed: set[int]


def keep(
    session: Session, births: Sequence[History], touched: Sequence[History], moment: datetime, request_id: int
) -> Moved:
    """Bring the links of these units in line with their versions, and what others say of their codes with them."""
    written = _Written(moment, request_id)
    fresh, gone = _difference(session, identifier, identifiers_of, _identifier_link, births, touched)
    _close(session, identifier, gone, moment)
    _insert(session, identifier, fresh, written, _identifier_columns([new.link for new in fresh]))
    moved = {new.link.value for new in fresh} | set(gone.values()) | _borne_by_another_kind(touched)

    fresh, gone = _difference(session, relation, relations_of, _relation_link, births, touched)
    _close(session, relation, gone, moment)
    targets = _targets(session, fresh)
    _insert(session, relation, fresh, written, _relation_columns([new.link for new in fresh], targets))
    return Moved({new.unit_id for new in fresh}, _point_anew(session, moved, written))


def _borne_by_another_kind(touched: Sequence[History]) -> set[str]:
    """The codes of units that are of another kind now: who is meant by them depends on it."""
    return {link.value for unit in touched if "unit_type" in unit.changed for link in identifiers_of(unit.believed)}


def _difference(
    session: Session,
    table: Table,
    implied_by: Callable[[Sequence[Row]], set[Link]],
    link_of: Callable[[Any], Link],
    births: Sequence[History],
    touched: Sequence[History],
) -> tuple[list[_Fresh], dict[int, str]]:
    """The links that the versions imply and no row holds; and the rows, with their values, that nothing implies any more."""
    held = _held(session, table, link_of, [history.unit_id for history in touched])
    fresh: list[_Fresh] = []
    gone: dict[int, str] = {}
    for history in (*births, *touched):
        implied, believed = implied_by(history.believed), held.get(history.unit_id, {})
        fresh += [_Fresh(history.unit_id, history.reason, link) for link in sorted(implied - believed.keys())]
        gone |= {number: link.value for link, number in believed.items() if link not in implied}
    return fresh, gone


def _held(
    session: Session, table: Table, link_of: Callable[[Any], Link], unit_ids: list[int]
) -> dict[int, dict[Link, int]]:
    key = next(iter(table.primary_key))
    found: dict[int, dict[Link, int]] = {}
    for part in chunked(sorted(unit_ids), MAX_IN):
        believed = (table.c.unit_id.in_(part), table.c.superseded_at == STILL_KNOWN)
        for row in session.execute(select(table, key.label("link_id")).where(*believed)).mappings():
            found.setdefault(row["unit_id"], {})[link_of(row)] = row["link_id"]
    return found


def _identifier_link(row: Any) -> Link:
    return Link(row["scheme"], row["value"], row["valid_from"], row["valid_until"], row["within"])


def _relation_link(row: Any) -> Link:
    value = str(row["target_unit_id"]) if row["kind"] == "succession" else row["target_code"]
    return Link(row["kind"], value, row["valid_from"], row["valid_until"])


def _identifier_columns(links: Sequence[Link]) -> Columns:
    return {
        "scheme": [link.kind for link in links],
        "value": [link.value for link in links],
        "verified": [verdict_on(link.kind, link.value) for link in links],
        "within": [link.within for link in links],
    }


def _relation_columns(links: Sequence[Link], targets: Sequence[int | None]) -> Columns:
    return {
        "kind": [link.kind for link in links],
        "target_unit_id": targets,
        "target_code": ["" if link.kind == "succession" else link.value for link in links],
    }


def _insert(session: Session, table: Table, fresh: Sequence[_Fresh], written: _Written, columns: Columns) -> None:
    (key,) = table.primary_key
    links = [new.link for new in fresh]
    origins = [link.origin or _UNKNOWN for link in links]
    shared: dict[str, Sequence[Any]] = {
        key.name: _next_numbers(session, key, len(fresh)),
        "unit_id": [new.unit_id for new in fresh],
        "source": [origin.source for origin in origins],
        "record_id": [origin.record_id for origin in origins],
        "valid_from": [link.valid_from for link in links],
        "valid_until": [link.valid_until for link in links],
        "recorded_at": [written.moment] * len(fresh),
        "superseded_at": [STILL_KNOWN] * len(fresh),
        "reason": [new.reason for new in fresh],
        "request_id": [written.request_id] * len(fresh),
    }
    bulk_insert(session, table, {**shared, **columns})


def _next_numbers(session: Session, key: Column[Any], count: int) -> Sequence[int]:
    """Numbers for new links, behind the last: whoever holds the writer's row is alone in giving them out."""
    last = session.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


def _close(session: Session, table: Table, link_ids: Iterable[int], moment: datetime) -> None:
    key = next(iter(table.primary_key))
    for part in chunked(sorted(link_ids), MAX_IN):
        session.execute(update(table).where(key.in_(part)).values(superseded_at=moment))


def _targets(session: Session, fresh: Sequence[_Fresh]) -> list[int | None]:
    """The unit that each new relation points to."""
    holders = holders_of(session, {new.link.value for new in fresh if new.link.kind in _TOLD_BY_CODE})
    return [
        int(link.value)
        if link.kind == "succession"
        else target_of(new.unit_id, link.valid_from, link.valid_until, holders.get(link.value, ()))
        for new in fresh
        for link in (new.link,)
    ]


def _point_anew(session: Session, codes: Iterable[str], written: _Written) -> set[int]:
    """Have relations that speak of these codes point to who is meant by now: known from this moment on; whose they are."""
    said = _said_of(session, codes)
    holders = holders_of(session, {row["target_code"] for row in said})
    moved = []
    for row in said:
        target = target_of(row["unit_id"], row["valid_from"], row["valid_until"], holders.get(row["target_code"], ()))
        if target != row["target_unit_id"]:
            moved.append({**row, "target_unit_id": target})
    if not moved:
        return set()
    (key,) = relation.primary_key
    _close(session, relation, [row[key.name] for row in moved], written.moment)
    columns: dict[str, Sequence[Any]] = {name: [row[name] for row in moved] for name in moved[0]}
    columns |= {
        key.name: _next_numbers(session, key, len(moved)),
        "recorded_at": [written.moment] * len(moved),
        "request_id": [written.request_id] * len(moved),
    }
    bulk_insert(session, relation, columns)
    return {row["unit_id"] for row in moved}


def _said_of(session: Session, codes: Iterable[str]) -> list[Mapping[str, Any]]:
    """The believed relations that are told by one of these codes."""
    found: list[Mapping[str, Any]] = []
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (relation.c.target_code.in_(part), relation.c.superseded_at == STILL_KNOWN)
        rows = session.execute(select(relation).where(*believed).order_by(relation.c.relation_id)).mappings()
        found += [dict(row) for row in rows]
    return found


def holders_of(session: Session, codes: Iterable[str]) -> dict[str, list[Holder]]:
    """Who bears or bore each code, as believed now."""
    now = and_(
        unit_version.c.unit_id == identifier.c.unit_id,
        unit_version.c.superseded_at == STILL_KNOWN,
        unit_version.c.valid_until == FOREVER,
    )
    wanted = (identifier.c.value, identifier.c.unit_id, identifier.c.valid_from, identifier.c.valid_until)
    statement = select(*wanted, unit_version.c.unit_type).select_from(identifier.outerjoin(unit_version, now))
    found: dict[str, list[Holder]] = {}
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (identifier.c.value.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        for value, *told in session.execute(statement.where(*believed).order_by(identifier.c.identifier_id)):
            found.setdefault(value, []).append(Holder(*told))
    return found
