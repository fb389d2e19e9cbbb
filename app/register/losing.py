"""What sources say beside the value in force: of each unit, field and source the latest, and why it lost (promise 6).

Kept in sets: a chunk of whatever size asks one question of the table, and writes what differs. Whoever compares values
(`app.records.merge`) says what lost; what was written says what lost no longer (`follow`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import bulk_insert, chunked, locked
from app.core.moves import move_rows, move_where
from app.core.types import canonical_json, current_keys
from app.domain.lives import ValueStatus
from app.domain.words import LostWhy
from app.models import LosingValue, Unit, table_of
from app.register.locks import locks_of
from app.register.queries import MAX_IN, latest_versions_of
from app.register.rules import plain
from app.register.sources import Origin, origin_of

Key = tuple[int, str, str]
"""Unit, field, source."""
Versions = Mapping[int, Mapping[str, Any]]
"""Unit to the version that reaches furthest: what is in force."""

_table = table_of(LosingValue)
_LIGHT = [column for column in _table.columns if column.name != "value"]
"""All that is known of a losing value without opening it."""


@dataclass(frozen=True)
class Claim:
    """What a source says of a field of a unit, and why it is not in force."""

    unit_id: int
    field: str
    origin: Origin
    value: Any
    why: LostWhy
    status: ValueStatus = ValueStatus.OPEN
    request_id: int | None = None

    @property
    def key(self) -> Key:
        return self.unit_id, self.field, self.origin.source


@dataclass(frozen=True)
class Stance:
    """What people said of a unit: fields locked, and values of sources that were settled or are before somebody."""

    locked: frozenset[str] = frozenset()
    said: Mapping[tuple[str, str], tuple[str, LostWhy]] = field(default_factory=dict)

    def why_not(self, version: Mapping[str, Any], name: str, source: str, value: Any) -> LostWhy | None:
        """Why a source's value is not put to anybody again, while it says nothing new."""
        if (name, source) not in self.said:
            return None
        facts, why = self.said[name, source]
        return why if facts == facts_of(version["unit_id"], name, value) else None


FREE = Stance()
"""Of a unit of which nobody said anything."""


def stances(session: Session, unit_ids: Iterable[int], on: date) -> dict[int, Stance]:
    """What people said of units; those of which they said nothing are absent."""
    units = sorted(set(unit_ids))
    locks = locks_of(session, units, on)
    said: dict[int, dict[tuple[str, str], tuple[str, LostWhy]]] = {}
    for (unit_id, name, source), row in known(session, units).items():
        if row["status"] != ValueStatus.OPEN:
            said.setdefault(unit_id, {})[name, source] = (row["facts"], LostWhy(row["why"]))
    return {unit_id: Stance(frozenset(locks.get(unit_id, {})), said.get(unit_id, {})) for unit_id in {*locks, *said}}


def facts_of(unit_id: int, name: str, value: Any) -> str:
    """A keyed digest of what is said in a field of a unit, empty where nothing is: equal values of two units differ."""
    clear = plain(value)
    if clear in (None, ""):
        return ""
    return current_keys().finding("losing_value", canonical_json([unit_id, name, clear])).hex()


def known(session: Session, unit_ids: Iterable[int]) -> dict[Key, Mapping[str, Any]]:
    """The losing values of units, unopened."""
    found: dict[Key, Mapping[str, Any]] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        for row in session.execute(select(*_LIGHT).where(_table.c.unit_id.in_(part))).mappings():
            found[row["unit_id"], row["field"], row["source"]] = dict(row)
    return found


def of_unit(session: Session, unit_id: int) -> list[LosingValue]:
    """What sources say beside the values in force of one unit."""
    return list(session.execute(select(LosingValue).where(col(LosingValue.unit_id) == unit_id)).scalars())


@dataclass
class _Plan:
    """What is dropped, what is told anew of values that are there, by state, and what comes in."""

    drop: list[int] = field(default_factory=list)
    again: dict[ValueStatus, list[dict[str, Any]]] = field(default_factory=dict)
    new: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, losing_id: int, status: ValueStatus, told: Mapping[str, Any]) -> None:
        self.again.setdefault(status, []).append({"losing_id": losing_id, **told})


def keep(
    session: Session, claims: Iterable[Claim], versions: Versions, now: datetime, *, agreed: Mapping[Key, str] = {}
) -> None:
    """Keep what lost: of each source the latest. `agreed` says from when a source says what is in force, or what was put
    to somebody: what it said before is past."""
    latest: dict[Key, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.origin.on):
        latest[claim.key] = claim
    _hold(session, {key[0] for key in latest})
    held = known(session, {key[0] for key in (*latest, *agreed)})
    plan = _Plan()
    for key, on in agreed.items():
        if key not in latest and key in held and held[key]["said_on"] <= on:
            plan.drop.append(held[key]["losing_id"])
    for key, claim in latest.items():
        if claim.unit_id in versions:
            _plan(plan, claim, held.get(key), versions[claim.unit_id], now)
    _carry_out(session, plan)


