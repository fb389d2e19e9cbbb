"""Reading the register: as of a day in the world and a moment of our knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import chunked
from app.core.errors import NotFound
from app.domain.period import STILL_KNOWN
from app.domain.words import Standing
from app.models import ChangeFeed, RegisterHead, Unit, identifier, relation, unit_version
from app.verbs.schemas import MAX_ID
from matching.standardise.codes import normalise_code

MAX_IN = 500
"""Values in one IN list: both databases take it, and plans stay index look-ups."""


class UnitNotFound(NotFound):
    code = "unit_not_found"
    zh = "没有找到这个单位；请核对代码或在单位列表中查找。"
    en = "no unit of your area carries that code on that day"


@dataclass(frozen=True)
class AsOf:
    """A day in the world and what we knew at a moment; without `known_at`, what we know now."""

    on: date
    known_at: datetime | None = None

    def holds(self, table: FromClause = unit_version) -> ColumnElement[bool]:
        """The condition on a table with both clocks."""
        return and_(table.c.valid_from <= self.on, table.c.valid_until > self.on, self.believed(table))

    def believed(self, table: FromClause = unit_version) -> ColumnElement[bool]:
        """The condition on knowledge alone."""
        return believed(table, self.known_at)


def believed(table: FromClause, known_at: Any) -> ColumnElement[bool]:
    """The condition on a table that knows since when and until when it was believed; `known_at` may be bound later."""
    if known_at is None:
        return table.c.superseded_at == STILL_KNOWN
    return and_(table.c.recorded_at <= known_at, table.c.superseded_at > known_at)


def register_head(session: Session) -> RegisterHead | None:
    """The writer's counters as of this snapshot; None in a register nobody has written to."""
    return session.get(RegisterHead, 1, populate_existing=True)


def last_unit(session: Session) -> int:
    """Number of the newest unit; 0 in a register nobody has written to."""
    head = register_head(session)
    return head.last_unit_id if head else 0


def register_version(session: Session) -> int:
    """Sequence number of the newest entry of the change feed."""
    head = register_head(session)
    return head.feed_seq if head else 0


def versions(as_of: AsOf, *columns: Any) -> Select[Any]:
    """Select of the versions that hold, all columns unless some are named."""
    return select(*(columns or (unit_version,))).where(as_of.holds())


def versions_of(session: Session, unit_ids: Iterable[int], as_of: AsOf) -> dict[int, dict[str, Any]]:
    """The version of each unit that holds; units without one are absent."""
    found = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        rows = session.execute(versions(as_of).where(unit_version.c.unit_id.in_(part))).mappings()
        found.update({row["unit_id"]: dict(row) for row in rows})
    return found


