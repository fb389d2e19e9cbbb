"""A request is judged by all the days that it speaks of: whether it came too late, where its unit lay, what it replaces.

The latest version of a unit alone was asked: a correction of years gone by went over another one unseen, and the
years in which a unit was the neighbour's were rewritten by whoever keeps it now.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes import drafting, refreshing, service, verbs
from app.changes.errors import StaleChange
from app.changes.queries import get_request
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.rights import OutOfArea
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import ChangeRequest, Office
from app.register import sources, writer
from app.register.queries import revisions_of
from tests.changes.test_requests import change_of, person, submitted
from tests.factories.house import do, housing
from tests.factories.turns import InOne
from tests.factories.world import NOW, make_user
from tests.factories.writes import HAND, change, change_unit, make_unit

LATER = NOW + timedelta(hours=1)
ENDED = date(2024, 12, 1)
EARLY = (date(2021, 1, 1), date(2022, 1, 1))
HERE, THERE = "500105006001", "500112001001"


def correction(unit_id: int, since: date, until: date = FOREVER, **changes: Any) -> ItemDraft:
    return ItemDraft(Reason.CORRECTION, since, changes, sources.pack(HAND), unit_id=unit_id, valid_until=until)


def corrected(session: Session, unit_id: int, since: date, until: date, **changes: Any) -> None:
    revision = revisions_of(session, [unit_id])[unit_id]
    write = change(unit_id, since, until=until, revision=revision, reason=Reason.CORRECTION, **changes)
    writer.apply(session, [write], request_id=2, actor="test", now=LATER)


def approve(session: Session, request: ChangeRequest) -> ChangeRequest:
    return service.approve(session, request.request_id, actor=person(session, "district_approver"), now=LATER)


def test_a_stretch_rewritten_since_makes_a_request_late_though_the_latest_says_the_same(session: Session) -> None:
    unit_id = make_unit(session)
    request = submitted(session, correction(unit_id, *EARLY, address="甲路1号"))
    elsewhere = submitted(session, correction(unit_id, date(2023, 1, 1), date(2024, 1, 1), address="丙路3号"))
    corrected(session, unit_id, *EARLY, address="乙路2号")
    with pytest.raises(StaleChange):
        approve(session, request)
    assert approve(session, elsewhere).status == "applied"


def test_a_later_change_leaves_what_is_said_of_years_gone_by_as_it_was_looked_at(session: Session) -> None:
    unit_id = make_unit(session)
    request = submitted(session, correction(unit_id, *EARLY, address="甲路1号"))
    change_unit(session, unit_id, ENDED, address="乙路2号", now=LATER)
    assert approve(session, request).status == "applied"


def test_what_a_unit_said_on_the_days_of_an_item_is_shown_one_behind_the_other(database: Database) -> None:
    with database.write() as session:
        unit_id = make_unit(session)
        change_unit(session, unit_id, date(2022, 1, 1), legal_rep="李四")
    told = {"reason": "correction", "unit_id": unit_id, "changes": {"legal_rep": "王五", "address": "新路2号"}}
    with housing(database) as house:
        days = {"valid_from": date(2021, 1, 1), "valid_until": date(2023, 1, 1)}
        shown = do(house, verbs.propose, "maintainer", **told, **days)
    assert {line.field: line.old for line in shown.sample[0].diff} == {
        "legal_rep": "张** → 李*",
        "address": "测试路1号",
    }


def moved_in(session: Session) -> int:
    """A unit that came from the neighbour's district in 2023."""
    unit_id = make_unit(session, area_code=THERE)
    change_unit(session, unit_id, date(2023, 1, 1), area_code=HERE)
    return unit_id


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [
        (date(2023, 1, 1), FOREVER, True),
        (date(2022, 12, 31), FOREVER, False),
        (date(2021, 1, 1), date(2022, 1, 1), False),
    ],
)
def test_a_unit_is_judged_by_where_it_lay_on_every_day_of_an_item(
    session: Session, since: date, until: date, *, inside: bool
) -> None:
    item = correction(moved_in(session), since, until, address="新路2号")
    with nullcontext() if inside else pytest.raises(OutOfArea):
        submitted(session, item)
    office = session.execute(select(Office).where(Office.code == "municipal")).scalar_one()
    make_user(session, "cq_maint", office, ["maintainer"])
    assert submitted(session, item, by="cq_maint").status == "in_review"


def test_a_unit_that_left_the_area_is_handed_in_and_based_anew_by_nobody_there(session: Session) -> None:
    """Its author refreshed and handed in what he could not have proposed any more."""
    author = person(session, "maintainer")
    unit_id = make_unit(session)
    told: dict[str, Any] = {"actor": author, "now": LATER}
    drafted = drafting.draft(session, [change_of(unit_id, address="新路2号")], actor=author, now=NOW, title="测试")
    change_unit(session, unit_id, date(2020, 3, 1), area_code=THERE, now=LATER)
    with pytest.raises(OutOfArea):
        service.submit(session, drafted.request_id, **told)
    with pytest.raises(OutOfArea):
        refreshing.refresh(InOne(session), drafted.request_id, **told)
    assert (drafted.status, drafted.version) == ("draft", 0)
    assert service.withdraw(session, drafted.request_id, **told).status == "withdrawn"


@pytest.mark.parametrize(
    ("typed", "changes", "title"),
    [
        (None, {"address": "新路2号"}, "改名后的公司"),
        (None, {"name": "第三个名字"}, "第三个名字"),
        ("核对地址", {"address": "新路2号"}, "核对地址"),
    ],
)
def test_a_request_based_anew_is_called_by_the_name_that_the_unit_has_now(
    database: Database, typed: str | None, changes: dict[str, str], title: str
) -> None:
    with database.write() as session:
        unit_id = make_unit(session)
    told = {"reason": "change", "valid_from": ENDED, "unit_id": unit_id, "changes": changes, "title": typed or ""}
    with housing(database) as house:
        request_id = do(house, verbs.propose, "maintainer", **told).request_id
        with database.write() as session:
            change_unit(session, unit_id, date(2024, 11, 1), name="改名后的公司")
        do(house, verbs.refresh, "maintainer", request_id=request_id)
        with database.read() as session:
            assert get_request(session, request_id).title == title


def test_a_request_edited_is_called_by_the_name_that_it_says_now(database: Database) -> None:
    with database.write() as session:
        unit_id = make_unit(session)
    told = {"reason": "change", "valid_from": ENDED, "unit_id": unit_id, "changes": {"name": "甲"}, "submit": False}
    with housing(database) as house:
        made = do(house, verbs.propose, "maintainer", **told)
        edited = do(house, verbs.edit, "maintainer", request_id=made.request_id, version=0, changes={"name": "乙"})
    assert (made.title, edited.title) == ("甲", "乙")
