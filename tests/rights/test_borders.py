"""A neighbour, a park, an office without an area, an administrator: what each tried and got in November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.changes import verbs as changes
from app.changes.errors import BadChange
from app.core.db import Database
from app.core.errors import AppError, PermissionMissing
from app.core.rights import OutOfArea
from app.core.said import said
from app.domain.words import Reason
from app.intake import verbs as imports
from app.intake.errors import BatchNotFound
from app.jobs import verbs as jobs
from app.match import run as matching_run
from app.models import Office, SourceRecord, notes
from app.register.queries import UnitNotFound
from app.review import verbs as review
from app.units import verbs as units
from app.verbs import House
from tests.factories.files import CENSUS, CENSUS_HEADER, CLOCK, person, taken
from tests.factories.house import do, housing
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import TODAY, give_area, make_user


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


@pytest.fixture
def unit(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


OURS, THEIRS, NOBODYS = "500105006001", "500112001001", "510105001001"


def proposal(unit_id: int | None, **told: Any) -> dict[str, Any]:
    return {"reason": Reason.CHANGE, "valid_from": TODAY, "unit_id": unit_id, **told}


@pytest.mark.parametrize(
    "told",
    [
        {"changes": {"name": "被抢走的单位", "area_code": THEIRS}},
        {"changes": {"name": "被抢走的单位"}, "submit": False},
        {"reason": Reason.DEREGISTERED},
        {"reason": Reason.CORRECTION, "changes": {"area_code": THEIRS}},
    ],
    ids=["moved over", "a draft", "closed", "corrected over"],
)
def test_a_neighbour_proposes_nothing_about_our_units(house: House, unit: int, told: dict[str, Any]) -> None:
    """D1: a district renamed, moved and closed units of another; even a draft answered with their values."""
    with pytest.raises(UnitNotFound):
        do(house, changes.propose, "neighbour", **proposal(unit, **told))


def refused(house: House, login: str, **told: Any) -> dict[str, Any]:
    with pytest.raises(AppError) as error:
        do(house, changes.propose, login, **told)
    return {"code": error.value.code, "zh": error.value.text("zh"), "details": error.value.details}


def test_of_a_unit_beyond_the_area_no_refusal_tells_that_it_is_there_or_where(
    house: House, database: Database, unit: int
) -> None:
    """By running number one read the village of every unit, and which numbers are in use."""
    told = proposal(unit, changes={"address": "新址"})
    nobody = {**told, "unit_id": unit + 99}
    assert refused(house, "neighbour", **told) == refused(house, "neighbour", **nobody)
    assert refused(house, "neighbour", **told)["code"] == "unit_not_found"
    with database.write() as session:
        own = make_unit(session, uscc="", name="邻区公司", area_code=THEIRS)
    heirs = [proposal(own, reason=Reason.MERGE, successor_id=one) for one in (unit, unit + 99)]
    assert refused(house, "neighbour", **heirs[0]) == refused(house, "neighbour", **heirs[1])
    draft = do(house, changes.propose, "neighbour", **proposal(own, changes={"address": "新址"}, submit=False))
    for one in (unit, unit + 99):
        with pytest.raises(UnitNotFound):
            do(
                house,
                changes.edit,
                "neighbour",
                request_id=draft.request_id,
                version=0,
                reason="merge",
                successor_id=one,
            )
    typed = refused(house, "neighbour", **proposal(own, changes={"area_code": NOBODYS}))
    assert (typed["code"], typed["details"]["area"]) == ("out_of_area", NOBODYS)
    with database.write() as session:
        change_unit(session, own, Reason.CORRECTION, on=date(2020, 5, 1), area_code=OURS)
    left = refused(house, "neighbour", **proposal(own, changes={"address": "又址"}))
    assert (left["code"], OURS in str(left)) == ("unit_not_found", False)


@pytest.mark.parametrize("login", ["maintainer", "above"])
def test_no_unit_is_proposed_without_area_or_kind(house: House, database: Database, unit: int, login: str) -> None:
    """T2: an office of the whole country holds also what lies nowhere, and nobody sees it."""
    with database.write() as session:
        country = session.execute(select(Office).where(Office.code == "municipal")).scalar_one()
        give_area(session, country, "000000")
        make_user(session, "above", country, ["maintainer"])
        nowhere = make_unit(session, uscc="", name="无处公司", area_code="", operating_status="4")
    born = {"name": "新公司", "unit_type": "1", "area_code": OURS}
    for changes_, fault in (
        ({**born, "area_code": ""}, "no_area"), ({"name": "新公司", "unit_type": "1"}, "no_area"),
        ({**born, "unit_type": " "}, "no_kind"),
    ):  # fmt: skip
        told = refused(house, login, **proposal(None, reason=Reason.NEW, changes=changes_))
        assert [one.code for one in told["details"]["faults"]] == [fault]
    for name, fault in (("area_code", "no_area"), ("unit_type", "no_kind")):
        told = refused(house, login, **proposal(unit, changes={name: ""}))
        (one,) = told["details"]["faults"]
        assert (one.code, one.facts) == (fault, {"field": name})
    if login == "above":
        mended = do(house, changes.propose, "above", **proposal(nowhere, changes={"area_code": OURS}))
        assert mended.status == "in_review"


def test_nobody_moves_a_unit_out_of_his_area_or_merges_it_with_one_beyond(
    house: House, database: Database, unit: int
) -> None:
    """D1: the place a unit would have, and its successor's, count as its own place does."""
    with database.write() as session:
        theirs = make_unit(session, uscc="", name="邻区公司", area_code=THEIRS)
    for told, refusal in (
        ({"changes": {"area_code": NOBODYS}}, OutOfArea),
        ({"changes": {"area_code": ""}}, BadChange),
        ({"reason": Reason.MERGE, "successor_id": theirs}, UnitNotFound),
    ):
        with pytest.raises(refusal):
            do(house, changes.propose, "maintainer", **proposal(unit, **told))


