"""The review queue through its verbs: one decision stands, whoever came second hears it, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlmodel import col

from app.audit.queries import get_entry
from app.changes import service as changes
from app.codelists.service import load_shipped
from app.core.db import Database
from app.core.dialect import insert_or_skip
from app.core.errors import BadPayload, PermissionMissing
from app.core.said import Said, said
from app.domain.period import STILL_KNOWN
from app.home import verbs as home
from app.match import verbs as matching
from app.models import (
    AccessEvent,
    CandidatePair,
    ChangeRequest,
    Decision,
    ImportBatch,
    Office,
    OfficeArea,
    RequestItem,
    SourceRecord,
    notes,
    table_of,
)
from app.review import verbs
from app.review.errors import (
    AlreadyApplied,
    OtherSideBeyond,
    PairNotFound,
    PairNotOpen,
    RecordMovedOn,
    UnsureWithoutReason,
)
from app.trail.schemas import Chain
from app.units import verbs as units
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, DOUBTFUL, person, taken
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import knows
from tests.factories.races import at_once
from tests.factories.world import NOW, PASSWORD, give_area, make_user


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    """Three units in the register, and a record of which a person has to say whether it is one of them."""
    with housing(database) as house:
        taken(database, tmp_path, CENSUS)
        first = do(house, matching.run, "maintainer")
        with database.write() as session:
            approver = person(database, "approver")
            changes.approve(session, first.requests[0], actor=approver, now=CLOCK.now(), comment="底册")
        run_all(database, CLOCK)
        taken(database, tmp_path, DOUBTFUL, source="market", name="doubtful.csv")
        assert do(house, matching.run, "maintainer").questions == 1
        yield house


def the_pair(house: House) -> int:
    return int(do(house, verbs.list_, "maintainer").items[0].pair_id)


def the_row(house: House) -> tuple[str, Any]:
    with house.database.read() as session:
        statement = select(SourceRecord).order_by(col(SourceRecord.record_id).desc()).limit(1)
        row = session.execute(statement).scalar_one()
        return row.outcome, row.outcome_reason


def standing(house: House) -> int:
    with house.database.read() as session:
        statement = select(func.count()).where(col(Decision.superseded_at) == STILL_KNOWN)
        return session.execute(statement).scalar_one()


def second_question(house: House) -> tuple[int, int]:
    """The record is in doubt against another unit too."""
    with house.database.write() as session:
        pair = session.get_one(CandidatePair, the_pair(house))
        told = pair.model_dump(exclude={"pair_id"}) | {"other_id": pair.other_id % 3 + 1}
        session.add(CandidatePair(**told))
    first, second = do(house, verbs.list_, "maintainer").items
    return first.pair_id, second.pair_id


def test_the_queue_names_both_sides_and_counts(house: House) -> None:
    found = do(house, verbs.list_, "maintainer")
    assert (found.counts, found.next) == ({"open": 1}, None)
    assert (found.items[0].record_name, found.items[0].other_name) == ("重庆市宏泰建材有限公司", "重庆宏泰建材有限公司")
    with pytest.raises(PermissionMissing):
        do(house, verbs.list_, "section")


def test_two_people_deciding_one_pair_at_once_one_wins_and_one_hears_it(house: House) -> None:
    pair = the_pair(house)
    answers = at_once(
        *(
            lambda who=who: do(house, verbs.decide, who, pair_id=pair, verdict="same")
            for who in ("maintainer", "maintainer2")
        )
    )
    assert sum(isinstance(answer, PairNotOpen) for answer in answers) == 1, answers
    assert standing(house) == 1
    assert do(house, verbs.show, "maintainer", pair_id=pair).decision.verdict == "same"
    with house.database.read() as session:
        made = select(func.count()).select_from(ChangeRequest).where(~col(ChangeRequest.is_batch))
        assert session.execute(made).scalar_one() == 1


def test_undoing_twice_at_once_takes_one_decision_back(house: House) -> None:
    pair = the_pair(house)
    do(house, verbs.decide, "maintainer", pair_id=pair, verdict="same")
    answers = at_once(*(lambda: do(house, verbs.undo, "maintainer", pair_id=pair) for _ in range(2)))
    assert sum(isinstance(answer, PairNotOpen) for answer in answers) == 1, answers
    assert (standing(house), the_row(house)[0]) == (0, "to_review")


def test_a_record_decided_different_from_all_at_once_becomes_a_unit_and_is_not_lost(house: House) -> None:
    first, second = second_question(house)
    at_once(
        *(
            lambda pair=pair: do(house, verbs.decide, "maintainer", pair_id=pair, verdict="different")
            for pair in (first, second)
        )
    )
    assert the_row(house)[0] == "proposed"


def test_of_two_decisions_on_one_record_at_once_one_settles_the_other_pair(house: House) -> None:
    first, second = second_question(house)
    answers = at_once(
        *(
            lambda pair=pair: do(house, verbs.decide, "maintainer", pair_id=pair, verdict="same")
            for pair in (first, second)
        )
    )
    refused = [answer for answer in answers if isinstance(answer, PairNotOpen)]
    assert [refusal.details["status"] for refusal in refused] == ["settled"], answers
    assert standing(house) == 1


def test_the_database_refuses_a_second_standing_decision(house: House) -> None:
    pair = the_pair(house)
    do(house, verbs.decide, "maintainer", pair_id=pair, verdict="unsure", comment="地址看不清")
    with house.database.write() as session:
        one = session.execute(select(Decision)).scalar_one()
        second = insert_or_skip(session, table_of(Decision), [one.model_dump(exclude={"decision_id"})])
    assert second == 0


def unsure(house: House, pair: int, by: str = "maintainer") -> None:
    told = do(house, verbs.decide, by, pair_id=pair, verdict="unsure", comment="查过执照，地址待核")
    assert told.outcome == "to_review"


def test_unsure_waits_in_a_queue_of_its_own_with_its_reason_for_a_second_look(house: House) -> None:
    """R11: it stayed first among the open ones, and nobody saw that somebody had looked."""
    pair = the_pair(house)
    unsure(house, pair)
    assert do(house, verbs.list_, "maintainer2").items == []
    (waits,) = do(house, verbs.list_, "maintainer2", status="unsure").items
    assert (waits.pair_id, waits.decision.comment, waits.decision.by) == (pair, "查过执照，地址待核", "maintainer")
    shown = do(house, verbs.show, "maintainer2", pair_id=pair)
    assert (shown.status, shown.open, shown.next) == ("unsure", 1, None)
    do(house, verbs.decide, "maintainer2", pair_id=pair, verdict="different")
    assert standing(house) == 1
    assert do(house, verbs.list_, "maintainer", status="unsure").items == []


def test_whoever_is_unsure_says_why(house: House) -> None:
    pair = the_pair(house)
    for nothing in ("", "  ", "。", "-"):
        with pytest.raises(UnsureWithoutReason):
            do(house, verbs.decide, "maintainer", pair_id=pair, verdict="unsure", comment=nothing)
    assert do(house, verbs.show, "maintainer", pair_id=pair).status == "open"


def test_an_unsure_pair_still_stands_before_its_record_enters_as_new(house: House) -> None:
    first, second = second_question(house)
    unsure(house, second)
    assert do(house, verbs.decide, "maintainer", pair_id=first, verdict="different").outcome == "to_review"
    assert do(house, verbs.show, "maintainer", pair_id=first).rivals == [second]


def test_an_unsure_pair_is_settled_with_another_of_its_record(house: House) -> None:
    first, second = second_question(house)
    unsure(house, second)
    do(house, verbs.decide, "maintainer", pair_id=first, verdict="same")
    assert do(house, verbs.show, "maintainer", pair_id=second).status == "settled"


def test_a_word_of_doubt_is_taken_back(house: House) -> None:
    pair = the_pair(house)
    unsure(house, pair)
    assert do(house, verbs.undo, "maintainer", pair_id=pair).status == "open"
    assert standing(house) == 0


def test_codes_are_called_by_their_names_on_both_sides(house: House) -> None:
    """R15: 173 beside 160 said nothing to whoever had to decide."""
    with house.database.write() as session:
        load_shipped(session, actor="test", now=NOW)
    shown = do(house, verbs.show, "maintainer", pair_id=the_pair(house))
    called = {one.field: (one.record_called, one.other_called) for one in shown.differences}
    assert called["name"] == ("", "")
    assert called["unit_type"] == ("法人单位", "法人单位")


def test_what_a_decision_made_is_titled_in_both_languages(house: House) -> None:
    decided = do(house, verbs.decide, "maintainer", pair_id=the_pair(house), verdict="same")
    with house.database.read() as session:
        title = session.get_one(ChangeRequest, decided.request_id).title
    assert title == Said(notes.SAME_UNIT, {"unit": 2})
    assert (title.text("zh"), title.text("en")) == ("复核认定为同一单位 #2", "Found in review to be unit #2")


def test_a_decision_is_not_taken_back_once_its_record_is_settled_otherwise(house: House) -> None:
    first, second = second_question(house)
    do(house, verbs.decide, "maintainer", pair_id=first, verdict="different")
    do(house, verbs.decide, "maintainer", pair_id=second, verdict="same")
    with pytest.raises(RecordMovedOn):
        do(house, verbs.undo, "maintainer", pair_id=first)
    assert (standing(house), the_row(house)[0]) == (2, "proposed")


def test_what_is_in_the_register_is_not_taken_back(house: House) -> None:
    pair = the_pair(house)
    decided = do(house, verbs.decide, "maintainer", pair_id=pair, verdict="same")
    with house.database.write() as session:
        changes.approve(session, decided.request_id, actor=person(house.database, "approver"), now=CLOCK.now())
    with pytest.raises(AlreadyApplied) as refused:
        do(house, verbs.undo, "maintainer", pair_id=pair)
    assert f"#{decided.request_id}" in refused.value.text("zh")
    assert the_row(house) == ("applied", None)


def test_a_rejected_decision_can_still_be_taken_back(house: House) -> None:
    pair = the_pair(house)
    decided = do(house, verbs.decide, "maintainer", pair_id=pair, verdict="same")
    with house.database.write() as session:
        approver = person(house.database, "approver")
        changes.reject(session, decided.request_id, actor=approver, now=CLOCK.now(), comment="不对")
    assert the_row(house) == ("skipped", Said(notes.REQUEST_REJECTED, {"request": decided.request_id}))
    assert do(house, verbs.undo, "maintainer", pair_id=pair).status == "open"
    assert the_row(house) == ("to_review", Said(notes.TAKEN_BACK, {}))


def test_over_http_what_is_not_known_is_refused(house: House) -> None:
    pair = the_pair(house)
    with serving(house.database) as client:
        client.headers.update(as_person(house.database, "maintainer"))
        bad = client.post(f"/api/v1/pairs/{pair}/decision", json={"verdict": "same", "force": True})
        assert (bad.status_code, bad.json()["code"]) == (422, BadPayload.code)
        assert client.get("/api/v1/pairs?status=accepted").status_code == 422
        assert client.get(f"/api/v1/pairs/{2**63}").status_code == 422
        absent = client.get("/api/v1/pairs/999", headers={"Accept-Language": "en"})
        assert (absent.json()["code"], absent.json()["zh"]) == (PairNotFound.code, "没有第 999 对记录。")
        assert client.get(f"/api/v1/pairs/{pair}/next").json() == {"next": None}


@pytest.fixture
def above(house: House) -> str:
    """Who keeps the register in the office above both districts."""
    with house.database.write() as session:
        office = session.execute(select(Office).where(Office.code == "municipal")).scalar_one()
        make_user(session, "above", office, ["maintainer"])
    return "above"


@pytest.fixture(params=["unit", "record"])
def beyond(house: House, request: pytest.FixtureRequest) -> int:
    """A pair of the neighbour's record with a unit of our district, or with a record of a file of ours."""
    pair_id = the_pair(house)
    with house.database.write() as session:
        office = session.execute(select(Office).where(Office.code == "district2")).scalar_one()
        pair = session.get_one(CandidatePair, pair_id)
        record = session.get_one(SourceRecord, pair.record_id)
        session.get_one(ImportBatch, record.batch_id).office_id = office.office_id
        pair.other_kind, pair.other_id = request.param, 2
    return pair_id


