"""What a request needs is judged by all that it touches, and again whenever the units or the rules may have moved.

An independent trial filled in one code twice and had a colleague approve the second; another rewrote years gone by,
because only the latest version of the unit was asked.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import drafting, needs, refreshing, service, written
from app.changes.apply import apply_chunk
from app.changes.effects import Need
from app.changes.errors import NotAbove, StaleChange
from app.changes.queries import counts_by_status
from app.changes.rules import ItemDraft
from app.core.rights import OutOfArea
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import ChangeRequest, OfficeArea, Policy
from app.register import sources
from app.register.queries import AsOf, versions_of
from tests.changes.test_requests import DOCUMENT, change_of, person, submitted
from tests.factories.turns import InOne
from tests.factories.world import NOW, TODAY
from tests.factories.writes import HAND, change_unit, make_unit

ONE, TWO = "91500105MA60X0024R", "91500105MA5U8K3N95"
LATER = NOW + timedelta(hours=1)
ENDED = date(2024, 12, 1)


@pytest.fixture
def codeless(session: Session) -> int:
    return make_unit(session, uscc="")


def correction(unit_id: int, since: date, until: date = FOREVER, **changes: Any) -> ItemDraft:
    return ItemDraft(Reason.CORRECTION, since, changes, sources.pack(HAND), unit_id=unit_id, valid_until=until)


def approve(session: Session, request: ChangeRequest, by: str = "district_approver") -> ChangeRequest:
    return service.approve(session, request.request_id, actor=person(session, by), now=LATER)


def again(session: Session, request: ChangeRequest) -> ChangeRequest:
    """The author bases it anew and hands it in."""
    author = person(session, "maintainer")
    refreshing.refresh(InOne(session), request.request_id, actor=author, now=LATER)
    return service.submit(session, request.request_id, actor=author, now=LATER)


def test_a_code_filled_in_meanwhile_is_replaced_by_the_second_request(session: Session, codeless: int) -> None:
    first, second = (submitted(session, change_of(codeless, uscc=code)) for code in (ONE, TWO))
    assert (first.need, second.need) == ("change", "change")
    approve(session, first)
    with pytest.raises(StaleChange):
        approve(session, second)
    service.mark_stale(session, second.request_id, actor=person(session, "district_approver"), now=LATER)
    again(session, second)
    assert (second.need, second.step) == ("replace", "above")
    with pytest.raises(NotAbove):
        approve(session, second)
    assert approve(session, second, "approver").status == "applied"


def batch_of(session: Session, items: list[ItemDraft]) -> ChangeRequest:
    actor = person(session, "maintainer")
    request = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True)
    return service.submit(session, request.request_id, actor=actor, now=NOW)


@pytest.mark.parametrize("part", [1, 300])
def test_a_batch_is_judged_anew_over_all_its_parts(
    session: Session, codeless: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "AT_ONCE", part)
    other = make_unit(session, uscc="91500105MA60X0032L")
    items = [change_of(codeless, uscc=TWO), change_of(other, address="新路2号")]
    request = batch_of(session, items)
    change_unit(session, codeless, date(2024, 11, 1), uscc=ONE, area_code="500105007001", now=LATER)
    refreshing.refresh(InOne(session), request.request_id, actor=person(session, "maintainer"), now=LATER)
    assert (request.need, request.step) == ("replace", "above")
    assert sorted(tuple(land) for land in request.lands) == [("500105006001", ""), ("500105007001", "")]
    assert request.spread["street"] == {"500105006": 1, "500105007": 1}
    with pytest.raises(NotAbove):
        approve(session, request)


def test_what_a_batch_does_beyond_what_was_approved_is_left_out_when_it_is_written(
    session: Session, codeless: int
) -> None:
    other = make_unit(session, uscc="91500105MA60X0032L")
    request = batch_of(session, [correction(codeless, date(2020, 3, 1), uscc=TWO), change_of(other, address="新路2号")])
    approve(session, request)
    change_unit(session, codeless, date(2020, 3, 1), uscc=ONE, now=LATER)
    change_unit(session, codeless, ENDED, uscc="", now=LATER)
    while not apply_chunk(session, request.request_id, actor="worker", now=LATER):
        pass
    assert counts_by_status(session, request.request_id) == {"applied": 1, "stale": 1}
    assert versions_of(session, [codeless], AsOf(date(2022, 1, 1)))[codeless]["uscc"] == ONE


def test_a_draft_is_judged_as_it_is_handed_in(session: Session, codeless: int) -> None:
    author = person(session, "maintainer")
    item = correction(codeless, date(2020, 3, 1), uscc=TWO)
    request = drafting.draft(session, [item], actor=author, now=NOW, title="测试")
    change_unit(session, codeless, date(2020, 3, 1), uscc=ONE, now=LATER)
    change_unit(session, codeless, ENDED, uscc="", now=LATER)
    with pytest.raises(StaleChange):
        service.submit(session, request.request_id, actor=author, now=LATER)
    again(session, request)
    assert (request.need, request.step) == ("replace", "above")


def test_a_past_written_meanwhile_asks_for_the_office_above(session: Session, codeless: int) -> None:
    request = submitted(session, correction(codeless, date(2020, 3, 1), uscc=TWO))
    change_unit(session, codeless, date(2020, 3, 1), uscc=ONE, now=LATER)
    change_unit(session, codeless, ENDED, uscc="", now=LATER)
    with pytest.raises(StaleChange):
        approve(session, request, "approver")
    refreshing.refresh(InOne(session), request.request_id, actor=person(session, "maintainer"), now=LATER)
    with pytest.raises(NotAbove):
        approve(session, request)
    approve(session, request, "approver")
    assert (request.status, request.need) == ("applied", "replace")


@pytest.fixture
def stricter(session: Session) -> None:
    """From tomorrow on a filled-in address is a replacement."""
    held = session.execute(select(Policy).where(col(Policy.kind) == "effects")).scalar_one()
    tomorrow = TODAY + timedelta(days=1)
    held.valid_until = tomorrow
    rule = {**held.rule, "fields": {**held.rule["fields"], "address": "identity"}}
    session.add(Policy(name="stricter", kind="effects", rule=rule, valid_from=tomorrow, valid_until=FOREVER))
    session.flush()


@pytest.mark.usefixtures("stricter")
def test_rules_that_came_into_force_since_are_those_that_decide(session: Session) -> None:
    request = submitted(session, change_of(make_unit(session), address="新路2号"))
    assert request.need == "change"
    told: dict[str, Any] = {"actor": person(session, "district_approver"), "now": NOW + timedelta(days=1)}
    with pytest.raises(NotAbove):
        service.approve(session, request.request_id, **told)
    assert service.approve(session, request.request_id, **{**told, "now": NOW}).status == "applied"


def closed_unit(session: Session) -> int:
    unit_id = make_unit(session, date(1998, 11, 1))
    change_unit(session, unit_id, ENDED, operating_status="6", now=LATER)
    return unit_id


def cleared_unit(session: Session) -> int:
    unit_id = make_unit(session, date(2000, 1, 1), uscc=ONE)
    change_unit(session, unit_id, ENDED, uscc="", now=LATER)
    return unit_id


def revived_unit(session: Session) -> int:
    unit_id = make_unit(session, date(1998, 11, 1))
    change_unit(session, unit_id, date(2010, 1, 1), operating_status="6", now=LATER)
    change_unit(session, unit_id, date(2012, 1, 1), reason=Reason.REINSTATE, operating_status="1", now=LATER)
    return unit_id


@pytest.mark.parametrize(
    ("made", "since", "until", "changes", "need"),
    [
        (closed_unit, date(1998, 11, 1), FOREVER, {"operating_status": "6"}, Need.REMOVE),
        (closed_unit, ENDED, FOREVER, {"operating_status": "6"}, Need.CHANGE),
        (cleared_unit, date(2000, 1, 1), FOREVER, {"uscc": TWO}, Need.REPLACE),
        (cleared_unit, date(1990, 1, 1), date(2001, 1, 1), {"uscc": TWO}, Need.REPLACE),
        (cleared_unit, date(1990, 1, 1), date(2000, 1, 1), {"uscc": TWO}, Need.CHANGE),
        (cleared_unit, ENDED, FOREVER, {"uscc": TWO}, Need.CHANGE),
        (revived_unit, date(2010, 1, 1), date(2012, 1, 1), {"operating_status": "1"}, Need.REMOVE),
        (revived_unit, date(2012, 1, 1), FOREVER, {"operating_status": "1"}, Need.CHANGE),
    ],
)
def test_every_stretch_that_is_touched_is_judged(
    session: Session, made: Any, since: date, until: date, changes: dict[str, Any], need: Need
) -> None:
    item = correction(made(session), since, until, **changes)
    assert needs.judge(session, [item], TODAY).need == need


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"name": "另一家公司", "legal_rep": "王五", "address": "别处9号"}, Need.REPLACE),
        ({"name": "另一家公司", "legal_rep": "王五", "address": "别处9号", "industry_code": "6110"}, Need.REPLACE),
        ({"name": "另一家公司", "legal_rep": "王五"}, Need.CHANGE),
        ({"name": "另一家公司", "legal_rep": "张三丰", "address": "测试路1号", "industry_code": "5165"}, Need.CHANGE),
    ],
)
def test_several_facts_of_who_a_unit_is_changed_at_once_make_another_of_it(
    session: Session, changes: dict[str, Any], need: Need
) -> None:
    """A different enterprise under an old number was approved by a colleague; a name alone stays at the level (§5.6)."""
    assert submitted(session, change_of(make_unit(session), **changes)).need == need


def test_facts_filled_in_where_there_were_none_make_no_other_unit(session: Session) -> None:
    unit_id = make_unit(session, legal_rep=None, address="")
    told = {"name": "另一家公司", "legal_rep": "王五", "address": "别处9号"}
    assert submitted(session, change_of(unit_id, **told)).need == Need.CHANGE


def test_two_items_that_fill_in_one_code_are_a_replacement(session: Session, codeless: int) -> None:
    assert batch_of(session, [change_of(codeless, uscc=code) for code in (ONE, TWO)]).need == "replace"


@pytest.mark.parametrize("count", [3, 30])
def test_a_batch_is_judged_in_as_many_statements_as_a_single_item(session: Session, count: int) -> None:
    units = [make_unit(session, uscc=f"TEST{seq:04}") for seq in range(count)]
    items = [change_of(unit_id, uscc=ONE) for unit_id in units]
    asked: list[str] = []
    connection = session.connection()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        assert set(needs.needs_of(session, items, TODAY)) == {Need.REPLACE}
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert len(asked) == 2  # the rules, the units


def test_a_document_is_recorded_and_countersigned_by_those_whose_area_holds_the_units(session: Session) -> None:
    """An area that was given away since was countersigned for all the same."""
    unit_id = make_unit(session)
    request = submitted(session, change_of(unit_id, address="新路2号"))
    told: dict[str, Any] = {"actor": person(session, "maintainer2"), "now": NOW}
    written.record(session, request.request_id, DOCUMENT, **told)
    for area in session.execute(select(OfficeArea)).scalars():
        area.valid_until = TODAY
    session.flush()
    with pytest.raises(OutOfArea):
        written.countersign(
            session, request.request_id, folder=Path(), actor=person(session, "district_approver"), now=NOW
        )
    with pytest.raises(OutOfArea):
        written.record(session, request.request_id, DOCUMENT, actor=person(session, "maintainer2"), now=NOW)
    assert request.status == "in_review"
