"""The guards of the register on every road that a change takes: one table (T6, T7, T9, T13; DESIGN.md, promise 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import get_actor
from app.changes import drafting, judging, service, values, verbs
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.errors import AppError
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.match import run as matching_run
from app.models import CodeItem, CodeList, SourceRecord, notes
from app.register import sources
from app.register.queries import AsOf, versions_of
from app.verbs import House, Verb
from app.worker import run_all
from tests.factories import units as factory
from tests.factories.files import CENSUS_HEADER, CLOCK, person, taken
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.world import NOW, TODAY
from tests.factories.writes import HAND

DAY = date(2024, 12, 1)
ONE, TWO, THREE, CLOSED, MERGED, VOID, PAUSED, BRANCH, NEXT, GIVER, TAKER, SHARER = range(1, 13)
"""Units by number: three that live, four that follow no more or rest, an establishment of the first; one that names others
above it, one that closed and whose code another took, and an establishment that goes by a code which is another's."""
FREE, FAR = "91110000MA0000001X", "91500105MA60X0032L"
GIVEN = "91500105MA60X0024R"
CODE = {ONE: "91500105MA60X0016Y", TWO: "91500105MA5U8K3N95"}
BORN: dict[str, Any] = {"name": "新公司", "unit_type": "1", "area_code": "500105006001"}
LISTS = {
    "industry": ("5165", "5211"),
    "unit_type": ("1", "2", "3"),
    "division": ("500000000000", "500105000000", "500105006001"),
}


@dataclass(frozen=True)
class Case:
    """A proposal that a guard stops: `code` is the refusal's, of a value the fault's that it names."""

    name: str
    code: str
    reason: str = "change"
    unit: int | None = ONE
    changes: dict[str, Any] = field(default_factory=dict)
    heir: int | None = None
    on: date = DAY
    until: date | None = None

    def told(self) -> dict[str, Any]:
        about = {"reason": self.reason, "valid_from": self.on, "changes": self.changes}
        named = {"unit_id": self.unit, "successor_id": self.heir, "valid_until": self.until}
        return about | {name: value for name, value in named.items() if value is not None}

    def item(self) -> ItemDraft:
        until = self.until or FOREVER
        days = {"valid_from": self.on, "valid_until": until}
        return ItemDraft(
            Reason(self.reason),
            changes=self.changes,
            origin=sources.pack(HAND),
            unit_id=self.unit,
            successor_id=self.heir,
            **days,
        )


HEIRLESS = {
    **dict.fromkeys(("change", "correction", "pause", "closed", "void", "code_change", "move_out"), ONE),
    "reinstate": CLOSED,
}
"""Reasons that name nobody who follows, with a unit to which they can happen."""
ENDLESS: dict[str, dict[str, Any]] = {
    "closed": {},
    "void": {},
    "merge": {"heir": TWO},
    "change": {"changes": {"operating_status": "4"}},
}
"""What holds on once it happened."""

