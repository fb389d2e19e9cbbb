"""Pure decisions of the writer: how one write re-states a history, and what versions imply, without any database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.core.personal import Personal
from app.domain.period import FOREVER, Period
from app.domain.words import Reason
from app.register import sources
from app.register.codes import verdict_on
from app.register.rules import (
    Heirs,
    History,
    Holder,
    Link,
    NotThen,
    Write,
    empty_value,
    first_version,
    first_versions,
    identifiers_of,
    is_stale,
    lay_over,
    plain,
    relations_of,
    row_on,
    runs_over,
    stated_values,
    targets_of,
)
from app.register.steps import BadStep

BORN, MAY, JUNE, JULY = date(2024, 1, 1), date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
HAND = sources.pack(sources.Origin("hand", 0, "2024-01-01"))
LATER = sources.pack(sources.Origin("census", 9, "2024-06-01"))
USCC, ORG = "91500105MA60X0016Y", "MA60X0016"


def write(reason: Reason, since: date, until: date = FOREVER, **changes: Any) -> Write:
    return Write(1, 7, 1, reason, Period(since, until), "day", changes, LATER)


def born(**changes: Any) -> History:
    told = {"name": "甲", "unit_type": "1", "operating_status": "1", "employees": 5, **changes}
    row = first_version(Write(1, None, 0, Reason.NEW, Period(BORN), "month", told, HAND))
    return History(7, 1, [{**row, "version_id": 11, "request_id": 3}])


def told(history: History, *names: str) -> list[tuple[str, ...]]:
    """From when, until when, and what, in order."""
    shown = ("valid_from", "valid_until", *names)
    return [tuple(str(row[name]) for name in shown) for row in history.believed]


def test_what_is_empty_is_empty_of_its_kind() -> None:
    assert [empty_value(name) for name in ("name", "employees", "mobile", "successor_id")] == ["", None, None, None]


def test_a_unit_begins_with_all_its_fields_and_lives() -> None:
    write_ = Write(1, None, 0, Reason.NEW, Period(BORN), "month", {"name": "甲", "mobile": "138", "employees": 0}, HAND)
    row = first_version(write_)
    assert (row["standing"], row["successor_id"], row["name"], row["address"]) == ("live", None, "甲", "")
    assert (row["reason"], row["began_by"], row["date_precision"], row["sources"]) == ("new", "new", "month", HAND)
    assert (row["valid_from"], row["valid_until"], row["employees"]) == (BORN, FOREVER, 0)
    assert isinstance(row["mobile"], Personal)
    assert plain(row["mobile"]) == "138"
    assert plain(BORN) == "2024-01-01"
    assert first_versions(write_) == [row]


def test_a_unit_that_comes_in_as_gone_lived_until_its_closing_day() -> None:
    gone = Write(
        1,
        None,
        0,
        Reason.NEW,
        Period(BORN),
        "day",
        {"name": "甲", "operating_status": "6", "closed_on": "2024-06", "closed_reason": "决议"},
        HAND,
    )
    lived, ended = first_versions(gone)
    assert (lived["standing"], lived["valid_from"], lived["valid_until"]) == ("live", BORN, JUNE)
    assert ended["closed_reason"] == "决议"
    assert (lived["operating_status"], lived["closed_on"], lived["closed_reason"]) == ("", "", "")
    assert (ended["standing"], ended["valid_from"], ended["valid_until"]) == ("closed", JUNE, FOREVER)
    assert (ended["began_by"], ended["date_precision"], ended["operating_status"]) == ("deregistered", "month", "6")
    for closed_on in ("2024-01-01", "2023", "some day"):
        [only] = first_versions(replace(gone, changes={**gone.changes, "closed_on": closed_on}))
        assert (only["standing"], only["valid_from"]) == ("closed", BORN)
    [_, by_source] = first_versions(replace(gone, changes={"operating_status": "4"}, origin=LATER))
    assert by_source["valid_from"] == JUNE


def test_a_change_holds_from_its_day_on_and_keeps_what_was_known() -> None:
    history = born()
    assert lay_over(history, write(Reason.CHANGE, MAY, name="乙", employees=5)) == ["name"]
    assert told(history, "name") == [("2024-01-01", "2024-05-01", "甲"), ("2024-05-01", "9999-12-31", "乙")]
    assert (history.revision, history.reason, history.superseded) == (2, "change", [11])
    before, after = history.believed
    assert {"version_id", "request_id"}.isdisjoint([*before, *after])
    assert (before["began_by"], before["reason"], after["began_by"], after["reason"]) == (
        "new",
        "change",
        "change",
        "change",
    )
    assert (before["date_precision"], after["date_precision"]) == ("month", "day")
    assert sources.origin_of(after["sources"], "name").source == "census"
    assert sources.origin_of(after["sources"], "unit_type").source == "hand"
    assert sources.origin_of(before["sources"], "name").source == "hand"


def test_a_write_that_says_what_is_there_writes_nothing() -> None:
    history = born()
    assert lay_over(history, write(Reason.CHANGE, MAY, name="甲")) == []
    assert (history.revision, history.superseded, len(history.believed)) == (1, [], 1)
    assert lay_over(history, write(Reason.CHANGE, MAY, name="甲", employees="")) == ["employees"]
    assert history.believed[-1]["employees"] is None


def test_a_change_learned_late_stops_where_the_history_says_otherwise_already() -> None:
    history = born()
    lay_over(history, write(Reason.CHANGE, JUNE, name="丙"))
    assert lay_over(history, write(Reason.CHANGE, MAY, name="乙", address="新址")) == ["address", "name"]
    assert told(history, "name", "address") == [
        ("2024-01-01", "2024-05-01", "甲", ""), ("2024-05-01", "2024-06-01", "乙", "新址"),
        ("2024-06-01", "9999-12-31", "丙", "新址"),
    ]  # fmt: skip
    assert [row["began_by"] for row in history.believed] == ["new", "change", "change"]


def test_a_correction_of_a_stretch_holds_in_all_of_it_and_invents_no_event() -> None:
    history = born()
    lay_over(history, write(Reason.CHANGE, JUNE, name="丙"))
    assert lay_over(history, write(Reason.CORRECTION, MAY, JULY, name="乙")) == ["name"]
    assert told(history, "name", "began_by") == [
        ("2024-01-01", "2024-05-01", "甲", "new"), ("2024-05-01", "2024-06-01", "乙", "correction"),
        ("2024-06-01", "2024-07-01", "乙", "change"), ("2024-07-01", "9999-12-31", "丙", "change"),
    ]  # fmt: skip
    open_end = born()
    lay_over(open_end, write(Reason.CHANGE, JUNE, name="丙"))
    lay_over(open_end, write(Reason.CORRECTION, MAY, name="乙"))
    assert told(open_end, "name")[1:] == [("2024-05-01", "2024-06-01", "乙"), ("2024-06-01", "9999-12-31", "丙")]


def test_a_correction_before_the_first_day_says_that_the_unit_was_there_already() -> None:
    history = born()
    early = replace(write(Reason.CORRECTION, date(2023, 5, 1), name="甲"), precision="year")
    assert lay_over(history, early) == ["valid_from"]
    assert told(history, "began_by", "date_precision") == [("2023-05-01", "9999-12-31", "new", "year")]
    assert (history.revision, history.superseded) == (2, [11])
    change = born()
    assert lay_over(change, write(Reason.CHANGE, date(2023, 5, 1), name="乙")) == ["name"]
    assert told(change, "name", "began_by") == [("2024-01-01", "9999-12-31", "乙", "new")]
    assert lay_over(born(), write(Reason.CORRECTION, date(2023, 1, 1), date(2023, 2, 1), name="乙")) == [
        "name",
        "valid_from",
    ]
    assert lay_over(born(), write(Reason.RECODING, date(2023, 1, 1), date(2023, 2, 1), name="乙")) == []
    assert lay_over(born(), write(Reason.RECODING, date(2023, 1, 1), BORN, name="乙")) == []
    assert born().reason == ""


def test_nothing_can_be_said_of_a_day_behind_the_last() -> None:
    history = born()
    history.believed[0]["valid_until"] = MAY
    with pytest.raises(NotThen):
        lay_over(history, write(Reason.CHANGE, JUNE, name="乙"))
    assert row_on(history, date(2024, 4, 30)) is history.believed[0]
    assert row_on(history, MAY) is None


def test_an_ending_sets_standing_and_status_by_its_event_whatever_it_is_called() -> None:
    history = born()
    lay_over(history, write(Reason.CLOSED, MAY))
    assert told(history, "standing", "operating_status", "began_by")[1:] == [
        ("2024-05-01", "9999-12-31", "closed", "4", "closed")
    ]
    other = born()
    lay_over(other, write(Reason.CHANGE, MAY, operating_status="6"))
    assert told(other, "standing", "began_by")[1:] == [("2024-05-01", "9999-12-31", "closed", "deregistered")]
    corrected = born()
    lay_over(corrected, write(Reason.CORRECTION, MAY, operating_status="6"))
    assert corrected.believed[1]["began_by"] == "correction"
    with pytest.raises(BadStep):
        lay_over(history, write(Reason.CLOSED, JUNE))
    lay_over(history, write(Reason.CHANGE, JUNE, address="旧址"))
    assert history.believed[-1]["began_by"] == "change"


def test_what_follows_a_step_has_to_be_possible_still() -> None:
    history = born()
    lay_over(history, write(Reason.PAUSE, JUNE))
    with pytest.raises(BadStep):
        lay_over(history, write(Reason.CLOSED, MAY))
    corrected = born()
    lay_over(corrected, write(Reason.PAUSE, JUNE))
    assert lay_over(corrected, write(Reason.CORRECTION, MAY, JUNE, operating_status="4")) == [
        "closed_on",
        "operating_status",
        "standing",
    ]


def test_void_holds_in_all_that_follows() -> None:
    history = born()
    lay_over(history, write(Reason.CHANGE, JUNE, name="丙"))
    lay_over(history, write(Reason.VOID, MAY))
    assert told(history, "standing")[1:] == [("2024-05-01", "2024-06-01", "void"), ("2024-06-01", "9999-12-31", "void")]
    assert lay_over(history, write(Reason.CORRECTION, MAY, FOREVER, name="乙")) == ["name"]


def test_a_merger_names_who_follows_and_reinstating_forgets_him() -> None:
    history = born()
    lay_over(history, replace(write(Reason.MERGE, MAY), successor_id=9))
    assert told(history, "standing", "successor_id")[1] == ("2024-05-01", "9999-12-31", "merged", "9")
    assert [(link.kind, link.value) for link in relations_of(history.believed)] == [("succession", "9")]
    lay_over(history, write(Reason.REINSTATE, JUNE))
    assert told(history, "standing", "successor_id", "operating_status")[-1] == (
        "2024-06-01",
        "9999-12-31",
        "live",
        "None",
        "1",
    )
    before = {**born().believed[0], "operating_status": "1"}
    assert "successor_id" not in stated_values(write(Reason.CHANGE, MAY), before)
    assert "standing" not in stated_values(write(Reason.CHANGE, MAY, name="乙"), before)
    assert stated_values(write(Reason.RESUME, MAY), {**before, "operating_status": None})["standing"] == "live"


def test_a_write_is_late_where_one_of_its_fields_says_something_else_than_it_saw() -> None:
    history = born()
    seen = replace(write(Reason.CHANGE, MAY, name="乙"), expects={"name": [["2024-05-01", "甲"]]})
    assert is_stale(history, seen) is False
    lay_over(history, write(Reason.CHANGE, JUNE, address="别处"))
    assert not is_stale(history, seen)
    assert is_stale(history, replace(seen, expects={}))
    lay_over(history, write(Reason.CHANGE, JULY, name="丁"))
    assert is_stale(history, seen)
    assert runs_over(history, Period(MAY, JUNE), "name") == [["2024-05-01", "甲"]]
    assert runs_over(history, Period(MAY), "name") == [["2024-05-01", "甲"], ["2024-07-01", "丁"]]
    assert not is_stale(history, replace(seen, expects={"name": "丁"}))
    assert is_stale(history, replace(seen, expects={"name": "甲"}))
    assert is_stale(
        history, replace(seen, expects={"address": [["2024-05-01", ""], ["2024-06-01", "别处"]], "name": "甲"})
    )


def rows(*told: tuple[date, date, dict[str, Any]]) -> list[dict[str, Any]]:
    first = born().believed[0]
    return [{**first, "valid_from": since, "valid_until": until, **says} for since, until, says in told]


def test_codes_run_over_the_versions_that_say_them() -> None:
    versions = rows(
        (BORN, MAY, {"uscc": USCC}),
        (MAY, JUNE, {"uscc": USCC, "reg_no": "1"}),
        (JUNE, JULY, {}),
        (JULY, FOREVER, {"uscc": USCC}),
    )
    found = identifiers_of(versions)
    spans = {(link.kind, link.within, str(link.valid_from), str(link.valid_until)) for link in found}
    assert spans == {
        ("uscc", "", "2024-01-01", "2024-06-01"), ("uscc", "", "2024-07-01", "9999-12-31"),
        ("org_code", "uscc", "2024-01-01", "2024-06-01"), ("org_code", "uscc", "2024-07-01", "9999-12-31"),
        ("reg_no", "", "2024-05-01", "2024-06-01"),
    }  # fmt: skip
    assert {link.value for link in found} == {USCC, ORG, "1"}
    assert {link.origin.source for link in found if link.origin} == {"hand"}
    from_census = sources.overlay(HAND, LATER, {"uscc"})
    [inside] = [
        link for link in identifiers_of(rows((BORN, FOREVER, {"uscc": USCC, "sources": from_census}))) if link.within
    ]
    assert inside.origin is not None
    assert inside.origin.source == "census"
    own = identifiers_of(rows((BORN, FOREVER, {"uscc": USCC, "org_code": ORG})))
    assert {(link.kind, link.within) for link in own} == {("uscc", ""), ("org_code", "")}
    bad = identifiers_of(rows((BORN, FOREVER, {"uscc": USCC[:-1] + "X"})))
    assert {link.kind for link in bad} == {"uscc"}
    changed = identifiers_of(rows((BORN, MAY, {"reg_no": "1"}), (MAY, FOREVER, {"reg_no": "2"})))
    assert {(link.value, link.valid_until) for link in changed} == {("1", MAY), ("2", FOREVER)}


def test_codes_are_judged_by_their_own_check() -> None:
    assert [verdict_on("uscc", USCC), verdict_on("uscc", USCC[:-1] + "X"), verdict_on("org_code", ORG), verdict_on("org_code", "MA60X0017")] == [
        "y", "n", "y", "n",
    ]  # fmt: skip
    assert (verdict_on("tax_no", "anything"), verdict_on("reg_no", "1")) == ("", "n")


def test_parents_and_superiors_are_told_by_code() -> None:
    found = relations_of(
        rows((BORN, FOREVER, {"parent_uscc": USCC, "parent_org_code": ORG, "superior_uscc": "S", "successor_id": 4}))
    )
    assert {(link.kind, link.value) for link in found} == {
        ("parent", USCC),
        ("parent", ORG),
        ("superior", "S"),
        ("succession", "4"),
    }


def holder(number: int, kind: str | None = "1", since: date = BORN, until: date = FOREVER) -> Holder:
    return Holder(number, since, until, kind)


def meant(*holders: Holder, heirs: Heirs | None = None) -> list[tuple[date, int | None]]:
    """Who is meant by a code that unit 1 says from MAY to JUNE, and since when."""
    return [(part.valid_from, unit) for part, unit in targets_of(1, MAY, JUNE, holders, heirs or {})]


@pytest.mark.parametrize(
    ("holders", "unit"),
    [
        ([holder(2)], 2),
        ([holder(1)], None),
        ([], None),
        ([holder(2), holder(3)], None),
        ([holder(2, "2"), holder(3)], 3),
        ([holder(2, "2"), holder(4, "2")], None),
        ([holder(2, "2")], 2),
        ([holder(2, until=MAY), holder(3)], 3),
        ([holder(2, since=JUNE), holder(3)], 3),
        ([holder(2, until=MAY)], 2),
        ([holder(2, until=MAY), holder(2)], 2),
    ],
)
def test_of_those_who_bear_a_code_the_one_is_meant_that_can_be(holders: list[Holder], unit: int | None) -> None:
    assert meant(*holders) == [(MAY, unit)]


MID = MAY + timedelta(days=10)


def test_whoever_a_unit_was_merged_into_is_meant_from_that_day_on() -> None:
    assert meant(holder(2), heirs={2: [(MID, FOREVER, 3)]}) == [(MAY, 2), (MID, 3)]
    assert meant(holder(2), heirs={2: [(MAY, MID, 3)]}) == [(MAY, 3), (MID, 2)]
    assert meant(holder(2), heirs={2: [(BORN, FOREVER, 3)], 3: [(MID, FOREVER, 4)]}) == [(MAY, 3), (MID, 4)]
    assert meant(holder(2), heirs={2: [(MID, FOREVER, 1)]}) == [(MAY, 2), (MID, None)]
    assert meant(holder(2), heirs={2: [(MID, FOREVER, 3)], 3: [(MID, FOREVER, 2)]}) == [(MAY, 2), (MID, 3)]
    assert meant(holder(2), heirs={2: [(JUNE, FOREVER, 3)], 9: [(MID, FOREVER, 3)]}) == [(MAY, 2)]
    assert meant(holder(2), holder(3), heirs={2: [(MID, FOREVER, 3)]}) == [(MAY, None), (MID, 3)]


def test_a_legal_unit_is_meant_whoever_else_went_on_in_its_heir() -> None:
    """The heir was of the kind of whoever was looked at last, in the order of their rows."""
    heirs = {2: [(BORN, FOREVER, 5)], 3: [(BORN, FOREVER, 5)]}
    for others in ([holder(2, "1"), holder(3, "2")], [holder(3, "2"), holder(2, "1")]):
        assert meant(*others, holder(4, "2"), heirs=heirs) == [(MAY, 5)]


def test_what_an_absorbed_unit_says_anew_does_not_alter_who_is_meant() -> None:
    """Each of its versions parted the days, and each part was asked for its own bearers."""
    runs = [(MAY, MID, 4), (MID, FOREVER, 4)]
    assert meant(holder(2, until=MID), holder(3, since=MID), heirs={3: runs}) == [(MAY, None)]
    assert meant(holder(2, until=MID), holder(3, since=MID), heirs={3: [(MID, FOREVER, 4)]}) == [(MAY, 2), (MID, 4)]


def test_links_are_ordered_and_equal_whoever_gave_them() -> None:
    one, other = Link("uscc", "1", BORN, MAY), Link("uscc", "1", BORN, MAY, origin=sources.Origin("hand", 0, ""))
    assert one == other
    assert sorted([Link("uscc", "2", BORN, MAY), one])[0] is one


def test_an_ending_that_is_moved_takes_its_day_along() -> None:
    history = born()
    lay_over(history, write(Reason.CLOSED, JULY))
    history.believed = [{**row, "version_id": number} for number, row in enumerate(history.believed, 21)]
    history.superseded, history.changed = [], set()
    assert lay_over(history, write(Reason.CORRECTION, JUNE, JULY, operating_status="4")) == [
        "closed_on", "operating_status", "standing",
    ]  # fmt: skip
    assert told(history, "standing", "closed_on")[1:] == [
        ("2024-06-01", "2024-07-01", "closed", "2024-06-01"), ("2024-07-01", "9999-12-31", "closed", "2024-06-01"),
    ]  # fmt: skip
    last = history.believed[-1]
    assert (sorted(history.superseded), last["reason"], last["began_by"]) == ([21, 22], "correction", "closed")
    assert sources.origin_of(last["sources"], "closed_on").source == "census"
    assert history.changed == {"closed_on", "operating_status", "standing"}
    again = born()
    lay_over(again, write(Reason.CLOSED, JULY, closed_on="2024-06-20"))
    lay_over(again, write(Reason.CORRECTION, JUNE, JULY, operating_status="4"))
    assert again.believed[-1]["closed_on"] == "2024-06-20", "a day that somebody told stays"


def test_an_ending_does_not_run_on_behind_a_stretch_that_was_corrected_to_another_status() -> None:
    """Closed, and working, for some days: the database alone refused that, and an approver read that nothing could be written."""
    history = born()
    lay_over(history, write(Reason.CORRECTION, MAY, JULY, operating_status=""))
    with pytest.raises(BadStep) as stopped:
        lay_over(history, write(Reason.CLOSED, JUNE))
    assert stopped.value.said.facts["on"] == "2024-07-01"
    lay_over(history, write(Reason.CLOSED, JULY))
    assert [row[-1] for row in told(history, "standing")] == ["live", "live", "closed"]


def test_a_change_on_the_day_of_another_is_what_began_it() -> None:
    history = born()
    lay_over(history, write(Reason.MOVE_WITHIN, MAY, address="新址"))
    lay_over(history, write(Reason.CHANGE, MAY, employees=9))
    assert told(history, "began_by")[1:] == [("2024-05-01", "9999-12-31", "change")]


def test_a_standing_leaves_with_its_status_where_that_is_corrected_and_not_where_it_changes() -> None:
    histories = born(), born()
    for history in histories:
        lay_over(history, write(Reason.CHANGE, JULY, operating_status="3"))
    corrected, changed = histories
    lay_over(corrected, write(Reason.CORRECTION, MAY, operating_status="6"))
    assert [row[-1] for row in told(corrected, "standing")] == ["live", "closed", "live"]
    with pytest.raises(BadStep):
        lay_over(changed, write(Reason.CHANGE, MAY, operating_status="6"))


def merged(reason: Reason, **expects: Any) -> bool:
    """Whether a write comes too late of a unit that went on in another since it was proposed."""
    history = born()
    history.believed[0]["standing"] = "merged"
    history.revision = 2
    return is_stale(history, replace(write(reason, MAY, name="乙"), expects=expects))


def test_what_is_said_of_who_went_on_elsewhere_comes_too_late_unless_it_says_of_what_was() -> None:
    name = {"name": [["2024-05-01", "甲"]]}
    assert merged(Reason.CHANGE, **name)
    assert not merged(Reason.CORRECTION, **name)
    assert not merged(Reason.VOID, standing=[["2024-05-01", "merged"]])
    assert merged(Reason.VOID, standing=[["2024-05-01", "live"]])
    undoing = replace(write(Reason.UNDO, MAY, name="乙"), undoes=5, expects=name)
    moved = born()
    moved.revision = 2
    assert is_stale(moved, undoing)
    assert not is_stale(born(), undoing)


def test_a_temporary_code_of_another_form_is_judged_by_nobody() -> None:
    assert (verdict_on("temp_code", "X1"), verdict_on("temp_code", "Z50010500000000011")) == ("", "n")
    assert Link("uscc", "1", BORN, MAY).stated is False
