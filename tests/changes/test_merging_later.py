"""What mergers, splits and undoing meet when others wrote in between, and what people type to get past them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.audit.proof import prove
from app.changes import verbs
from app.core.db import Database
from app.core.errors import AppError
from app.pool import verbs as pool
from app.register import writer
from app.units import verbs as units
from app.verbs import House
from matching.standardise.codes import temp_code_of
from tests.changes.test_merging import (
    DAY,
    EARLIER,
    LATER,
    NEW,
    TAX,
    A,
    B,
    C,
    approved,
    at,
    checked,
    house,
    made,
    proposed,
    records_of,
    refused,
    state,
    undone,
)
from tests.factories.house import do
from tests.factories.world import NOW
from tests.factories.writes import change

__all__ = ["house"]
LATEST = date(2024, 10, 1)


def test_nobody_undoes_by_typing_the_word(house: House) -> None:
    """Values of an undoing were read by nobody: −3 employees and industry 9999 were proposed, approved and written."""
    one = made(house, uscc=A)
    before = state(house)
    assert "undoes_nothing" in refused(house, "undo", one, changes={"employees": -3, "industry_code": "9999"})
    assert "undo" not in do(house, verbs.form, "maintainer", unit_id=one).reasons
    draft = proposed(house, "change", one, changes={"employees": 5}, submit=False)
    with pytest.raises(AppError) as stopped:
        do(house, verbs.edit, "maintainer", request_id=draft.request_id, version=draft.version, reason="undo")
    assert "undoes_nothing" in [fault.code for fault in stopped.value.details["faults"]]
    assert state(house) == before


def test_an_undoing_that_is_undone_moves_the_records_again(house: House, database: Database, tmp_path: Any) -> None:
    """They stayed with the absorbed unit, and a merger that stood again could not be undone a second time: `code_taken`."""
    gone, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    records_of(house, database, tmp_path, gone)
    before = state(house)
    request = proposed(house, "merge", stays, absorbed=[gone])
    approved(house, request)
    merged = state(house)
    back = do(house, verbs.undo, "maintainer", request_id=request.request_id)
    approved(house, back)
    undone(house, back)
    assert state(house)["records"] == merged["records"]
    undone(house, request)
    assert state(house) == before


def test_a_unit_that_an_undone_split_brought_is_void_whatever_was_said_of_it_since(house: House) -> None:
    """It lived on from the day of a later change, and was counted as an entry on that day."""
    one = made(house, uscc=A, name="甲", tax_no=TAX)
    request = proposed(house, "split", one, into=[{"new": {**NEW, "uscc": C}, "codes": [TAX]}])
    approved(house, request)
    (new,) = {unit.unit_id for unit in do(house, units.show, "maintainer", code=C).items}
    approved(house, proposed(house, "change", new, on=LATER, changes={"employees": 77}))
    undone(house, request)
    assert [at(house, new, day)["standing"] for day in (DAY, LATER, LATEST)] == ["void"] * 3
    told = {"since": date(2024, 1, 1), "until": date(2024, 12, 31)}
    found = do(house, units.demography, "maintainer", **told)
    assert {(line.entries, line.exits) for line in found.items} == {(0, 0)}


def test_a_code_that_goes_along_goes_in_all_its_schemes(house: House) -> None:
    """A tax number is mostly the credit code: the tax number went, and the credit code stayed with who was split."""
    one, held = made(house, uscc=A, name="甲", tax_no=A), made(house, uscc="", name="乙")
    approved(house, proposed(house, "split", one, into=[{"unit_id": held, "codes": [A]}]))
    assert [(at(house, unit)["uscc"], at(house, unit)["tax_no"]) for unit in (one, held)] == [("", ""), (A, A)]
    assert checked(house, A) == ("registered", held)


@pytest.mark.parametrize("uscc", [B, ""])
def test_a_unit_with_a_temporary_code_is_merged_and_the_code_stays_its_own(house: House, uscc: str) -> None:
    """The code was proposed for the one that goes on, and refused as another unit's: no such unit could be merged."""
    (code,) = do(house, pool.issue, "maintainer", area="500105").codes
    gone, stays = made(house, uscc="", name="甲", temp_code=code), made(house, uscc=uscc, name="乙")
    before = state(house)
    request = proposed(house, "merge", stays, absorbed=[gone])
    approved(house, request)
    assert (at(house, stays)["temp_code"], at(house, gone)["successor_id"]) == ("", stays)
    assert [one.state for one in do(house, pool.list_, "maintainer").items] == ["recalled"]
    assert checked(house, code) == ("merged", gone)
    undone(house, request)
    assert state(house) == before


def test_a_temporary_code_is_given_to_no_second_unit_beside_its_fields_either(house: House) -> None:
    """Beside the fields any was taken: another unit's, one that never was given out, and by a split to whoever goes on."""
    first, _ = do(house, pool.issue, "maintainer", area="500105", count=2).codes
    one = made(house, uscc="", name="甲", temp_code=first)
    other = made(house, uscc=B, name="乙")
    beside = {"scheme": "temp_code", "value": first}
    assert refused(house, "code_change", other, codes=[beside]) == ["temp_used"]
    assert refused(house, "code_change", other, codes=[{**beside, "value": temp_code_of("500105", 77)}]) == [
        "temp_not_issued"
    ]
    assert refused(house, "split", one, into=[{"unit_id": other, "codes": [first]}]) == ["temp_used"]