GUARDED = (
    Case("merged into itself", "bad_successor", "merge", heir=ONE),
    Case("merged into nobody", "bad_successor", "merge"),
    Case("converted into nobody", "bad_successor", "conversion"),
    Case("merged into a closed unit", "bad_successor", "merge", heir=CLOSED),
    Case("merged into a merged unit", "bad_successor", "merge", heir=MERGED),
    Case("merged into a void unit", "bad_successor", "merge", heir=VOID),
    Case("split off to a void unit", "bad_successor", "split", heir=VOID),
    Case("merged into who was merged into it", "circle", "merge", TWO, heir=MERGED, on=date(2024, 1, 1)),
    Case("its own parent", "bad_successor", changes={"parent_uscc": CODE[ONE]}),
    Case("its own superior", "bad_successor", changes={"superior_uscc": CODE[ONE]}),
    Case("a branch for its parent", "circle", changes={"parent_org_code": "MA60X001B"}),
    Case("a merged resumes", "bad_step", "resume", MERGED),
    Case("a void resumes", "bad_step", "resume", VOID),
    Case("a closed resumes", "bad_step", "resume", CLOSED),
    Case("a working one resumes", "bad_step", "resume"),
    Case("a live one is reinstated", "bad_step", "reinstate"),
    Case("a closed one closes", "bad_step", "closed", CLOSED),
    Case("a deregistered one is deregistered", "bad_step", "deregistered", CLOSED),
    Case("a merged one closes", "bad_step", "closed", MERGED),
    Case("a paused one pauses", "bad_step", "pause", PAUSED),
    Case("a void one is void", "bad_step", "void", VOID),
    Case("a closed one works", "status_against_standing", unit=CLOSED, changes={"operating_status": "1"}),
    Case("closing leaves it working", "status_against_standing", "closed", changes={"operating_status": "1"}),
    Case("a pause that works", "status_against_standing", "pause", changes={"operating_status": "1"}),
    Case("a closed one says nothing", "status_against_standing", unit=CLOSED, changes={"operating_status": ""}),
    Case("who is merged into is void by then", "bad_successor", "void", TWO, on=date(2021, 1, 1)),
    Case("who is merged into closes before", "bad_successor", "closed", TWO, on=date(2024, 1, 1)),
    Case("its parent's code as its own", "bad_successor", "code_change", NEXT, {"uscc": FREE}),
    Case("a code with its superior's inside", "bad_successor", "code_change", NEXT, {"org_code": FAR[8:17]}),
    Case("a merger before its closing", "bad_step", "merge", CLOSED, heir=TWO, on=date(2024, 1, 1)),
    Case("struck off before it was", "bad_step", "deregistered", CLOSED, on=date(2024, 1, 1)),
    Case("closed before it paused", "bad_step", "closed", PAUSED, on=date(2024, 1, 1)),
    Case("its code was given away", "code_taken", "reinstate", GIVER),
    Case("a shared code for its own", "code_taken", unit=SHARER, changes={"unit_type": "1"}),
    Case("reinstated as closed", "status_against_standing", "reinstate", CLOSED, {"operating_status": "4"}),
)
UNKEPT = (
    Case("industry of no edition", "code_not_listed", changes={"industry_code": "9999"}),
    Case("kind of no edition", "code_not_listed", changes={"unit_type": "7"}),
    Case("area of a province", "code_not_listed", changes={"reg_area_code": "50"}),
    Case("area of a half county", "code_not_listed", changes={"reg_area_code": "5001"}),
    Case("area with letters", "code_not_listed", changes={"area_code": "500105abc"}),
    Case("more than there can be", "number_out_of_range", changes={"employees": 2**63 - 1}),
    Case("less than there can be", "number_out_of_range", changes={"revenue": -(10**12) - 1}),
    Case("nothing to read for a name", "no_name", changes={"name": "\u200b\u200d"}),
    Case("a short name alone", "no_name", changes={"name": "", "short_name": "短"}),
    Case("born without a name to read", "new_unit_without_name", "new", None, {**BORN, "name": "\u200b"}),
    Case(
        "born with an end ahead", "closes_ahead", "new", None, {**BORN, "operating_status": "6", "closed_on": "2027-01"}
    ),
    *(
        Case(f"{reason} with an heir", "successor_not_meant", reason, unit, heir=TWO)
        for reason, unit in HEIRLESS.items()
    ),
    Case("born with an heir", "successor_not_meant", "new", None, BORN, heir=TWO),
    *(
        Case(f"{reason} with an end", "only_corrections_end", reason, until=date(2024, 12, 20), **told)
        for reason, told in ENDLESS.items()
    ),
    Case("area of no county", "code_not_listed", changes={"reg_area_code": "500199006001"}),
    Case("fewer than none", "number_too_small", changes={"employees": -3}),
    Case("opened in the year 1500", "day_beyond", changes={"opened_on": "1500"}),
    Case("opened in the year 2999", "day_beyond", changes={"opened_on": "2999-01-01"}),
    Case("no date", "not_partial_date", changes={"opened_on": "0000-01-01"}),
    Case("from the year 1500", "days_beyond", changes={"address": "x"}, on=date(1500, 1, 1)),
    Case("from the year 2099", "days_beyond", changes={"address": "x"}, on=date(2099, 1, 1)),
    Case("without a name", "no_name", changes={"name": ""}),
    Case("born with an end", "addition_ends", "new", None, BORN, on=date(2020, 1, 1), until=date(2022, 1, 1)),
)
NOTHING_NEW = (
    Case("what it says already", "changes_nothing", changes={"address": factory.UNIT["address"]}),
    Case("no change at all", "changes_nothing"),
)  # fmt: skip


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.write() as session:
        for name, codes in LISTS.items():
            load(session, name, codes)
        settle(session)
    with housing(database) as house:
        yield house


