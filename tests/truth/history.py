"""Random people who propose, approve and apply what happened to units, in and out of order, singly and in bulk.

After each step the tables are read by code of its own (`watch`) and held against the replay day by day (`replay`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import drafting, service, verbs
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.errors import AppError
from app.core.rights import Territory
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.intake.reading import import_file
from app.match import run as matching_run
from app.models import CodeItem, CodeList, RequestItem
from app.register import sources
from app.register.demography import Keyed, balances
from app.register.queries import AsOf, identifiers_at, register_head, relations_at, versions_of
from app.verbs import House
from app.worker import run_all
from matching.standardise.codes import org_check_character, uscc_check_character
from tests.factories.files import CENSUS_HEADER, CLOCK, person
from tests.factories.house import do, housing
from tests.factories.world import NOW
from tests.factories.writes import HAND
from tests.truth import replay, watch
from tests.truth.replay import LAST, Told, World

FIRST = date(2024, 3, 1)
HERE = Territory((("500105", ""),))
STREETS = ("500105006001", "500105007001")
KEYS = {
    Keyed.STREET: {"area_code": 9}, Keyed.KIND: {"unit_type": 1}, Keyed.INDUSTRY: {"industry_code": 2},
    Keyed.DAY: {"area_code": 0},
}  # fmt: skip


def credit_code(body: str) -> str:
    whole = f"91500105{body}{org_check_character(body)}"
    return whole + uscc_check_character(whole)


USCC = tuple(credit_code(f"MA60X00{n}") for n in range(1, 4))
INNER = {code: code[8:17] for code in USCC}
WRONG = USCC[0][:17] + ("0" if USCC[0][17] != "0" else "1")
"""A code that fails its check: kept, and nobody's alone."""
ORG = (*(INNER[code] for code in USCC), "MA60X001B")
LISTED = {
    "industry_code": ("5165", "5211", "6513"), "unit_type": ("1", "2", "3"), "area_code": STREETS,
    "operating_status": tuple("123456789"),
}  # fmt: skip
LISTS = {"industry": LISTED["industry_code"], **{name: LISTED[name] for name in ("unit_type", "operating_status")}}

BLANK: dict[str, Any] = {
    **dict.fromkeys(("name", "unit_type", "area_code", "address", "industry_code", "operating_status", "closed_on"), ""),
    **dict.fromkeys(("uscc", "org_code", "reg_no", "parent_uscc", "parent_org_code", "superior_uscc"), ""),
    "employees": None,
}  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["甲公司", "乙公司", ""]),
    "address": st.sampled_from(["一路", "二路", "三路"]),
    "industry_code": st.sampled_from([*LISTED["industry_code"], "9999"]),
    "area_code": st.sampled_from([*STREETS, *STREETS, ""]),
    "unit_type": st.sampled_from(["1", "2", "1", "3", "7"]),
    "operating_status": st.sampled_from(["1", "2", "4", "6", "1", ""]),
    "uscc": st.sampled_from([*USCC, "", WRONG]),
    "org_code": st.sampled_from([*ORG, ""]),
    "parent_uscc": st.sampled_from([*USCC, ""]),
    "superior_uscc": st.sampled_from([*USCC, ""]),
    "employees": st.sampled_from([0, 3, 12, -3]),
}
SAID = [name for name in BLANK if name != "closed_on"]
"""The day of an ending comes with it and moves with it: the table of reasons holds that (tests/register/test_reasons.py)."""
EVENTS = (
    "closed", "deregistered", "revoked", "pause", "resume", "void", "reinstate", "merge", "conversion", "split", "move_out",
    "move_within",
)  # fmt: skip
days = st.integers(0, 40)
some_values = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
births = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["丙公司", "丁公司"]),
        "unit_type": st.sampled_from(["1", "1", "2"]),
        "area_code": st.sampled_from(STREETS),
        "industry_code": st.sampled_from(LISTED["industry_code"]),
        "uscc": st.sampled_from(["", *USCC]),
    },
    optional={"operating_status": st.sampled_from(["1", "3", "6"]), "parent_uscc": st.sampled_from(USCC), "org_code": st.sampled_from(ORG)},
)  # fmt: skip
tellings = st.builds(
    lambda kind, unit, start, length, bounded, values, heir: _telling(kind, unit, start, length, bounded, values, heir),
    st.sampled_from(["change", "change", "correction", "correction", "correction", "code_change", "recoding", *EVENTS]),
    st.integers(0, 7), days, st.integers(1, 20), st.booleans(), some_values, st.integers(0, 7),
)  # fmt: skip


