"""The units that stand around others: those that belong to them, stand below them, or went on in them.

Asked of many units at once, before something is done to these: how many there are around each, and the first of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.core.dialect import chunked
from app.core.rights import Territory
from app.domain.words import Standing
from app.models import relation, unit_version
from app.register.queries import MAX_IN, AsOf, versions_of

FIRST = 5
"""Units that are named of each sort; the rest are counted."""


@dataclass(frozen=True)
class Around:
    """How many there are, and the first of them: number and what it is called."""

    count: int
    first: tuple[tuple[int, str], ...]


def related_to(
    session: Session,
    unit_ids: Iterable[int],
    *kinds: str,
    on: date,
    within: Territory,
    codes: Collection[str] = (),
    live: bool = True,
) -> dict[int, Around]:
    """For each unit those of an area that have a relation of some kinds to it on a day; with `codes`, only those that tell it
    by one of these, and without `live` those that are gone too."""
    found: dict[int, list[tuple[int, int, str]]] = {}
    named = [relation.c.target_code.in_(sorted(codes))] if codes else []
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        to_unit = (relation.c.target_unit_id.in_(part), relation.c.kind.in_(kinds), AsOf(on).holds(relation))
        for unit_id, count, other, name in _first_of(session, [*to_unit, *named], on, within, live=live):
            found.setdefault(unit_id, []).append((count, other, name))
    return {
        unit_id: Around(rows[0][0], tuple((other, name) for _, other, name in rows)) for unit_id, rows in found.items()
    }


def _first_of(
    session: Session, related: Sequence[ColumnElement[bool]], on: date, within: Territory, *, live: bool
) -> Iterable[tuple[int, int, int, str]]:
    """Unit, how many are related to it, and the number and name of one of the first."""
    v = unit_version.c
    holds = and_(v.unit_id == relation.c.unit_id, AsOf(on).holds())
    pairs = (
        select(relation.c.target_unit_id.label("unit_id"), v.unit_id.label("other"), v.name)
        .join_from(relation, unit_version, holds)
        .where(*related, within.condition(v.area_code, v.park_code))
        .where(*([v.standing == Standing.LIVE] if live else []))
        .distinct()  # a parent may be told by two of its codes
        .subquery()
    )
    unit = pairs.c.unit_id
    place = func.row_number().over(partition_by=unit, order_by=pairs.c.other).label("place")
    count = func.count().over(partition_by=unit).label("count")
    ranked = select(unit, pairs.c.other, pairs.c.name, count, place).subquery()
    first = select(ranked.c.unit_id, ranked.c.count, ranked.c.other, ranked.c.name).where(ranked.c.place <= FIRST)
    return [tuple(row) for row in session.execute(first.order_by(ranked.c.unit_id, ranked.c.place))]


def parents_of(session: Session, unit_ids: Iterable[int], *, on: date, within: Territory) -> dict[int, Around]:
    """For each unit the one it belongs to on a day, where that lies in an area."""
    found: dict[int, int] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        meant = (relation.c.unit_id.in_(part), relation.c.kind == "parent", relation.c.target_unit_id.is_not(None))
        statement = select(relation.c.unit_id, relation.c.target_unit_id).where(*meant, AsOf(on).holds(relation))
        found.update((unit_id, target) for unit_id, target in session.execute(statement))
    return named(session, found, on=on, within=within)


def named(session: Session, others: Mapping[int, int], *, on: date, within: Territory) -> dict[int, Around]:
    """For each unit another one that was found for it, as it is called on a day, where that lies in an area."""
    held = versions_of(session, others.values(), AsOf(on))
    seen = {number: row for number, row in held.items() if within.holds(row["area_code"], row["park_code"])}
    return {unit_id: Around(1, ((other, seen[other]["name"]),)) for unit_id, other in others.items() if other in seen}