def test_of_a_unit_or_record_of_another_office_a_pair_tells_nothing(house: House, beyond: int) -> None:
    """The neighbour read area, address, revenue and employees of our units by handing in their names."""
    shown = do(house, verbs.show, "neighbour", pair_id=beyond)
    assert (shown.waits_above, shown.other, shown.score, shown.rule, shown.veto) == (True, None, [], "", "")
    assert (shown.match_weight, shown.match_probability) == (None, None)
    assert {row.other for row in shown.differences} == {""}
    listed = next(one for one in do(house, verbs.list_, "neighbour").items if one.pair_id == beyond)
    assert (listed.waits_above, listed.other_id, listed.other_name, listed.match_weight) == (True, None, "", None)


def test_what_is_not_seen_is_not_decided_and_not_taken_back(house: House, beyond: int) -> None:
    """`different` made a second unit with that code; `same` was refused."""
    for verdict in ("same", "different", "unsure"):  # of what he may not see nobody says a word
        with pytest.raises(OtherSideBeyond):
            do(house, verbs.decide, "neighbour", pair_id=beyond, verdict=verdict)
    with pytest.raises(OtherSideBeyond):
        do(house, verbs.undo, "neighbour", pair_id=beyond)
    assert standing(house) == 0


@pytest.mark.parametrize(("areas", "lies"), [(["500112"], "500112000000"), (["500112", "500113"], None), ([], None)])
def test_a_new_unit_that_names_no_area_lies_in_that_of_the_office_whose_row_it_is(
    house: House, beyond: int, areas: list[str], lies: str | None
) -> None:
    """It came to lie in the area of whoever decided, or nowhere."""
    with house.database.write() as session:
        theirs = session.execute(select(Office).where(Office.code == "district2")).scalar_one()
        session.execute(delete(OfficeArea).where(col(OfficeArea.office_id) == theirs.office_id))
        for area in areas:
            give_area(session, theirs, area)
        above = session.execute(select(Office).where(Office.code == "municipal")).scalar_one()
        make_user(session, "above", above, ["maintainer"])
        record = session.get_one(SourceRecord, session.get_one(CandidatePair, beyond).record_id)
        record.clean = {name: value for name, value in record.clean.items() if "area_code" not in name}
    made = do(house, verbs.decide, "above", pair_id=beyond, verdict="different").request_id
    if lies is None:
        with house.database.read() as session:
            record = session.get_one(SourceRecord, session.get_one(CandidatePair, beyond).record_id)
            ended = (record.outcome, record.outcome_reason)
        assert (made, *ended) == (None, "problem", said(notes.BARE, field="area_code"))
        return
    with house.database.read() as session:
        assert session.get_one(RequestItem, (made, 1)).changes["area_code"] == lies


