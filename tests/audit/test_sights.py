"""Who saw unit 5, by whatever road: exactly who did, and nobody who saw unit 50."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit import sights
from app.audit.chain import HASHED, bound_hash
from app.audit.proof import prove
from app.audit.queries import browse, head_of
from app.audit.service import ACCESS, Entry, append
from app.audit.tags import Tag
from app.audit.units import Units
from app.changes import verbs as changes
from app.core.db import Database
from app.models import ImportProblem
from app.verbs import VERBS, House
from tests.factories.files import CENSUS
from tests.factories.house import do, housing
from tests.factories.scans import laid
from tests.factories.wishes import DAY, GROUND, furnish, told
from tests.factories.world import NOW
from tests.house.parity import load_all

load_all()


@pytest.mark.parametrize(
    "numbers", [[5], [5, 50], [1, 2, 3], range(1, 300_000), [7, 2**40, 2**62], [9, 9, 3], range(5, 50_000, 500)]
)
def test_units_are_packed_and_each_is_found_and_no_other(numbers: Any) -> None:
    units, held = Units.of(reversed(numbers)), set(numbers)
    assert units is not None
    assert (units.first, units.last, len(units)) == (min(held), max(held), len(held))
    looked_for = {*list(held)[:1000], *range(1, 100), 2**40, 2**62, 2**62 + 1, 299_999, 300_000}
    assert {one for one in looked_for if one in units} == looked_for & held


def test_of_no_units_nothing_is_kept_and_of_all_little() -> None:
    assert Units.of([]) is None
    assert Units.of([5]) == Units(5, 5)
    whole = Units.of(range(1, 1_000_001))
    assert whole is not None
    assert len(whole.steps) < 2000


def noted(session: Session, *sets: list[int]) -> None:
    entries = [Entry(Tag.LIST_VIEW, f"who{place}", NOW, units=Units.of(units)) for place, units in enumerate(sets)]
    append(session, ACCESS, entries)


def who_saw(session: Session, unit_id: int, **told: Any) -> list[str]:
    return [entry.actor for entry, _ in sights.of_unit(session, unit_id, **told).seen]


def test_who_saw_a_unit_is_told_by_its_number_alone(session: Session) -> None:
    noted(session, [5], [50], [5, 50], [500, 4, 50], [], [55, 5, 6], [50, 51])
    assert who_saw(session, 5) == ["who5", "who2", "who0"]
    assert who_saw(session, 50) == ["who6", "who3", "who2", "who1"]
    assert (who_saw(session, 500), who_saw(session, 49), who_saw(session, 1)) == (["who3"], [], [])
    assert [units for _, units in sights.of_unit(session, 5).seen] == [3, 2, 1]


@pytest.mark.parametrize("looked_at", [1, 2, 3, 50_000])
def test_pages_go_on_to_the_end_however_few_entries_each_looks_at(
    session: Session, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(sights, "LOOKED_AT", looked_at)
    monkeypatch.setattr(sights, "PART", 2)
    noted(session, *([[7], [7, 9], [8, 9], [1, 7, 80], [70, 77]] * 5))
    for limit in (1, 2, 3, 100):
        found, after = [], 0
        while after is not None:
            page = sights.of_unit(session, 7, after=after, limit=limit)
            after = page.further
            assert len(page.seen) <= limit
            found += [entry.actor for entry, _ in page.seen]
        assert found == [f"who{5 * turn + place}" for turn in reversed(range(5)) for place in (3, 1, 0)]


ALTERED = {
    "the packed units": "UPDATE access_units SET body = (SELECT body FROM access_units WHERE seq = 3) WHERE seq = 2",
    "the packed units gone": "DELETE FROM access_units WHERE seq = 2",
    "the units of another": "INSERT INTO access_units (seq, body) SELECT 1, body FROM access_units WHERE seq = 2",
    "the one unit": "UPDATE access_event SET unit_from = 6, unit_until = 6 WHERE seq = 1",
    "the first": "UPDATE access_event SET unit_from = 4 WHERE seq = 2",
    "no unit": "UPDATE access_event SET unit_from = NULL, unit_until = NULL WHERE seq = 1",
    "the digest": "UPDATE access_event SET units_digest = '' WHERE seq = 2",
}


@pytest.mark.parametrize("what", sorted(ALTERED))
def test_whoever_takes_a_unit_out_of_the_access_log_is_found_out(session: Session, what: str) -> None:
    noted(session, [5], [5, 6, 50], [5, 7, 50])
    assert prove(session).chains[1].intact
    session.execute(text(ALTERED[what]))
    broken = prove(session).chains[1].broken
    assert broken is not None
    assert broken.seq == (1 if "seq = 1" in ALTERED[what] or "SELECT 1" in ALTERED[what] else 2)


def asked(session: Session, unit_id: int, **told: Any) -> tuple[list[str], list[int]]:
    found = sights.of_unit(session, unit_id, **told)
    return [entry.actor for entry, _ in found.seen], found.altered


UNBELIEVED = {
    "the packed units": ([], [2]),
    "the packed units gone": ([], [2]),
    "the units of another": (["who1"], []),  # what was laid beside an entry about one unit says nothing
    "the one unit": (["who1"], [1]),
    "the first": (["who0"], [2]),
    "the digest": ([], [2]),
}

HIDDEN = {
    "no units": ("UPDATE access_event SET unit_from = NULL, unit_until = NULL WHERE seq = 2", [2]),
    "one end": ("UPDATE access_event SET unit_until = NULL WHERE seq = 2", [2]),
    "one unit": ("UPDATE access_event SET unit_until = unit_from WHERE seq = 2", [2]),
    "swapped": ("UPDATE access_event SET unit_from = unit_until, unit_until = unit_from WHERE seq = 2", [2]),
    "gone": ("DELETE FROM access_event WHERE seq = 2", [1]),
    "the newest gone": ("DELETE FROM access_event WHERE seq = 3", [2]),
}


@pytest.mark.parametrize("what", sorted(HIDDEN))
def test_an_entry_about_several_units_is_not_hidden_by_what_it_says_of_them(session: Session, what: str) -> None:
    """It was not read at all then, and nothing was named."""
    noted(session, [5], [6, 7, 50], [8, 50])
    how, altered = HIDDEN[what]
    session.execute(text(how))
    assert asked(session, 7)[1] == altered


@pytest.mark.parametrize("what", sorted(UNBELIEVED))
def test_an_entry_that_was_altered_is_named_and_the_rest_is_answered(session: Session, what: str) -> None:
    """One altered row was believed, or stood in the way of every answer."""
    noted(session, [5], [5, 6, 50], [5, 7, 50])
    session.execute(text(ALTERED[what]))
    seen, altered = UNBELIEVED[what]
    if what == "the units of another":
        assert asked(session, 6) == (seen, altered)
    elif what == "the one unit":
        assert asked(session, 6) == (seen, altered)
        assert asked(session, 5) == (["who2", "who1"], altered)
    elif what == "the first":
        assert asked(session, 5) == (["who2", *seen], altered)
        assert asked(session, 4) == ([], altered)
        assert asked(session, 51) == ([], altered)  # what it says of its reach is not believed either
    else:
        assert asked(session, 6) == (seen, altered)
        assert asked(session, 7) == (["who2"], altered)
        assert asked(session, 51) == ([], altered if what == "the digest" else [])


def test_an_entry_is_believed_by_what_came_after_it(session: Session) -> None:
    """Its own hash can be made to fit by whoever alters it."""
    noted(session, [5], [6], [7])
    session.execute(text("UPDATE access_event SET unit_from = 8, unit_until = 8 WHERE seq = 2"))
    columns = ", ".join((*HASHED, "prev_hash", "unit_from", "unit_until", "units_digest"))
    *parts, previous, first, last, digest = session.execute(
        text(f"SELECT {columns} FROM access_event WHERE seq = 2")
    ).one()
    own = bound_hash(previous, parts, [first, last, digest])
    session.execute(text("UPDATE access_event SET hash = :own WHERE seq = 2"), {"own": own})
    assert asked(session, 8) == ([], [2])
    assert (asked(session, 5), asked(session, 7)) == ((["who0"], [2]), (["who2"], [2]))
    session.execute(text("UPDATE access_event SET actor = 'nobody' WHERE seq = 3"))
    assert asked(session, 7) == ([], [3, 2])


def test_altered_entries_come_page_by_page_too(session: Session) -> None:
    noted(session, [5, 6], [5, 7], [8, 9], [5], [5, 8])
    session.execute(text("UPDATE access_event SET actor = 'nobody' WHERE seq IN (2, 3, 4)"))
    found: list[tuple[list[str], list[int]]] = []
    after: int | None = 0
    while after is not None:
        found.append(asked(session, 5, after=after, limit=1))
        after = sights.of_unit(session, 5, after=after, limit=1).further
    assert [one for one in found if one != ([], [])] == [
        (["who4"], []),
        ([], [4]),
        ([], [3]),
        ([], [2]),
        (["who0"], []),
    ]


def test_whatever_stands_in_a_column_keeps_no_other_entry_from_being_read(database: Database) -> None:
    with database.write() as session:
        noted(session, [5, 6], [5, 7], [5])
    junk = ["units_digest = 'x'", "at = ''"]
    if database.is_sqlite:
        junk = [
            "unit_until = 'text'",
            "unit_until = 1e300",
            "actor = CAST(x'ff' AS TEXT)",
            "at = x'00'",
            "hash = x'01'",
        ]
    for set_to in junk:
        with database.write() as session:
            session.execute(text(f"UPDATE access_event SET {set_to} WHERE seq = 2"))
            assert asked(session, 5) == (["who2", "who0"], [2]), set_to


def test_the_subject_of_a_log_is_looked_for_by_whole_words(session: Session) -> None:
    append(session, ACCESS, [Entry(Tag.UNIT_VIEW, "x", NOW, what) for what in ("unit 5", "unit 50", "unit 5 item 2")])
    assert [entry.subject for entry in browse(session, ACCESS, subject="unit 5")] == ["unit 5 item 2", "unit 5"]
    assert len(browse(session, ACCESS, subject="unit")) == 3


LOOKS: dict[str, tuple[str, dict[str, Any], set[int]]] = {
    "change.document": ("approver", {"request_id": 2, "approval_id": 1}, {1}),
    "change.edit": ("maintainer", {"request_id": 3, "version": 0, "changes": {"address": "新址2号"}}, {2}),
    "change.form": ("maintainer", {"unit_id": 1}, {1}),
    "change.items": ("approver", {"request_id": 1}, {4, 5, 6}),
    "change.list": ("approver", {}, {1, 2, 3}),
    "change.look_over": ("maintainer", {"unit_id": 3}, {3}),
    "change.propose": ("maintainer", {"unit_id": 3}, {3}),
    "change.rules": ("approver", {"request_id": 2}, set()),
    "change.show": ("approver", {"request_id": 1}, {4, 5, 6}),
    "change.undo": ("maintainer", {"request_id": 4}, {3}),
    "check.ask": ("maintainer", {}, {4}),
    "feed.list": ("maintainer", {}, {1, 2, 3, 4, 5, 6}),
    "finding.list": ("maintainer", {}, {1}),
    "finding.note": ("maintainer", {}, {1}),
    "frame.export": ("maintainer", {}, {1, 2, 3}),
    "frame.units": ("maintainer", {}, {1, 2, 3}),
    "import.preview": ("maintainer", {}, set()),
    "import.problems": ("maintainer", {"batch_id": 1}, {4}),
    "import.problems-file": ("maintainer", {"batch_id": 1}, {4}),
    "import.rows": ("maintainer", {"batch_id": 1}, {4, 5, 6}),
    "import.rules": ("maintainer", {"batch_id": 1}, set()),
    "layout.look": ("maintainer", {}, set()),
    "review.list": ("maintainer", {}, {5}),
    "review.show": ("maintainer", {"pair_id": 1}, {5}),
    "rule.try": (
        "maintainer",
        {"asks": [{"holds": [{"field": "unit_type", "op": "eq", "value": "1"}]}]},
        {1, 2, 3, 4, 5, 6},
    ),
    "spotcheck.item": ("survey", {"check_id": 1, "seq": 1}, {3}),
    "spotcheck.results": ("survey", {"check_id": 1}, {1, 3}),
    "spotcheck.show": ("survey", {"check_id": 1}, {1, 3}),
    "unit.export": ("maintainer", {"purpose": GROUND, "recipient": "统计局"}, {1, 2, 3, 4, 5, 6}),
    "unit.list": ("maintainer", {}, {1, 2, 3, 4, 5, 6}),
    "unit.merge-preview": ("maintainer", {}, {1, 2}),
    "unit.show": ("maintainer", {"code": "#1"}, {1}),
    "unit.trail": ("maintainer", {"code": "#1"}, {1}),
    "unit.unmask": ("maintainer", {"code": "#1", "reason": GROUND}, {1}),
    "value.conflicts": ("maintainer", {}, {1}),
    "value.fillable": ("maintainer", {}, {1}),
    "value.keep": ("maintainer", {}, {1}),
}
"""Of each verb whose answer shows units: who looks, at what, and whom he sees."""


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    """One of each that can be looked at; a row with a problem, a scanned document, a draft."""
    with housing(database) as opened:
        furnish(opened, tmp_path)
        with database.write() as session:
            row = {"batch_id": 1, "sheet": "", "row_no": 2, "code": "phone_form", "level": "warning", "column": "电话"}
            session.add(ImportProblem(**row, message_zh="电话有误", message_en="wrong telephone"))
        paper = {"path": laid(tmp_path), "number": "渝统1号", "approved_on": DAY, "office": "municipal", "why": "停电"}
        do(opened, changes.record_written, "section", request_id=2, **paper)
        do(opened, changes.propose, "maintainer", **told(changes.propose) | {"unit_id": 2, "submit": False})
        other = {"unit_id": 3, "changes": {"address": "新址9号"}}
        written = do(opened, changes.propose, "maintainer", **told(changes.propose) | other)
        do(opened, changes.approve, "approver", request_id=written.request_id, version=written.version)
        yield opened


def test_every_verb_that_shows_units_says_which(house: House, tmp_path: Path) -> None:
    """What lists, exports, checks, requests and previews showed was logged as a query or a count, and no question found it."""
    assert set(LOOKS) == {name for name, verb in VERBS.items() if verb.sees}
    for name, (login, wish, units) in LOOKS.items():
        before = last_entry(house)
        file = {"path": csv_in(tmp_path)} if name in {"import.preview", "layout.look"} else {}
        do(house, VERBS[name], login, **told(VERBS[name]) | wish | file)
        house.access.flush()
        assert seen_since(house, before) == {login: units}, name


def last_entry(house: House) -> int:
    house.access.flush()
    with house.database.read() as session:
        return head_of(session, ACCESS)[0]


def seen_since(house: House, before: int) -> dict[str, set[int]]:
    """Who saw which of the units there are, and of those whose numbers begin like theirs."""
    found: dict[str, set[int]] = {}
    with house.database.read() as session:
        for entry in browse(session, ACCESS):
            if entry.seq > before:
                found.setdefault(entry.actor, set())
        for unit_id in (*range(1, 8), *range(10, 80, 10), *range(100, 800, 100)):
            for entry, _ in sights.of_unit(session, unit_id).seen:
                if entry.seq > before:
                    found[entry.actor].add(unit_id)
    return found


def csv_in(folder: Path) -> Path:
    path = folder / "preview.csv"
    path.write_text(CENSUS, "utf-8")
    return path
