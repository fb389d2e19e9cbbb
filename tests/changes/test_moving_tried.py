"""What a rival, an approver and a receiver tried on moves between two offices, and met in November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import verbs as changes
from app.changes.errors import ConsentMissing, NotTheReceiver, RequestNotFound
from app.changes.schedule import apply_due, enqueue_due
from app.core.db import Database
from app.core.errors import SecondPersonNeeded
from app.core.rights import OutOfArea
from app.domain.words import Reason
from app.home import verbs as home
from app.models import Office, OfficeArea
from app.units import verbs as units
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.units import change_unit, make_unit
from tests.factories.world import NOW, TODAY, make_user, user_named

HERE, THERE = "500105006001", "500112001001"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


@pytest.fixture
def unit(house: House, database: Database) -> int:
    """A unit; the draft takes the number that its factory writes under, so that nothing takes back its birth."""
    with database.write() as session:
        made = make_unit(session)
    moved(house, made, submit=False)
    return made


def moved(house: House, unit: int, by: str = "maintainer", **told: Any) -> Any:
    about = {"reason": Reason.CHANGE, "valid_from": TODAY, "unit_id": unit, "changes": {"area_code": THERE}}
    return do(house, changes.propose, by, **{**about, **told})


def agreed(house: House, request_id: int, by: str = "neighbour") -> Any:
    return do(house, changes.consent, by, request_id=request_id)


def approved(house: House, request_id: int, by: str = "approver") -> str:
    version = do(house, changes.show, by, request_id=request_id).version
    return str(do(house, changes.approve, by, request_id=request_id, version=version).status)


def office(session: Session, code: str) -> Office:
    return session.execute(select(Office).where(Office.code == code)).scalar_one()


def test_an_author_who_changed_to_the_receiver_does_not_agree_to_his_own_move(
    house: House, database: Database, unit: int
) -> None:
    request = moved(house, unit)
    with database.write() as session:
        user_named(session, "maintainer").office_id = office(session, "district2").office_id
    assert not do(house, changes.show, "maintainer", request_id=request.request_id).may.consent
    with pytest.raises(NotTheReceiver):
        agreed(house, request.request_id, by="maintainer")


def test_who_agreed_for_the_receiver_does_not_decide_as_well(house: House, database: Database, unit: int) -> None:
    """Of an office above both: the receiver's word and the decision are two people's."""
    with database.write() as session:
        make_user(session, "both", office(session, "municipal"), ["maintainer", "approver"])
    request = moved(house, unit)
    agreed(house, request.request_id, by="both")
    assert not do(house, changes.show, "both", request_id=request.request_id).may.approve
    with pytest.raises(SecondPersonNeeded):
        approved(house, request.request_id, by="both")
    assert approved(house, request.request_id) == "applied"


@pytest.mark.parametrize("told", [{}, {"changes": {"area_code": THERE}}], ids=["its place wins", "moved there"])
def test_no_merger_takes_in_a_unit_that_is_the_neighbours_by_now(
    house: House, database: Database, unit: int, told: dict[str, Any]
) -> None:
    """The place that one item of a request may lead a unit to was open to all of its items: a unit that had moved there was
    merged back, with all that the neighbour had written of it since."""
    with database.write() as session:
        theirs = make_unit(session, uscc="", name="乙公司")
        change_unit(session, theirs, Reason.CHANGE, on=date(2022, 1, 1), area_code=THERE)
    with pytest.raises(OutOfArea):
        moved(house, unit, **{"reason": Reason.MERGE, "absorbed": [theirs], "changes": {}, **told})


def test_no_split_begins_a_unit_at_the_neighbours(house: House, unit: int) -> None:
    part = {"new": {"name": "丙公司", "unit_type": "1", "area_code": THERE}}
    with pytest.raises(OutOfArea):
        moved(house, unit, reason=Reason.SPLIT, into=[part])


def test_a_returned_request_that_says_something_else_by_now_is_not_the_receivers_to_read(
    house: House, unit: int
) -> None:
    request = moved(house, unit)
    do(house, changes.decline, "neighbour", request_id=request.request_id, comment="此地没有这家单位")
    shown = do(house, changes.show, "neighbour", request_id=request.request_id)
    assert shown.opinions[-1].comment == "此地没有这家单位"
    told = {"drop": ["area_code"], "changes": {"employees": 77}, "version": shown.version}
    do(house, changes.edit, "maintainer", request_id=request.request_id, **told)
    for verb in (changes.show, changes.items):
        with pytest.raises(RequestNotFound):
            do(house, verb, "neighbour", request_id=request.request_id)


def test_the_receiver_reads_what_he_would_take_over(house: House, unit: int) -> None:
    """He was told an area and a number, under a title that the author types."""
    request = moved(house, unit, title="请接收")
    (item,) = do(house, changes.show, "neighbour", request_id=request.request_id).sample
    assert item.unit_name == "重庆江北嘉陵建材有限公司"
    (led,) = do(house, changes.show, "neighbour", request_id=request.request_id).receiver.units
    assert (led.unit_id, led.name, led.code) == (unit, "重庆江北嘉陵建材有限公司", "91500105MA60X0016Y")
    assert (led.unit_type, led.industry_code, led.address) == ("1", "5165", "观音桥步行街9号")


def test_the_receiver_opens_the_move_from_the_unit_that_came(house: House, unit: int) -> None:
    request = moved(house, unit)
    agreed(house, request.request_id)
    approved(house, request.request_id)
    one, _ = do(house, units.trail, "neighbour", code=f"#{unit}").requests
    assert (one.request_id, one.may_open, one.title) == (request.request_id, True, "重庆江北嘉陵建材有限公司")


def waiting(house: House, login: str) -> int:
    return next(one.count for one in do(house, home.figures, login).queues if one.what == "approvals")


def test_what_waits_for_the_receiver_is_no_approvers_turn(house: House, unit: int) -> None:
    request = moved(house, unit)
    assert [waiting(house, login) for login in ("approver", "neighbour_approver")] == [0, 0]
    shown = do(house, changes.show, "approver", request_id=request.request_id)
    assert (shown.may.decide, shown.may.approve) == (True, False)
    with pytest.raises(ConsentMissing):
        approved(house, request.request_id)
    agreed(house, request.request_id)
    assert [waiting(house, login) for login in ("approver", "neighbour_approver")] == [1, 0]
    assert do(house, changes.show, "approver", request_id=request.request_id).may.approve


def undone(house: House, request_id: int, by: str) -> Any:
    return do(house, changes.undo, by, request_id=request_id, comment="迁错了")


@pytest.mark.parametrize(
    ("by", "other", "agrees"), [("maintainer", "邻区统计局", "neighbour"), ("neighbour", "测试区统计局", "maintainer")]
)
@pytest.mark.parametrize("kind", ["merged and moved", "lay there for a year"])
def test_either_of_two_offices_takes_back_what_both_agreed_to_and_the_other_agrees(
    house: House, database: Database, unit: int, kind: str, by: str, other: str, agrees: str
) -> None:
    """One unit of it lies on either side, or one on some days: each was refused as beyond his area, and above them nobody
    stands who could decide on what the highest office proposes."""
    with database.write() as session:
        twin = make_unit(session, uscc="", name="乙公司")
    told: dict[str, Any] = {"reason": Reason.MERGE, "absorbed": [twin]}
    if kind != "merged and moved":
        told = {"reason": Reason.CORRECTION, "valid_from": date(2021, 1, 1), "valid_until": date(2022, 1, 1)}
    request = moved(house, unit, **told)
    agreed(house, request.request_id)
    approved(house, request.request_id)
    back = undone(house, request.request_id, by)
    assert (back.receiver.name, back.receiver.agreed) == (other, False)
    with pytest.raises(ConsentMissing):
        approved(house, back.request_id)
    agreed(house, back.request_id, by=agrees)
    assert approved(house, back.request_id) == "applied"
    assert do(house, units.show, "maintainer", code=f"#{unit}").items[0].values["area_code"] == HERE


def test_who_takes_back_a_move_reads_nothing_of_what_the_receiver_wrote_since(
    house: House, database: Database, unit: int
) -> None:
    request = moved(house, unit)
    agreed(house, request.request_id)
    approved(house, request.request_id)
    with database.write() as session:
        change_unit(session, unit, Reason.CHANGE, on=TODAY, address="邻区新址8号", name="邻区改的名")
    back = undone(house, request.request_id, "maintainer")
    assert "邻区" not in back.model_dump_json().replace("邻区统计局", "")


def test_a_third_office_takes_back_nothing(house: House, unit: int) -> None:
    request = moved(house, unit)
    agreed(house, request.request_id)
    approved(house, request.request_id)
    with pytest.raises(RequestNotFound):
        undone(house, request.request_id, "park")


@pytest.mark.parametrize("area", ["50", "5001", "500000000000", "500100000000"])
def test_nobody_leads_a_unit_to_a_city_where_it_lies_in_no_county(house: House, unit: int, area: str) -> None:
    """It went out of the sight of every office but the highest, whose approval was the only word."""
    with pytest.raises(OutOfArea):
        moved(house, unit, changes={"area_code": area})


def test_a_move_that_its_day_finds_without_a_receiver_says_so(house: House, database: Database, unit: int) -> None:
    request = moved(house, unit, valid_from=TODAY + timedelta(days=10))
    agreed(house, request.request_id)
    assert approved(house, request.request_id) == "scheduled"
    with database.write() as session:
        theirs = office(session, "district2").office_id
        ends = (
            update(OfficeArea).where(col(OfficeArea.office_id) == theirs).values(valid_until=TODAY + timedelta(days=5))
        )
        session.execute(ends)
        enqueue_due(session, NOW + timedelta(days=11))
        assert not apply_due(session, request.request_id, by="approver", now=NOW + timedelta(days=11))
    shown = do(house, changes.show, "maintainer", request_id=request.request_id)
    assert (shown.status, "迁入地" in shown.opinions[-1].comment) == ("returned", True)