def test_a_post_proposes_for_its_own_street_alone(house: House, database: Database, unit: int) -> None:
    with database.write() as session:
        elsewhere = make_unit(session, uscc="", name="别的街道公司", area_code="500105007001")
    do(house, changes.propose, "post", **proposal(unit, changes={"address": "观音桥10号"}))
    with pytest.raises(UnitNotFound):
        do(house, changes.propose, "post", **proposal(elsewhere, changes={"address": "别处"}))


def test_a_park_sees_what_bears_its_code_and_gives_nothing_away(house: House, database: Database, unit: int) -> None:
    """§5.5: changing the park counts as changing the area."""
    with database.write() as session:
        inside = make_unit(session, uscc="", name="园区公司", park_code="P01")
    assert [one.unit_id for one in do(house, units.list_, "park").items] == [inside]
    for unit_id, told, refusal in (
        (inside, {"park_code": "P02"}, OutOfArea),
        (unit, {"park_code": "P01"}, UnitNotFound),
        (unit, {"name": "甲"}, UnitNotFound),
    ):
        with pytest.raises(refusal):
            do(house, changes.propose, "park", **proposal(unit_id, changes=told))


def test_an_office_without_an_area_sees_and_changes_nothing(house: House, unit: int) -> None:
    """D6: it saw and changed everything."""
    assert do(house, units.list_, "nowhere").total == 0
    assert do(house, units.count, "nowhere").total == 0
    with pytest.raises(UnitNotFound):
        do(house, units.show, "nowhere", code=f"#{unit}")
    with pytest.raises(UnitNotFound):
        do(house, changes.propose, "nowhere", **proposal(unit, changes={"name": "甲"}))
    born = {"name": "新", "unit_type": "1", "area_code": OURS}
    with pytest.raises(OutOfArea):
        do(house, changes.propose, "nowhere", **proposal(None, reason=Reason.NEW, changes=born))


@pytest.mark.parametrize("login", ["sysadmin", "secadmin", "audadmin"])
def test_administrators_read_no_request(house: House, unit: int, login: str) -> None:
    """D4: they read names, codes and addresses in requests."""
    made = do(house, changes.propose, "maintainer", **proposal(unit, changes={"address": "新址"}))
    told = {"request_id": made.request_id}
    for verb, wish in ((changes.list_, {}), (changes.show, told), (changes.items, told), (changes.count, {})):
        with pytest.raises(PermissionMissing):
            do(house, verb, login, **wish)


