"""The guards of promise 14, asked of what the tables say by code of its own: slow, day by day, in plain words.

`faults` names everything that no register may hold; `events` what happened in it that could not happen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from itertools import combinations, pairwise
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.truth.replay import ENDS, FIRST, LAST, Days, World, codes_of

FAR = "9999-12-31"
Fault = tuple[Any, ...]
Row = Mapping[str, Any]

_FINDS = {
    **dict.fromkeys(("change", "correction", "code_change", "recoding"), None),
    **{key: {"live"} for key in ("move_within", "treated_as_legal", "split", "pause", "resume", "closed", "move_out")},
    **{key: {"live"} for key in ("bankrupt", "deregistered", "revoked")},
    **{key: {"live", "closed"} for key in ("merge", "conversion")},
    "void": {"live", "closed", "merged", "converted", "moved_out"},
    "reinstate": {"closed", "merged", "converted", "moved_out", "void"},
    "move_in": {"moved_out"},
}
"""In which standing something can find a unit; None in any."""
_FINDS_CLOSED = {"bankrupt": "47", "deregistered": "457", "revoked": "4"}
"""What happens to a closed unit all the same, by its operating status."""


def can_happen(reason: str, standing: str, status: str) -> bool:
    if standing == "closed" and status and status in _FINDS_CLOSED.get(reason, ""):
        return True
    if (reason == "pause" and status == "2") or (reason == "resume" and status == "1"):
        return False
    finds = _FINDS[reason]
    return finds is None or standing in finds


def go_together(standing: str, status: str) -> bool:
    """A live unit says no status of one that is gone, and a closed one says such a status."""
    return status not in ENDS if standing == "live" else standing != "closed" or status in ENDS


def rows_of(session: Session, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """The versions as they lie in the table, believed now or at a moment, by unit and day."""
    return _read(session, "unit_version", "unit_id, valid_from", known_at)


def links_of(session: Session, table: str, known_at: datetime | None = None) -> list[dict[str, Any]]:
    return _read(session, table, "unit_id, valid_from, valid_until", known_at)


def _read(session: Session, table: str, order: str, known_at: datetime | None) -> list[dict[str, Any]]:
    believed = "superseded_at >= :known" if known_at is None else "recorded_at <= :known AND superseded_at > :known"
    moment = datetime.fromisoformat(FAR) if known_at is None else known_at
    told = moment.isoformat(" ", "microseconds") if session.get_bind().dialect.name == "sqlite" else moment
    query = text(f"SELECT * FROM {table} WHERE {believed} ORDER BY {order}")  # names of this file
    return [dict(row) for row in session.execute(query, {"known": told}).mappings()]


def world_of(session: Session, names: Collection[str], inner: Mapping[str, str]) -> World:
    """What the tables say, told apart by days; a day that two versions speak of, or none between two, is an error of its own."""
    world = World(inner)
    for row in rows_of(session):
        days: Days = world.units.setdefault(row["unit_id"], {})
        begins, ends = (number(row[name]) for name in ("valid_from", "valid_until"))
        assert begins < ends, row
        assert not days or max(days) == begins - 1, f"unit {row['unit_id']}: gap or overlap at day {begins}"
        says = {name: row[name] for name in names} | {"standing": row["standing"], "heir": row["successor_id"]}
        days |= {day: {**says, "bears": {}, "follow": {}} for day in range(begins, min(ends, LAST + 1))}
    for unit, days in world.units.items():
        assert max(days) == LAST, f"unit {unit} ends"
    for row in links_of(session, "identifier"):
        if row["stated"] and not row["within"]:
            _beside(world, row, "bears", (row["scheme"], row["value"]))
    for row in links_of(session, "relation"):
        if row["stated"]:
            _beside(world, row, "follow", row["target_unit_id"])
    return world


def _beside(world: World, row: Row, name: str, what: Any) -> None:
    begins, ends = (number(row[edge]) for edge in ("valid_from", "valid_until"))
    for day in range(begins, min(ends, LAST + 1)):
        assert day in world.units[row["unit_id"]], ("a link of a unit that is not there", row)
        says = world.units[row["unit_id"]][day]
        says[name] = {**says[name], what: frozenset({0})}


def state_of(session: Session, but: Collection[int] = ()) -> dict[str, set[str]]:
    """All that is believed of units, day by day, and of their links, without who wrote it when; some units left out, and who means
    them."""
    found: dict[str, set[str]] = {}
    for row in rows_of(session):
        told = str({name: value for name, value in row.items() if name not in _BOOKED})
        days = range(number(row["valid_from"]), min(number(row["valid_until"]), LAST + 1))
        found.setdefault("days", set()).update(f"{day} {told}" for day in days if row["unit_id"] not in but)
    for table in ("identifier", "relation"):
        rows = [row for row in links_of(session, table) if row["unit_id"] not in but]
        rows = [{**row, "target_unit_id": None} if row.get("target_unit_id") in but else row for row in rows]
        found[table] = {
            str({name: row[name] for name in row if name not in _BOOKED or "valid" in name}) for row in rows
        }
    return found


_BOOKED = frozenset(
    ("version_id", "identifier_id", "relation_id", "recorded_at", "superseded_at", "request_id", "reason")
) | {"valid_from", "valid_until"}


def number(day: Any) -> int:
    return (date.fromisoformat(str(day)[:10]) - FIRST).days


def faults(world: World, listed: Mapping[str, Collection[str]]) -> set[Fault]:
    """Everything in a register that a guard should have stopped."""
    found = {*_bare(world, listed), *_against(world), *_shared(world), *_unfollowable(world), *_circles(world)}
    return found | set(_given_twice(world))


def _each(world: World) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    for unit, days in world.units.items():
        for day, says in days.items():
            yield unit, day, says


def _bare(world: World, listed: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    for unit, _, says in _each(world):
        for name in ("name", "area_code", "unit_type"):
            if not says[name].strip():
                yield "bare", unit, name
        for name, codes in listed.items():
            if says[name] and says[name] not in codes:
                yield "unlisted", unit, name, says[name]
        if says["employees"] is not None and not 0 <= says["employees"] <= 10**12:
            yield "beyond", unit, "employees", says["employees"]


def _against(world: World) -> Iterator[Fault]:
    for unit, day, says in _each(world):
        if not go_together(says["standing"], says["operating_status"]):
            yield "against", unit, day, says["standing"], says["operating_status"]


def _given_twice(world: World) -> Iterator[Fault]:
    """Temporary codes that more than one unit is said to bear, on whatever day: each is one unit's for ever."""
    bearers: dict[str, set[int]] = {}
    for unit, _, says in _each(world):
        for scheme, code in codes_of(says, world.inner):
            if scheme == "temp_code":
                bearers.setdefault(code, set()).add(unit)
    yield from (("given twice", code, *sorted(units)) for code, units in bearers.items() if len(units) > 1)


