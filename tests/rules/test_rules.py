"""Rules over the register: each has a unit that breaks it, and speaks of nobody else."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import WrongState
from app.core.turns import Own
from app.domain.lives import FindingStatus
from app.domain.words import Reason
from app.jobs import verbs as jobs
from app.models import Finding, RuleRun
from app.register.queries import AsOf, latest_versions_of
from app.rules import queries, standing, verbs
from app.rules.errors import FindingNotFound
from app.rules.standing import Asked, broken_by
from app.rules.worlds import Told, names_asked
from app.worker.registry import run_all
from tests.factories.house import do, housing
from tests.factories.http import MORNING
from tests.factories.rules import BREAKING, OWN
from tests.factories.units import change_unit, make_unit
from tests.factories.world import NOW

ON = date(2024, 12, 31)
SOUND = {"uscc": OWN, "revenue": 100, "opened_on": "2020-05"}


def found_by(database: Database) -> dict[int, set[str]]:
    """Unit to the rules that it breaks, by a look at the register."""
    standing.look(Own(database), now=NOW)
    with database.read() as session:
        rows = session.execute(select(Finding.unit_id, Finding.rule).where(Finding.status == FindingStatus.OPEN)).all()
    return {unit_id: {rule for one, rule in rows if one == unit_id} for unit_id, _ in rows}


def make_all(session: Session) -> dict[str, int]:
    """A unit for each rule, which breaks that one alone; and a sound one under no rule's name."""
    return {
        rule: make_unit(session, **{**SOUND, "uscc": "", "name": f"重庆第{rule}建材有限公司", "mobile": "", **breaking})
        for rule, breaking in {"": {}, **BREAKING}.items()
    }


def test_each_rule_speaks_of_the_unit_that_breaks_it_and_of_no_other(ruled: Database) -> None:
    with ruled.write() as session:
        units = make_all(session)
    assert found_by(ruled) == {unit: {rule} for rule, unit in units.items() if rule}


def test_a_unit_that_is_only_told_breaks_what_the_held_one_breaks(ruled: Database) -> None:
    with ruled.write() as session:
        units = make_all(session)
    with ruled.read() as session:
        asked = Asked.of(queries.asked_on(session, ON)).alone()
        held = latest_versions_of(session, units.values())
        rows = tuple({**held[unit], "first_day": held[unit]["valid_from"]} for unit in units.values())
        told = Told(session, AsOf(ON), rows, names_asked(asked.fields()))
        found = broken_by(told, asked.asks, "row_no")
    assert found == {(rule, place) for place, rule in enumerate(units) if rule}


def test_units_of_one_code_one_name_and_one_telephone_are_found_together(ruled: Database) -> None:
    with ruled.write() as session:
        agents = [make_unit(session, uscc="", name=f"重庆第{n}商贸有限公司", revenue=1) for n in range(6)]
        twins = [
            make_unit(session, uscc="", mobile="", revenue=1, name=name) for name in ("甲（重庆）公司", "甲(重庆) 公司")
        ]
        far = make_unit(session, uscc="", mobile="", revenue=1, name="甲（重庆）公司", area_code="500112002001")
        same = [make_unit(session, uscc="99123", mobile="", revenue=1, name=f"同码{n}号有限公司") for n in range(2)]
    found = found_by(ruled)
    assert all(found[unit] == {"A19"} for unit in agents)
    assert all(found[unit] == {"A03"} for unit in twins)
    assert far not in found
    assert all(found[unit] == {"A01", "A02"} for unit in same)


def test_a_parent_is_held_against_its_children(ruled: Database) -> None:
    """A09: none of them is the head office; A16: they have more employees between them than the whole."""
    branch = {"unit_type": "2", "uscc": "", "parent_uscc": OWN, "mobile": "", "org_type": "", "revenue": 1}
    with ruled.write() as session:
        parent = make_unit(session, **SOUND, has_establishments="1", establishment_count=2)
        children = [make_unit(session, **branch, name=f"分店{n}号", employees=7) for n in range(2)]
    assert found_by(ruled) == {parent: {"A09", "A16"}}
    with ruled.write() as session:
        change_unit(session, children[0], Reason.CHANGE, on=ON, part_kind="1")
        change_unit(session, children[1], Reason.CLOSED, on=ON, operating_status="4", closed_on="2024-12-31")
    assert found_by(ruled) == {}


def test_a_closed_unit_is_asked_for_its_day_and_for_those_it_leaves_behind(ruled: Database) -> None:
    branch = {"unit_type": "2", "uscc": "", "parent_uscc": OWN, "mobile": "", "org_type": "", "revenue": 1}
    with ruled.write() as session:
        parent = make_unit(session, **SOUND)
        make_unit(session, **branch, name="留下的分店")
        change_unit(session, parent, Reason.CLOSED, on=ON)
    assert found_by(ruled) == {parent: {"U02"}}
    with ruled.write() as session:
        change_unit(session, parent, Reason.CORRECTION, on=ON, closed_on="")
    assert found_by(ruled) == {parent: {"A11", "U02"}}