def test_a_merger_comes_too_late_where_the_absorbed_bears_another_code_by_now(house: House) -> None:
    """It was written with the code of the day of its proposal, and the one that the unit bore led to nobody who lives."""
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    request = proposed(house, "merge", stays, absorbed=[one], on=LATER)
    recoded = proposed(house, "code_change", one, changes={"uscc": C}, by="maintainer2")
    approved(house, recoded)
    with pytest.raises(AppError) as late:
        approved(house, request)
    assert late.value.code == "stale"
    with pytest.raises(AppError) as anew:
        do(house, verbs.refresh, "maintainer", request_id=request.request_id)
    assert [fault.code for fault in anew.value.details["faults"]] == ["merger_anew"]
    approved(house, proposed(house, "merge", stays, absorbed=[one], on=LATER))
    assert checked(house, C) == ("registered", stays)


def test_a_backdated_merger_takes_what_its_preview_shows(house: House) -> None:
    """The preview showed the values of the day of the merger, and the request took those of today."""
    gone, stays = (
        made(house, uscc=A, name="甲", address="旧址1号"),
        made(house, uscc=B, name="乙", address="", mobile=""),
    )
    approved(house, proposed(house, "change", gone, on=LATER, changes={"address": "新址9号"}))
    told = {"unit_id": stays, "absorbed": [gone]}
    shown = do(house, units.merge_preview, "maintainer", **told, on=DAY)
    taken = {
        one.field: value.value
        for one in shown.fields
        if one.taken
        for value in one.values
        if value.unit_id == one.winner
    }
    (item, _) = proposed(house, "merge", stays, absorbed=[gone]).sample
    assert {one.field: one.new for one in item.diff} == taken
    assert taken["address"] == "旧址1号"


def test_a_code_that_comes_to_the_absorbed_after_the_day_of_the_merger_goes_along(house: House) -> None:
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    approved(house, proposed(house, "code_change", one, on=LATER, changes={"uscc": C}))
    approved(house, proposed(house, "merge", stays, absorbed=[one]))
    assert [checked(house, code) for code in (A, C)] == [("registered", stays)] * 2


@pytest.mark.parametrize("side", [0, 1])
def test_a_merger_whose_units_say_something_else_by_now_is_proposed_anew(house: House, side: int) -> None:
    """Based anew it asked for codes alone: a telephone of the day of its proposal went over a newer one."""
    both = made(house, uscc=A, name="甲", address="甲路1号"), made(house, uscc=B, name="乙", address="")
    gone, stays = both
    request = proposed(house, "merge", stays, absorbed=[gone])
    approved(house, proposed(house, "change", both[side], changes={"address": "新址9号"}, by="maintainer2"))
    with pytest.raises(AppError) as late:
        approved(house, request)
    assert late.value.code == "stale"
    with pytest.raises(AppError) as anew:
        do(house, verbs.refresh, "maintainer", request_id=request.request_id)
    assert [fault.code for fault in anew.value.details["faults"]] == ["merger_anew"]


def test_a_merger_of_which_nothing_moved_is_based_anew(house: House) -> None:
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    request = proposed(house, "merge", stays, absorbed=[one])
    assert do(house, verbs.refresh, "maintainer", request_id=request.request_id).status == "in_review"


def test_undoing_the_first_merger_of_a_chain_is_refused_as_it_is_proposed(house: House) -> None:
    """It went through all hands, and was refused to who approved: the code is the third one's by now."""
    one, two, three = (made(house, uscc=code, name=code) for code in (A, B, C))
    first = proposed(house, "merge", two, absorbed=[one])
    approved(house, first)
    approved(house, proposed(house, "merge", three, absorbed=[two], on=LATER))
    before, waiting = state(house), len(do(house, verbs.list_, "maintainer").items)
    with pytest.raises(AppError) as stopped:
        do(house, verbs.undo, "maintainer2", request_id=first.request_id, comment="认错")
    assert stopped.value.code == "code_taken"
    assert (state(house), len(do(house, verbs.list_, "maintainer").items)) == (before, waiting)
    with house.database.read() as session:
        assert [one for one in prove(session, every=True).differences if one.what != "program"] == []


def test_a_code_that_a_merger_brought_goes_with_it_though_it_was_ended_in_between(house: House) -> None:
    """Its first days were left as the later request's, so that the merger could never be undone: `code_taken`."""
    one, stays = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    before = state(house)
    request = proposed(house, "merge", stays, absorbed=[one])
    approved(house, request)
    ended = [{"scheme": "uscc", "value": A, "gone": True}]
    approved(house, proposed(house, "code_change", stays, on=LATER, codes=ended))
    undone(house, request)
    assert state(house)["identifier"] == before["identifier"]
    assert (checked(house, A), checked(house, B)) == (("registered", one), ("registered", stays))


def test_what_a_unit_is_called_since_it_left_and_who_stands_elsewhere_is_not_said(house: House) -> None:
    """An old request, the card of an absorbed unit and the time line told the names of a neighbour's units."""
    gone, left = made(house, uscc=A, name="甲"), made(house, uscc=B, name="乙")
    made(house, uscc="", name="邻区分店", unit_type="2", parent_uscc=B, area_code="500112001001")
    request = proposed(house, "merge", left, absorbed=[gone])
    approved(house, request)
    with house.database.write() as session:
        revision = writer.gather(session, [left])[left].revision
        moves = change(left, LATER, revision=revision, area_code="500112001001", name="邻区乙")
        writer.apply(session, [moves], request_id=EARLIER, actor="test", now=NOW)
    (item, _) = do(house, verbs.items, "maintainer", request_id=request.request_id).items
    assert (item.unit_id, item.unit_name) == (left, "乙")
    (card,) = do(house, units.show, "maintainer", code=f"#{gone}").items
    assert [(one.target_unit_id, one.name) for one in card.relations] == [(left, "乙")]
    (before,) = do(house, units.show, "maintainer", code=f"#{left}", on=date(2024, 2, 1)).items
    assert {one.name for one in before.timeline} == {"乙"}
    assert "邻区" not in before.model_dump_json()
