"""A change request from draft to register: who may, who may not, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.audit.queries import list_events
from app.changes import drafting, refreshing, service, written
from app.changes.apply import apply_chunk
from app.changes.errors import (
    BadChange,
    NoPolicy,
    NotAbove,
    SelfApproval,
    StaleChange,
)
from app.changes.queries import counts_by_status, get_request, items_of, opinions_of, sample_of
from app.changes.rules import ItemDraft
from app.changes.scans import Scan
from app.core.actor import Actor
from app.core.errors import Forbidden, SecondPersonNeeded, WrongState
from app.core.kept import keep
from app.core.moves import move
from app.core.rights import OutOfArea
from app.domain.lives import BatchStatus
from app.domain.words import Reason
from app.intake import service as intake
from app.intake.service import FileFacts
from app.models import ChangeRequest, Job, Policy
from app.register import sources
from app.register.queries import AsOf, register_version, versions_of
from tests.factories.scans import PDF, laid
from tests.factories.turns import InOne
from tests.factories.world import NOW, TODAY
from tests.factories.writes import CENSUS, HAND, UNIT, change_unit, end_history, make_unit

NEW_UNIT = ItemDraft(Reason.NEW, date(2024, 12, 1), dict(UNIT), sources.pack(CENSUS))


def person(session: Session, login: str) -> Actor:
    return get_actor(session, login)


def submitted(session: Session, item: ItemDraft = NEW_UNIT, *, by: str = "maintainer", **rest: Any) -> ChangeRequest:
    actor = person(session, by)
    request = drafting.draft(session, [item], actor=actor, now=NOW, title="测试", **rest)
    return service.submit(session, request.request_id, actor=actor, now=NOW)


def change_of(unit_id: int, **changes: Any) -> ItemDraft:
    return ItemDraft(Reason.CHANGE, date(2024, 12, 1), changes, sources.pack(HAND), unit_id=unit_id)


def test_an_addition_enters_the_register_when_the_upper_office_approves(session: Session) -> None:
    request = submitted(session)
    before = register_version(session)
    service.approve(session, request.request_id, actor=person(session, "approver"), now=NOW)
    assert request.status == "applied"
    unit_id = items_of(session, request.request_id)[0].unit_id
    assert unit_id is not None
    assert versions_of(session, [unit_id], AsOf(TODAY))[unit_id]["name"] == UNIT["name"]
    assert register_version(session) == before + 1


def test_submitter_cannot_approve(session: Session) -> None:
    request = submitted(session)
    with pytest.raises(SelfApproval):
        service.approve(session, request.request_id, actor=person(session, "maintainer"), now=NOW)
    assert request.status == "in_review"


def test_an_approver_of_the_same_office_cannot_approve_an_addition(session: Session) -> None:
    request = submitted(session)
    with pytest.raises(NotAbove):
        service.approve(session, request.request_id, actor=person(session, "district_approver"), now=NOW)


def test_a_colleague_without_the_right_cannot_approve(session: Session) -> None:
    request = submitted(session)
    with pytest.raises(Forbidden):
        service.approve(session, request.request_id, actor=person(session, "maintainer2"), now=NOW)


def test_a_change_may_be_approved_in_the_same_office_by_another_person(session: Session) -> None:
    unit_id = make_unit(session)
    request = submitted(session, change_of(unit_id, address="新路2号"))
    service.approve(session, request.request_id, actor=person(session, "district_approver"), now=NOW)
    assert versions_of(session, [unit_id], AsOf(TODAY))[unit_id]["address"] == "新路2号"


def test_a_removal_needs_the_office_above(session: Session) -> None:
    unit_id = make_unit(session)
    item = ItemDraft(Reason.DEREGISTERED, TODAY, {"operating_status": "6"}, sources.pack(HAND), unit_id=unit_id)
    request = submitted(session, item)
    assert request.need == "remove"
    with pytest.raises(NotAbove):
        service.approve(session, request.request_id, actor=person(session, "district_approver"), now=NOW)


def test_a_request_returned_can_be_submitted_again_and_one_rejected_cannot(session: Session) -> None:
    request = submitted(session)
    request_id, approver = request.request_id, person(session, "approver")
    service.return_(session, request_id, actor=approver, now=NOW, comment="缺少执照复印件")
    service.submit(session, request_id, actor=person(session, "maintainer"), now=NOW)
    service.reject(session, request_id, actor=approver, now=NOW, comment="查无此单位")
    with pytest.raises(WrongState):
        service.submit(session, request_id, actor=person(session, "maintainer"), now=NOW)
    assert [opinion["verb"] for opinion in opinions_of(session, request_id)] == [
        "submit",
        "returned",
        "submit",
        "rejected",
    ]


def test_returning_without_a_reason_is_refused(session: Session) -> None:
    request = submitted(session)
    with pytest.raises(BadChange):
        service.return_(session, request.request_id, actor=person(session, "approver"), now=NOW, comment=" ")


def test_two_people_deciding_at_once_the_second_finds_it_decided(session: Session) -> None:
    request = submitted(session)
    service.approve(session, request.request_id, actor=person(session, "approver"), now=NOW)
    with pytest.raises(WrongState):
        service.reject(session, request.request_id, actor=person(session, "approver"), now=NOW, comment="不对")


def test_a_change_whose_field_was_written_meanwhile_is_stale_until_refreshed(session: Session) -> None:
    unit_id = make_unit(session)
    request = submitted(session, change_of(unit_id, address="新路2号"))
    change_unit(session, unit_id, date(2024, 11, 1), address="别路3号", now=NOW + timedelta(hours=1))
    approver = person(session, "approver")
    with pytest.raises(StaleChange):
        service.approve(session, request.request_id, actor=approver, now=NOW)
    refreshing.refresh(InOne(session), request.request_id, actor=person(session, "maintainer"), now=NOW)
    service.approve(session, request.request_id, actor=approver, now=NOW)
    assert versions_of(session, [unit_id], AsOf(TODAY))[unit_id]["address"] == "新路2号"


@pytest.mark.parametrize(
    "changes",
    [{"nonsense": "1"}, {"employees": "twelve"}, {"opened_on": "2024-13"}, {"postcode": "4000200"}],
)
def test_a_change_that_makes_no_sense_is_refused(session: Session, changes: dict[str, Any]) -> None:
    unit_id = make_unit(session)
    with pytest.raises(BadChange):
        submitted(session, change_of(unit_id, **changes))


def test_a_unit_outside_the_area_of_the_office_is_refused(session: Session) -> None:
    with pytest.raises(OutOfArea):
        submitted(session, ItemDraft(Reason.NEW, TODAY, {**UNIT, "area_code": "500112001001"}, sources.pack(CENSUS)))


def test_without_a_policy_in_force_nobody_decides(session: Session) -> None:
    for policy in session.execute(select(Policy)).scalars():
        policy.valid_until = TODAY
    session.flush()
    with pytest.raises(NoPolicy):
        submitted(session)


def test_a_batch_is_applied_in_chunks_and_says_how_far_it_is(session: Session) -> None:
    items = [
        ItemDraft(Reason.FOUND_MISSING, TODAY, {**UNIT, "uscc": f"TEST{i:04}"}, sources.pack(CENSUS)) for i in range(25)
    ]
    actor = person(session, "maintainer")
    request = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True)
    request_id = request.request_id
    service.submit(session, request_id, actor=actor, now=NOW)
    assert len(sample_of(session, request_id, 5)) == 5
    service.approve(session, request_id, actor=person(session, "approver"), now=NOW)
    assert request.status == "approved"
    assert session.execute(select(Job.task)).scalars().all() == ["change.apply"]
    assert not apply_chunk(session, request_id, actor="worker", now=NOW, size=10)
    assert get_request(session, request_id).applied_through == 10
    assert not apply_chunk(session, request_id, actor="worker", now=NOW, size=10)
    assert apply_chunk(session, request_id, actor="worker", now=NOW, size=10)
    assert apply_chunk(session, request_id, actor="worker", now=NOW, size=10)
    assert counts_by_status(session, request_id) == {"applied": 25}
    assert get_request(session, request_id).counts["result"] == {"applied": 25}
    assert get_request(session, request_id).status == "applied"


def test_a_stale_item_of_a_batch_is_an_exception_and_the_rest_goes_in(session: Session) -> None:
    one, two = make_unit(session), make_unit(session, uscc="91500105MA5U8K3N95")
    actor = person(session, "maintainer")
    items = [change_of(one, address="新路1号"), change_of(two, address="新路2号")]
    request = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True)
    request_id = request.request_id
    service.submit(session, request_id, actor=actor, now=NOW)
    change_unit(session, one, date(2024, 11, 1), address="别路3号", now=NOW + timedelta(hours=1))
    service.approve(session, request_id, actor=person(session, "approver"), now=NOW)
    while not apply_chunk(session, request_id, actor="worker", now=NOW):
        pass
    assert counts_by_status(session, request_id) == {"applied": 1, "stale": 1}


def test_a_policy_accepts_registration_fields_matched_by_code_and_names_itself(session: Session) -> None:
    unit_id = make_unit(session)
    origin = sources.pack(sources.Origin("market", 5, "2024-12-01"))
    item = ItemDraft(Reason.CHANGE, date(2024, 12, 1), {"legal_rep": "李四"}, origin, unit_id=unit_id)
    assert submitted(session, item, counts={"basis": "code"}).status == "in_review"  # nobody vouched for a file
    request = submitted(session, item, counts={"basis": "code"}, batch_id=vouched(session))
    assert request.status == "applied"
    assert request.policy_name == "registrar-registration-fields"
    assert versions_of(session, [unit_id], AsOf(TODAY))[unit_id]["legal_rep"].reveal() == "李四"
    approvals = [event for event in list_events(session) if event.event == "change_request:approve"]
    assert approvals[0].actor == "policy:registrar-registration-fields"


def vouched(session: Session) -> int:
    """A file that one brought and another vouched for."""
    facts = FileFacts("a.csv", "a" * 64, 1, Path("a.csv"))
    brings, vouches = get_actor(session, "maintainer"), get_actor(session, "maintainer2")
    batch = intake.open_batch(session, "market", facts, actor=brings, as_of=TODAY, now=NOW)
    move(session, batch, BatchStatus.STAGED)
    return intake.confirm(session, batch.batch_id, actor=vouches, now=NOW).batch_id


@pytest.mark.parametrize("field", ["name", "uscc", "address"])
def test_no_policy_accepts_names_codes_or_location(session: Session, field: str) -> None:
    unit_id = make_unit(session)
    origin = sources.pack(sources.Origin("market", 5, "2024-12-01"))
    item = ItemDraft(Reason.CHANGE, date(2024, 12, 1), {field: "测试新值"}, origin, unit_id=unit_id)
    assert submitted(session, item, counts={"basis": "code"}).status == "in_review"


def test_a_policy_never_accepts_an_addition(session: Session) -> None:
    rule = {"accept": "change", "by": "code", "sources": ["census"], "groups": [], "not_fields": []}
    session.add(Policy(name="greedy", kind="acceptance", rule=rule, valid_from=TODAY, valid_until=date(2030, 1, 1)))
    session.flush()
    assert submitted(session, counts={"basis": "code"}).status == "in_review"


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"uscc": "91500105MA60X0024R", "name": "完全另一家公司"}, "replace"),
        ({"org_code": "MA60X0024"}, "change"),
        ({"operating_status": "6"}, "remove"),
        ({"operating_status": "2"}, "change"),
        ({"name": "改名后的公司"}, "change"),
        ({"address": "搬到隔壁"}, "change"),
        ({"area_code": "500105007001"}, "change"),
    ],
    ids=lambda told: "-".join(told) if isinstance(told, dict) else told,
)
@pytest.mark.parametrize("reason", [Reason.CHANGE, Reason.CORRECTION])
def test_the_need_follows_from_what_would_change(session: Session, reason: Reason, changes: Any, need: str) -> None:
    """D10: a "correction" gave a unit another code, a "change" ended it, and the same level approved both."""
    unit_id = make_unit(session)
    item = ItemDraft(reason, date(2024, 12, 1), changes, sources.pack(HAND), unit_id=unit_id)
    request = submitted(session, item)
    assert request.need == need
    assert request.step == ("same_or_above" if need == "change" else "above")


def test_the_same_level_cannot_approve_what_replaces_a_unit(session: Session) -> None:
    unit_id = make_unit(session)
    request = submitted(session, change_of(unit_id, uscc="91500105MA60X0024R"))
    with pytest.raises(NotAbove):
        service.approve(session, request.request_id, actor=person(session, "district_approver"), now=NOW)


DOCUMENT = written.Document(
    *("渝统函〔2024〕1号", TODAY, "municipal"),
    Scan("批复.pdf", "application/pdf", len(PDF), sha256(PDF).hexdigest()),
    "市局当日停电",
)


def countersign(session: Session, request_id: int, login: str, folder: Path) -> None:
    written.countersign(session, request_id, folder=folder, actor=person(session, login), now=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the document is kept."""
    keep(laid(tmp_path), DOCUMENT.scan.sha256, tmp_path / "files")
    return tmp_path / "files"


