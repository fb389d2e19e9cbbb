"""Who bears a code, who goes on for them, and which relations of others speak of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.core.dialect import chunked
from app.domain.period import FOREVER, STILL_KNOWN
from app.models import identifier, relation, unit_version
from app.register.queries import MAX_IN
from app.register.rules import FOLLOWED, Heirs, Holder


def holders_of(session: Session, codes: Iterable[str]) -> dict[str, list[Holder]]:
    """Who bears or bore each code, as believed now."""
    now = and_(
        unit_version.c.unit_id == identifier.c.unit_id,
        unit_version.c.superseded_at == STILL_KNOWN,
        unit_version.c.valid_until == FOREVER,
    )
    wanted = (identifier.c.value, identifier.c.unit_id, identifier.c.valid_from, identifier.c.valid_until)
    who = (unit_version.c.unit_type, unit_version.c.standing)
    statement = select(*wanted, *who).select_from(identifier.outerjoin(unit_version, now))
    found: dict[str, list[Holder]] = {}
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (identifier.c.value.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        for value, *told in session.execute(statement.where(*believed).order_by(identifier.c.identifier_id)):
            found.setdefault(value, []).append(Holder(*told))
    return found


def heirs_of(session: Session, holders: Mapping[str, Sequence[Holder]]) -> Heirs:
    """Who went on for those of the holders that were merged or converted, and for these in turn."""
    ahead = {one.unit_id for told in holders.values() for one in told if one.standing in FOLLOWED}
    found: dict[int, list[tuple[date, date, int]]] = {}
    wanted = (
        unit_version.c.unit_id,
        unit_version.c.valid_from,
        unit_version.c.valid_until,
        unit_version.c.successor_id,
    )
    while ahead:
        more: set[int] = set()
        for part in chunked(sorted(ahead), MAX_IN):
            gone = (unit_version.c.standing.in_(FOLLOWED), unit_version.c.successor_id.is_not(None))
            believed = (unit_version.c.unit_id.in_(part), unit_version.c.superseded_at == STILL_KNOWN)
            for unit_id, start, end, heir in session.execute(select(*wanted).where(*believed, *gone)):
                found.setdefault(unit_id, []).append((start, end, heir))
                more.add(heir)
        ahead = more - found.keys()
    return found


def codes_meaning(session: Session, unit_ids: Iterable[int]) -> set[str]:
    """The codes of units, and those by which others mean one of them."""
    found: set[str] = set()
    for part in chunked(sorted(unit_ids), MAX_IN):
        borne = (identifier.c.unit_id.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        found.update(session.execute(select(identifier.c.value).where(*borne)).scalars())
        meant = (relation.c.target_unit_id.in_(part), relation.c.superseded_at == STILL_KNOWN)
        found.update(session.execute(select(relation.c.target_code).where(*meant).distinct()).scalars())
    return found - {""}


def told_by(session: Session, codes: Iterable[str]) -> list[list[Mapping[str, Any]]]:
    """The believed relations that are told by one of these codes: the rows of each, in the order of their days."""
    found: list[list[Mapping[str, Any]]] = []
    table = relation.c
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (table.target_code.in_(part), table.superseded_at == STILL_KNOWN)
        order = (table.unit_id, table.kind, table.target_code, table.valid_from, table.relation_id)
        for row in map(dict, session.execute(select(relation).where(*believed).order_by(*order)).mappings()):
            if found and _goes_on(found[-1][-1], row):
                found[-1].append(row)
            else:
                found.append([row])
    return found


def _goes_on(last: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    same = all(last[name] == row[name] for name in ("unit_id", "kind", "target_code"))
    return same and bool(last["valid_until"] == row["valid_from"])