def test_files_rows_problems_pairs_and_jobs_are_those_of_the_office(
    house: House, database: Database, tmp_path: Path
) -> None:
    """D7: they had no area, so a neighbour read them, discarded them and matched them in his name."""
    batch = taken(database, tmp_path, CENSUS)
    told = {"batch_id": batch.batch_id}
    assert do(house, imports.list_, "neighbour").items == []
    assert do(house, jobs.list_, "neighbour").items == []
    assert do(house, review.list_, "neighbour").items == []
    about = (imports.show, imports.rows, imports.problems, imports.problems_file, imports.confirm, imports.discard)
    for verb in (*about, imports.resume):
        with pytest.raises(BatchNotFound):
            do(house, verb, "neighbour", **told)
    report = matching_run.run(database, actor=person(database, "neighbour"), clock=CLOCK)
    assert (report.run_id, report.requests) == (0, [])
    assert do(house, imports.show, "maintainer", **told).outcomes["pending"] == batch.rows


def test_rows_about_units_beyond_the_area_are_skipped_and_say_so(database: Database, tmp_path: Path) -> None:
    """D1: batches were not checked at all."""
    row = f"1,渝北某某公司,,李四,13800005555,{THEIRS},别处1号,1,批发,5165\n"
    taken(database, tmp_path, f"{CENSUS_HEADER}{row}{CENSUS.partition(chr(10))[2]}")
    report = matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK)
    with database.read() as session:
        found = session.execute(
            select(col(SourceRecord.outcome), col(SourceRecord.outcome_reason)).order_by(SourceRecord.record_id)
        ).all()
    assert [(outcome, reason and reason.code) for outcome, reason in found] == [
        ("skipped", notes.OUT_OF_AREA), *[("proposed", None)] * 3,
    ]  # fmt: skip
    assert len(report.requests) == 1


LACKING = ("area_code", "unit_type", "area_code")


def test_a_row_whose_unit_would_have_no_area_or_no_kind_is_a_problem_that_says_which(
    database: Database, tmp_path: Path
) -> None:
    """T2: an office of the whole country, which holds also what lies nowhere, brought it in."""
    with database.write() as session:
        give_area(session, session.execute(select(Office).where(Office.code == "district")).scalar_one(), "000000")
    taken(database, tmp_path, CENSUS)
    with database.write() as session:
        for row, lacks in zip(
            session.execute(select(SourceRecord).order_by(col(SourceRecord.record_id))).scalars(), LACKING, strict=True
        ):
            row.clean = {name: value for name, value in row.clean.items() if not name.startswith(lacks)}
    assert matching_run.run(database, actor=person(database, "maintainer"), clock=CLOCK).requests == []
    with database.read() as session:
        found = session.execute(
            select(col(SourceRecord.outcome), col(SourceRecord.outcome_reason)).order_by(SourceRecord.record_id)
        ).all()
    assert [tuple(row) for row in found] == [("problem", said(notes.BARE, field=name)) for name in LACKING]


@pytest.mark.parametrize("standing", ["live", "closed"])
def test_a_row_about_a_unit_beyond_the_area_says_so_whatever_it_guesses(
    database: Database, tmp_path: Path, standing: str
) -> None:
    """Rows with our codes came out `unchanged` where a value was guessed and `skipped` where not, with our number."""
    ours = {"name": "重庆鑫源商贸有限公司", "legal_rep": "张三丰", "address": "测云路1号"}
    with database.write() as session:
        unit_id = make_unit(session, born=date(2020, 1, 1), **ours)
        if standing == "closed":
            change_unit(session, unit_id, Reason.DEREGISTERED, on=TODAY)
    row = f"1,重庆鑫源商贸有限公司,{USCC},{{}},,,,,,\n"
    guesses = CENSUS_HEADER + row.format("张三丰") + row.format("李四") + row.format("")
    taken(database, tmp_path, guesses, login="neighbour")
    report = matching_run.run(database, actor=person(database, "neighbour"), clock=CLOCK)
    with database.read() as session:
        found = session.execute(select(SourceRecord)).scalars().all()
        told = {(row.outcome, row.outcome_reason and row.outcome_reason.code, row.unit_id) for row in found}
    assert (told, report.requests) == ({("skipped", notes.OUT_OF_AREA, None)}, [])


def test_an_approver_decides_on_no_request_that_reaches_beyond_his_area(house: House, unit: int) -> None:
    """The neighbour's approver is told what anybody is who may not see a request: that there is none."""
    made = do(house, changes.propose, "maintainer", **proposal(unit, changes={"address": "新址"}))
    with pytest.raises(AppError) as refused:
        do(house, changes.approve, "neighbour_approver", request_id=made.request_id, version=1)
    assert refused.value.code == "request_not_found"