def test_nobody_is_led_to_a_pair_that_waits_for_the_office_above(house: House, beyond: int) -> None:
    assert do(house, verbs.next_, "neighbour", pair_id=beyond + 1).next is None
    assert do(house, verbs.show, "neighbour", pair_id=beyond).open == 0
    waits = {queue.what: queue.count for queue in do(house, home.figures, "neighbour").queues}
    assert waits["pairs"] == 0
    with serving(house.database) as client:
        client.headers.update(as_person(house.database, "neighbour"))
        assert client.get("/api/v1/pairs").json()["items"][0]["waits_above"]


def test_the_pages_say_that_a_pair_waits_and_offer_no_decision(house: House, beyond: int) -> None:
    knows(house.database, "neighbour")
    with serving(house.database) as client:
        client.post("/login", data={"login": "neighbour", "password": PASSWORD})
        for address in ("/review", f"/review/{beyond}"):
            page = client.get(address).text
            assert "由上级机构判定" in page, page
            assert all(told not in page for told in ('value="same"', "开始判定", "重庆宏泰建材有限公司", "/units/2")), (
                page
            )


def test_the_office_above_finds_the_pair_sees_both_sides_and_decides(house: House, above: str, beyond: int) -> None:
    listed = do(house, verbs.list_, above).items[0]
    assert (listed.pair_id, listed.waits_above, listed.other_id) == (beyond, False, 2)
    assert do(house, verbs.next_, above, pair_id=beyond + 1).next == beyond
    shown = do(house, verbs.show, above, pair_id=beyond)
    assert (shown.other.values["name"], shown.open) == ("重庆宏泰建材有限公司", 1)
    assert do(house, verbs.decide, above, pair_id=beyond, verdict="unsure", comment="两边都要问").outcome == "to_review"
    assert do(house, verbs.decide, above, pair_id=beyond, verdict="same").outcome == "proposed"


