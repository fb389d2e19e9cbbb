"""A unit that moves into another office's area is one unit and one request (DESIGN.md, §5.3): the receiver agrees, then the
office above both decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.changes import verbs as changes
from app.changes.errors import BadChange, ConsentMissing, NothingToAgreeTo, NotTheReceiver, RequestNotFound
from app.core.db import Database
from app.core.errors import PermissionMissing, VersionMoved
from app.core.rights import OutOfArea
from app.domain.words import Reason
from app.home import verbs as home
from app.models import Office
from app.register.queries import UnitNotFound
from app.trail import verbs as log
from app.units import verbs as units
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.units import make_unit
from tests.factories.world import TODAY, make_user

HERE, THERE, NOWHERE = "500105006001", "500112001001", "510105001001"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


@pytest.fixture
def unit(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


def moved(house: House, unit: int, to: str = THERE, **told: Any) -> Any:
    about = {"reason": Reason.CHANGE, "valid_from": TODAY, "unit_id": unit, "changes": {"area_code": to}}
    return do(house, changes.propose, "maintainer", **{**about, **told})


def approved(house: House, request_id: int, by: str = "approver") -> str:
    version = do(house, changes.show, by, request_id=request_id).version
    return str(do(house, changes.approve, by, request_id=request_id, version=version).status)


def asked(house: House, login: str) -> list[int]:
    return [one.request_id for one in do(house, changes.list_, login, asked=True).items]


def seen_by(house: House, login: str, unit: int) -> bool:
    try:
        do(house, units.show, login, code=f"#{unit}")
    except UnitNotFound:
        return False
    return True


def test_a_move_waits_for_the_receiver_and_then_for_the_office_above_both(house: House, unit: int) -> None:
    request = moved(house, unit)
    assert (request.receiver.name, request.receiver.agreed, request.need) == ("邻区统计局", False, "replace")
    with pytest.raises(ConsentMissing):
        approved(house, request.request_id)
    assert asked(house, "neighbour") == [request.request_id]
    assert {one.what: one.count for one in do(house, home.figures, "neighbour").queues}["moves"] == 1
    seen = do(house, changes.show, "neighbour", request_id=request.request_id)
    assert (seen.may.consent, seen.may.decide, seen.sample[0].diff[0].new) == (True, False, THERE)
    do(house, changes.consent, "neighbour", request_id=request.request_id, version=seen.version)
    assert asked(house, "neighbour") == []
    assert do(house, changes.show, "approver", request_id=request.request_id).receiver.agreed
    assert approved(house, request.request_id) == "applied"
    assert (seen_by(house, "neighbour", unit), seen_by(house, "maintainer", unit)) == (True, False)
    words = [one.verb for one in do(house, changes.show, "maintainer", request_id=request.request_id).opinions]
    assert words == ["submit", "consent", "approve"]


def test_a_receiver_who_declines_says_why_and_the_author_has_it_back(house: House, unit: int) -> None:
    request = moved(house, unit)
    with pytest.raises(BadChange):
        do(house, changes.decline, "neighbour", request_id=request.request_id, comment="")
    told = do(house, changes.decline, "neighbour", request_id=request.request_id, comment="此地没有这家单位")
    assert told.status == "returned"
    assert not seen_by(house, "neighbour", unit)
    back = do(house, changes.show, "maintainer", request_id=request.request_id)
    assert back.opinions[-1].comment == "此地没有这家单位"


def test_handed_in_again_it_is_agreed_to_anew(house: House, unit: int) -> None:
    request = moved(house, unit)
    do(house, changes.consent, "neighbour", request_id=request.request_id)
    version = do(house, changes.show, "approver", request_id=request.request_id).version
    do(house, changes.return_, "approver", request_id=request.request_id, comment="地址不全", version=version)
    do(house, changes.submit, "maintainer", request_id=request.request_id)
    assert asked(house, "neighbour") == [request.request_id]
    with pytest.raises(ConsentMissing):
        approved(house, request.request_id)


@pytest.mark.parametrize(
    ("login", "refusal"),
    [
        ("maintainer", NotTheReceiver),
        ("maintainer2", NotTheReceiver),
        ("section", NotTheReceiver),
        ("neighbour_approver", PermissionMissing),
        ("park", RequestNotFound),
    ],
)
def test_nobody_else_speaks_for_the_receiver(house: House, unit: int, login: str, refusal: type[Exception]) -> None:
    request = moved(house, unit)
    with pytest.raises(refusal):
        do(house, changes.consent, login, request_id=request.request_id)
    with pytest.raises(refusal):
        do(house, changes.decline, login, request_id=request.request_id, comment="不同意")
    with pytest.raises(ConsentMissing):
        approved(house, request.request_id)


def test_the_word_is_about_the_version_that_was_looked_at_and_given_once(house: House, unit: int) -> None:
    request = moved(house, unit)
    with pytest.raises(VersionMoved):
        do(house, changes.consent, "neighbour", request_id=request.request_id, version=request.version + 3)
    do(house, changes.consent, "neighbour", request_id=request.request_id)
    for verb, told in ((changes.consent, {}), (changes.decline, {"comment": "不同意"})):
        with pytest.raises(NothingToAgreeTo):
            do(house, verb, "neighbour", request_id=request.request_id, **told)


def test_what_moves_nothing_asks_nobody_and_a_draft_nobody_yet(house: House, unit: int) -> None:
    inside = moved(house, unit, "500105007001", submit=False)
    assert inside.receiver is None
    draft = moved(house, unit, submit=False)
    assert draft.receiver is None
    with pytest.raises(RequestNotFound):
        do(house, changes.show, "neighbour", request_id=draft.request_id)
    assert do(house, changes.submit, "maintainer", request_id=draft.request_id).status == "in_review"
    assert asked(house, "neighbour") == [draft.request_id]


def test_nobody_moves_a_unit_where_no_office_of_this_register_keeps_it(house: House, unit: int) -> None:
    """That is moving out."""
    with pytest.raises((OutOfArea, BadChange)):
        moved(house, unit, NOWHERE)


def test_a_post_whose_street_it_leaves_asks_the_other_street(house: House, database: Database, unit: int) -> None:
    """No office below keeps it alone: the district does, whose maintainer agrees."""
    about = {"reason": Reason.CHANGE, "valid_from": TODAY, "unit_id": unit, "changes": {"area_code": "500105007001"}}
    request = do(house, changes.propose, "post", **about)
    assert request.receiver.name == "测试区统计局"
    assert asked(house, "maintainer") == [request.request_id]


def test_where_the_office_that_keeps_the_place_decides_itself_it_needs_no_word_beside(
    house: House, database: Database, unit: int
) -> None:
    request = moved(house, unit, "500113001001")
    assert request.receiver.name == "测试市统计局"
    assert approved(house, request.request_id) == "applied"


def test_a_move_is_undone_the_same_way(house: House, unit: int) -> None:
    request = moved(house, unit)
    do(house, changes.consent, "neighbour", request_id=request.request_id)
    approved(house, request.request_id)
    with pytest.raises(OutOfArea):
        do(house, changes.propose, "maintainer", reason=Reason.CHANGE, valid_from=TODAY + timedelta(days=1),
           unit_id=unit, changes={"area_code": HERE})  # fmt: skip
    back = do(house, changes.propose, "neighbour", reason=Reason.CHANGE, valid_from=TODAY, unit_id=unit,
              changes={"area_code": HERE})  # fmt: skip
    assert back.receiver.name == "测试区统计局"
    do(house, changes.consent, "maintainer2", request_id=back.request_id)
    assert approved(house, back.request_id) == "applied"
    assert seen_by(house, "maintainer", unit)


def test_both_words_are_in_the_log(house: House, database: Database, unit: int) -> None:
    with database.write() as session:
        office = session.execute(select(Office).where(Office.code == "district2")).scalar_one()
        make_user(session, "neighbour2", office, ["maintainer"])
    first, second = moved(house, unit), moved(house, unit)
    do(house, changes.consent, "neighbour", request_id=first.request_id)
    do(house, changes.decline, "neighbour2", request_id=second.request_id, comment="重复提出")
    told = [(one.event, one.actor) for one in do(house, log.list_, "audadmin").items]
    assert {("change_request:consent", "neighbour"), ("change_request:decline", "neighbour2")} <= set(told)