def _own(says: Mapping[str, Any], inner: Mapping[str, str], valid: Collection[str]) -> set[tuple[str, str]]:
    """Valid codes that a unit bears for itself: neither its parent's, nor a 本部's."""
    parents = {says["parent_uscc"], inner.get(says["parent_uscc"], ""), says["parent_org_code"]}
    return {
        (scheme, code)
        for scheme, code in codes_of(says, inner)
        if code in valid and code not in parents and not (len(code) == 9 and code.endswith("B"))
    }


def _shared(world: World) -> Iterator[Fault]:
    valid = {*world.inner, *world.inner.values()}
    for day in range(min((min(days) for days in world.units.values()), default=0), LAST + 1):
        live = [unit for unit in world.units if (says := world.on(unit, day)) and says["standing"] == "live"]
        own = {unit: _own(world.units[unit][day], world.inner, valid) for unit in live}
        small = {unit: world.units[unit][day]["unit_type"] == "2" for unit in live}
        for one, other in combinations(live, 2):
            if small[one] == small[other]:
                yield from (("taken", *sorted((one, other)), *code) for code in own[one] & own[other])


def _unfollowable(world: World) -> Iterator[Fault]:
    for unit, day, says in _each(world):
        heir = says["heir"]
        if heir is not None and (world.begun(unit, day, "heir") == day):
            there = world.on(heir, day) if heir in world.units else None
            if heir == unit or there is None or there["standing"] != "live":
                yield "heir", unit, heir, "itself" if heir == unit else "missing" if there is None else "gone"
        for other in says["follow"]:
            there = world.on(other, day) if other in world.units else None
            begun = not (before := world.units[unit].get(day - 1)) or other not in before["follow"]
            if other == unit or (begun and (there is None or there["standing"] != "live")):
                yield "heir", unit, other, "itself" if other == unit else "missing" if there is None else "gone"
        if says["unit_type"] != "2":
            for name in ("parent_uscc", "superior_uscc", "parent_org_code"):
                told = {says[name], says[name][8:17]} - {""}
                if told & {code for _, code in world.bears(unit, day)}:
                    yield "own", unit, name, says[name]