def test_a_written_approval_is_countersigned_by_a_second_person(session: Session, folder: Path) -> None:
    request = submitted(session)
    request_id = request.request_id
    written.record(session, request_id, DOCUMENT, actor=person(session, "maintainer2"), now=NOW)
    with pytest.raises(SecondPersonNeeded):
        countersign(session, request_id, "maintainer2", folder)
    countersign(session, request_id, "district_approver", folder)
    assert request.status == "applied"


def test_the_author_cannot_countersign_what_another_recorded(session: Session, folder: Path) -> None:
    request = submitted(session)
    request_id = request.request_id
    written.record(session, request_id, DOCUMENT, actor=person(session, "maintainer2"), now=NOW)
    with pytest.raises(SelfApproval):
        countersign(session, request_id, "maintainer", folder)
    assert request.status == "in_review"


def test_an_item_that_cannot_be_written_is_left_out_of_its_batch_and_the_rest_goes_in(session: Session) -> None:
    """A birth with an end blocked its unit, and a batch that met it was stuck for good (D19)."""
    blocked = make_unit(session, date(2020, 1, 1))
    end_history(session, blocked, date(2022, 1, 1))
    other = make_unit(session, uscc="91500105MA5U8K3N95")
    items = [change_of(blocked, address="新路1号"), change_of(other, address="新路2号")]
    actor = person(session, "maintainer")
    batch_id = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True).request_id
    service.submit(session, batch_id, actor=actor, now=NOW)
    service.approve(session, batch_id, actor=person(session, "approver"), now=NOW)
    assert apply_chunk(session, batch_id, actor="worker", now=NOW)
    assert counts_by_status(session, batch_id) == {"applied": 1, "excluded": 1}
    assert get_request(session, batch_id).status == "applied"
    assert versions_of(session, [other], AsOf(TODAY))[other]["address"] == "新路2号"