ROW = {
    "kind": st.sampled_from("12"), "name": st.sampled_from(["丙公司", "重庆鑫源商贸有限公司", "重庆宏泰建材有限公司"]),
    "uscc": st.sampled_from([*USCC, ""]), "area": st.sampled_from(STREETS), "status": st.sampled_from("123"),
    "industry": st.sampled_from(LISTED["industry_code"]),
}  # fmt: skip
_LINE = "{kind},{name},{uscc},张三丰,1380000{n}111,{area},测云路{n}号,{status},批发日用品,{industry}\n"


def _telling(kind: str, unit: int, start: int, length: int, bounded: bool, values: Any, heir: int) -> Told:
    end = start + length if (kind == "correction" and bounded) or kind == "recoding" else None
    named = heir if kind in ("merge", "conversion") or (kind == "split" and bounded) else None
    said = {} if kind in EVENTS and kind != "move_within" else values
    return Told(unit, kind, start, end, {"area_code": STREETS[heir % 2]} if kind == "move_within" else said, named)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


DAYS = {day(number): number for number in range(-1, LAST + 1)}


@dataclass
class Waiting:
    """A request that was handed in: what it tells of which units, and what these said on its days by then."""

    request_id: int
    told: list[Told]
    is_batch: bool
    seen: dict[str, list[Any]] = field(default_factory=dict)


