"""The writer on two clocks, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.proof import verify
from app.domain.period import FOREVER
from app.domain.words import Reason
from app.models import Unit, identifier, unit_version
from app.register import writer
from app.register.queries import (
    AsOf,
    get_unit_ids,
    history_of,
    identifiers_at,
    list_changes,
    register_head,
    relations_at,
    versions_of,
)
from tests.factories.world import NOW
from tests.factories.writes import birth, change, change_unit, make_unit

MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
LATER = NOW + timedelta(days=1)


def at(session: Session, unit_id: int, on: date, known_at: Any = None) -> dict[str, Any]:
    return versions_of(session, [unit_id], AsOf(on, known_at))[unit_id]


def codes_of(session: Session, unit_id: int, on: date = JUNE) -> set[tuple[str, str, str]]:
    held = [row for row in identifiers_at(session, unit_id, AsOf(on)) if row["valid_from"] <= on < row["valid_until"]]
    return {(row["scheme"], row["value"], row["within"]) for row in held}


def test_a_unit_begins_with_one_version_its_codes_and_a_random_number(session: Session) -> None:
    unit_id = make_unit(session)
    held = at(session, unit_id, JUNE)
    assert held["name"] == "测试甲商贸有限公司"
    assert (held["valid_from"], held["valid_until"]) == (date(2020, 3, 1), FOREVER)
    assert get_unit_ids(session, "91500105MA60X0016Y") == [unit_id]
    number = session.execute(select(Unit.random_number).where(Unit.unit_id == unit_id)).scalar_one()
    assert 0 <= number < 2**53


def test_a_change_splits_validity_and_keeps_what_was_known_before(session: Session) -> None:
    unit_id = make_unit(session)
    change_unit(session, unit_id, MAY, address="新路2号", now=LATER)
    assert at(session, unit_id, MAY - timedelta(days=1))["address"] == "测试路1号"
    assert at(session, unit_id, MAY)["address"] == "新路2号"
    assert at(session, unit_id, MAY, known_at=NOW)["address"] == "测试路1号"
    assert [row["began_by"] for row in history_of(session, unit_id)] == ["new", "new", "change"]


def test_a_back_dated_correction_re_states_history_without_inventing_an_event(session: Session) -> None:
    unit_id = make_unit(session)
    change_unit(session, unit_id, JUNE, industry_code="5212", now=NOW + timedelta(hours=1))
    change_unit(session, unit_id, date(2021, 1, 1), reason=Reason.CORRECTION, address="改正路9号", now=LATER)
    assert at(session, unit_id, MAY)["address"] == "改正路9号"
    assert at(session, unit_id, JUNE)["address"] == "改正路9号"
    assert at(session, unit_id, JUNE)["industry_code"] == "5212"
    assert at(session, unit_id, date(2020, 6, 1))["address"] == "测试路1号"
    assert at(session, unit_id, MAY, known_at=NOW + timedelta(hours=2))["address"] == "测试路1号"
    assert at(session, unit_id, JUNE)["began_by"] == "change"


def test_a_change_learned_late_does_not_undo_a_later_change_already_known(session: Session) -> None:
    unit_id = make_unit(session)
    change_unit(session, unit_id, JUNE, name="测试乙商贸有限公司", now=NOW + timedelta(hours=1))
    change_unit(session, unit_id, MAY, name="测试中间名有限公司", mobile="13800000002", now=LATER)
    assert at(session, unit_id, MAY)["name"] == "测试中间名有限公司"
    assert at(session, unit_id, JUNE)["name"] == "测试乙商贸有限公司"
    assert at(session, unit_id, JUNE)["mobile"].reveal() == "13800000002"


def test_personal_fields_are_sealed_in_the_database_and_masked_in_python(session: Session) -> None:
    unit_id = make_unit(session)
    stored = session.connection().exec_driver_sql("SELECT legal_rep, mobile FROM unit_version").all()
    assert all(b"\xe5\xbc\xa0" not in bytes(row[0]) and b"138" not in bytes(row[1]) for row in stored)
    held = at(session, unit_id, JUNE)
    assert (str(held["legal_rep"]), str(held["mobile"])) == ("张**", "138****0001")
    assert held["legal_rep"].reveal() == "张三丰"


def test_a_code_change_moves_the_identifier_and_the_old_code_still_leads_to_the_unit(session: Session) -> None:
    unit_id = make_unit(session, uscc="", temp_code="Z500105000000001X")
    change_unit(session, unit_id, MAY, reason=Reason.CODE_CHANGE, uscc="91500105MA5U8K3N95", temp_code="")
    assert get_unit_ids(session, "Z500105000000001X") == [unit_id]
    assert codes_of(session, unit_id, date(2024, 1, 1)) == {("temp_code", "Z500105000000001X", "")}
    assert codes_of(session, unit_id) == {("uscc", "91500105MA5U8K3N95", ""), ("org_code", "MA5U8K3N9", "uscc")}


def test_a_write_based_on_an_old_value_is_stale_and_one_on_another_field_is_not(session: Session) -> None:
    unit_id = make_unit(session)
    change_unit(session, unit_id, MAY, address="新路2号")
    late = change(unit_id, JUNE, revision=1, address="别路3号")
    late = type(late)(**{**late.__dict__, "expects": {"address": "测试路1号"}})
    other = change(unit_id, JUNE, revision=1, seq=2, industry_code="5212")
    other = type(other)(**{**other.__dict__, "expects": {"industry_code": "5165"}})
    written = writer.apply(session, [late, other], request_id=3, actor="test", now=LATER)
    assert written.stale == [1]
    assert written.units == {2: unit_id}
    assert at(session, unit_id, JUNE)["address"] == "新路2号"


def test_writing_what_is_already_there_writes_nothing(session: Session) -> None:
    unit_id = make_unit(session)
    before = register_head(session)
    feed = before.feed_seq if before else 0
    written = change_unit(session, unit_id, MAY, address="测试路1号", now=LATER)
    after = register_head(session)
    assert written.unchanged == [1]
    assert after is not None
    assert after.feed_seq == feed
    assert len(history_of(session, unit_id)) == 1


def test_closing_and_reinstating_set_the_standing_and_leave_the_codes(session: Session) -> None:
    unit_id = make_unit(session)
    change_unit(session, unit_id, MAY, reason=Reason.DEREGISTERED, operating_status="6", closed_on="2024-05-01")
    assert at(session, unit_id, JUNE)["standing"] == "closed"
    assert at(session, unit_id, MAY - timedelta(days=1))["standing"] == "live"
    change_unit(session, unit_id, JUNE, reason=Reason.REINSTATE, operating_status="1", now=LATER)
    assert at(session, unit_id, JUNE)["standing"] == "live"
    assert get_unit_ids(session, "91500105MA60X0016Y") == [unit_id]


def test_a_merged_unit_names_its_successor_until_it_is_reinstated(session: Session) -> None:
    kept, absorbed = make_unit(session), make_unit(session, uscc="91500105MA5U8K3N95", name="测试乙有限公司")
    merge = change(absorbed, MAY, revision=1, reason=Reason.MERGE)
    merge = type(merge)(**{**merge.__dict__, "successor_id": kept})
    writer.apply(session, [merge], request_id=3, actor="test", now=NOW)
    links = relations_at(session, absorbed, AsOf(JUNE))
    assert [(link["kind"], link["target_unit_id"]) for link in links] == [("succession", kept)]
    change_unit(session, absorbed, JUNE, reason=Reason.REINSTATE, now=LATER)
    assert relations_at(session, absorbed, AsOf(JUNE)) == []
    assert at(session, absorbed, MAY)["standing"] == "merged"


def test_the_feed_has_no_gap_and_knowledge_moments_only_grow(session: Session) -> None:
    first = make_unit(session)
    make_unit(session, uscc="91500105MA5U8K3N95", now=NOW - timedelta(days=3))
    change_unit(session, first, MAY, address="新路2号", now=NOW - timedelta(days=9))
    feed = list_changes(session, 0)
    assert [entry.seq for entry in feed] == list(range(1, len(feed) + 1))
    moments = [entry.recorded_at for entry in feed]
    assert moments == sorted(set(moments))


def test_every_write_is_in_the_trail_with_before_and_after_and_no_clear_personal_value(session: Session) -> None:
    from app.audit.queries import list_events, payload_of

    unit_id = make_unit(session)
    change_unit(session, unit_id, MAY, mobile="13900000009")
    newest = list_events(session, limit=1)[0]
    payload = payload_of(session, newest.seq)
    assert payload["units"][0][1:3] == [unit_id, "change"]
    assert payload["units"][0][3] == {"mobile": ["138****0001", "139****0009"]}
    assert verify(session).intact


def test_a_thousand_units_in_one_call(session: Session) -> None:
    writes = [birth(seq=i, uscc=f"TEST{i:05}", name=f"测试{i}有限公司") for i in range(1, 1001)]
    written = writer.apply(session, writes, request_id=7, actor="test", now=NOW)
    assert len(written.units) == 1000
    total = session.execute(select(unit_version.c.unit_id).where(unit_version.c.request_id == 7)).all()
    assert len(total) == 1000


def test_an_identifier_says_whether_its_code_passes_its_own_check(session):
    make_unit(session)
    make_unit(session, uscc="91500105MA5U8K3N9X", org_code="12345678B")
    rows = session.execute(select(identifier.c.scheme, identifier.c.verified).order_by(identifier.c.identifier_id))
    assert sorted(map(tuple, rows)) == [("org_code", "y"), ("org_code", "y"), ("uscc", "n"), ("uscc", "y")]


def test_the_organisation_code_in_a_credit_code_leads_to_the_unit_and_changes_with_it(session: Session) -> None:
    """T4: 570 of 30,000 questions were told to register what was in."""
    unit_id = make_unit(session)
    assert codes_of(session, unit_id) == {("uscc", "91500105MA60X0016Y", ""), ("org_code", "MA60X0016", "uscc")}
    assert get_unit_ids(session, "MA60X0016") == [unit_id]
    change_unit(session, unit_id, JUNE, reason=Reason.CODE_CHANGE, uscc="91500105MA5U8K3N95", now=LATER)
    assert codes_of(session, unit_id, MAY) == {("uscc", "91500105MA60X0016Y", ""), ("org_code", "MA60X0016", "uscc")}
    assert codes_of(session, unit_id) == {("uscc", "91500105MA5U8K3N95", ""), ("org_code", "MA5U8K3N9", "uscc")}
    assert get_unit_ids(session, "MA60X0016") == get_unit_ids(session, "MA5U8K3N9") == [unit_id]


def test_a_code_borne_by_itself_is_not_told_twice_and_a_bad_one_contains_nothing(session: Session) -> None:
    both = make_unit(session, org_code="MA60X0016")
    bad = make_unit(session, uscc="91500105MA60X0016X")
    assert codes_of(session, both) == {("uscc", "91500105MA60X0016Y", ""), ("org_code", "MA60X0016", "")}
    assert codes_of(session, bad) == {("uscc", "91500105MA60X0016X", "")}


def test_identifiers_and_relations_say_who_gave_them(session: Session) -> None:
    unit_id = make_unit(session, parent_uscc="91500105MA5U8K3N95")
    change_unit(session, unit_id, MAY, tax_no="500105202812349", now=LATER)
    given = {row["scheme"]: (row["source"], row["record_id"]) for row in identifiers_at(session, unit_id, AsOf(JUNE))}
    assert given == {"uscc": ("census", 1), "org_code": ("census", 1), "tax_no": ("hand", 0)}
    (parent,) = relations_at(session, unit_id, AsOf(JUNE))
    assert (parent["source"], parent["record_id"]) == ("census", 1)


PARENT, BRANCH = "91500105MA5U8K3N95", {"uscc": "", "unit_type": "2", "name": "测试甲渝北分店"}


def parent_of(session: Session, unit_id: int, as_of: AsOf | None = None) -> list[int | None]:
    rows = relations_at(session, unit_id, as_of or AsOf(JUNE))
    return [row["target_unit_id"] for row in rows if row["kind"] == "parent" and row["unit_id"] == unit_id]


def test_a_branch_points_to_its_parent_whichever_comes_first(session: Session) -> None:
    early = make_unit(session, parent_uscc=PARENT, **BRANCH)
    assert parent_of(session, early) == [None]
    parent = make_unit(session, uscc=PARENT, name="测试乙有限公司", now=LATER)
    late = make_unit(session, parent_org_code=PARENT[8:17], now=LATER, **BRANCH)
    assert parent_of(session, early) == parent_of(session, late) == [parent]
    assert parent_of(session, early, AsOf(JUNE, NOW)) == [None], "as it was known before the parent came"
    children = {row["unit_id"] for row in relations_at(session, parent, AsOf(JUNE))}
    assert children == {early, late}


def test_a_parents_new_code_leaves_no_child_behind(session: Session) -> None:
    """T8: children were found by the text of the code alone."""
    parent = make_unit(session, uscc=PARENT, name="测试乙有限公司")
    child = make_unit(session, parent_uscc=PARENT, **BRANCH)
    change_unit(session, parent, MAY, reason=Reason.CODE_CHANGE, uscc="91500105MA60X0016Y", now=LATER)
    latecomer = make_unit(session, parent_uscc=PARENT, now=LATER, **BRANCH)
    assert parent_of(session, child) == parent_of(session, latecomer) == [parent]


def test_a_code_corrected_away_means_its_unit_no_more(session: Session) -> None:
    wrong = make_unit(session, uscc=PARENT, name="测试乙有限公司")
    child = make_unit(session, parent_uscc=PARENT, **BRANCH)
    change_unit(session, wrong, date(2020, 3, 1), reason=Reason.CORRECTION, uscc="91500105MA60X0016Y", now=LATER)
    assert parent_of(session, child) == [None]
    right = make_unit(session, uscc=PARENT, name="测试丙有限公司", now=LATER)
    assert parent_of(session, child) == [right]


def test_of_several_the_legal_unit_is_meant_and_nobody_is_his_own_parent(session: Session) -> None:
    parent = make_unit(session, uscc=PARENT, name="测试乙有限公司")
    bearing = {**BRANCH, "uscc": PARENT, "parent_uscc": PARENT}
    one, other = make_unit(session, **bearing), make_unit(session, **bearing)
    assert parent_of(session, one) == parent_of(session, other) == [parent]


def test_nobody_is_meant_where_several_could_be(session: Session) -> None:
    unsure = "91500105MA60X0016X"  # fails its check, so nothing keeps two units from bearing it
    make_unit(session, uscc=unsure, name="测试乙有限公司")
    child = make_unit(session, parent_uscc=unsure, **BRANCH)
    assert parent_of(session, child) != [None]
    make_unit(session, uscc=unsure, name="测试丁有限公司", now=LATER)
    assert parent_of(session, child) == [None]