def test_a_batch_that_is_not_approved_is_not_applied(session: Session) -> None:
    items = [ItemDraft(Reason.NEW, TODAY, {**UNIT, "uscc": f"TEST{i:04}"}, sources.pack(CENSUS)) for i in range(2)]
    actor = person(session, "maintainer")
    request = drafting.draft(session, items, actor=actor, now=NOW, title="批", is_batch=True)
    with pytest.raises(WrongState):
        apply_chunk(session, request.request_id, actor="worker", now=NOW)
    assert register_version(session) == 0


def test_a_draft_holds_figures_as_numbers_never_as_text(session: Session) -> None:
    unit_id = make_unit(session)
    with pytest.raises(BadChange) as refused:
        submitted(session, change_of(unit_id, employees="12"))
    assert [fault.code for fault in refused.value.details["faults"]] == ["not_whole_number"]


@pytest.mark.parametrize(("name", "is_new"), [("area_code", True), ("unit_type", True), ("area_code", False)])
def test_what_would_leave_a_unit_without_area_or_kind_is_an_exception_as_it_is_written(
    session: Session, name: str, *, is_new: bool
) -> None:
    """T2: a request of an earlier version still says so."""
    born = [ItemDraft(Reason.NEW, TODAY, {**UNIT, "uscc": f"TEST{i:04}"}, sources.pack(CENSUS)) for i in range(2)]
    changed = [change_of(make_unit(session, uscc=""), address="新址") for _ in range(2)]
    actor = person(session, "maintainer")
    request = drafting.draft(session, born if is_new else changed, actor=actor, now=NOW, title="批", is_batch=True)
    service.submit(session, request.request_id, actor=actor, now=NOW)
    service.approve(session, request.request_id, actor=person(session, "approver"), now=NOW)
    first = items_of(session, request.request_id)[0]
    first.changes = {**first.changes, name: ""}
    session.flush()
    assert apply_chunk(session, request.request_id, actor="worker", now=NOW)
    assert counts_by_status(session, request.request_id) == {"applied": 1, "excluded": 1}