def told_as(told: Told) -> dict[str, Any]:
    """What a person fills in."""
    about: dict[str, Any] = {"reason": told.reason, "valid_from": day(told.start), "changes": dict(told.values)}
    named = {
        "unit_id": told.unit or None,
        "successor_id": told.heir,
        "valid_until": day(told.end) if told.end else None,
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

    # What people do

    @rule(values=births, start=st.integers(5, 35), closes=st.integers(0, 30), late=st.booleans())
    def bear(self, values: dict[str, Any], start: int, closes: int, late: bool) -> None:
        if len(self.world.units) < 7:
            told = Told(0, "found_missing" if late else "new", start, None, values)
            if values.get("operating_status") in replay.ENDS:
                told = replace(told, values={**values, "closed_on": day(min(start + closes, LAST - 1)).isoformat()})
            self._propose(told, at_once=True)

    @precondition(lambda self: self.world.units)
    @rule(told=st.lists(st.tuples(tellings, st.sampled_from([True, True, False])), min_size=1, max_size=4))
    def tell(self, told: list[tuple[Told, bool]]) -> None:
        for one, at_once in told:
            self._propose(self._of_units(one), at_once=at_once)

    @precondition(lambda self: len(self.world.units) > 1)
    @rule(many=st.lists(tellings, min_size=2, max_size=5), values=births, adds=st.booleans(), at_once=st.booleans())
    def tell_many(self, many: list[Told], values: dict[str, Any], adds: bool, at_once: bool) -> None:
        """A batch as a file makes it."""
        told = [self._of_units(one) for one in many]
        if adds and len(self.world.units) < 7 and values.get("operating_status") not in replay.ENDS:
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
        lines = "".join(_LINE.format(n=n, **row) for n, row in enumerate(rows))
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
            return [
                Told(
                    item.unit_id or 0,
                    item.reason,
                    watch.number(item.valid_from, FIRST),
                    None if item.valid_until == FOREVER else watch.number(item.valid_until, FIRST),
                    {name: value for name, value in item.changes.items() if name in BLANK},
                    item.successor_id,
                )
                for item in session.execute(own).scalars()
            ]

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
                row = {name: held[unit][name] for name in SAID}
                assert row == {name: says[name] for name in SAID}, (unit, on, moment)
                assert (held[unit]["standing"], held[unit]["successor_id"]) == (says["standing"], says["heir"])
            bears = [
                one for one in identifiers_at(session, unit, as_of) if one["valid_from"] <= day(on) < one["valid_until"]
            ]
            assert {(one["scheme"], one["value"]) for one in bears} == world.bears(unit, on), (unit, on, moment)
            assert len(bears) == len({(one["scheme"], one["value"], one["within"]) for one in bears}), (unit, bears)
            self._kin(session, world, unit, on, as_of)
        self.counted["asked"] += 1

    def _kin(self, session: Session, world: World, unit: int, on: int, as_of: AsOf) -> None:
        own = [one for one in relations_at(session, unit, as_of) if one["unit_id"] == unit]
        found = sorted((one["kind"], one["target_code"], one["target_unit_id"] or 0) for one in own)
        says = world.on(unit, on)
        told = (("parent", "parent_uscc"), ("parent", "parent_org_code"), ("superior", "superior_uscc"))
        wanted = {
            (kind, says[name], world.meant(unit, on, name) or 0)
            for kind, name in told
            if says is not None and says[name]
        }
        if says is not None and says["heir"] is not None:
            wanted.add(("succession", "", says["heir"]))
        assert found == sorted(wanted), (unit, on, as_of.known_at)

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
            rows = watch.rows_of(session)
        found = watch.world_of(rows, list(BLANK), INNER, FIRST)
        for unit, told in self.world.units.items():
            for number, says in told.items():
                held = found.units[unit].get(number, {})
                assert _compared(held) == _compared(says), (unit, number)
            assert found.units[unit].keys() == told.keys(), unit
        assert found.units.keys() == self.world.units.keys()
        broken = watch.faults(found, LISTED)
        assert broken == set()

    # How it is done

    def _of_units(self, told: Told) -> Told:
        """The same of units that are there."""
        numbers = sorted(self.world.units)
        heir = None if told.heir is None else numbers[told.heir % len(numbers)]
        return replace(told, unit=numbers[told.unit % len(numbers)], heir=heir)

    def _propose(self, told: Told, *, at_once: bool) -> None:
        try:
            shown = do(self.house, verbs.propose, "maintainer", **told_as(told))
        except AppError as refusal:
            self._refused(refusal, told)
            return
        waiting = Waiting(shown.request_id, [told], False, self._seen(told))
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
        if at_once:
            self._approve(waiting)
        else:
            self.waiting.append(waiting)

    def _approve(self, waiting: Waiting) -> None:
        try:
            version = do(self.house, verbs.show, "approver", request_id=waiting.request_id).version
            do(self.house, verbs.approve, "approver", request_id=waiting.request_id, version=version, comment="核实")
        except AppError as refusal:
            if waiting.is_batch:
                raise
            self._refused(refusal, waiting.told[0], waiting)
            return
        if waiting.is_batch:
            run_all(self.database, CLOCK)
        else:
            assert not self._late(waiting), "a request that came too late was written"
        self._written(waiting)

    def _written(self, waiting: Waiting) -> None:
        asked = verbs.ItemsWanted(request_id=waiting.request_id)
        items = {item.seq: item for item in do(self.house, verbs.items, "approver", **asked.model_dump()).items}
        applied = []
        for seq, told in enumerate(waiting.told, 1):
            self.counted[f"{'item' if waiting.is_batch else 'single'} {items[seq].status}"] += 1
            if items[seq].status == "applied":
                applied.append(told)
                unit = items[seq].unit_id
                before = self.world.units.get(told.unit)
                assert not before or _could(before, told), ("a step that could not be taken", told)
                laid = replay.laid(before, told) if before else replay.born(told, BLANK, DAYS)
                self.world = self.world.with_unit(unit, laid)
                self.counted[f"did {told.reason}"] += 1
        with self.database.read() as session:
            head = register_head(session)
            rows = watch.rows_of(session)
            if head is not None:
                self.known.append((head.recorded_at, self.world))
        self._happened(applied, watch.events(rows, FIRST), rows)
        self._began(
            applied, {(row["unit_id"], watch.number(row["valid_from"], FIRST)): row["began_by"] for row in rows}
        )

    def _began(self, applied: list[Told], begun: dict[tuple[int, int], str]) -> None:
        """What happened on later days than those on which something is told to begin stays what it was."""
        told = {unit: [one for one in applied if one.unit == unit] for unit, _ in begun}
        for (unit, on), what in self.begun.items():
            if (unit, on) in begun and all(one.reason != "void" and one.start < on for one in told[unit]):
                assert begun[unit, on] == what, ("what happened later was told anew", unit, on, applied)
        self.begun = begun

    def _happened(self, applied: list[Told], events: set[watch.Fault], rows: list[watch.Row]) -> None:
        # What stands behind a stretch that is stated anew goes on as what began it before.
        corrected = {told.unit for told in applied if told.reason in ("correction", "recoding", "void")}
        settles = {told.unit for told in applied if told.reason in replay.AFTER or told.values.get("operating_status")}
        own = {(told.unit, told.start) for told in applied}
        fresh = {one for one in events - self.events if one[0] in settles - corrected and one[:2] not in own}
        told = [watch.told(row, FIRST) for row in rows if row["unit_id"] in {one[0] for one in fresh}]
        assert fresh == set(), ("an event that could not have happened", applied, told)
        self.events = events

    def _seen(self, told: Told) -> dict[str, list[Any]]:
        """What a unit says on the days of a write in all that the write sets."""
        if not told.unit:
            return {}
        names = [*told.values, *(["standing"] if told.reason in replay.AFTER else [])]
        unit = self.world.units[told.unit]
        ends = LAST + 1 if told.end is None else told.end
        return {name: [(d, says[name]) for d, says in sorted(unit.items()) if told.start <= d < ends] for name in names}

    def _late(self, waiting: Waiting) -> bool:
        (told,) = waiting.told
        return bool(waiting.seen) and self._seen(told) != waiting.seen

    def _refused(self, refusal: AppError, told: Told, waiting: Waiting | None = None) -> None:
        """A refusal has its reason in what the replay would say."""
        codes = [fault.code for fault in refusal.details.get("faults", ())] or [refusal.code]
        self.counted[f"refused {codes[0]}"] += 1
        if codes[0] == "stale":
            assert waiting is not None
            assert self._late(waiting) or not waiting.seen, (told, "was not late")
            return
        check = JUSTIFIED.get(codes[0])
        if check is not None:
            before = self.world.units.get(told.unit)
            laid = replay.laid(before, told) if before else replay.born(told, BLANK, DAYS)
            after = self.world.with_unit(told.unit, laid)
            assert check(self.world, after, told), (codes[0], told, refusal.said.text("en"))


def _compared(says: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in says.items() if name != "closed_on"}


def _breaks(*kinds: str) -> Callable[[World, World, Told], bool]:
    def breaks(_before: World, after: World, told: Told) -> bool:
        found = watch.faults(after, LISTED) | set(watch.stated(after, told.unit))
        return any(one[0] in kinds for one in found)

    return breaks


def _could(days: replay.Days, told: Told) -> bool:
    """Whether something could happen to a unit on the first day on which it is told."""
    says = days[max(told.start, min(days))]
    return watch.can_happen(told.reason, says["standing"], says["operating_status"])


def _cannot(before: World, _after: World, told: Told) -> bool:
    """The step cannot be taken on its first day, nor on a day that it re-states, or what the history tells of later
    could not follow."""
    days = before.units[told.unit]
    if not _could(days, told):
        return True
    start = max(told.start, min(days))
    later = {day for day in days if day > start and days[day]["standing"] + days[day]["operating_status"]
             != days[day - 1]["standing"] + days[day - 1]["operating_status"]}  # fmt: skip
    return bool(later) or any(days[day]["standing"] == "live" for day in days if day > start)


JUSTIFIED: Mapping[str, Callable[[World, World, Told], bool]] = {
    "changes_nothing": lambda before, after, _told: before.units == after.units,
    "code_taken": _breaks("taken"),
    "circle": lambda _before, after, told: (
        _breaks("circle")(_before, after, told) or watch.could_lead_back(after, told.unit)
    ),
    "bad_successor": lambda before, after, told: (
        _breaks("heir", "own", "above")(before, after, told)
        or (told.reason in ("merge", "conversion") and told.heir is None)
    ),
    "bad_step": _cannot,
}


def load(session: Session, name: str, codes: tuple[str, ...]) -> None:
    held = CodeList(name=name, edition="1", title=name, valid_from=date(1949, 10, 1), valid_until=FOREVER)
    session.add(held)
    session.flush()
    session.add_all(CodeItem(list_id=held.list_id, code=code, name=code, extra={}) for code in codes)