def latest_versions_of(session: Session, unit_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The believed version that reaches furthest, whatever the day: what a proposal is compared with."""
    found: dict[int, dict[str, Any]] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(unit_version).where(
            unit_version.c.superseded_at == STILL_KNOWN, unit_version.c.unit_id.in_(part)
        )
        for row in session.execute(statement.order_by(unit_version.c.valid_from)).mappings():
            found[row["unit_id"]] = dict(row)
    return found


def stretches_of(session: Session, unit_ids: Iterable[int], names: Sequence[str]) -> dict[int, list[Mapping[str, Any]]]:
    """What each unit said in some fields, over all of its time: its believed versions in order of validity."""
    table, found = unit_version.c, dict[int, list[Mapping[str, Any]]]()
    columns = [table[name] for name in ("unit_id", "valid_from", "valid_until", *names)]
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(*columns).where(table.superseded_at == STILL_KNOWN, table.unit_id.in_(part))
        for row in session.execute(statement.order_by(table.valid_from)).mappings():
            found.setdefault(row["unit_id"], []).append(dict(row))
    return found


def own_number(text: str) -> int | None:
    """Our own number of a unit where the text is one, `#12`; one that no database can hold is the number of nobody."""
    if not (text.startswith("#") and text[1:].isdecimal()):
        return None
    return min(int(text[1:]), MAX_ID)


def get_unit_ids(session: Session, code: str) -> list[int]:
    """The units a person can mean by `code`: an identifier of any scheme, or our own number written `#12`.

    Raises UnitNotFound. Codes that were corrected away still lead to their unit.
    """
    number = own_number(code)
    if number is not None:
        found = list(session.execute(select(col(Unit.unit_id)).where(col(Unit.unit_id) == number)).scalars())
    else:
        statement = (
            select(identifier.c.unit_id)
            .where(identifier.c.value.in_({code.strip().upper(), normalise_code(code)}))
            .distinct()
        )
        found = sorted(session.execute(statement).scalars())
    if not found:
        raise UnitNotFound
    return found


def history_of(session: Session, unit_id: int) -> list[dict[str, Any]]:
    """Every version of a unit ever recorded, in order of validity, then of knowledge."""
    return versions_ever_of(session, [unit_id]).get(unit_id, [])


def versions_ever_of(session: Session, unit_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """The same of several units."""
    found: dict[int, list[dict[str, Any]]] = {}
    order = (unit_version.c.valid_from, unit_version.c.recorded_at, unit_version.c.version_id)
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(unit_version).where(unit_version.c.unit_id.in_(part)).order_by(*order)
        for row in session.execute(statement).mappings():
            found.setdefault(row["unit_id"], []).append(dict(row))
    return found


def identifiers_at(session: Session, unit_id: int, as_of: AsOf) -> list[dict[str, Any]]:
    """All identifiers of a unit as known: those that hold and those that held before."""
    statement = select(identifier).where(identifier.c.unit_id == unit_id, as_of.believed(identifier))
    order = (identifier.c.scheme, identifier.c.valid_from)
    return [dict(row) for row in session.execute(statement.order_by(*order)).mappings()]


def codes_beside(session: Session, unit_ids: Iterable[int]) -> dict[int, set[str]]:
    """The codes that units bear beside those in their fields, as believed now."""
    found: dict[int, set[str]] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        own = (identifier.c.unit_id.in_(part), identifier.c.stated, identifier.c.superseded_at == STILL_KNOWN)
        for unit_id, value in session.execute(select(identifier.c.unit_id, identifier.c.value).where(*own)):
            found.setdefault(unit_id, set()).add(value)
    return found


def last_of(unit_id: int, followed: Mapping[int, int]) -> int:
    """Who goes on for a unit at the end of all mergers, itself where it was merged into nobody; `followed` says who goes on
    for each that was."""
    seen = {unit_id}
    while (heir := followed.get(unit_id)) is not None and heir not in seen:
        seen.add(heir)
        unit_id = heir
    return unit_id


def merged_into(version: Mapping[str, Any]) -> int | None:
    """Who goes on for a unit that was merged, by its version."""
    return version["successor_id"] if version["standing"] == Standing.MERGED else None


def goes_on_in(session: Session, unit_id: int) -> int:
    """The unit for which later news of a unit is meant: itself, or the one into which it was merged."""
    followed: dict[int, int] = {}
    ahead: int | None = unit_id
    while ahead is not None and ahead not in followed:
        version = latest_versions_of(session, [ahead]).get(ahead)
        heir = merged_into(version) if version is not None else None
        if heir is not None:
            followed[ahead] = heir
        ahead = heir
    return last_of(unit_id, followed)


def identifiers_of_units(session: Session, unit_ids: Iterable[int], as_of: AsOf) -> dict[int, list[dict[str, Any]]]:
    """The identifiers that each unit bears on a day."""
    found: dict[int, list[dict[str, Any]]] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(identifier).where(identifier.c.unit_id.in_(part), as_of.holds(identifier))
        for row in session.execute(statement.order_by(identifier.c.scheme, identifier.c.value)).mappings():
            found.setdefault(row["unit_id"], []).append(dict(row))
    return found


def relations_at(session: Session, unit_id: int, as_of: AsOf) -> list[dict[str, Any]]:
    """Relations from and to a unit that hold."""
    touching = or_(relation.c.unit_id == unit_id, relation.c.target_unit_id == unit_id)
    statement = select(relation).where(touching, as_of.holds(relation)).order_by(relation.c.relation_id)
    return [dict(row) for row in session.execute(statement).mappings()]


def list_changes(session: Session, after: int, limit: int = 1000) -> list[ChangeFeed]:
    """The change feed from the entry behind `after` on."""
    statement = select(ChangeFeed).where(col(ChangeFeed.seq) > after).order_by(col(ChangeFeed.seq)).limit(limit)
    return list(session.execute(statement).scalars())


def revisions_of(session: Session, unit_ids: Iterable[int]) -> dict[int, int]:
    """How many times each unit was written: what a proposal is based on."""
    found: dict[int, int] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(col(Unit.unit_id), col(Unit.revision)).where(col(Unit.unit_id).in_(part))
        found.update(dict(session.execute(statement).all()))
    return found