def load(session: Session, name: str, codes: tuple[str, ...], edition: str = "1", until: date = FOREVER) -> None:
    held = CodeList(name=name, edition=edition, title=name, valid_from=date(1949, 10, 1), valid_until=until)
    session.add(held)
    session.flush()
    session.add_all(CodeItem(list_id=held.list_id, code=code, name=code, extra={}) for code in codes)


def settle(session: Session) -> None:
    """The units of the table."""
    for number in range(ONE, BRANCH):
        factory.make_unit(session, name=f"第{number}公司", uscc=CODE.get(number, ""), born=date(2020, 1, 1))
    branch = {"unit_type": "2", "uscc": "", "org_code": "MA60X001B", "parent_uscc": CODE[ONE]}
    factory.make_unit(session, name="第一公司分店", born=date(2020, 1, 1), **branch)
    above = {"parent_uscc": FREE, "superior_uscc": FAR}
    factory.make_unit(session, name="第九公司", uscc="", born=date(2020, 1, 1), **above)
    factory.make_unit(session, name="第十公司", uscc=GIVEN, born=date(2020, 1, 1))
    factory.change_unit(session, GIVER, Reason.DEREGISTERED, on=date(2022, 1, 1))
    factory.make_unit(session, name="第十一公司", uscc=GIVEN, born=date(2023, 1, 1))
    factory.make_unit(session, name="第二公司分店", uscc=CODE[TWO], unit_type="2", born=date(2020, 1, 1))
    then = date(2024, 6, 1)
    factory.change_unit(session, CLOSED, Reason.DEREGISTERED, on=then)
    factory.change_unit(session, MERGED, Reason.MERGE, on=then, successor_id=TWO)
    factory.change_unit(session, VOID, Reason.VOID, on=then)
    factory.change_unit(session, PAUSED, Reason.PAUSE, on=then)


def says(refusal: AppError) -> list[str]:
    """The code of a refusal, or those of the faults that it names."""
    return [fault.code for fault in refusal.details.get("faults", ())] or [refusal.code]


def named(case: Case) -> str:
    return case.name


ALL = pytest.mark.parametrize("case", [*GUARDED, *UNKEPT, *NOTHING_NEW], ids=named)
WRITTEN = pytest.mark.parametrize("case", [*GUARDED, *UNKEPT], ids=named)


@ALL
def test_a_proposal_is_refused_and_nothing_is_kept(house: House, case: Case) -> None:
    with pytest.raises(AppError) as refused:
        do(house, verbs.propose, "maintainer", **case.told())
    assert case.code in says(refused.value)
    assert refused.value.said.text("zh") != refused.value.said.text("en")
    assert do(house, verbs.list_, "maintainer").items == []


