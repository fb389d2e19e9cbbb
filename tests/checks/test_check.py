"""Every word the check can answer, on both databases, for one code and for ten thousand."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.checks import queries, service
from app.checks.receipts import InvalidReceipt, verify_receipt
from app.checks.service import LastKnown, TooManyItems, check_items
from app.core.crypto import Keys
from app.core.db import make_engine
from app.domain.lives import BatchStatus
from app.domain.words import Reason, RequestStatus, RowOutcome
from app.models import ChangeRequest, ImportBatch, RequestItem, SourceRecord
from app.register import kin
from matching.standardise.codes import uscc_check_character
from tests.factories.lives import lead
from tests.factories.units import USCC, change_unit, make_unit
from tests.factories.world import NOW, TEST_KEYS, TODAY, user_named
from tests.frames.world import make_frozen

OTHER = "91500105MA5U8K3N95"
THIRD = "915000002028123494"
NAME = "重庆江北嘉陵建材有限公司"
MOVED = date(2024, 6, 1)


def ask(session, code, name="", **rest):
    return check_items(session, [{"code": code, "name": name}], keys=TEST_KEYS, now=NOW, **rest).items[0]


def said(item):
    return item["result"], item["may_report"], item["reason"]["code"]


def test_a_live_unit_is_registered_and_may_report(session):
    unit_id = make_unit(session)
    item = ask(session, USCC, NAME)
    assert said(item) == ("registered", True, "in_register")
    assert item["unit"] == {
        "id": unit_id,
        "code": USCC,
        "name": NAME,
        "unit_type": "1",
        "area_code": "500105006001",
    }


@pytest.mark.parametrize(
    "typed", ["91500105ma60x0016y", " 91500105-MA60X0016-Y ", "９１５００１０５ＭＡ６０Ｘ００１６Ｙ", "'" + USCC]
)
def test_a_code_is_read_as_people_write_it_and_given_back_as_typed(session, typed):
    make_unit(session)
    item = ask(session, typed)
    assert (item["code"], item["result"]) == (typed, "registered")


@pytest.mark.parametrize(
    "typed", [NAME, "重庆江北嘉陵建材 有限公司", "重庆(江北)嘉陵建材有限公司", "重庆【江北】嘉陵建材 有限公司"]
)
def test_brackets_and_blanks_make_no_other_name(session, typed):
    make_unit(session)
    assert ask(session, USCC, typed)["result"] == "registered"


def test_another_name_is_a_mismatch_that_shows_the_unit(session):
    make_unit(session)
    item = ask(session, USCC, "重庆南岸建材有限公司")
    assert said(item) == ("name_mismatch", False, "other_name")
    assert item["unit"]["name"] in item["reason"]["text"]


def test_a_former_name_is_still_the_unit(session):
    unit_id = make_unit(session, former_names="重庆老牌建材厂;江北第三建材站")
    change_unit(session, unit_id, Reason.CHANGE, on=MOVED, name="重庆新牌建材有限公司")
    for name in (NAME, "江北第三建材站"):
        assert said(ask(session, USCC, name)) == ("registered", True, "former_name")
    assert ask(session, USCC, "重庆新牌建材有限公司")["reason"]["code"] == "in_register"


def test_a_name_that_came_later_is_no_former_name(session):
    unit_id = make_unit(session)
    change_unit(session, unit_id, Reason.CHANGE, on=MOVED, name="重庆新牌建材有限公司")
    assert ask(session, USCC, "重庆新牌建材有限公司", on=date(2024, 1, 1))["result"] == "name_mismatch"


def test_a_unit_nobody_knows_is_not_registered(session):
    assert said(ask(session, OTHER)) == ("not_registered", False, "unknown_code")


@pytest.mark.parametrize(
    ("reason", "word"),
    [(Reason.DEREGISTERED, "注销"), (Reason.REVOKED, "吊销"), (Reason.BANKRUPT, "破产"), (Reason.CLOSED, "关闭")],
)
def test_a_closed_unit_is_closed_and_says_how_and_when(session, reason, word):
    change_unit(session, make_unit(session), reason, on=MOVED)
    item = ask(session, USCC)
    assert said(item) == ("closed", False, "closed")
    assert word in item["reason"]["text"]
    assert "2024-06-01" in item["reason"]["text"]
    assert ask(session, USCC, on=MOVED - timedelta(days=1))["result"] == "registered"


def test_a_unit_with_a_closed_operating_status_does_not_report(session):
    make_unit(session, operating_status="6", closed_on="2024-03")
    item = ask(session, USCC)
    assert said(item) == ("closed", False, "closed")
    assert "2024-03 注销" in item["reason"]["text"]


def test_a_merged_unit_names_its_successor_at_the_end_of_the_chain(session):
    first, second, third = (
        make_unit(session, uscc=code, name=f"重庆{code[-3:]}有限公司") for code in (USCC, OTHER, THIRD)
    )
    change_unit(session, first, Reason.MERGE, on=MOVED, successor_id=second)
    item = ask(session, USCC)
    assert said(item) == ("merged", False, "merged")
    assert (item["successor"]["id"], item["unit"]["id"]) == (second, first)
    change_unit(session, second, Reason.CONVERSION, on=MOVED + timedelta(days=1), successor_id=third)
    assert ask(session, USCC)["successor"]["id"] == third
    assert said(ask(session, OTHER)) == ("merged", False, "converted")


def test_who_lives_is_the_end_of_the_chain_whatever_was_split_off_from_him(session):
    """A live unit that named another sent its reporters there."""
    first, second, third = (
        make_unit(session, uscc=code, name=f"重庆{code[-3:]}有限公司") for code in (USCC, OTHER, THIRD)
    )
    change_unit(session, first, Reason.MERGE, on=MOVED, successor_id=second)
    change_unit(session, second, Reason.SPLIT, on=MOVED, successor_id=third)
    assert ask(session, USCC)["successor"]["id"] == second
    assert said(ask(session, OTHER))[0] == "registered"


def test_units_merged_into_each_other_are_still_answered(session, monkeypatch):
    """As an earlier version let them."""
    one, two = make_unit(session), make_unit(session, uscc=OTHER)
    change_unit(session, one, Reason.MERGE, on=MOVED, successor_id=two)
    monkeypatch.setattr(kin, "unsound", lambda *_: {})
    change_unit(session, two, Reason.MERGE, on=MOVED, successor_id=one)
    assert ask(session, USCC)["result"] == "merged"


def test_a_unit_that_moved_out_or_was_void(session):
    change_unit(session, make_unit(session), Reason.MOVE_OUT, on=MOVED)
    assert said(ask(session, USCC)) == ("moved_out", False, "moved_out")
    change_unit(session, make_unit(session, uscc=OTHER), Reason.VOID, on=MOVED)
    item = ask(session, OTHER)
    assert said(item) == ("not_registered", False, "void")
    assert "unit" not in item


def test_a_unit_is_not_there_before_its_first_day(session):
    make_unit(session, born=date(2024, 7, 1))
    assert said(ask(session, USCC, on=date(2024, 6, 30))) == ("not_registered", False, "not_yet")
    assert ask(session, USCC)["result"] == "registered"


def test_a_former_code_leads_to_the_unit(session):
    unit_id = make_unit(session, uscc=OTHER)
    change_unit(session, unit_id, Reason.CODE_CHANGE, on=MOVED, uscc=USCC)
    item = ask(session, OTHER)
    assert said(item) == ("registered", True, "former_code")
    assert USCC in item["reason"]["text"]


def test_a_unit_held_by_its_organisation_code_is_found_by_its_new_code(session):
    make_unit(session, uscc="", org_code="MA60X0016")
    item = ask(session, USCC)
    assert said(item) == ("registered", True, "by_org_code")
    assert said(ask(session, "MA60X001-6")) == ("registered", True, "in_register")


def test_the_nine_characters_in_a_credit_code_are_known_now_and_after_it_changed(session):
    """T4: 570 of 30,000 questions heard "register first" of units that were in."""
    unit_id = make_unit(session)
    assert said(ask(session, "MA60X0016")) == ("registered", True, "in_register")
    change_unit(session, unit_id, Reason.CODE_CHANGE, on=MOVED, uscc=OTHER)
    assert said(ask(session, "MA60X0016")) == ("registered", True, "former_code")
    assert ask(session, OTHER[8:17])["unit"]["id"] == unit_id


def test_another_bodys_code_is_not_taken_for_the_organisation_code(session):
    make_unit(session, uscc=OTHER, org_code="MA60X0016")
    assert ask(session, USCC)["result"] == "not_registered"


def test_branches_under_their_parents_code_are_candidates(session):
    branch = make_unit(session, unit_type="2", name="重庆江北嘉陵建材有限公司观音桥分公司")
    parent = make_unit(session)
    item = ask(session, USCC)
    assert item["unit"]["id"] == parent
    assert [candidate["id"] for candidate in item["candidates"]] == [branch]
    named = ask(session, USCC, "重庆江北嘉陵建材有限公司观音桥分公司")
    assert (named["result"], named["unit"]["id"]) == ("registered", branch)


def test_a_live_unit_goes_before_a_closed_one_with_the_same_code(session):
    change_unit(session, make_unit(session), Reason.CLOSED, on=MOVED)
    live = make_unit(session, unit_type="2")
    item = ask(session, USCC)
    assert item["unit"]["id"] == live
    assert "candidates" not in item


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("", "code_empty", "没有填写"),
        ("91500105MA60X0016", "code_length", "17 位"),
        ("91500105MA6OX0016Y", "code_character", "第 12 位“O”"),
        ("91500105MA60X0016X", "code_check", "校验位"),
        ("9.15000002028123E+17", "code_scientific", "科学计数法"),
        ("MA60X0017", "code_check", "校验位"),
        ("500105000012343", "code_check", "校验位"),
    ],
)
def test_an_invalid_code_names_the_rule_it_fails(session, code, reason, words):
    item = ask(session, code)
    assert said(item) == ("invalid", False, reason)
    assert words in item["reason"]["text"]
    assert "candidates" not in item


@pytest.mark.parametrize(
    "typed",
    ["91500105MA60X0016X", "91500105MA60X0061Y", "91500105MA6OX0016Y", "91500105MA60X016Y", "91500105MA60X00166Y"],
)
def test_one_slip_away_from_one_registered_unit_gives_its_code(session, typed):
    make_unit(session)
    item = ask(session, typed)
    assert item["result"] == "invalid"
    assert item["candidates"] == [{"code": USCC}]
    assert USCC in item["reason"]["text"]


def test_two_registered_units_one_slip_away_are_not_guessed_between(session):
    typed = "91500105MA60X0016X"
    near = [code for code in service.codes.one_slip_away(typed) if code != USCC]
    make_unit(session)
    make_unit(session, uscc=near[0], unit_type="2")
    assert "candidates" not in ask(session, typed)


def test_an_impossible_code_that_the_register_holds_is_registered(session):
    make_unit(session, uscc="91500105MA60X0016X")
    assert ask(session, "91500105MA60X0016X")["result"] == "registered"


def test_a_wrong_inner_check_alone_is_a_warning(session):
    body = "91500105MA60X0010"
    odd = body + uscc_check_character(body)
    item = ask(session, odd)
    assert item["result"] == "not_registered"
    assert [warning["code"] for warning in item["warnings"]] == ["org_part_check"]


def staged(session, code, outcome):
    person = user_named(session, "maintainer").user_id
    batch = ImportBatch(
        office_id=user_named(session, "maintainer").office_id,
        source="market",
        file_name="x.csv",
        file_sha256="0",
        file_size=1,
        as_of=TODAY,
        status=BatchStatus.READING,
        skipped_lines={},
        created_by=person,
        created_at=NOW,
    )
    lead(session, batch, BatchStatus.MATCHED)
    row = SourceRecord(
        batch_id=batch.batch_id, row_no=2, row_hash=b"0", raw={}, clean={}, code=code, event="new",
        outcome=RowOutcome.PENDING,
    )  # fmt: skip
    lead(session, row, outcome)


def requested(session, code, status):
    request = ChangeRequest(
        title="t",
        need="add",
        status=RequestStatus.DRAFT,
        proposer_id=user_named(session, "maintainer").user_id,
        office_id=user_named(session, "maintainer").office_id,
        created_at=NOW,
        counts={},
    )
    lead(session, request, RequestStatus(status))
    session.add(
        RequestItem(
            request_id=request.request_id,
            seq=1,
            reason="new",
            valid_from=TODAY,
            valid_until=date(9999, 12, 31),
            date_precision="day",
            changes={"uscc": code},
            expects={},
            code=code,
            origin={},
        )
    )
    session.flush()


@pytest.mark.parametrize(
    ("outcome", "result"),
    [(RowOutcome.TO_REVIEW, "pending"), (RowOutcome.PENDING, "pending"), (RowOutcome.SKIPPED, "not_registered")],
)
def test_a_row_awaiting_a_decision_is_pending(session, outcome, result):
    staged(session, OTHER, outcome)
    assert ask(session, OTHER)["result"] == result


@pytest.mark.parametrize(
    ("status", "result"),
    [("in_review", "pending"), ("scheduled", "pending"), ("draft", "not_registered"), ("rejected", "not_registered")],
)
def test_a_unit_asked_for_by_an_open_request_is_pending(session, status, result):
    requested(session, OTHER, status)
    assert ask(session, OTHER)["result"] == result


def test_a_request_says_more_than_a_row(session):
    staged(session, OTHER, RowOutcome.PROPOSED)
    requested(session, OTHER, "in_review")
    assert said(ask(session, OTHER)) == ("pending", False, "in_request")


def test_with_a_survey_its_confirmed_list_decides(session):
    unit_id = make_unit(session)
    make_frozen(session)
    make_unit(session, uscc=OTHER)
    day = date(2025, 3, 1)
    assert said(ask(session, USCC, survey="retail", on=day)) == ("registered", True, "on_list")
    assert said(ask(session, OTHER, survey="retail", on=day)) == ("registered", False, "not_on_list")
    assert said(ask(session, USCC, survey="hotel", on=day)) == ("registered", False, "no_list")
    assert said(ask(session, USCC, survey="retail")) == ("registered", False, "no_list")
    change_unit(session, unit_id, Reason.DEREGISTERED, on=date(2025, 2, 1))
    assert said(ask(session, USCC, survey="retail", on=day)) == ("closed", True, "closed_but_on_list")
    assert said(ask(session, USCC, on=day)) == ("closed", False, "closed")


def test_a_list_that_is_not_frozen_lets_nobody_report(session):
    from tests.frames.world import make_frame

    make_unit(session)
    make_frame(session)
    assert ask(session, USCC, survey="retail", on=date(2025, 3, 1))["may_report"] is False


def test_texts_come_in_english_too(session):
    assert ask(session, OTHER, language="en")["reason"]["text"].startswith("No unit of the register")


def test_an_edit_is_seen_by_the_next_check(session):
    assert ask(session, USCC)["result"] == "not_registered"
    unit_id = make_unit(session)
    assert ask(session, USCC)["result"] == "registered"
    before = check_items(session, [{"code": USCC}], keys=TEST_KEYS, now=NOW).register_version
    change_unit(session, unit_id, Reason.CLOSED, on=MOVED)
    after = check_items(session, [{"code": USCC}], keys=TEST_KEYS, now=NOW)
    assert after.items[0]["result"] == "closed"
    assert after.register_version == before + 1


@contextmanager
def statements_of(session):
    found = []
    listen = lambda *args: found.append(args[2])  # noqa: E731
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", listen)
    yield found
    event.remove(engine, "before_cursor_execute", listen)


def ask_all(session, codes):
    return check_items(session, [{"code": code, "name": NAME} for code in codes], keys=TEST_KEYS, now=NOW).items


def test_answers_come_in_the_order_asked_in_a_handful_of_statements(session):
    make_unit(session)
    change_unit(session, make_unit(session, uscc=OTHER), Reason.CLOSED, on=MOVED)
    asked = [USCC, "x", OTHER, "91500105MA60X0016X", USCC, THIRD] * 200
    with statements_of(session) as statements:
        answers = ask_all(session, asked)
    assert [item["code"] for item in answers] == asked
    words = [item["result"] for item in answers[:6]]
    assert words == ["registered", "invalid", "closed", "invalid", "registered", "not_registered"]
    assert len(statements) < 12


def wrong_codes(count):
    """Random digits, and codes of the register with a slip."""
    draw = random.Random(5)
    digits = ["".join(draw.choices("0123456789", k=draw.choice((17, 18, 19)))) for _ in range(count)]
    slips = [f"{code[:place]}{c}{code[place + 1 :]}" for code in (USCC, OTHER) for place in range(18) for c in "7AO"]
    return digits + slips


def test_a_batch_of_wrong_codes_is_answered_as_each_of_them_alone(session):
    make_unit(session)
    make_unit(session, uscc=OTHER)
    codes = [*wrong_codes(40), USCC, THIRD, ""]
    together = ask_all(session, codes)
    assert together == [ask(session, code, NAME) for code in codes]
    assert sum("candidates" in item for item in together) > 50


def test_wrong_codes_are_looked_up_together(session, monkeypatch):
    make_unit(session)
    monkeypatch.setattr(queries, "PART", 10_000)  # all in one part, so that what grows is seen
    with statements_of(session) as few:
        ask_all(session, wrong_codes(4))
    with statements_of(session) as many:
        ask_all(session, wrong_codes(400))
    assert 0 < len(few) == len(many)


def test_more_than_ten_thousand_items_are_refused(session):
    with pytest.raises(TooManyItems):
        check_items(session, [{"code": USCC}] * 10_001, keys=TEST_KEYS, now=NOW)


def test_a_register_that_cannot_be_asked_says_so_and_when_it_last_knew():
    last = LastKnown(register_version=41, at=NOW)
    with Session(make_engine("sqlite:////nowhere/at/all.db")) as broken:
        answer = check_items(broken, [{"code": USCC}], keys=TEST_KEYS, now=NOW, last_known=last)
    assert said(answer.items[0]) == ("unavailable", False, "unavailable")
    assert "2024-12-31T02:00:00" in answer.items[0]["reason"]["text"]
    assert answer.register_version == 41
    assert verify_receipt(TEST_KEYS, answer.receipt, answer.items).register_version == 41


def test_a_receipt_can_be_verified_without_being_stored(session):
    make_unit(session)
    answer = check_items(session, [{"code": USCC, "name": NAME}, {"code": OTHER}], keys=TEST_KEYS, now=NOW)
    found = verify_receipt(TEST_KEYS, answer.receipt, answer.items)
    assert (found.on, found.count, found.register_version) == ("2024-12-31", 2, answer.register_version)
    assert NAME not in answer.receipt
    forged = [{**answer.items[0], "result": "registered"}, {**answer.items[1], "may_report": True}]
    for items in (forged, answer.items[:1], [{"nonsense": 1}]):
        with pytest.raises(InvalidReceipt):
            verify_receipt(TEST_KEYS, answer.receipt, items)
    with pytest.raises(InvalidReceipt):
        verify_receipt(Keys(bytes(32)), answer.receipt)
    with pytest.raises(InvalidReceipt):
        verify_receipt(TEST_KEYS, answer.receipt[:-4] + "AAAA")


def test_no_personal_value_is_in_an_answer(session):
    make_unit(session)
    for item in (ask(session, USCC), ask(session, USCC, "别的名称")):
        assert "张三丰" not in str(item)
        assert "13800001234" not in str(item)