def stated(world: World, unit: int) -> Iterator[Fault]:
    """Parents and superiors that a unit names and that do not live on the first day on which it names them."""
    for day, says in world.units[unit].items():
        for name in ("parent_uscc", "superior_uscc", "parent_org_code"):
            if says[name] and world.begun(unit, day, name) == day:
                meant = world.meant(unit, day, name)
                there = None if meant is None else world.on(meant, day)
                if there is not None and there["standing"] != "live":
                    yield "above", unit, name, says[name]


def _circles(world: World) -> Iterator[Fault]:
    upwards = ("parent_uscc", "superior_uscc", "parent_org_code")
    for day in range(LAST + 1):
        there = [unit for unit in world.units if world.on(unit, day)]
        heirs = {unit: ({(says := world.units[unit][day])["heir"]} | set(says["follow"])) - {None} for unit in there}
        above = {
            unit: {world.meant(unit, day, name) for name in upwards if world.units[unit][day][name]} - {None}
            for unit in there
        }
        for kind, steps in (("heirs", heirs), ("above", above)):
            yield from (("circle", kind, unit) for unit in there if _leads_back(steps, unit))


def could_lead_back(world: World, unit: int) -> bool:
    """Whether units above lead back to one if each of several who could be meant by a code is: a proposal may hear so."""
    ever = {one: {code for day in days for _, code in world.bears(one, day)} for one, days in world.units.items()}
    said = {
        one: {says[name] for says in days.values() for name in ("parent_uscc", "superior_uscc", "parent_org_code")}
        - {""}
        for one, days in world.units.items()
    }
    heirs = {one: {says["heir"] for says in days.values()} - {None} for one, days in world.units.items()}
    steps = {one: {other for other in ever if other != one and ever[other] & said[one]} | heirs[one] for one in ever}
    return _leads_back(steps, unit)


def _leads_back(steps: Mapping[int, set[Any]], unit: int) -> bool:
    gone, ahead = set[int](), set(steps[unit])
    while ahead:
        at = ahead.pop()
        if at == unit:
            return True
        if at not in gone:
            gone.add(at)
            ahead |= steps.get(at, set())
    return False


def events(rows: list[dict[str, Any]]) -> set[Fault]:
    """What happened, as the rows tell it, to a unit to which it could not happen. Corrections and births are no events."""
    found = set[Fault]()
    for before, row in pairwise(rows):
        reason = row["began_by"]
        if before["unit_id"] != row["unit_id"] or reason in ("correction", "recoding", "new", "found_missing"):
            continue
        if not can_happen(reason, before["standing"], before["operating_status"] or ""):
            found.add((row["unit_id"], number(row["valid_from"]), reason))
    return found


def told(row: Row) -> Fault:
    """A version in short, for who reads what went wrong."""
    return row["unit_id"], number(row["valid_from"]), row["began_by"], row["standing"], row["operating_status"]
