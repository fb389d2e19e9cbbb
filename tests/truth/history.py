"""Random people who propose, approve and apply what happened to units, in and out of order, singly and in bulk; who merge
them, split them, and take all of that back.

After each step the tables are read by code of its own (`watch`) and held against the replay day by day (`replay`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import drafting, service, verbs
from app.changes.rules import ItemDraft
from app.changes.schemas import ItemsWanted
from app.core.db import Database
from app.core.errors import AppError
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.intake.reading import import_file
from app.match import run as matching_run
from app.models import CodeItem, CodeList, RequestItem
from app.pool import verbs as pool
from app.register import sources
from app.register.demography import Keyed, balances
from app.register.queries import AsOf, identifiers_at, register_head, relations_at, versions_of
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS_HEADER, CLOCK, person
from tests.factories.house import do, housing
from tests.factories.world import NOW
from tests.factories.writes import HAND
from tests.truth import replay, watch
from tests.truth.justified import JUSTIFIED
from tests.truth.replay import BLANK, LAST, Told, World, day
from tests.truth.tellings import (
    BEFORE,
    CODES,
    HERE,
    INNER,
    KEYS,
    LINE,
    LISTED,
    LISTS,
    ROW,
    STREETS,
    USCC,
    beside,
    births,
    days,
    parts,
    some_values,
    tellings,
)

MOST_UNITS = 7


@dataclass
class Waiting:
    """A request that was handed in: what it tells of which units, and what these said on its days by then."""

    request_id: int
    told: list[Told]
    is_batch: bool
    seen: list[Any] = field(default_factory=list)
    undoes: int = 0
    touched: Mapping[int, int] = field(default_factory=dict)
    """Of an undoing: how often each of its units had been written when it was proposed."""


@dataclass(frozen=True)
class Applied:
    """A single request that was written: the world before and behind it, and all that was believed before it."""

    units: tuple[int, ...]
    was: World
    did: World
    state: Mapping[str, set[str]]


def told_as(told: Told) -> dict[str, Any]:
    """What a person fills in."""
    about: dict[str, Any] = {"reason": told.reason, "valid_from": day(told.start), "changes": dict(told.values)}
    codes = [(code, False) for code in told.bears] + [(code, True) for code in told.drops]
    named = {
        "unit_id": told.unit or None,
        "successor_id": told.heir,
        "valid_until": day(told.end) if told.end else None,
        "codes": [{"scheme": scheme, "value": value, "gone": gone} for (scheme, value), gone in codes] or None,
    }
    return about | {name: value for name, value in named.items() if value is not None}


def item_of(told: Told) -> ItemDraft:
    until = day(told.end) if told.end else FOREVER
    return ItemDraft(
        Reason(told.reason), day(told.start), dict(told.values), sources.pack(HAND), told.unit or None,
        valid_until=until, successor_id=told.heir,
    )  # fmt: skip


class Register(RuleBasedStateMachine):
    """One register over its life; `fresh` and `drop` make and end its database."""

    fresh: Callable[[], Database]
    drop: Callable[[Database], None]
    counted: Counter[str] = Counter()
    with_files = False

    def __init__(self) -> None:
        super().__init__()
        self.database = self.fresh()
        self._housing = housing(self.database)
        self.house: House = self._housing.__enter__()
        self.world = World(INNER)
        self.known: list[tuple[datetime, World]] = []
        self.waiting: list[Waiting] = []
        self.applied: dict[int, Applied] = {}
        self.touched: Counter[int] = Counter()
        self.events: set[watch.Fault] = set()
        self.begun: dict[tuple[int, int], str] = {}

    def teardown(self) -> None:
        self._housing.__exit__(None, None, None)
        self.drop(self.database)

    @initialize()
    def lists(self) -> None:
        with self.database.write() as session:
            for name, codes in {**LISTS, "division": (*STREETS, "500105000000", "500000000000")}.items():
                load(session, name, codes)
        do(self.house, pool.issue, "maintainer", area="500105", count=2)
        for values in BEFORE:
            self._tell(Told(0, "new", 2, None, values), at_once=True)

    # What people do

    @rule(values=births, start=st.integers(5, 35), closes=st.integers(0, 30), late=st.booleans())
    def bear(self, values: dict[str, Any], start: int, closes: int, late: bool) -> None:
        if len(self.world.units) < MOST_UNITS:
            borne = {
                code
                for unit in self.world.units
                for on in self.world.units[unit]
                for _, code in self.world.bears(unit, on)
            }
            if values["uscc"] in borne and closes % 4:  # the rest is refused
                values = {**values, "uscc": next((code for code in USCC if code not in borne), "")}
            told = Told(0, "found_missing" if late else "new", start, None, values)
            if values.get("operating_status") in replay.ENDS:
                told = replace(told, values={**values, "closed_on": day(min(start + closes, LAST - 1)).isoformat()})
            self._tell(told, at_once=True)

    @precondition(lambda self: self.world.units)
    @rule(told=st.lists(st.tuples(tellings, st.sampled_from([True, True, False])), min_size=1, max_size=4))
    def tell(self, told: list[tuple[Told, bool]]) -> None:
        for one, at_once in told:
            self._tell(self._of_units(one), at_once=at_once)

    @precondition(lambda self: self.world.units)
    @rule(unit=st.integers(0, 7), start=days, codes=st.lists(beside, min_size=1, max_size=2))
    def tell_codes(self, unit: int, start: int, codes: list[tuple[str, bool, int]]) -> None:
        """Codes that a unit bears beside its fields, or no more."""
        told = [((scheme, CODES[scheme][which % len(CODES[scheme])]), gone) for scheme, gone, which in codes]
        bears, drops = (tuple(code for code, is_gone in told if is_gone is gone) for gone in (False, True))
        self._tell(self._of_units(Told(unit, "code_change", start, None, bears=bears, drops=drops)), at_once=True)

    @precondition(lambda self: len(self.world.units) > 1)
    @rule(units=st.lists(st.integers(0, 7), min_size=2, max_size=3, unique=True), start=days, at_once=st.booleans())
    def merge(self, units: list[int], start: int, at_once: bool) -> None:
        stays, *gone = (self._living(one, start) for one in units)
        about = {"unit_id": stays, "absorbed": sorted({*gone} - {stays}), "valid_from": day(start), "changes": {}}
        if about["absorbed"]:
            self._propose({"reason": "merge", **about}, [Told(stays, "merge", start)], at_once)

    @precondition(lambda self: self.world.units)
    @rule(unit=st.integers(0, 7), start=days, into=parts, at_once=st.booleans())
    def split(self, unit: int, start: int, into: list[dict[str, Any]], at_once: bool) -> None:
        """Its own codes and children as often as it has any; new units as long as there is room."""
        one = self._living(unit, start)
        codes = sorted({code for on in self.world.units[one] for _, code in self.world.bears(one, on)})
        children = [
            child for child, says in self.world.units.items()
            if says[LAST]["parent_uscc"] and self.world.meant(child, LAST, "parent_uscc") == one
        ]  # fmt: skip
        told = []
        for number, part in enumerate(into):
            is_new = part["new"] is not None and len(self.world.units) + number < MOST_UNITS + 2
            new = {**(part["new"] or {}), "closed_on": day(start).isoformat()} if is_new else {}
            about: dict[str, Any] = (
                {"new": new} if is_new else {"unit_id": self._living(part["unit"] + unit + 1, start)}
            )
            about["codes"] = sorted({codes[place % len(codes)] for place in part["codes"]}) if codes else []
            about["children"] = sorted({children[place % len(children)] for place in part["children"] if children})
            told.append(about)
        self._propose({"reason": "split", "unit_id": one, "into": told, "valid_from": day(start)}, [], at_once)

    @precondition(lambda self: self.applied)
    @rule(which=st.integers(0, 30), at_once=st.sampled_from([True, True, False]))
    def undo(self, which: int, at_once: bool) -> None:
        """Take a request back, the last ones more often than those long ago; an undoing is a request like any other."""
        numbers = sorted(self.applied, reverse=True)
        self._undo(numbers[min(which, which % len(numbers))], at_once)

    @precondition(lambda self: len(self.world.units) > 1)
    @rule(many=st.lists(tellings, min_size=2, max_size=5), values=births, adds=st.booleans(), at_once=st.booleans())
    def tell_many(self, many: list[Told], values: dict[str, Any], adds: bool, at_once: bool) -> None:
        """A batch as a file makes it."""
        told = [self._of_units(one) for one in many]
        if adds and len(self.world.units) < MOST_UNITS and values.get("operating_status") not in replay.ENDS:
            told += [Told(0, "new", 10, None, values), Told(0, "new", 10, None, {**values, "uscc": "", "org_code": ""})]
        self._batch(told, at_once)

    @precondition(lambda self: len(self.world.units) > 1)
    @rule(told=tellings, values=some_values, at_once=st.booleans())
    def tell_all_the_same(self, told: Told, values: dict[str, Any], at_once: bool) -> None:
        """One thing of all units, as a recoding or a moved street is."""
        if told.heir is None:
            self._batch([replace(told, unit=unit) for unit in self.world.units], at_once)

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, 5))
    def decide(self, which: int) -> None:
        self._approve(self.waiting.pop(which % len(self.waiting)))

    @precondition(lambda self: self.with_files)
    @rule(rows=st.lists(st.fixed_dictionaries(ROW), min_size=1, max_size=3), as_of=st.integers(20, 40))
    def hand_in_a_file(self, rows: list[dict[str, Any]], as_of: int) -> None:
        """A census list: what the match run makes of it is a batch like any other."""
        lines = "".join(LINE.format(n=n, **row) for n, row in enumerate(rows))
        path = self.house.files_dir / f"list{len(self.known)}.csv"
        path.write_text(CENSUS_HEADER + lines, "utf-8")
        actor = person(self.database, "maintainer")
        with suppress(AppError):
            import_file(self.database, path, "census", actor=actor, clock=CLOCK, as_of=day(as_of))
            for request_id in matching_run.run(self.database, actor=actor, clock=CLOCK).requests:
                self._approve(Waiting(int(request_id), self._items_of(int(request_id)), True))

    def _items_of(self, request_id: int) -> list[Told]:
        own = select(RequestItem).where(col(RequestItem.request_id) == request_id).order_by(col(RequestItem.seq))
        with self.database.read() as session:
            return [_told_by(item) for item in session.execute(own).scalars()]

    # What is asked

    @precondition(lambda self: self.known)
    @rule(seed=st.integers(0, 2**16))
    def ask(self, seed: int) -> None:
        """Values, standings, codes, who follows and who stands above, on a day as known at a moment; and who came and went."""
        dice = random.Random(seed)
        for _ in range(3):
            moment, world = dice.choice(self.known)
            on = dice.randrange(-1, LAST + 1)
            with self.database.read() as session:
                self._answers(session, world, on, moment if dice.random() < 0.8 else None)
                self._balances(session, dice, moment, world)

    def _answers(self, session: Session, world: World, on: int, moment: datetime | None) -> None:
        world, as_of = world if moment else self.world, AsOf(day(on), moment)
        held = versions_of(session, world.units, as_of)
        for unit in world.units:
            says = world.on(unit, on)
            assert (says is None) == (unit not in held), (unit, on)
            if says is not None:
                row = {name: held[unit][name] for name in BLANK}
                assert row == {name: says[name] for name in BLANK}, (unit, on, moment)
                assert (held[unit]["standing"], held[unit]["successor_id"]) == (says["standing"], says["heir"])
            bears = [
                one for one in identifiers_at(session, unit, as_of) if one["valid_from"] <= day(on) < one["valid_until"]
            ]
            assert {(one["scheme"], one["value"]) for one in bears} == world.bears(unit, on), (unit, on, moment)
            by_fields = [one for one in bears if not one["stated"]]
            assert len(by_fields) == len({(one["scheme"], one["value"], one["within"]) for one in by_fields}), bears
            self._kin(session, world, unit, on, as_of)
        self.counted["asked"] += 1

    def _kin(self, session: Session, world: World, unit: int, on: int, as_of: AsOf) -> None:
        own = [one for one in relations_at(session, unit, as_of) if one["unit_id"] == unit]
        found = [(one["kind"], one["target_code"], one["target_unit_id"] or 0) for one in own if not one["stated"]]
        says = world.on(unit, on)
        told = (("parent", "parent_uscc"), ("parent", "parent_org_code"), ("superior", "superior_uscc"))
        wanted = {
            (kind, says[name], world.meant(unit, min(on, LAST), name) or 0)
            for kind, name in told
            if says is not None and says[name]
        }
        if says is not None and says["heir"] is not None:
            wanted.add(("succession", "", says["heir"]))
        assert sorted(found) == sorted(wanted), (unit, on, as_of.known_at)
        follow = {one["target_unit_id"] for one in own if one["stated"]}
        assert follow == set(says["follow"] if says is not None else ()), (unit, on, as_of.known_at)

    def _balances(self, session: Session, dice: random.Random, moment: datetime, world: World) -> None:
        by = dice.choice(list(KEYS))
        since = dice.randrange(0, LAST - 5)
        until = since + dice.randrange(0, LAST - since)
        told = balances(session, since=day(since), until=day(until), by=by, within=HERE, known_at=moment)
        wanted = replay.moves(world, since, until, KEYS[by])
        if by is Keyed.DAY:
            found = {
                "": (
                    told[0].opening,
                    sum(one.entries for one in told),
                    sum(one.exits for one in told),
                    told[-1].closing,
                )
            }
        else:
            found = {one.key: (one.opening, one.entries, one.exits, one.closing) for one in told}
        nobody = (0, 0, 0, 0)
        for key in {*found, *wanted}:
            assert found.get(key, nobody) == wanted.get(key, nobody), (by, key, since, until, moment)

    @invariant()
    def the_tables_say_what_the_replay_says_and_break_no_guard(self) -> None:
        if not self.known:
            return
        with self.database.read() as session:
            found = watch.world_of(session, list(BLANK), INNER)
        for unit, told in self.world.units.items():
            for number, says in told.items():
                held = found.units[unit].get(number, {})
                assert _compared(held) == _compared(says), (unit, number, _differing(held, says))
            assert found.units[unit].keys() == told.keys(), unit
        assert found.units.keys() == self.world.units.keys()
        broken = watch.faults(found, LISTED)
        assert broken == set()

    # How it is done

    def _unit(self, number: int) -> int:
        units = sorted(self.world.units)
        return units[number % len(units)]

    def _living(self, number: int, on: int) -> int:
        """A unit that lives on a day, as long as there are two such: else hardly a merger or a split could be."""
        living = [
            unit
            for unit in sorted(self.world.units)
            if (says := self.world.on(unit, on)) and says["standing"] == "live"
        ]
        return living[number % len(living)] if len(living) > 1 else self._unit(number)

    def _of_units(self, told: Told) -> Told:
        """The same of units that are there."""
        heir = None if told.heir is None else self._unit(told.heir)
        return replace(told, unit=self._unit(told.unit), heir=heir)

    def _tell(self, told: Told, *, at_once: bool) -> None:
        self._propose(told_as(told), [told], at_once)

    def _propose(self, wish: Mapping[str, Any], told: list[Told], at_once: bool) -> None:
        """Propose what a person fills in; what a merger or a split tells of each of its units is read from the request."""
        try:
            shown = do(self.house, verbs.propose, "maintainer", **wish)
        except AppError as refusal:
            self._refused(refusal, told if wish["reason"] not in ("merge", "split") else [])
            return
        items = self._items_of(shown.request_id)
        assert wish["reason"] in ("merge", "split") or items == told, (items, told)
        self._wait(Waiting(shown.request_id, items, False, self._seen(items)), at_once)

    def _undo(self, number: int, at_once: bool) -> None:
        undone = self.applied[number]
        world = self.world.without(undone.was, undone.did, undone.units)
        try:
            shown = do(self.house, verbs.undo, "maintainer2", request_id=number, comment="认错")
        except AppError as refusal:
            self._refused_to_undo(refusal, world)
            return
        touched = {unit: self.touched[unit] for unit in undone.units}
        seen = [self.world.units[unit] for unit in undone.units]
        self._wait(Waiting(shown.request_id, [], False, seen, undoes=number, touched=touched), at_once)

    def _wait(self, waiting: Waiting, at_once: bool) -> None:
        if at_once:
            self._approve(waiting)
        else:
            self.waiting.append(waiting)

    def _batch(self, told: list[Told], at_once: bool) -> None:
        try:
            with self.database.write() as session:
                actor = get_actor(session, "maintainer")
                items = [item_of(one) for one in told]
                request = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True)
                service.submit(session, request.request_id, actor=actor, now=NOW)
                waiting = Waiting(request.request_id, told, True)
        except AppError as refusal:
            if refusal.code != "bad_change":
                raise
            self.counted["batch bad"] += 1
            return
        self._wait(waiting, at_once)

    def _approve(self, waiting: Waiting) -> None:
        with self.database.read() as session:
            state = {} if waiting.is_batch else watch.state_of(session)
        try:
            version = do(self.house, verbs.show, "approver", request_id=waiting.request_id).version
            do(self.house, verbs.approve, "approver", request_id=waiting.request_id, version=version, comment="核实")
        except AppError as refusal:
            if waiting.is_batch:
                raise
            self._refused_to_approve(refusal, waiting)
            return
        before = self.world
        if waiting.is_batch:
            run_all(self.database, CLOCK)
        else:
            assert not self._late(waiting), "a request that came too late was written"
        if waiting.undoes:
            self._undone(waiting)
            units = self.applied[waiting.undoes].units
        else:
            units = self._written(waiting)
        if not waiting.is_batch:
            self.applied[waiting.request_id] = Applied(units, before, self.world, state)

    def _undone(self, waiting: Waiting) -> None:
        undone = self.applied[waiting.undoes]
        is_last = self.world is undone.did
        self.world = self.world.without(undone.was, undone.did, undone.units)
        self.counted["undone"] += 1
        self.touched.update(undone.units)
        with self.database.read() as session:
            if is_last:
                brought = undone.did.units.keys() - undone.was.units.keys()
                found = watch.state_of(session, brought)
                for table, was in undone.state.items():
                    assert found.get(table, set()) ^ was == set(), ("undone at once, and not as it was", table)
                self.counted["undone at once"] += 1
            self._note(session)
            rows = watch.rows_of(session)
        self.events = watch.events(rows)
        self.begun = {(row["unit_id"], watch.number(row["valid_from"])): row["began_by"] for row in rows}

    def _note(self, session: Session) -> None:
        head = register_head(session)
        if head is not None:
            self.known.append((head.recorded_at, self.world))

    def _written(self, waiting: Waiting) -> tuple[int, ...]:
        asked = ItemsWanted(request_id=waiting.request_id)
        items = {item.seq: item for item in do(self.house, verbs.items, "approver", **asked.model_dump()).items}
        applied: list[Told] = []
        numbers: list[int] = []
        for seq, told in enumerate(waiting.told, 1):
            self.counted[f"{'item' if waiting.is_batch else 'single'} {items[seq].status}"] += 1
            if items[seq].status == "applied":
                applied.append(told)
                numbers.append(items[seq].unit_id)
                self.counted[f"did {told.reason}"] += 1
        if waiting.is_batch:
            for told, number in zip(applied, numbers, strict=True):
                self._could_happen(told)
                self.world = self.world.after([told], [number], waiting.request_id)
        else:
            for told in applied:
                self._could_happen(told)
            before, self.world = self.world, self.world.after(applied, numbers, waiting.request_id)
            self._brought_together(before, applied)
        self.touched.update(set(numbers))
        with self.database.read() as session:
            rows = watch.rows_of(session)
            self._note(session)
        self._happened(applied, watch.events(rows), rows)
        self._began(applied, {(row["unit_id"], watch.number(row["valid_from"])): row["began_by"] for row in rows})
        return tuple(sorted(set(numbers)))

    def _brought_together(self, before: World, applied: list[Told]) -> None:
        """Who goes on in a merger bears all codes of those that end in it, keeps what it said, and where it said nothing says
        what one of them did. What files brought is weighed otherwise."""
        for told in (one for one in applied if one.reason == "merge" and one.heir is not None):
            stays, on = told.heir or 0, told.start
            own = set().union(*(replay.own_codes(before, told.unit, d) for d in before.units[told.unit] if d >= on))
            bears = {code for _, code in self.world.bears(stays, max(on, min(self.world.units[stays])))}
            assert own <= bears, ("a code that went along with nobody", told, own - bears)
            for name in ("name", "industry_code", "employees") if not self.with_files else ():
                first = max(on, min(before.units[stays]))
                was, now = (world.units[stays][first][name] for world in (before, self.world))
                others = [one.unit for one in applied if one.reason == "merge"]
                offers = {before.units[unit][max(on, min(before.units[unit]))][name] for unit in others} - {"", None}
                assert now == was if was not in ("", None) else now in (offers or {was}), (name, was, now, offers)

    def _could_happen(self, told: Told) -> None:
        before = self.world.units.get(told.unit)
        if before is not None:
            says = before[max(told.start, min(before))]
            could = watch.can_happen(told.reason, says["standing"], says["operating_status"])
            assert could, ("a step that could not be taken", told)

    def _began(self, applied: list[Told], begun: dict[tuple[int, int], str]) -> None:
        """What happened on later days than those on which something is told to begin stays what it was."""
        told = {unit: [one for one in applied if one.unit == unit] for unit, _ in begun}
        for (unit, on), what in self.begun.items():
            if (unit, on) in begun and all(one.reason != "void" and one.start < on for one in told[unit]):
                assert begun[unit, on] == what, ("what happened later was told anew", unit, on, applied)
        self.begun = begun

    def _happened(self, applied: list[Told], events: set[watch.Fault], rows: Sequence[watch.Row]) -> None:
        # What stands behind a stretch that is stated anew goes on as what began it before.
        corrected = {told.unit for told in applied if told.reason in ("correction", "recoding", "void")}
        settles = {told.unit for told in applied if told.reason in replay.AFTER or told.values.get("operating_status")}
        own = {(told.unit, told.start) for told in applied}
        fresh = {one for one in events - self.events if one[0] in settles - corrected and one[:2] not in own}
        told = [watch.told(row) for row in rows if row["unit_id"] in {one[0] for one in fresh}]
        assert fresh == set(), ("an event that could not have happened", applied, told)
        self.events = events

    def _seen(self, told: Sequence[Told]) -> list[Any]:
        """What units say on the days of a request in all that it sets."""
        return [self._seen_of(one) for one in told if one.unit]

    def _seen_of(self, told: Told) -> dict[str, list[Any]]:
        alone = not told.values
        names = {*told.values, *(["standing"] if alone or told.reason in replay.AFTER else [])}
        names |= set(replay.SCHEMES) if told.reason == "merge" else set()
        unit = self.world.units[told.unit]
        names |= set(replay.brought(told, unit[max(told.start, min(unit))], self.world.valid)) - {"heir", "standing"}
        ends = LAST + 1 if told.end is None else told.end
        return {name: [(d, says[name]) for d, says in sorted(unit.items()) if told.start <= d < ends] for name in names}

    def _late(self, waiting: Waiting) -> bool:
        if waiting.undoes:
            return [self.world.units[unit] for unit in waiting.touched] != waiting.seen
        return self._seen(waiting.told) != waiting.seen

    def _goes_on_elsewhere(self, waiting: Waiting) -> bool:
        says = [self.world.on(told.unit, told.start) for told in waiting.told if told.unit]
        return any(one is not None and one["standing"] in replay.FOLLOWED for one in says)

    def _refused(self, refusal: AppError, told: Sequence[Told]) -> None:
        """A refusal has its reason in what the replay would say."""
        codes = [fault.code for fault in refusal.details.get("faults", ())] or [refusal.code]
        self.counted[f"refused {codes[0]}"] += 1
        check = JUSTIFIED.get(codes[0])
        if check is not None and told:
            new = max(self.world.units, default=0)
            numbers = [one.unit or new + place for place, one in enumerate(told, 1)]
            after = self.world.after(told, numbers, 0)
            assert check(self.world, after, told), (codes[0], told, refusal.said.text("en"))

    def _refused_to_approve(self, refusal: AppError, waiting: Waiting) -> None:
        if waiting.undoes and refusal.code == "stale":
            assert any(self.touched[unit] != count for unit, count in waiting.touched.items())
        elif waiting.undoes:
            undone = self.applied[waiting.undoes]
            self._refused_to_undo(refusal, self.world.without(undone.was, undone.did, undone.units))
        elif refusal.code == "stale":
            merges = any(told.reason == "merge" for told in waiting.told)  # what the other takes of it, too
            late = self._late(waiting) or self._goes_on_elsewhere(waiting) or not waiting.seen or merges
            assert late, (waiting.told, "was not late")
        else:
            self._refused(refusal, waiting.told)

    def _refused_to_undo(self, refusal: AppError, world: World) -> None:
        codes = [fault.code for fault in refusal.details.get("faults", ())] or [refusal.code]
        self.counted[f"not undone {codes[0]}"] += 1
        check = JUSTIFIED.get(codes[0])
        assert codes[0] in _NOT_UNDONE or (check is not None and check(self.world, world, [])), codes


_NOT_UNDONE = ("undone_already", "not_undone", "nothing_to_undo")


def _told_by(item: RequestItem) -> Told:
    links = item.links
    return Told(
        item.unit_id or 0,
        item.reason,
        watch.number(item.valid_from),
        None if item.valid_until == FOREVER else watch.number(item.valid_until),
        {name: value for name, value in item.changes.items() if name in BLANK},
        item.successor_id,
        tuple((scheme, value) for scheme, value, _ in links.get("bears", ())),
        tuple((scheme, value) for scheme, value in links.get("drops", ())),
        tuple(unit or -place for unit, place in links.get("follow", ())),
    )


def _compared(says: Mapping[str, Any]) -> dict[str, Any]:
    return {name: set(value) if name in ("bears", "follow") else value for name, value in says.items()}


def _differing(held: Mapping[str, Any], says: Mapping[str, Any]) -> dict[str, Any]:
    """What the table says, and what it should."""
    return {
        name: (held.get(name), value) for name, value in _compared(says).items() if _compared(held).get(name) != value
    }


def load(session: Session, name: str, codes: tuple[str, ...]) -> None:
    held = CodeList(name=name, edition="1", title=name, valid_from=date(1949, 10, 1), valid_until=FOREVER)
    session.add(held)
    session.flush()
    session.add_all(CodeItem(list_id=held.list_id, code=code, name=code, extra={}) for code in codes)