@pytest.mark.parametrize("case", [case for case in (*GUARDED, *UNKEPT) if case.unit], ids=named)
def test_an_altered_draft_is_refused_as_a_proposal_is(house: House, case: Case) -> None:
    harmless = {"reason": "change", "valid_from": DAY, "changes": {"address": "新路2号"}, "unit_id": case.unit}
    draft = do(house, verbs.propose, "maintainer", **harmless, submit=False)
    told = {name: value for name, value in case.told().items() if name != "unit_id"}
    with pytest.raises(AppError) as refused:
        do(
            house,
            verbs.edit,
            "maintainer",
            request_id=draft.request_id,
            version=draft.version,
            drop=["address"],
            **told,
        )
    assert case.code in says(refused.value)


@WRITTEN
def test_what_came_past_the_proposal_is_refused_by_who_decides_and_stays(
    house: House, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a request of an earlier version does, or one whose unit moved on since."""
    request_id = laid_past(house, monkeypatch, [case.item()], is_batch=False)
    with pytest.raises(AppError) as refused:
        approve(house, request_id)
    assert case.code in says(refused.value)
    assert do(house, verbs.show, "maintainer", request_id=request_id).status == "in_review"


@pytest.mark.parametrize("case", [case for case in (*GUARDED, *UNKEPT) if case.on < TODAY], ids=named)
def test_in_a_batch_the_item_is_an_exception(house: House, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = Case("", "", unit=THREE, changes={"address": "新路2号"})
    request_id = laid_past(house, monkeypatch, [case.item(), harmless.item()], is_batch=True)
    approve(house, request_id)
    run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "maintainer", request_id=request_id)
    assert (shown.status, shown.counts.status) == ("applied", {"applied": 1, "excluded": 1})


def test_what_the_database_itself_refuses_is_an_exception_of_a_batch_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit with a short name alone loses it, and the guard looks away: the rows go round SQLAlchemy."""
    monkeypatch.setattr(values, "_add_nameless", lambda *_: None)
    with house.database.write() as session:
        nameless = factory.make_unit(session, uscc="", name="", short_name="无名")
    items = [Case("", "", unit=unit, changes=changes).item() for unit, changes in (
        (THREE, {"address": "新路2号"}), (nameless, {"short_name": ""}),
    )]  # fmt: skip
    request_id = laid_past(house, monkeypatch, items, is_batch=True)
    approve(house, request_id)
    run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "maintainer", request_id=request_id)
    assert (shown.status, shown.counts.status) == ("applied", {"applied": 1, "excluded": 1})


