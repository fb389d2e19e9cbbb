"""A large request is judged anew as it is handed in and decided, whatever its size, and outside of the writer.

More than three hundred items were judged at their proposal and at their writing alone: what had left the area, or
needed the office above by then, was approved by whoever might have approved it months ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import drafting, service, verbs, whole
from app.changes.apply import apply_chunk
from app.changes.errors import LeftArea, NeedRose
from app.changes.needs import Judged
from app.changes.queries import counts_by_status
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.rights import OutOfArea
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import ChangeRequest, Policy
from app.register import sources
from tests.changes.test_requests import change_of, person, submitted
from tests.factories.house import do, housing
from tests.factories.turns import InOne
from tests.factories.world import NOW, TODAY
from tests.factories.writes import HAND, change_unit, make_unit

LATER = NOW + timedelta(hours=1)
BORN = date(2020, 3, 1)
THERE = "500112001001"


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "AT_ONCE", 2)
    monkeypatch.setattr(whole, "_PART", 2)


@pytest.fixture
def units(session: Session) -> list[int]:
    return [make_unit(session, uscc="") for _ in range(5)]


def drafted(session: Session, units: Sequence[int]) -> ChangeRequest:
    items = [change_of(unit_id, address="新路2号") for unit_id in units]
    return drafting.draft(session, items, actor=person(session, "maintainer"), now=NOW, title="批", is_batch=True)


def handed_in(session: Session, units: Sequence[int]) -> ChangeRequest:
    told: dict[str, Any] = {"actor": person(session, "maintainer"), "now": NOW}
    return service.submit(session, drafted(session, units).request_id, **told)


def approve(session: Session, request: ChangeRequest, by: str = "district_approver", **told: Any) -> ChangeRequest:
    return service.approve(session, request.request_id, **{"actor": person(session, by), "now": LATER, **told})


def move_away(session: Session, unit_id: int) -> None:
    change_unit(session, unit_id, BORN, area_code=THERE, now=LATER)


def test_what_left_the_area_is_not_handed_in(session: Session, units: list[int]) -> None:
    request = drafted(session, units)
    move_away(session, units[4])
    with pytest.raises(OutOfArea) as refused:
        service.submit(session, request.request_id, actor=person(session, "maintainer"), now=LATER)
    assert refused.value.details["area"] == "–", "where it lies now is its office's"
    assert request.status == "draft"


def test_what_left_the_area_is_decided_by_an_office_above_both_and_left_out(session: Session, units: list[int]) -> None:
    request = handed_in(session, units)
    move_away(session, units[3])
    with pytest.raises(OutOfArea):
        approve(session, request)
    assert request.status == "in_review"
    assert approve(session, request, "approver").status == "approved"
    while not apply_chunk(session, request.request_id, actor="worker", now=LATER):
        pass
    assert counts_by_status(session, request.request_id) == {"applied": 4, "excluded": 1}


@pytest.mark.parametrize("count", [1, 5])
def test_a_run_is_not_stopped_by_what_left_the_area_while_it_was_put_together(
    session: Session, units: list[int], count: int
) -> None:
    request = drafted(session, units[:count])
    request.made_by_run = 1
    session.flush()
    move_away(session, units[0])
    service.bring_out(session, request.request_id, actor=person(session, "maintainer"), now=LATER)
    assert (request.status, (THERE, "") in request.lands) == ("in_review", True)
    with pytest.raises(OutOfArea):
        approve(session, request)


def test_rules_that_came_into_force_since_are_asked_of_every_item(session: Session, units: list[int]) -> None:
    request = handed_in(session, units)
    held = session.execute(select(Policy).where(col(Policy.kind) == "effects")).scalar_one()
    held.valid_until = tomorrow = TODAY + timedelta(days=1)
    rule = {**held.rule, "fields": {**held.rule["fields"], "address": "identity"}}
    session.add(Policy(name="stricter", kind="effects", rule=rule, valid_from=tomorrow, valid_until=FOREVER))
    session.flush()
    with pytest.raises(NeedRose) as refused:
        approve(session, request, now=NOW + timedelta(days=1))
    assert refused.value.details == {"request_id": request.request_id, "was": "change", "now": "replace"}
    assert approve(session, request, "approver", now=NOW + timedelta(days=1)).need == "replace"


def test_those_alone_are_looked_at_again_whose_unit_was_written(
    session: Session, units: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def judge(session: Session, items: Sequence[ItemDraft], on: date) -> Judged:
        asked.extend(item.unit_id or 0 for item in items)
        return Judged()

    request = handed_in(session, units)
    change_unit(session, units[1], BORN, legal_rep="李四", now=LATER)
    monkeypatch.setattr(whole, "judge", judge)
    seen = whole.look(InOne(session), request.request_id, LATER)
    assert asked == [units[1]]
    change_unit(session, units[2], BORN, legal_rep="李四", now=LATER)
    approve(session, request, seen=seen)
    assert asked == units[1:3]


def test_what_is_written_while_one_looks_is_judged_in_the_transaction_that_decides(
    session: Session, units: list[int]
) -> None:
    request = handed_in(session, units)
    seen = whole.look(InOne(session), request.request_id, LATER)
    move_away(session, units[0])
    with pytest.raises(OutOfArea):
        approve(session, request, seen=seen)


def test_what_follows_a_unit_and_left_the_area_while_one_looked_is_looked_at_again(
    session: Session, units: list[int]
) -> None:
    merged = ItemDraft(Reason.MERGE, TODAY, {}, sources.pack(HAND), unit_id=units[0], successor_id=units[4])
    items = [merged, *(change_of(unit_id, address="新路2号") for unit_id in units[1:4])]
    told: dict[str, Any] = {"actor": person(session, "maintainer"), "now": NOW}
    request = drafting.draft(session, items, title="批", is_batch=True, **told)
    service.submit(session, request.request_id, **told)
    seen = whole.look(InOne(session), request.request_id, LATER)
    move_away(session, units[4])
    with pytest.raises(whole.MovedOn):
        approve(session, request, seen=seen)
    with pytest.raises(OutOfArea):
        whole.looked_at(
            InOne(session),
            [request.request_id],
            LATER,
            lambda looks: approve(session, request, seen=looks[request.request_id]),
        )


def test_who_looked_while_much_was_written_looks_again(session: Session, units: list[int]) -> None:
    request = handed_in(session, units)
    looks: list[whole.Looks] = []

    def decide(seen: whole.Looks) -> ChangeRequest:
        looks.append(seen)
        if len(looks) < 4:
            for unit_id in units[:3]:
                change_unit(session, unit_id, BORN, legal_rep=f"第{len(looks)}人", now=LATER)
        return approve(session, request, seen=seen[request.request_id])

    assert whole.looked_at(InOne(session), [request.request_id], LATER, decide).status == "approved"
    assert len(looks) == 4
    through = [seen[request.request_id].through for seen in looks]
    assert through == sorted(set(through))


def test_however_much_is_written_at_the_last_try_it_is_judged_and_decided(session: Session, units: list[int]) -> None:
    request = handed_in(session, units)

    def decide(seen: whole.Looks) -> ChangeRequest:
        for unit_id in units:
            change_unit(session, unit_id, BORN, legal_rep=f"第{seen[request.request_id].through}人", now=LATER)
        return approve(session, request, seen=seen[request.request_id])

    assert whole.looked_at(InOne(session), [request.request_id], LATER, decide).status == "approved"


def test_the_verbs_look_before_they_write(database: Database) -> None:
    with database.write() as session:
        units = [make_unit(session, uscc="") for _ in range(3)]
        request_id = drafted(session, units).request_id
    with housing(database) as house:
        assert do(house, verbs.submit, "maintainer", request_id=request_id).status == "in_review"
        with database.write() as session:
            move_away(session, units[2])
        with pytest.raises(OutOfArea):
            do(house, verbs.approve, "district_approver", request_id=request_id, version=1)
        back = do(house, verbs.return_, "district_approver", request_id=request_id, comment="一个单位已迁出")
        assert back.status == "returned"
        with pytest.raises(OutOfArea):
            do(house, verbs.submit, "maintainer", request_id=request_id)
        with pytest.raises(OutOfArea):
            do(house, verbs.refresh, "maintainer", request_id=request_id)
        assert do(house, verbs.show, "maintainer", request_id=request_id).version == back.version
        assert do(house, verbs.withdraw, "maintainer", request_id=request_id).status == "withdrawn"


def test_one_unit_that_left_the_area_is_not_written_by_the_office_above_for_the_one_it_left(session: Session) -> None:
    """It heard that the request did not fit the unit's history."""
    unit_id = make_unit(session)
    request = submitted(session, change_of(unit_id, address="新路2号"))
    move_away(session, unit_id)
    with pytest.raises(LeftArea):
        approve(session, request, "approver")
