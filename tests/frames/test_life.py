"""A frame from draft to frozen: drawn again it is the same bytes, two people confirm, frozen it never changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.accounts.actor import get_actor
from app.core.errors import Forbidden
from app.core.rights import Territory
from app.domain.words import FrameStatus, Reason
from app.frames import queries, service
from app.frames.errors import (
    FrameFrozen,
    FrameNameTaken,
    FrameNotBuilt,
    FrameNotConfirmed,
    FrameNotFound,
    SamePersonConfirms,
)
from app.frames.rules import Side, period_of
from app.models import AuditEvent, Frame, FrameUnit, UserRole, table_of, unit_version
from app.register.conditions import InvalidDefinition
from tests.factories.turns import InOne
from tests.factories.units import change_unit, make_unit
from tests.factories.world import NOW, TODAY, user_named
from tests.frames.world import TRADE, YEAR, confirm, make_frame, make_frozen

LATER = NOW + timedelta(days=40)


@pytest.fixture
def section(session):
    return get_actor(session, "section")


@pytest.fixture
def maintainer(session):
    return get_actor(session, "maintainer")


def units_of(session, frame):
    rows = session.execute(select(FrameUnit.unit_id).where(FrameUnit.frame_id == frame.frame_id))
    return sorted(rows.scalars())


def test_a_preview_counts_in_total_and_by_condition(session, section):
    make_unit(session, uscc="")
    make_unit(session, uscc="", unit_type="2")
    make_unit(session, uscc="", industry_code="6110")
    make_unit(session, uscc="", area_code="500112001001")
    counts = service.preview(session, TRADE, on=TODAY, actor=section)
    assert (counts.in_area, counts.total) == (3, 1)
    assert [(line.alone, line.remaining) for line in counts.conditions] == [(2, 2), (2, 1), (3, 1)]


def test_a_build_holds_the_live_units_of_the_day_within_the_area(session, section):
    wanted = make_unit(session, uscc="")
    make_unit(session, uscc="", area_code="500112001001")
    make_unit(session, uscc="", born=date(2025, 1, 1))
    gone = make_unit(session, uscc="")
    change_unit(session, gone, Reason.DEREGISTERED, on=date(2024, 3, 1))
    make_frame(session)
    frame = service.build(InOne(session), "限上批零2025", actor=section, now=NOW)
    assert units_of(session, frame) == [wanted]
    assert (frame.status, frame.row_count, len(frame.rows_sha256)) == (FrameStatus.BUILT, 1, 64)


def test_a_frame_drawn_again_after_changes_is_the_same_bytes(session, section):
    units = [make_unit(session, uscc="", name=f"重庆第{n}商贸有限公司", employees=n) for n in range(5)]
    frame = make_frozen(session)
    before = frame.rows_sha256
    change_unit(session, units[0], Reason.CORRECTION, on=date(2020, 5, 1), now=LATER, name="改正后的名称有限公司")
    change_unit(session, units[1], Reason.VOID, on=date(2020, 5, 1), now=LATER)
    make_unit(session, uscc="", now=LATER)
    found = service.verify(session, frame.frame_id, actor=section, on=TODAY)
    assert found.intact
    assert (found.drawn_sha256, found.drawn_rows) == (before, 5)


def test_the_same_day_as_known_later_is_another_frame(session, section):
    unit = make_unit(session, uscc="")
    make_frame(session, "old")
    old = service.build(InOne(session), "old", actor=section, now=NOW)
    change_unit(session, unit, Reason.CORRECTION, on=date(2020, 5, 1), now=LATER, name="改正后的名称有限公司")
    make_frame(session, "new")
    new = service.build(InOne(session), "new", actor=section, now=LATER)
    again = service.build(InOne(session), "new", actor=section, now=LATER, known_at=old.known_at)
    assert old.rows_sha256 == again.rows_sha256
    assert new.known_at == old.known_at


def test_a_moment_not_yet_known_is_taken_back_to_the_last_one(session, section):
    make_unit(session, uscc="")
    make_frame(session)
    frame = service.build(InOne(session), "限上批零2025", actor=section, now=NOW, known_at=LATER)
    assert frame.known_at == NOW


def test_an_altered_row_is_noticed(session, section):
    unit = make_unit(session, uscc="")
    frame = make_frozen(session)
    session.execute(unit_version.update().where(unit_version.c.unit_id == unit).values(name="被改动"))
    assert not service.verify(session, frame.frame_id, actor=section, on=TODAY).intact


def test_an_altered_row_is_noticed_though_the_frame_was_made_to_fit(session, section):
    unit = make_unit(session, uscc="")
    frame = make_frozen(session)
    session.execute(unit_version.update().where(unit_version.c.unit_id == unit).values(name="被改动"))
    found = service.verify(session, frame.frame_id, actor=section, on=TODAY)
    session.execute(table_of(Frame).update().values(rows_sha256=found.drawn_sha256))
    session.expire_all()
    again = service.verify(session, frame.frame_id, actor=section, on=TODAY)
    assert again.sha256 == again.drawn_sha256 == again.stored_sha256
    assert not again.intact


def test_a_frame_needs_both_sides(session, section, maintainer):
    make_frame(session)
    with pytest.raises(FrameNotBuilt):
        confirm(session, "限上批零2025", Side.SECTION, section)
    service.build(InOne(session), "限上批零2025", actor=section, now=NOW)
    with pytest.raises(FrameNotConfirmed, match="register; section"):
        service.freeze(session, "限上批零2025", actor=section, now=NOW)
    confirm(session, "限上批零2025", Side.SECTION, section)
    with pytest.raises(FrameNotConfirmed, match="register"):
        service.freeze(session, "限上批零2025", actor=section, now=NOW)
    frame = confirm(session, "限上批零2025", Side.REGISTER, maintainer)
    assert frame.status == FrameStatus.CONFIRMED
    assert service.freeze(session, "限上批零2025", actor=section, now=NOW).status == FrameStatus.FROZEN


def test_one_person_never_confirms_for_both_sides(session):
    person = user_named(session, "maintainer")
    session.add(UserRole(user_id=person.user_id, role="section"))
    session.flush()
    person.section_id = user_named(session, "section").section_id
    session.flush()
    both = get_actor(session, "maintainer")
    make_frame(session)
    service.build(InOne(session), "限上批零2025", actor=both, now=NOW)
    confirm(session, "限上批零2025", Side.SECTION, both)
    with pytest.raises(SamePersonConfirms):
        confirm(session, "限上批零2025", Side.REGISTER, both)


def test_each_side_confirms_by_its_own_role(session, section, maintainer):
    make_frame(session)
    service.build(InOne(session), "限上批零2025", actor=section, now=NOW)
    for side, actor in ((Side.REGISTER, section), (Side.SECTION, maintainer)):
        with pytest.raises(Forbidden):
            confirm(session, "限上批零2025", side, actor)


@pytest.mark.parametrize("change", ["build", "redefine"])
def test_a_rebuild_or_new_definition_voids_confirmations(session, section, change):
    frame = make_frame(session)
    service.build(InOne(session), frame.frame_id, actor=section, now=NOW)
    confirm(session, frame.frame_id, Side.SECTION, section)
    if change == "build":
        service.build(InOne(session), frame.frame_id, actor=section, now=NOW)
    else:
        service.redefine(
            InOne(session), frame.frame_id, {"conditions": []}, reference_date=TODAY, actor=section, now=NOW
        )
        assert units_of(session, frame) == []
    assert queries.confirmations_of(session, frame.frame_id) == []


def test_a_frozen_frame_never_changes(session, section, maintainer):
    make_unit(session, uscc="")
    frame = make_frozen(session)
    refusals = (
        lambda: service.build(InOne(session), frame.frame_id, actor=section, now=NOW),
        lambda: service.redefine(InOne(session), frame.frame_id, TRADE, reference_date=TODAY, actor=section, now=NOW),
        lambda: confirm(session, frame.frame_id, Side.REGISTER, maintainer),
        lambda: service.freeze(session, frame.frame_id, actor=section, now=NOW),
        lambda: service.discard(InOne(session), frame.frame_id, actor=section, now=NOW),
    )
    for refused in refusals:
        with pytest.raises(FrameFrozen):
            refused()
    assert len(units_of(session, frame)) == 1


def test_nobody_builds_beyond_the_area_of_the_office(session, section):
    with pytest.raises(InvalidDefinition, match="outside your area"):
        make_frame(session, definition=TRADE | {"scope": "500112"})
    assert make_frame(session, definition=TRADE | {"scope": ""}).definition["scope"] == "500105"
    municipal = make_frame(session, "other")
    municipal.definition = {**municipal.definition, "scope": "50"}
    session.flush()
    with pytest.raises(FrameNotFound):
        service.build(InOne(session), "other", actor=section, now=NOW)
    with pytest.raises(FrameNotFound):
        service.get_visible(session, "other", section, TODAY)
    assert [frame.name for frame in queries.list_frames(session, within=Territory((("500105", ""),)))] == [
        "限上批零2025"
    ]
    assert len(queries.list_frames(session, within=Territory((("50", ""),)))) == 2


def test_a_name_is_taken_once_and_an_unknown_one_refused(session):
    make_frame(session)
    with pytest.raises(FrameNameTaken):
        make_frame(session)
    with pytest.raises(FrameNotFound):
        queries.get_frame(session, "nothing")


def test_every_step_is_in_the_trail(session):
    make_frozen(session)
    events = session.execute(select(AuditEvent.event).order_by(AuditEvent.seq)).scalars()
    steps = [event for event in events if event.startswith("frame:")]
    assert steps == ["frame:build", "frame:build", "frame:confirm", "frame:confirm", "frame:freeze"]


def test_a_frozen_list_is_found_by_survey_and_day(session):
    frame = make_frozen(session)
    make_frame(session, "draft")
    assert [f.name for f in queries.frozen_frames(session, "retail", date(2025, 12, 31))] == [frame.name]
    for survey, on in (("retail", date(2026, 1, 1)), ("retail", date(2024, 12, 31)), ("hotel", date(2025, 5, 1))):
        assert queries.frozen_frames(session, survey, on) == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("2025Q4", date(2025, 10, 1), date(2026, 1, 1)),
        ("2025-02", date(2025, 2, 1), date(2025, 3, 1)),
        ("2025-12", date(2025, 12, 1), date(2026, 1, 1)),
        ("2025-01-05..2025-02-01", date(2025, 1, 5), date(2025, 2, 1)),
    ],
)
def test_a_period_in_short(text, start, end):
    assert (period_of(text).valid_from, period_of(text).valid_until) == (start, end)


@pytest.mark.parametrize("text", ["", "25", "2025-13", "2025Q5", "2025-02-01..2025-01-01", "2025-02-30..2025-03-01"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(Exception, match="no period"):
        period_of(text)


def test_a_page_of_units_goes_on_behind_the_last(session):
    for number in range(3):
        make_unit(session, uscc="", name=f"重庆第{number}商贸有限公司")
    frame = make_frozen(session, period=YEAR)
    first = queries.list_units(session, frame.frame_id, ["unit_id", "name"], limit=2)
    rest = queries.list_units(session, frame.frame_id, ["unit_id"], after=first[-1]["unit_id"], limit=2)
    assert [row["name"] for row in first] == ["重庆第0商贸有限公司", "重庆第1商贸有限公司"]
    assert len(rest) == 1
