"""Findings that stand over the register: rules are asked of all live units, or of some, and what comes out is kept.

A look is read in snapshots beside whoever writes, and stored in short turns; what a unit was put right in meanwhile is
seen by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.clock import day_of
from app.core.dialect import bulk_insert
from app.core.moves import move_where
from app.core.turns import Turns, ranges
from app.core.types import canonical_json, current_keys
from app.domain.lives import FindingStatus
from app.models import Finding, Rule, RuleRun, table_of, unit_version
from app.register.queries import AsOf, last_unit, versions_of
from app.register.rules import plain
from app.rules.asks import Ask, broken, read_asks
from app.rules.queries import asked_on, last_run
from app.rules.worlds import Held, World

LOOK_TASK = "rules.look"
PART = 2000
"""Units of one turn: a few thousandths of a second of the writer."""
Broken = set[tuple[str, int]]
"""Rule and unit."""


@dataclass(frozen=True)
class Asked:
    """The rules in force on a day, read."""

    asks: Mapping[str, list[Ask]]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Asked:
        return cls({rule.code: read_asks(rule.code, rule.asks) for rule in rules})

    def only(self, *, whole: bool) -> Mapping[str, list[Ask]]:
        """Of each rule the asks that look at all units at once, or those that look at one; rules without any fall away."""
        return self._of(lambda ask: ask.whole is whole)

    def alone(self) -> Asked:
        """The same with those asks alone that a unit can be asked which is only told."""
        return Asked(self._of(lambda ask: ask.alone))

    def _of(self, wanted: Callable[[Ask], bool]) -> Mapping[str, list[Ask]]:
        parted = {rule: [ask for ask in asks if wanted(ask)] for rule, asks in self.asks.items()}
        return {rule: asks for rule, asks in parted.items() if asks}

    def fields(self) -> frozenset[str]:
        return frozenset(name for asks in self.asks.values() for ask in asks for name in ask.fields)


def broken_by(world: World, asks: Mapping[str, list[Ask]], key: str = "unit_id") -> Broken:
    """Which rules which of the units judged break, by one pass over them; `key` is how they are called."""
    if not asks:
        return set()
    tests = {rule: broken(rules, world) for rule, rules in asks.items()}
    said = [case((test, 1), else_=0) for test in tests.values()]
    rows = world.session.execute(select(world.subject.c[key], *said).where(or_(*tests.values())))
    return {(rule, int(row[0])) for row in rows for rule, holds in zip(tests, row[1:], strict=True) if holds}


def look(turns: Turns, *, now: datetime) -> RuleRun:
    """Ask all rules in force of all live units, and keep what comes out. Returns the report."""
    on = day_of(now)
    asked = turns.read(lambda session: Asked.of(asked_on(session, on)))
    last = turns.read(last_unit)
    crowd = turns.read(lambda session: broken_by(Held(session, AsOf(on)), asked.only(whole=True)))
    run = RuleRun(on=on, at=now, units=last, opened=0, closed=0)
    for part in ranges(1, last, PART):
        opened, closed = _look_at_part(turns, asked, crowd, part, now)
        run.opened, run.closed = run.opened + opened, run.closed + closed
    turns.write(lambda session: _note(session, run))
    return run


def _note(session: Session, run: RuleRun) -> None:
    session.add(run)
    session.flush()
    session.expunge(run)


def _look_at_part(turns: Turns, asked: Asked, crowd: Broken, part: tuple[int, int], now: datetime) -> tuple[int, int]:
    """Judge the units of a range; returns how many findings were opened and closed."""
    units = unit_version.c.unit_id.between(*part)
    alone = turns.read(lambda session: _alone(session, asked, now, units))
    found = alone | {one for one in crowd if part[0] <= one[1] <= part[1]}
    return turns.write(lambda session: _keep(session, found, part, now))


def is_due(session: Session, now: datetime) -> bool:
    """Whether rules are there to be asked, and were not asked of the whole register today."""
    run = last_run(session)
    on = day_of(now)
    return (run is None or run.on < on) and last_unit(session) > 0 and bool(asked_on(session, on))


def _alone(session: Session, asked: Asked, now: datetime, units: ColumnElement[bool]) -> Broken:
    return broken_by(Held(session, AsOf(day_of(now)), units), asked.only(whole=False))


def _keep(session: Session, found: Broken, part: tuple[int, int], now: datetime) -> tuple[int, int]:
    """Bring the findings of a range of units to what was found; returns how many were opened and closed."""
    table = table_of(Finding)
    held = {
        (row.rule, row.unit_id): row
        for row in session.execute(select(table).where(table.c.unit_id.between(*part))).all()
    }
    new = sorted(found - held.keys())
    bulk_insert(session, table, _columns(new, now))
    again = [row.finding_id for key, row in held.items() if key in found and row.status == FindingStatus.CLOSED]
    again += _explain_no_more(session, [row for key, row in held.items() if key in found], now)
    gone = [row.finding_id for key, row in held.items() if key not in found and row.status != FindingStatus.CLOSED]
    opened = _move(session, FindingStatus.OPEN, again, found_at=now, closed_at=None, facts="")
    return len(new) + opened, _move(session, FindingStatus.CLOSED, gone, closed_at=now, facts="")


def _columns(new: Sequence[tuple[str, int]], now: datetime) -> dict[str, list[Any]]:
    return {
        "rule": [rule for rule, _ in new],
        "unit_id": [unit_id for _, unit_id in new],
        "status": [str(FindingStatus.OPEN)] * len(new),
        "found_at": [now] * len(new),
        "facts": [""] * len(new),
    }


def _move(session: Session, wanted: FindingStatus, ids: Sequence[int], **told: Any) -> int:
    return move_where(session, Finding, wanted, col(Finding.finding_id).in_(ids), **told) if ids else 0


def _explain_no_more(session: Session, rows: Sequence[Any], now: datetime) -> list[int]:
    """Findings whose unit says something else than when a note explained them."""
    explained: dict[str, list[Any]] = {}
    for row in rows:
        if row.status == FindingStatus.EXPLAINED:
            explained.setdefault(row.rule, []).append(row)
    gone = []
    for rule, some in explained.items():
        facts = facts_of(session, rule, [row.unit_id for row in some], now)
        gone += [row.finding_id for row in some if facts.get(row.unit_id) != row.facts]
    return gone


def facts_of(session: Session, rule: str, unit_ids: Iterable[int], now: datetime) -> dict[int, str]:
    """Unit to a keyed digest of what it says in the fields that a rule speaks of: some of these are personal."""
    on = day_of(now)
    fields: list[str] = next((one.fields for one in asked_on(session, on) if one.code == rule), [])
    return {
        unit_id: current_keys().finding("finding", canonical_json([plain(row[name]) for name in fields])).hex()
        for unit_id, row in versions_of(session, unit_ids, AsOf(on)).items()
    }