@pytest.mark.parametrize("code", ["bad_step", "code_taken", "bad_successor"])
def test_beside_an_exception_two_units_still_change_codes_with_each_other(
    house: House, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stays of a chunk is laid together, as its end alone is right."""
    stopped = {
        "bad_step": Case("", "", "resume", THREE),
        "code_taken": Case("", "", "reinstate", GIVER),
        "bad_successor": Case("", "", "merge", THREE, heir=VOID),
    }[code]
    swap = [Case("", "", "code_change", one, {"uscc": CODE[other]}) for one, other in ((ONE, TWO), (TWO, ONE))]
    items = [case.item() for case in (swap[0], stopped, swap[1])]
    request_id = laid_past(house, monkeypatch, items, is_batch=True)
    approve(house, request_id)
    run_all(house.database, CLOCK)
    shown = do(house, verbs.items, "maintainer", request_id=request_id).items
    assert [item.status for item in shown] == ["applied", "excluded", "applied"]
    with house.database.read() as session:
        held = versions_of(session, [ONE, TWO], AsOf(TODAY))
    assert [held[one]["uscc"] for one in (ONE, TWO)] == [CODE[TWO], CODE[ONE]]


def laid_past(house: House, monkeypatch: pytest.MonkeyPatch, items: list[ItemDraft], *, is_batch: bool) -> int:
    with monkeypatch.context() as unguarded, house.database.write() as session:
        unguarded.setattr(judging, "refuse_guarded", lambda *_: None)
        for module in (drafting, judging):
            unguarded.setattr(module, "faults_of", lambda _session, items, _today: [[] for _ in items])
        actor = get_actor(session, "maintainer")
        request = drafting.draft(session, items, actor=actor, now=NOW, title="测试", is_batch=is_batch)
        service.submit(session, request.request_id, actor=actor, now=NOW)
        return request.request_id


def approve(house: House, request_id: int) -> Any:
    version = do(house, verbs.show, "approver", request_id=request_id).version
    return do(house, verbs.approve, "approver", request_id=request_id, version=version, comment="核实")


@pytest.mark.parametrize("case", [GUARDED[0], GUARDED[7], GUARDED[13], GUARDED[21], UNKEPT[0]], ids=named)
def test_a_route_answers_with_the_code_in_both_languages(house: House, case: Case) -> None:
    with serving(house.database) as client:
        told = {"json": plain(case.told()), "headers": as_person(house.database, "maintainer")}
        answer = client.post("/api/v1/changes/requests", **told)
    assert answer.status_code in (409, 422)
    assert case.code in answer.text
    assert answer.json()["zh"] != answer.json()["en"]


def plain(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}


FILE = CENSUS_HEADER + "".join(
    f"{kind},{name},,张三丰,1380000{number}111,{area},测云路{number}号,1,批发日用品,{industry}\n"
    for number, (kind, name, area, industry) in enumerate(
        [
            ("1", "重庆鑫源商贸有限公司", "500105006001", "9999"),
            ("7", "重庆宏泰建材有限公司", "500105006001", "5165"),
            ("1", "重庆大江农业开发有限公司", "500105999999", "5211"),
        ]
    )
)


def test_a_row_with_a_code_of_no_edition_is_a_problem_and_says_which(house: House, tmp_path: Path) -> None:
    """An area that is right to its county stops nobody."""
    taken(house.database, tmp_path, FILE)
    (request,) = matching_run.run(house.database, actor=person(house.database, "maintainer"), clock=CLOCK).requests
    with house.database.read() as session:
        rows = session.execute(select(SourceRecord).order_by(col(SourceRecord.row_no))).scalars().all()
        told = [(row.outcome, row.outcome_reason) for row in rows]
    assert [outcome for outcome, _ in told] == ["problem", "problem", "proposed"]
    whys = [reason for _, reason in told[:2]]
    assert [why.code for why in whys] == [notes.GUARDED] * 2
    assert [why.facts["why"].facts for why in whys] == [{"field": "industry_code"}, {"field": "unit_type"}]
    assert "行业代码" in whys[0].text("zh")
    assert do(house, verbs.show, "maintainer", request_id=int(request)).items == 1


IN_REVIEW = "in_review"


def status_of(house: House, verb: Verb[Any, Any], login: str, **told: Any) -> str:
    return str(do(house, verb, login, **told).status)


def test_a_code_of_an_old_edition_and_what_a_unit_says_already_pass(house: House) -> None:
    with house.database.write() as session:
        load(session, "industry", ("6330",), "old", date(2017, 10, 1))
        odd = factory.make_unit(session, name="旧值公司", uscc="", industry_code="9999", employees=-3)
    assert (
        status_of(
            house,
            verbs.propose,
            "maintainer",
            reason="change",
            unit_id=ONE,
            valid_from=DAY,
            changes={"industry_code": "6330"},
        )
        == IN_REVIEW
    )
    told = {"industry_code": "9999", "employees": -3, "address": "新路2号"}
    assert (
        status_of(house, verbs.propose, "maintainer", reason="change", unit_id=odd, valid_from=DAY, changes=told)
        == IN_REVIEW
    )


def test_a_parent_that_nobody_of_the_register_bears_is_a_statement(house: House) -> None:
    far = {"parent_uscc": "91110000MA0000001X", "parent_name": "外地公司"}
    born = {**BORN, "unit_type": "2", "name": "外地公司分店", **far}
    assert status_of(house, verbs.propose, "maintainer", reason="new", valid_from=DAY, changes=born) == IN_REVIEW


@pytest.mark.parametrize(
    ("reason", "status", "standing"),
    [
        ("pause", "2", "live"),
        ("closed", "4", "closed"),
        ("bankrupt", "5", "closed"),
        ("deregistered", "6", "closed"),
        ("revoked", "7", "closed"),
    ],
)
def test_a_step_sets_the_status_that_goes_with_it(house: House, reason: str, status: str, standing: str) -> None:
    approve(house, do(house, verbs.propose, "maintainer", reason=reason, unit_id=THREE, valid_from=DAY).request_id)
    assert stands(house, THREE) == (standing, status)


@pytest.mark.parametrize(("unit", "reason"), [(PAUSED, "resume"), (CLOSED, "reinstate")])
def test_a_unit_that_works_again_says_so(house: House, unit: int, reason: str) -> None:
    approve(house, do(house, verbs.propose, "maintainer", reason=reason, unit_id=unit, valid_from=DAY).request_id)
    assert stands(house, unit) == ("live", "1")


def test_a_status_that_ends_a_unit_ends_it_whatever_the_change_is_called(house: House) -> None:
    told = {"reason": "change", "unit_id": THREE, "valid_from": DAY, "changes": {"operating_status": "4"}}
    request = do(house, verbs.propose, "maintainer", **told)
    assert request.need == "remove"
    approve(house, request.request_id)
    assert stands(house, THREE) == ("closed", "4")
    with house.database.read() as session:
        assert versions_of(session, [THREE], AsOf(DAY))[THREE]["began_by"] == "closed"


def test_a_unit_that_comes_in_as_gone_lived_until_its_end(house: House) -> None:
    born = {**BORN, "operating_status": "6", "closed_on": "2023-05"}
    told = {"reason": "found_missing", "valid_from": date(2015, 3, 1), "changes": born}
    approve(house, do(house, verbs.propose, "maintainer", **told).request_id)
    unit = SHARER + 1
    assert stands(house, unit, date(2023, 4, 30)) == ("live", "")
    assert stands(house, unit, date(2023, 5, 1)) == ("closed", "6")


def stands(house: House, unit: int, on: date = TODAY) -> tuple[str, str]:
    with house.database.read() as session:
        held = versions_of(session, [unit], AsOf(on))[unit]
    return held["standing"], held["operating_status"]


def test_a_firm_that_stopped_is_struck_off_later(house: House) -> None:
    for reason in ("closed", "revoked", "deregistered"):
        approve(house, do(house, verbs.propose, "maintainer", reason=reason, unit_id=THREE, valid_from=DAY).request_id)
    assert stands(house, THREE) == ("closed", "6")


def test_a_closing_that_was_proposed_before_a_merger_comes_too_late(house: House) -> None:
    early = do(
        house, verbs.propose, "maintainer", reason="closed", unit_id=THREE, valid_from=date(2024, 3, 1)
    ).request_id
    told = {"reason": "merge", "unit_id": THREE, "successor_id": ONE, "valid_from": date(2024, 5, 1)}
    approve(house, do(house, verbs.propose, "maintainer2", **told).request_id)
    with pytest.raises(AppError) as refused:
        approve(house, early)
    assert refused.value.code == "stale"
    assert stands(house, THREE)[0] == "merged"


def test_what_belongs_to_another_reason_goes_with_it(house: House) -> None:
    """Nobody can take an end, or an heir, out of a draft by hand."""
    about = {"unit_id": ONE, "valid_from": DAY, "submit": False}
    past = {"reason": "correction", "valid_until": date(2024, 12, 20), "changes": {"address": "新路2号"}}
    for told in (past, {"reason": "conversion", "successor_id": TWO}):
        draft = do(house, verbs.propose, "maintainer", **about, **told)
        do(house, verbs.edit, "maintainer", request_id=draft.request_id, version=draft.version, reason="closed")
        (item,) = do(house, verbs.show, "maintainer", request_id=draft.request_id).sample
        assert (item.reason, item.valid_until, item.successor_id) == ("closed", None, None)


def test_a_short_name_goes_and_the_full_one_stays(house: House) -> None:
    assert (
        status_of(
            house,
            verbs.propose,
            "maintainer",
            reason="change",
            unit_id=ONE,
            valid_from=DAY,
            changes={"short_name": "一"},
        )
        == IN_REVIEW
    )
    with house.database.write() as session:
        factory.change_unit(session, TWO, Reason.CHANGE, on=DAY, short_name="二")
    assert (
        status_of(
            house, verbs.propose, "maintainer", reason="change", unit_id=TWO, valid_from=DAY, changes={"short_name": ""}
        )
        == IN_REVIEW
    )


def test_a_short_name_that_is_the_only_one_stays(house: House) -> None:
    """The database alone refused that, after everybody had approved."""
    with house.database.write() as session:
        nameless = factory.make_unit(session, uscc="", name="", short_name="无名", born=date(2020, 1, 1))
    about = {"reason": "change", "unit_id": nameless, "valid_from": DAY, "changes": {"short_name": ""}}
    with pytest.raises(AppError) as refused:
        do(house, verbs.propose, "maintainer", **about)
    assert says(refused.value) == ["no_name"]
    assert (
        status_of(house, verbs.propose, "maintainer", **{**about, "changes": {"short_name": "", "name": "全名"}})
        == IN_REVIEW
    )


def test_a_recoding_is_typed_by_nobody_and_says_codes_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody could close a unit for some days under the name of a reform of codes."""
    about = {"reason": "recoding", "unit_id": ONE, "valid_from": DAY, "valid_until": TODAY}
    for changes in ({"industry_code": "5165"}, {"operating_status": "6"}):
        with pytest.raises(AppError) as refused:
            do(house, verbs.propose, "maintainer", **about, changes=changes)
        assert says(refused.value) == ["recoded_by_nobody"]
    assert "recoding" not in do(house, verbs.form, "maintainer", unit_id=ONE).reasons
    harmless = {**about, "reason": "correction", "changes": {"address": "新路2号"}}
    draft = do(house, verbs.propose, "maintainer", **harmless, submit=False)
    with pytest.raises(AppError) as refused:
        do(house, verbs.edit, "maintainer", request_id=draft.request_id, version=draft.version, reason="recoding")
    assert says(refused.value) == ["recoded_by_nobody"]
    item = Case("", "", "recoding", changes={"operating_status": "6"}).item()
    request_id = laid_past(house, monkeypatch, [item], is_batch=False)
    with pytest.raises(AppError) as refused:
        approve(house, request_id)
    assert says(refused.value) == ["not_recoded"]


def test_a_pause_comes_too_late_where_the_status_is_another_by_now(house: House) -> None:
    """It expected that the unit lived, and nothing of the status that it sets."""
    pause = do(house, verbs.propose, "maintainer", reason="pause", unit_id=ONE, valid_from=DAY)
    other = {"reason": "change", "unit_id": ONE, "valid_from": DAY, "changes": {"operating_status": "3"}}
    approve(house, do(house, verbs.propose, "maintainer2", **other).request_id)
    with pytest.raises(AppError) as late:
        approve(house, pause.request_id)
    assert late.value.code == "stale"


def test_who_stays_gone_claims_no_code_by_being_changed(house: House) -> None:
    assert (
        status_of(
            house,
            verbs.propose,
            "maintainer",
            reason="change",
            unit_id=GIVER,
            valid_from=DAY,
            changes={"address": "新路2号"},
        )
        == IN_REVIEW
    )
    assert (
        status_of(
            house,
            verbs.propose,
            "maintainer",
            reason="change",
            unit_id=GIVER,
            valid_from=DAY,
            changes={"unit_type": "3"},
        )
        == IN_REVIEW
    )