def test_the_trail_of_a_unit_names_the_pairs_of_the_own_office_alone(house: House, above: str, beyond: int) -> None:
    with house.database.read() as session:
        wanted = [beyond] if session.get_one(CandidatePair, beyond).other_kind == "unit" else []
    assert do(house, units.trail, "maintainer", code="#2").pairs == []
    assert [pair.pair_id for pair in do(house, units.trail, above, code="#2").pairs] == wanted


def test_the_access_log_names_the_unit_that_a_pair_showed(house: House) -> None:
    do(house, verbs.list_, "maintainer")
    do(house, verbs.show, "maintainer", pair_id=the_pair(house))
    house.access.flush()
    with house.database.read() as session:
        told = [
            (one.event, one.subject, get_entry(session, Chain.ACCESS, one.seq)[1])
            for one in session.execute(select(AccessEvent).order_by(AccessEvent.seq)).scalars()
        ]
    assert any(what == "review.list" and payload["units"] == [2] for _, what, payload in told)
    assert any((event, what) == ("unit:view", "unit 2") and payload["pair_id"] for event, what, payload in told)


def test_of_another_offices_file_a_units_trail_tells_the_source_and_the_day(house: House) -> None:
    """Whoever saw the unit read how another office calls its files, and the titles of its requests."""
    told = {"code": "#1"}
    own, beneath = (do(house, units.trail, login, **told) for login in ("maintainer", "post"))
    assert [(one.file_name, one.row_no, one.batch_id) for one in own.records] == [("file.csv", 2, 1)]
    assert [(one.file_name, one.row_no, one.batch_id) for one in beneath.records] == [("", None, None)]
    assert [(one.source, one.as_of.isoformat()) for one in beneath.records] == [("census", "2024-12-31")]
    assert [(one.may_open, bool(one.title)) for one in own.requests] == [(True, True)]
    assert [(one.may_open, one.title, one.status) for one in beneath.requests] == [(False, "", "applied")]