def test_a_short_industry_code_is_found_and_a_branch_may_bear_its_parents_code(ruled: Database) -> None:
    with ruled.write() as session:
        short = make_unit(session, **{**SOUND, "industry_code": "51"})
        make_unit(
            session, **{**SOUND, "unit_type": "2", "org_type": "", "parent_uscc": OWN, "name": "分店", "mobile": ""}
        )
    assert found_by(ruled) == {short: {"A04"}}


def test_figures_beyond_all_measure_are_added_up_all_the_same(ruled: Database) -> None:
    branch = {"unit_type": "2", "uscc": "", "parent_uscc": OWN, "mobile": "", "org_type": "", "revenue": 1}
    with ruled.write() as session:
        parent = make_unit(session, **SOUND)
        for place in range(3):
            make_unit(session, **branch, name=f"分店{place}号", employees=9_000_000_000_000_000_000)
    assert found_by(ruled) == {parent: {"A16"}}


def test_a_finding_is_closed_by_a_correction_and_opens_again(ruled: Database) -> None:
    with ruled.write() as session:
        unit = make_unit(session, **{**SOUND, "industry_code": "9999"})
    assert found_by(ruled) == {unit: {"A04"}}
    with ruled.write() as session:
        change_unit(session, unit, Reason.CORRECTION, on=date(2020, 5, 1), industry_code="5165")
    assert found_by(ruled) == {}
    with ruled.write() as session:
        change_unit(session, unit, Reason.CHANGE, on=ON, industry_code="9998")
    assert found_by(ruled) == {unit: {"A04"}}
    with ruled.read() as session:
        [finding] = session.execute(select(Finding)).scalars()
        assert (finding.facts, finding.closed_at) == ("", None)
        reports = session.execute(select(RuleRun.opened, RuleRun.closed).order_by(RuleRun.run_id)).all()
    assert reports == [(1, 0), (0, 1), (1, 0)]


def test_a_note_explains_a_finding_until_what_the_unit_says_changes(ruled: Database) -> None:
    with ruled.write() as session:
        unit = make_unit(session, **{**SOUND, "employees": 0})
    found_by(ruled)
    with housing(ruled) as house:
        [finding] = do(house, verbs.list_, "maintainer").items
        told = do(house, verbs.note, "maintainer2", finding_id=finding.finding_id, note="季节性用工，年末无人")
        assert (told.status, told.notes[0].note) == ("explained", "季节性用工，年末无人")
        assert found_by(ruled) == {}
        with ruled.write() as session:
            change_unit(session, unit, Reason.CHANGE, on=ON, address="别处1号")
        assert found_by(ruled) == {}  # what the rule speaks of is as it was
        with ruled.write() as session:
            change_unit(session, unit, Reason.CHANGE, on=ON, revenue=700)
        assert found_by(ruled) == {unit: {"A10"}}
        with ruled.write() as session:
            change_unit(session, unit, Reason.CHANGE, on=ON, employees=4)
        found_by(ruled)
        with pytest.raises(WrongState):
            do(house, verbs.note, "maintainer", finding_id=finding.finding_id, note="已经改正过了")


def test_findings_are_seen_and_explained_within_ones_area_alone(ruled: Database) -> None:
    with ruled.write() as session:
        make_unit(session, **{**SOUND, "employees": 0})
    found_by(ruled)
    with housing(ruled) as house:
        [finding] = do(house, verbs.list_, "maintainer").items
        assert [field.value for field in finding.fields] == ["0", "100"]
        assert do(house, verbs.list_, "neighbour").items == []
        with pytest.raises(FindingNotFound):
            do(house, verbs.note, "neighbour", finding_id=finding.finding_id, note="邻区写的说明")
        counted = {rule.code: rule.open for rule in do(house, verbs.list_rules, "neighbour").items}
        assert set(counted.values()) == {0}


def test_the_worker_looks_through_the_register_once_a_day_and_when_asked(ruled: Database) -> None:
    with ruled.write() as session:
        make_unit(session, **{**SOUND, "employees": 0})
    clock = Clock(MORNING)
    assert run_all(ruled, clock) == 1
    assert run_all(ruled, clock) == 0
    with housing(ruled) as house:
        job = do(house, verbs.look, "maintainer")
        assert do(house, verbs.look, "maintainer").job_id == job.job_id
        assert run_all(ruled, clock) == 1
        assert do(house, jobs.show, "maintainer", job_id=job.job_id).status == "succeeded"
        assert len(do(house, verbs.list_, "maintainer").items) == 1


def test_rules_that_wait_are_listed_and_not_asked(ruled: Database) -> None:
    with ruled.write() as session:
        make_unit(session, **SOUND)
    assert found_by(ruled) == {}
    with housing(ruled) as house:
        waiting = {rule.code for rule in do(house, verbs.list_rules, "maintainer").items if rule.waits_for}
    assert waiting == {"A10b", "A13", "A14", "A15"}