def _hold(session: Session, unit_ids: Iterable[int]) -> None:
    """Of two that keep what lost of one unit at once, the later one sees what the earlier kept."""
    for part in chunked(sorted(unit_ids), MAX_IN):
        session.execute(
            locked(select(col(Unit.unit_id)).where(col(Unit.unit_id).in_(part)).order_by(col(Unit.unit_id)))
        )


def _plan(plan: _Plan, claim: Claim, held: Mapping[str, Any] | None, version: Mapping[str, Any], now: datetime) -> None:
    facts, over = facts_of(claim.unit_id, claim.field, claim.value), _over(claim.unit_id, claim.field, version)
    decided = claim.status is ValueStatus.KEPT
    if held is not None and held["said_on"] > claim.origin.on and not decided:
        return
    told = {"record_id": claim.origin.record_id, "said_on": claim.origin.on, "why": str(claim.why), **over}
    told["request_id"] = claim.request_id
    if held is not None and held["facts"] == facts and facts != over["over_facts"]:
        status, stays = _next(held, claim, over)
        plan.tell(held["losing_id"], status, {**told, **({name: held[name] for name in _SAID} if stays else {})})
        return
    plan.drop += [held["losing_id"]] if held is not None else []
    own_word = over["over"] == claim.origin.source and over["over_on"] >= claim.origin.on and not decided
    if facts and facts != over["over_facts"] and not own_word:
        own = {"unit_id": claim.unit_id, "field": claim.field, "source": claim.origin.source, "lost_at": now}
        plan.new.append({**own, **told, "value": plain(claim.value), "facts": facts, "status": str(claim.status)})


_SAID = ("why", "request_id")
"""What was said of a value stays with it while it is settled or before somebody."""


def _next(held: Mapping[str, Any], claim: Claim, over: Mapping[str, Any]) -> tuple[ValueStatus, bool]:
    """How a value stands that is said once more, and whether what was said of it stays."""
    was = ValueStatus(held["status"])
    settled = was is ValueStatus.KEPT and held["over_facts"] == over["over_facts"]
    stays = claim.status is not ValueStatus.KEPT and (settled or was is ValueStatus.PROPOSED)
    return (was if stays else claim.status), stays


def _over(unit_id: int, name: str, version: Mapping[str, Any]) -> dict[str, str]:
    """Whose value is in force, since which day, and what it is; all empty where the unit says nothing."""
    facts = facts_of(unit_id, name, version[name])
    origin = origin_of(version["sources"], name) if facts else Origin("", 0, "")
    return {"over": origin.source, "over_on": origin.on, "over_facts": facts}


def follow(session: Session, unit_ids: Iterable[int]) -> None:
    """Units were written: what is in force now lost no longer, nor what its own source said before; what others say lost
    against something else now, and is open again."""
    held = known(session, unit_ids)
    versions = latest_versions_of(session, {key[0] for key in held})
    plan = _Plan()
    for (unit_id, name, source), row in held.items():
        over = _over(unit_id, name, versions[unit_id])
        own_word = (
            over["over"] == source and over["over_on"] >= row["said_on"] and over["over_facts"] != row["over_facts"]
        )
        if over["over_facts"] == row["facts"] or own_word:
            plan.drop.append(row["losing_id"])
        elif any(row[part] != value for part, value in over.items()):
            was = ValueStatus(row["status"])
            settled = was is ValueStatus.KEPT and row["over_facts"] != over["over_facts"]
            plan.tell(row["losing_id"], ValueStatus.OPEN if settled else was, over)
    _carry_out(session, plan)


def let_go(session: Session, keys: Iterable[Key]) -> None:
    """What a request put to somebody is open again: nothing came of it."""
    wanted = set(keys)
    held = known(session, {key[0] for key in wanted})
    ids = [row["losing_id"] for key, row in held.items() if key in wanted and row["status"] == ValueStatus.PROPOSED]
    for part in chunked(ids, MAX_IN):
        mine = col(LosingValue.losing_id).in_(part)
        move_where(session, LosingValue, ValueStatus.OPEN, mine, request_id=None)


def put_to_somebody(session: Session, losing_ids: Sequence[int], request_id: int) -> None:
    """A request proposes these values."""
    for part in chunked(losing_ids, MAX_IN):
        mine = col(LosingValue.losing_id).in_(part)
        move_where(session, LosingValue, ValueStatus.PROPOSED, mine, request_id=request_id)


def _carry_out(session: Session, plan: _Plan) -> None:
    for part in chunked(plan.drop, MAX_IN):
        session.execute(delete(LosingValue).where(col(LosingValue.losing_id).in_(part)))
    for status, rows in plan.again.items():
        move_rows(session, LosingValue, status, rows, key="losing_id")
    if plan.new:
        bulk_insert(session, _table, {name: [row[name] for row in plan.new] for name in plan.new[0]})
